//! The token endpoint: client credentials (RFC 6749, 4.4).
//!
//! The invariant: a request that proves who it is in more than one way, or in
//! none, gets no token; errors are those of RFC 6749, 5.2.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{StatusCode, header};

use super::bearer::Role;
use super::error::{quoted, spoilt};
use super::{Idcs, assertion};
use crate::answer::{Answer, Refused};
use crate::api::Call;
use crate::prng::Prng;
use crate::query_string::{QueryString, decode};

const FORM: &str = "application/x-www-form-urlencoded";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// All scopes that the client's roles allow.
const MY_SCOPES: &str = "urn:opc:idm:__myscopes__";
/// The scopes of one role, by its name.
const ROLE_SCOPE: &str = "urn:opc:idm:role.";
/// Seconds that the token is to live.
const EXPIRY_SCOPE: &str = "urn:opc:resource:expiry=";
/// All token requests are one place for faults.
const PLACE: u64 = 0x70ce_4e4d;

impl Idcs {
    /// `POST /oauth2/v1/token`
    pub(super) fn token(&self, call: &Call<'_>, random: &mut Prng) -> Result<Answer, Refused> {
        let form = read_form(call)?;
        self.authenticate(call, &form)?;
        check_grant_type(&form)?;
        let (role, lifetime) = self.scope(&form)?;
        let cut = match call.spoil(call.injector.strike(random, PLACE, None), spoilt) {
            Ok(cut) => cut,
            Err(answer) => return Ok(answer),
        };
        // Rounded up: a token lives at least as long as it says.
        let expires = call.now.saturating_add(lifetime.saturating_mul(1000) + 999).div_euclid(1000);
        let token = self.bearer.issue(&self.client.id, role, call.now, expires);
        let body = format!(
            "{{\"access_token\":{},\"token_type\":\"Bearer\",\"expires_in\":{lifetime}}}",
            quoted(&token)
        );
        let mut answer = oauth_answer(StatusCode::OK, body);
        answer.cut = cut;
        Ok(answer)
    }

    fn authenticate(&self, call: &Call<'_>, form: &QueryString) -> Result<(), Refused> {
        let header = call.headers.get(header::AUTHORIZATION);
        let ways = [
            header.is_some(),
            form.get("client_secret").is_some(),
            form.get("client_assertion").is_some(),
        ];
        if ways.iter().filter(|way| **way).count() > 1 {
            return Err(invalid_request("the client authenticates itself in more than one way"));
        }
        if form.get("client_assertion_type").is_some_and(|kind| kind != JWT_BEARER) {
            return Err(invalid_request("client_assertion_type is not known"));
        }
        let named = form.get("client_id").is_none_or(|id| id == self.client.id);
        let proven = match (header, form.get("client_secret"), form.get("client_assertion")) {
            (Some(value), _, _) => self.basic(value.to_str().unwrap_or_default()),
            (_, Some(secret), _) => {
                if form.get("client_id").is_none() {
                    return Err(invalid_request("client_id is missing"));
                }
                match secret == self.client.secret {
                    true => Ok(()),
                    false => Err("Client authentication failed.".to_owned()),
                }
            }
            (_, _, Some(assertion)) => {
                if form.get("client_assertion_type").is_none() {
                    return Err(invalid_request("client_assertion_type is missing"));
                }
                assertion::verify(&self.client, assertion, call.now)
            }
            _ => Err("Client authentication is missing.".to_owned()),
        };
        match proven {
            Ok(()) if named => Ok(()),
            Ok(()) => Err(invalid_client(header.is_some(), "client_id is another client's")),
            Err(reason) => Err(invalid_client(header.is_some(), &reason)),
        }
    }

