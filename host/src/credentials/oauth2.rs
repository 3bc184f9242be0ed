//! OAuth 2.0 client credentials (RFC 6749 section 4.4; assertions by RFC 7523).
//!
//! A token is fetched when it is first needed, kept until shortly before it ends,
//! and fetched anew once when a service refuses it. Whoever needs one while it is
//! being fetched waits for that one: a client never has two requests for a token
//! under way.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use oci_signature::PrivateKey;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand_core::{OsRng, RngCore as _};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::basic::basic;
use super::redactor::{Redactor, shown};
use super::secret::Secret;
use super::{CredentialError, token};
use crate::net::{ClientError, HttpClient};

/// Time for a token request.
const PATIENCE: Duration = Duration::from_secs(30);

/// A token is renewed this long before it ends, or after nine tenths of its life
/// if that is shorter: requests under way must not outlive it.
const MARGIN: Duration = Duration::from_secs(60);

/// Life of a token whose answer does not tell (RFC 6749 leaves it open).
const UNTOLD_LIFE: Duration = Duration::from_secs(300);

/// Largest answer of a token endpoint that is read.
const ANSWER_BYTES: usize = 64 << 10;

/// Life of a client assertion.
const ASSERTION_SECONDS: u64 = 300;

/// How a client proves itself.
#[derive(Debug)]
pub enum Proof {
    /// Its secret, in the `Authorization` header.
    Header(Secret),
    /// Its secret, in the form.
    Body(Secret),
    /// An assertion signed with its key.
    Assertion {
        /// The key.
        key: Box<PrivateKey>,
        /// `kid`
        key_id: Option<String>,
        /// `aud`
        audience: String,
    },
}

/// A client of an authorization server.
#[derive(Debug)]
pub struct OAuth2 {
    token_url: Uri,
    client_id: String,
    proof: Proof,
    scope: String,
    client: HttpClient,
    token: Mutex<Option<Token>>,
}

struct Token {
    value: Zeroizing<String>,
    renew_at: Instant,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[token]")
    }
}

impl OAuth2 {
    /// A client that gets its tokens from `token_url` through `client`.
    ///
    /// # Errors
    ///
    /// When the URL is none, or a secret cannot be read now.
    pub async fn new(
        token_url: &str,
        client_id: &str,
        proof: Proof,
        scope: &str,
        client: HttpClient,
    ) -> Result<Self, CredentialError> {
        let token_url = super::endpoint("token_url", token_url)?;
        if let Proof::Header(secret) | Proof::Body(secret) = &proof {
            secret.read().await?;
        }
        Ok(Self {
            token_url,
            client_id: client_id.to_owned(),
            proof,
            scope: scope.to_owned(),
            client,
            token: Mutex::new(None),
        })
    }

    /// The value of `Authorization`: a token that is good for a while.
    ///
    /// # Errors
    ///
    /// When there is none to be had.
    pub async fn authorization(&self) -> Result<String, CredentialError> {
        // Held while fetching: everybody else waits for this token.
        let mut token = self.token.lock().await;
        if token.as_ref().is_none_or(|token| Instant::now() >= token.renew_at) {
            *token = None;
            *token = Some(self.fetch().await?);
        }
        let value = token.as_ref().map(|token| token.value.as_str()).unwrap_or_default();
        Ok(format!("Bearer {value}"))
    }

    /// A service refused this authorization: the next one will be another.
    pub async fn refused(&self, authorization: &str) {
        let mut token = self.token.lock().await;
        // Somebody else may have renewed it meanwhile.
        if token.as_ref().is_some_and(|token| authorization.ends_with(token.value.as_str())) {
            *token = None;
        }
    }

