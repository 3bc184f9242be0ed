//! Laws of getting tokens for oneself.
use std::cell::RefCell;

use idcs::config::Config;
use idcs::session::Reading;
use serde_json::{Value, json};
use signon_kit::auth::Authorized;
use signon_kit::contract::{Batch, BatchLimits, EventClasses, ReadOptions, SourceError, TimeRange};
use signon_kit::http::scripted::{Answer, Scripted};
use signon_kit::http::{Method, Request};
use signon_kit::session::{Reads as _, Session};
use signon_kit::source::Settings as _;

const KEY: &str = include_str!("../../../oci-signature/tests/keys/rsa2048.pkcs8.pem");
const RANGE: TimeRange = TimeRange { start: 1_527_811_200_000, end: 1_527_811_210_000 };
const LIMITS: BatchLimits =
    BatchLimits { events: 1000, bytes: u64::MAX, soft_deadline_ms: u32::MAX };

fn config(auth: &Value) -> Result<Config, SourceError> {
    let url = "https://idcs-1.example/base";
    Config::parse(&json!({ "domain_url": url, "page_size": 1, "auth": auth }).to_string())
}

fn by_secret() -> Value {
    json!({ "client_id": "a b", "client_secret": "S3CRET+/" })
}

/// Reads a range through a service that answers so; gives the requests as well.
fn read(
    auth: &Value,
    answer: impl FnMut(&Request) -> Answer,
) -> (Result<Batch, SourceError>, Vec<Request>) {
    let seen = RefCell::new(Vec::new());
    let answer = RefCell::new(answer);
    let config = config(auth).unwrap();
    let scripted = Scripted::new(|request: &Request| {
        seen.borrow_mut().push(request.clone());
        Ok((answer.borrow_mut())(request))
    });
    let transport = Authorized::new(scripted, config.auth.clone());
    let options = ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };
    let mut session = Session::new(transport, Reading::open(config, RANGE, None, options).unwrap());
    let batch = session.next(LIMITS);
    let shown = format!("{session:?} {batch:?}");
    assert!(!shown.contains("S3CRET") && !shown.contains("T0KEN"), "{shown}");
    drop(session);
    (batch, seen.into_inner())
}

fn is_token_request(request: &Request) -> bool {
    request.target == "/base/oauth2/v1/token"
}

fn token(number: usize, life: &str) -> Answer {
    Answer::ok(format!(
        r#"{{"access_token":"T0KEN{number}","token_type":"Bearer","expires_in":{life}}}"#
    ))
}

