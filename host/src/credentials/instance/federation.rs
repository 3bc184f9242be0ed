//! The federation endpoint: a certificate and a session key against a token.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use oci_signature::{PrivateKey, content_sha256, imf_fixdate};
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::exchange;
use super::metadata::{Identity, public_key};
use crate::credentials::oci::unix_seconds;
use crate::credentials::redactor::{Redactor, shown};
use crate::credentials::{CredentialError, token};
use crate::net::HttpClient;

/// Life of a token that does not tell; Oracle's live for 20 minutes and more.
const UNTOLD_LIFE: Duration = Duration::from_secs(300);

/// Longest life that is believed.
const LONGEST_LIFE: u64 = 86_400;

/// What signs the session's requests, with its key.
pub struct Token {
    /// A JSON web token.
    pub value: Zeroizing<String>,
    /// How long it is good, from when it was given.
    pub life: Duration,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[token]")
    }
}

/// Exchanges the instance's certificate for a token that goes with `session_key`.
pub async fn exchange(
    client: &HttpClient,
    url: &Uri,
    identity: &Identity,
    session_key: &PrivateKey,
) -> Result<Token, CredentialError> {
    let body = serde_json::json!({
        "certificate": identity.certificate,
        "publicKey": public_key(session_key),
        "intermediateCertificates": identity.intermediates,
        "fingerprintAlgorithm": "SHA256",
    });
    let request = request(url, identity, &body.to_string())?;
    let mut redactor = Redactor::default();
    redactor.know_address(url);
    if let Some(sent) = request.as_ref().ok().and_then(|r| r.headers().get(header::AUTHORIZATION)) {
        redactor.know_authorization(sent.to_str().unwrap_or_default());
    }
    let failed = |problem: String, refused: bool| CredentialError::Token {
        url: shown(url),
        problem: redactor.clean(&problem),
        refused,
    };
    let request =
        request.map_err(|error| failed(format!("the request cannot be made: {error}"), true))?;
    let (status, answer) = exchange::ask(client, request)
        .await
        .map_err(|unanswered| failed(unanswered.problem, unanswered.refused))?;
    read_answer(status, &answer, &redactor)
        .map_err(|problem| failed(problem, matches!(status.as_u16(), 400 | 401 | 403 | 404)))
}

/// Signed with the certificate's key. The endpoint's clients sign no `host`, unlike
/// those of all others, so the signer of requests does not serve here.
fn request(
    url: &Uri,
    identity: &Identity,
    body: &str,
) -> Result<http::Result<Request<Full<Bytes>>>, CredentialError> {
    const CONTENT_TYPE: &str = "application/json";
    let date = imf_fixdate(unix_seconds());
    let (length, hash) = (body.len(), content_sha256(body.as_bytes()));
    let target = url.path_and_query().map_or("/", |target| target.as_str());
    let text = format!(
        "date: {date}\n(request-target): post {target}\ncontent-length: {length}\n\
         content-type: {CONTENT_TYPE}\nx-content-sha256: {hash}"
    );
    let signature = STANDARD.encode(identity.key.sign_sha256(&text, &mut OsRng)?);
    let authorization = format!(
        "Signature version=\"1\",keyId=\"{}/fed-x509-sha256/{}\",algorithm=\"rsa-sha256\",\
         headers=\"date (request-target) content-length content-type x-content-sha256\",\
         signature=\"{signature}\"",
        identity.tenancy, identity.fingerprint
    );
    let host = url.authority().map_or("", |authority| authority.as_str());
    Ok(Request::post(url.clone())
        .header(header::HOST, host)
        .header(header::DATE, date)
        .header(header::ACCEPT, CONTENT_TYPE)
        .header(header::CONTENT_TYPE, CONTENT_TYPE)
        .header(header::CONTENT_LENGTH, length)
        .header("x-content-sha256", hash)
        .header(header::AUTHORIZATION, authorization)
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes()))))
}

fn read_answer(status: StatusCode, body: &[u8], redactor: &Redactor) -> Result<Token, String> {
    let answer: serde_json::Value = serde_json::from_slice(body)
        .map_err(|_| format!("answered {status} with something that is no JSON"))?;
    if !status.is_success() {
        // Cut from what was cleaned, never the other way: half a secret is one, too.
        let text = |key: &str, most| {
            let text = redactor.clean(answer[key].as_str().unwrap_or_default());
            text.chars().take(most).collect::<String>()
        };
        let described = text("message", 300);
        return Err(format!(
            "answered {status} {}: {described}; check that the instance's certificate is \
             current and the clock right",
            text("code", 100)
        ));
    }
    let value = answer["token"].as_str().ok_or("answered without a token")?;
    if let Some(problem) = token::problem(value) {
        return Err(format!("answered with a token that {problem}"));
    }
    Ok(Token { value: Zeroizing::new(value.to_owned()), life: life(value) })
}

/// From the token's own claims. The issuer's clock tells both times, so that ours
/// need not agree with it.
fn life(token: &str) -> Duration {
    let claims = || {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
        let issued = claims["iat"].as_i64().unwrap_or_else(unix_seconds);
        u64::try_from(claims["exp"].as_i64()?.saturating_sub(issued)).ok()
    };
    claims().map_or(UNTOLD_LIFE, |seconds| Duration::from_secs(seconds.min(LONGEST_LIFE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("eyJhbGciOiJSUzI1NiJ9.{}.S3CRET", URL_SAFE_NO_PAD.encode(claims))
    }

    fn read(status: StatusCode, body: &[u8]) -> Result<Token, String> {
        read_answer(status, body, &Redactor::default())
    }

    #[test]
    fn a_token_tells_its_life_by_the_clock_of_who_gave_it() {
        assert_eq!(life(&token(r#"{"iat":1000,"exp":2200}"#)), Duration::from_secs(1200));
        assert_eq!(life(&token(r#"{"iat":1000,"exp":9999999999}"#)).as_secs(), LONGEST_LIFE);
        for untold in ["S3CRET", &token("{}"), &token("no JSON")] {
            assert_eq!(life(untold), UNTOLD_LIFE);
        }
    }

    #[test]
    fn an_answer_is_a_token_or_a_reason() {
        let body = format!(r#"{{"token":"{}"}}"#, token("{}"));
        let good = read(StatusCode::OK, body.as_bytes()).unwrap();
        assert!(!format!("{good:?}").contains("S3CRET"));
        let body = br#"{"code":"NotAuthenticated","message":"no such certificate"}"#;
        let error = read(StatusCode::UNAUTHORIZED, body).unwrap_err();
        assert!(error.contains("NotAuthenticated: no such certificate"), "{error}");
        for wrong in [
            &b"{}"[..],
            b"<html>",
            br#"{"token":""}"#,
            br#"{"token":"a\"b"}"#,
            br#"{"token":"a\r\nx: y"}"#,
        ] {
            assert!(read(StatusCode::OK, wrong).is_err());
        }
    }
}