    fn basic(&self, value: &str) -> Result<(), String> {
        let failed = || "Client authentication failed.".to_owned();
        let (scheme, credentials) = value.split_once(' ').ok_or_else(failed)?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Err("The Authorization header is not Basic.".to_owned());
        }
        let credentials = STANDARD.decode(credentials.trim()).map_err(|_| failed())?;
        let credentials = String::from_utf8(credentials).map_err(|_| failed())?;
        let (id, secret) = credentials.split_once(':').ok_or_else(failed)?;
        // RFC 6749, 2.3.1 asks for form encoding; many clients do without.
        let same =
            |sent: &str, known: &str| sent == known || decode(sent).as_deref() == Some(known);
        match same(id, &self.client.id) && same(secret, &self.client.secret) {
            true => Ok(()),
            false => Err(failed()),
        }
    }

    /// The role asked for, and the token's life in seconds.
    fn scope(&self, form: &QueryString) -> Result<(Role, i64), Refused> {
        let invalid = |reason: String| refused(StatusCode::BAD_REQUEST, "invalid_scope", &reason);
        let scope = form.get("scope").ok_or_else(|| invalid("scope is missing".to_owned()))?;
        let mut lifetime = self.settings.token_lifetime;
        let mut granted = None;
        for one in names_of(scope) {
            if let Some(seconds) = one.strip_prefix(EXPIRY_SCOPE) {
                lifetime = seconds
                    .parse()
                    .ok()
                    .filter(|seconds| (1..=31_536_000).contains(seconds))
                    .ok_or_else(|| invalid(format!("'{one}' has no usable number of seconds")))?;
            } else if one == MY_SCOPES {
                granted = Some(self.settings.role);
            } else {
                let role = one
                    .strip_prefix(ROLE_SCOPE)
                    .and_then(decode)
                    .and_then(|name| Role::ALL.into_iter().find(|role| role.name() == name));
                let least = self.settings.role == Role::AuditAdministrator;
                granted = role.filter(|role| !least || *role == Role::AuditAdministrator);
                if granted.is_none() {
                    return Err(invalid(format!("'{one}' is not granted to the client")));
                }
            }
        }
        Ok((granted.ok_or_else(|| invalid("no scope asks for a right".to_owned()))?, lifetime))
    }
}

/// The scopes in a list. A role's name may hold blanks (its `%20` is decoded
/// with the form), so that a scope begins where `urn:` does.
fn names_of(scope: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for word in scope.split(' ').filter(|word| !word.is_empty()) {
        match names.last_mut() {
            Some(last) if !word.starts_with("urn:") => {
                last.push(' ');
                last.push_str(word);
            }
            _ => names.push(word.to_owned()),
        }
    }
    names
}

fn read_form(call: &Call<'_>) -> Result<QueryString, Refused> {
    let media_type = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case(FORM) {
        return Err(invalid_request(&format!("the content type is not {FORM}")));
    }
    let form = std::str::from_utf8(call.body)
        .ok()
        .and_then(|text| QueryString::parse(text).ok())
        .ok_or_else(|| invalid_request("the form is not valid percent-encoding of UTF-8"))?;
    match form.repeated() {
        Some(name) => Err(invalid_request(&format!("'{name}' is given more than once"))),
        None => Ok(form),
    }
}

fn check_grant_type(form: &QueryString) -> Result<(), Refused> {
    match form.get("grant_type") {
        Some("client_credentials") => Ok(()),
        Some(other) => Err(refused(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            &format!("the grant type '{other}' is not served"),
        )),
        None => Err(invalid_request("grant_type is missing")),
    }
}

fn invalid_request(description: &str) -> Refused {
    refused(StatusCode::BAD_REQUEST, "invalid_request", description)
}

fn invalid_client(by_header: bool, description: &str) -> Refused {
    let mut refused = refused(StatusCode::UNAUTHORIZED, "invalid_client", description);
    if by_header {
        refused.0.headers.push(("www-authenticate", "Basic realm=\"simulated\"".to_owned()));
    }
    refused
}

fn refused(status: StatusCode, error: &str, description: &str) -> Refused {
    let description = quoted(description);
    let body = format!("{{\"error\":\"{error}\",\"error_description\":{description}}}");
    Refused(oauth_answer(status, body))
}

fn oauth_answer(status: StatusCode, body: String) -> Answer {
    let mut answer = Answer::json(status, vec![Bytes::from(body)]);
    answer.content_type = "application/json;charset=UTF-8";
    answer.headers = vec![
        ("cache-control", "no-store".to_owned()),
        ("pragma", "no-cache".to_owned()),
        ("server", "Oracle Identity Cloud Service".to_owned()),
    ];
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_with_blanks_in_its_name_is_one_scope() {
        let scope = "urn:opc:idm:role.Audit Administrator urn:opc:resource:expiry=60";
        assert_eq!(
            names_of(scope),
            ["urn:opc:idm:role.Audit Administrator", "urn:opc:resource:expiry=60"]
        );
        assert_eq!(names_of(" urn:a  urn:b "), ["urn:a", "urn:b"]);
    }
}