    async fn fetch(&self) -> Result<Token, CredentialError> {
        let mut redactor = Redactor::default();
        redactor.know_address(&self.token_url);
        let request = self.request(&mut redactor).await?;
        // Whatever the endpoint says is shown without what it was sent.
        let failed = |problem: &str, refused: bool| CredentialError::Token {
            url: shown(&self.token_url),
            problem: redactor.clean(problem),
            refused,
        };
        let answer = tokio::time::timeout(PATIENCE, async {
            let response = self.client.send(request).await.map_err(|error| match error {
                ClientError::Prohibited { address } => failed(
                    &format!(
                        "{address} is not a public address; if that is meant, set \
                         allow_private_addresses = true on the source"
                    ),
                    true,
                ),
                other => failed(&other.to_string(), false),
            })?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES)
                .collect()
                .await
                .map_err(|error| failed(&format!("the answer cannot be read: {error}"), false))?;
            let body = Zeroizing::new(body.to_bytes().to_vec());
            Ok::<_, CredentialError>((status, body))
        });
        let (status, body) = answer.await.map_err(|_| failed("no answer within 30 s", false))??;
        if let (401, Proof::Header(secret) | Proof::Body(secret)) = (status.as_u16(), &self.proof) {
            secret.refused().await;
        }
        read_answer(status, &body, &redactor)
            .map_err(|problem| failed(&problem, matches!(status.as_u16(), 400 | 401 | 403)))
    }

    /// What proves us is made known to `redactor`.
    async fn request(
        &self,
        redactor: &mut Redactor,
    ) -> Result<Request<Full<Bytes>>, CredentialError> {
        let mut form = Zeroizing::new(String::from("grant_type=client_credentials&scope="));
        form.push_str(&encode(&self.scope));
        let mut authorization = None;
        match &self.proof {
            Proof::Header(secret) => {
                let secret = secret.read().await?;
                redactor.know(&secret);
                let value = basic(&encode(&self.client_id), &encode(&secret))?;
                redactor.know_authorization(&value);
                authorization = Some(value);
            }
            Proof::Body(secret) => {
                let secret = secret.read().await?;
                redactor.know(&secret);
                form.push_str(&format!("&client_id={}&client_secret=", encode(&self.client_id)));
                form.push_str(&Zeroizing::new(encode(&secret)));
            }
            Proof::Assertion { key, key_id, audience } => {
                let assertion = self.assertion(key, key_id.as_deref(), audience)?;
                redactor.know(&assertion);
                form.push_str(
                    "&client_assertion_type=\
                     urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
                     &client_assertion=",
                );
                form.push_str(&assertion);
                form.push_str(&format!("&client_id={}", encode(&self.client_id)));
            }
        }
        let host = self.token_url.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let mut request = Request::post(self.token_url.clone())
            .header(header::HOST, host)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        request.body(Full::new(Bytes::from(form.as_bytes().to_vec()))).map_err(|error| {
            CredentialError::Token {
                url: shown(&self.token_url),
                problem: format!("the request cannot be made: {error}"),
                refused: true,
            }
        })
    }

    fn assertion(
        &self,
        key: &PrivateKey,
        key_id: Option<&str>,
        audience: &str,
    ) -> Result<String, CredentialError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut head = serde_json::json!({"alg": "RS256", "typ": "JWT"});
        if let Some(key_id) = key_id {
            head["kid"] = key_id.into();
        }
        let claims = serde_json::json!({
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": audience,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": format!("{:016x}{:016x}", OsRng.next_u64(), OsRng.next_u64()),
        });
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(head.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = key.sign_sha256(&text, &mut OsRng)?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn read_answer(status: StatusCode, body: &[u8], redactor: &Redactor) -> Result<Token, String> {
    let answer: serde_json::Value = serde_json::from_slice(body)
        .map_err(|_| format!("answered {status} with something that is no JSON"))?;
    let text = |key: &str| answer[key].as_str();
    if !status.is_success() {
        // Cut from what was cleaned, never the other way: half a secret is one, too.
        let cut = |text: &str, most| redactor.clean(text).chars().take(most).collect::<String>();
        let error = cut(text("error").unwrap_or("no error code"), 100);
        let described = cut(text("error_description").unwrap_or_default(), 200);
        return Err(format!(
            "answered {status} {error}: {described}; check client id, secret or key, and that \
             the client has the client credentials grant"
        ));
    }
    let value = text("access_token").ok_or("answered without access_token")?;
    if let Some(problem) = token::problem(value) {
        return Err(format!("answered with an access_token that {problem}"));
    }
    let life = match &answer["expires_in"] {
        serde_json::Value::Number(seconds) => seconds.as_u64(),
        serde_json::Value::String(seconds) => seconds.parse().ok(),
        _ => None,
    };
    let life = life.map_or(UNTOLD_LIFE, Duration::from_secs).min(Duration::from_secs(86_400));
    let margin = MARGIN.min(life / 10);
    Ok(Token {
        value: Zeroizing::new(value.to_owned()),
        renew_at: Instant::now() + life.saturating_sub(margin),
    })
}

/// `application/x-www-form-urlencoded`, by percent-encoding all that is not
/// unreserved.
fn encode(text: &str) -> String {
    const RESERVED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: StatusCode, body: &[u8]) -> Result<Token, String> {
        read_answer(status, body, &Redactor::default())
    }

    #[test]
    fn a_token_that_cannot_stand_in_a_header_is_refused() {
        for token in
            [r"S3CRET\r\nx: y", r"S3CRET\n", r"S3CRET\u0000", "S3 CRET", "", r"S3CR\u00e9T"]
        {
            let body = format!(r#"{{"access_token":"{token}","expires_in":3600}}"#);
            let error = read(StatusCode::OK, body.as_bytes()).unwrap_err();
            assert!(error.contains("access_token that holds"), "{error}");
            assert!(!error.contains("S3"), "{error}");
        }
    }

    #[test]
    fn a_refusal_repeats_nothing_of_what_proves_us() {
        let mut redactor = Redactor::default();
        redactor.know("cl13nt/secret+of=mine");
        let echo = "x".repeat(185) + "client_secret=cl13nt%2Fsecret%2Bof%3Dmine";
        let body = format!(r#"{{"error":"cl13nt/secret+of=mine","error_description":"{echo}"}}"#);
        let error = read_answer(StatusCode::UNAUTHORIZED, body.as_bytes(), &redactor).unwrap_err();
        assert!(!error.contains("cl13nt") && error.contains("[secret]"), "{error}");
    }

    #[test]
    fn an_answer_gives_a_token_that_is_renewed_before_it_ends() {
        let body = br#"{"access_token":"S3CRET","token_type":"Bearer","expires_in":"3600"}"#;
        let within = |body: &[u8], life: u64| {
            let earliest = Instant::now() + Duration::from_secs(life);
            let token = read(StatusCode::OK, body).unwrap();
            let latest = Instant::now() + Duration::from_secs(life);
            assert!(earliest <= token.renew_at && token.renew_at <= latest, "{life}");
            token
        };
        assert!(!format!("{:?}", within(body, 3540)).contains("S3CRET"));
        within(br#"{"access_token":"x","expires_in":10}"#, 9);
    }

    #[test]
    fn a_refusal_names_the_servers_code() {
        let body = br#"{"error":"invalid_client","error_description":"no such client"}"#;
        let error = read(StatusCode::UNAUTHORIZED, body).unwrap_err();
        assert!(error.contains("invalid_client") && error.contains("no such client"));
        assert!(read(StatusCode::BAD_GATEWAY, b"<html>").unwrap_err().contains("no JSON"));
        assert!(read(StatusCode::OK, b"{}").is_err());
    }
}