/// A domain of rows a second apart.
fn rows(request: &Request) -> Answer {
    let asked =
        request.target.split_once("ge%20%222018-06-01T00%3A00%3A").map(|(_, rest)| &rest[..6]);
    // A millisecond behind a row is before the next one.
    let from = asked.map_or(0.0, |asked| asked.parse::<f64>().unwrap()).ceil() as u32;
    let left = 10u32.saturating_sub(from);
    let row =
        |second| format!(r#"{{"id":"{second}","timestamp":"2018-06-01T00:00:0{second}.000Z"}}"#);
    // The moment that was read, and what follows.
    let is_moment = request.target.contains("sortBy=id");
    let total = if is_moment { 1 } else { left };
    let row = if left == 0 { String::new() } else { row(from) };
    Answer::ok(format!(r#"{{"totalResults":{total},"Resources":[{row}]}}"#))
}

fn bearer(request: &Request) -> Option<&str> {
    let header = request.headers.iter().find(|(name, _)| *name == "authorization")?;
    header.1.strip_prefix("Bearer ")
}

#[test]
fn one_token_serves_many_pages() {
    let (batch, seen) = read(&by_secret(), |request| {
        if is_token_request(request) { token(1, "3600") } else { rows(request) }
    });
    assert_eq!(batch.unwrap().events.len(), 10);
    let (asked, pages): (Vec<&Request>, Vec<&Request>) =
        seen.iter().partition(|request| is_token_request(request));
    assert_eq!(asked.len(), 1);
    assert!(pages.len() > 10);
    assert!(pages.iter().all(|page| bearer(page) == Some("T0KEN1")));
    assert_eq!(asked[0].method, Method::Post);
    // RFC 6749, 2.3.1: id and secret are form-encoded before they are joined.
    let basic = "Basic YSUyMGI6UzNDUkVUJTJCJTJG".to_owned();
    assert!(asked[0].headers.contains(&("authorization", basic)));
    let form = String::from_utf8(asked[0].body.clone()).unwrap();
    assert_eq!(form, "grant_type=client_credentials&scope=urn%3Aopc%3Aidm%3A__myscopes__");
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    // The scripted clock moves by a millisecond with each look.
    let mut number = 0;
    let (batch, seen) = read(&by_secret(), |request| {
        if !is_token_request(request) {
            return rows(request);
        }
        number += 1;
        token(number, "0")
    });
    assert_eq!(batch.unwrap().events.len(), 10);
    let pages: Vec<&str> = seen.iter().filter_map(bearer).collect();
    assert!(number > 5, "{number}");
    assert_eq!(pages.last(), Some(&format!("T0KEN{number}").as_str()));
}

#[test]
fn a_refused_token_is_renewed_once_and_what_is_refused_again_is_an_error() {
    let mut number = 0;
    let (batch, _) = read(&by_secret(), |request| {
        if is_token_request(request) {
            number += 1;
            return token(number, "3600");
        }
        // Revoked after three pages.
        let revoked = bearer(request) == Some("T0KEN1") && request.target.contains("00%3A03.");
        if revoked { Answer::status(401, "") } else { rows(request) }
    });
    assert_eq!((batch.unwrap().events.len(), number), (10, 2));

    let (refused, seen) = read(&by_secret(), |request| {
        if is_token_request(request) { token(1, "3600") } else { Answer::status(401, "") }
    });
    assert!(matches!(refused, Err(SourceError::Unauthorized(_))));
    assert_eq!(seen.len(), 4, "token, page, token, page");
}

#[test]
fn a_client_that_is_refused_is_unauthorized_and_asked_for_once() {
    let body = r#"{"error":"invalid_client","error_description":"no such client"}"#;
    let (refused, seen) = read(&by_secret(), |_| Answer::status(401, body));
    let Err(SourceError::Unauthorized(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains("invalid_client: no such client"), "{text}");
    assert_eq!(seen.len(), 1);
    for answer in [
        Answer::status(503, "S3CRET"),
        Answer::ok("<html>T0KEN</html>"),
        Answer::ok("{}"),
        token(1, "3600").cut(9),
    ] {
        let (failed, _) = read(&by_secret(), |_| answer.clone());
        assert!(matches!(failed, Err(SourceError::Unavailable(_))), "{failed:?}");
    }
}

#[test]
fn a_key_proves_the_client_by_a_signed_assertion() {
    let auth = json!({ "client_id": "c", "private_key": KEY, "key_id": "alias",
                       "token_url": "https://other.example/token", "scope": "x y" });
    let (batch, seen) = read(&auth, |request| {
        if request.origin == "https://other.example" { token(1, "\"3600\"") } else { rows(request) }
    });
    assert_eq!(batch.unwrap().events.len(), 10);
    let form = String::from_utf8(seen[0].body.clone()).unwrap();
    assert_eq!(seen[0].target, "/token");
    assert!(form.starts_with("grant_type=client_credentials&scope=x%20y&client_assertion_type="));
    let assertion = form.split("client_assertion=").nth(1).unwrap();
    let assertion = assertion.split('&').next().unwrap();
    assert_eq!(assertion.split('.').count(), 3);
    assert!(seen[0].headers.iter().all(|(name, _)| *name != "authorization"));
}

#[test]
fn access_includes_the_token_endpoint_and_only_where_tokens_are_asked_for() {
    let rules = config(&by_secret()).unwrap().access();
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[1].origin, "https://idcs-1.example");
    assert_eq!(rules[1].path_prefix, "/base/oauth2/v1/token");
    assert_eq!(rules[1].methods, ["POST"]);
    assert_eq!(config(&Value::Null).unwrap().access().len(), 1);
}

#[test]
fn a_client_that_cannot_prove_itself_is_a_finding_with_its_place() {
    for (auth, place) in [
        (json!({ "client_id": "a" }), "/auth/private_key"),
        (
            json!({ "client_id": "a", "client_secret": "S3CRET", "private_key": KEY }),
            "/auth/private_key",
        ),
        (json!({ "client_id": "a", "private_key": "S3CRET" }), "/auth/private_key"),
        (json!({ "client_secret": "S3CRET" }), "/auth/client_id"),
        (
            json!({ "client_id": "a", "client_secret": ["S3CRET"], "private_key": KEY }),
            "/auth/client_secret",
        ),
        (
            json!({ "client_id": "a", "client_secret": "S3CRET", "secret": "S3CRET" }),
            "/auth/secret",
        ),
        (
            json!({ "client_id": "a", "client_secret": "S3CRET", "token_url": "ftp://a" }),
            "/auth/token_url",
        ),
    ] {
        let Err(SourceError::InvalidConfig(findings)) = config(&auth) else { panic!("{auth}") };
        assert_eq!(findings[0].path, place, "{findings:?}");
        assert!(!format!("{findings:?}").contains("S3CRET"), "{findings:?}");
    }
}
