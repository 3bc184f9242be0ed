//! Laws of signing for oneself.
use std::cell::RefCell;

use oci_audit::config::Config;
use oci_audit::session::Reading;
use oci_signature::{Authorization, PublicKey, ReceivedRequest, verify};
use serde_json::{Value, json};
use signon_kit::auth::Authorized;
use signon_kit::contract::{
    BatchLimits, EventClasses, Progress, ReadOptions, SourceError, TimeRange,
};
use signon_kit::http::Request;
use signon_kit::http::scripted::{Answer, Scripted};
use signon_kit::session::{Reads as _, Session};
use signon_kit::source::Settings as _;

const KEY: &str = include_str!("../../../oci-signature/tests/keys/rsa2048.pkcs8.pem");
const LOCKED: &str = include_str!("../../../oci-signature/tests/keys/rsa2048.pkcs8_encrypted.pem");
const OTHER: &str = include_str!("../../../oci-signature/tests/keys/other2048.pem");
const PUBLIC: &str = include_str!("../../../oci-signature/tests/keys/rsa2048.public.pem");
const FINGERPRINT: &str = include_str!("../../../oci-signature/tests/keys/rsa2048.fingerprint");

const RANGE: TimeRange = TimeRange { start: 1_714_521_600_000, end: 1_714_525_200_000 };
const LIMITS: BatchLimits = BatchLimits { events: 9, bytes: u64::MAX, soft_deadline_ms: u32::MAX };

fn auth() -> Value {
    json!({
        "tenancy": "ocid1.tenancy.oc1..a", "user": "ocid1.user.oc1..b",
        "fingerprint": FINGERPRINT.trim(), "private_key": KEY,
    })
}

fn config(auth: &Value) -> Result<Config, SourceError> {
    let config =
        json!({ "regions": ["phx"], "compartments": ["ocid1.tenancy.oc1..a"], "auth": auth });
    Config::parse(&config.to_string())
}

#[test]
fn every_request_is_signed_so_that_the_service_accepts_it() {
    let config = config(&auth()).unwrap();
    let seen = RefCell::new(0);
    let answer = |request: &Request| {
        *seen.borrow_mut() += 1;
        let mut headers: Vec<(&str, &str)> =
            request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // A runtime sets this one, and no other.
        headers.push(("host", "audit.us-phoenix-1.oraclecloud.com"));
        let value = headers.iter().find(|(name, _)| *name == "authorization").unwrap().1;
        let authorization = Authorization::parse(value).unwrap();
        assert!(authorization.key_id.ends_with(FINGERPRINT.trim()));
        let received = ReceivedRequest {
            method: "GET",
            target: &request.target,
            headers: &headers,
            body: b"",
        };
        verify(&authorization, &received, &PublicKey::from_pem(PUBLIC).unwrap()).unwrap();
        let page = Answer::ok("[]");
        Ok(if request.target.contains("&page=") { page } else { page.header("opc-next-page", "p") })
    };
    let transport = Authorized::new(Scripted::new(answer), config.auth.as_ref().unwrap().signer());
    let target = config.targets().next().unwrap();
    let options = ReadOptions { classes: EventClasses::DEFAULT, keep_raw: true, text_limit: 0 };
    let mut session = Session::new(transport, Reading::open(target, RANGE, None, options).unwrap());
    let batch = session.next(LIMITS).unwrap();
    assert_eq!(batch.progress, Progress::Finished);
    assert_eq!(*seen.borrow(), 2);
    let secret = KEY.lines().nth(1).unwrap();
    assert!(!String::from_utf8(batch.cursor.unwrap()).unwrap().contains(secret));
    assert!(!format!("{config:?}").contains(secret));
    assert!(!format!("{session:?}").contains(secret));
}

/// Place and text of what is wrong with a table `auth`.
fn wrong(auth: &Value) -> Vec<(String, String)> {
    let Err(SourceError::InvalidConfig(findings)) = config(auth) else {
        panic!("{auth} is accepted");
    };
    let text = format!("{findings:?}");
    for key in [KEY, LOCKED, OTHER] {
        assert!(!text.contains(key.lines().nth(1).unwrap()), "{text}");
    }
    findings.into_iter().map(|finding| (finding.path, finding.problem)).collect()
}

fn with(changes: Value) -> Value {
    let mut auth = auth();
    for (key, value) in changes.as_object().unwrap() {
        auth[key] = value.clone();
    }
    auth
}

#[test]
fn what_is_wrong_with_a_key_is_a_finding_with_its_place() {
    for (changes, place) in [
        (json!({ "private_key": OTHER }), "/auth/private_key"),
        (json!({ "private_key": LOCKED }), "/auth/private_key"),
        (json!({ "private_key": LOCKED, "passphrase": "mistaken" }), "/auth/private_key"),
        (json!({ "private_key": "no key" }), "/auth/private_key"),
        (json!({ "private_key": null }), "/auth/private_key"),
        (json!({ "fingerprint": "20:3b" }), "/auth/fingerprint"),
        (json!({ "user": 5 }), "/auth/user"),
        (json!({ "key_file": "/etc/key" }), "/auth/key_file"),
    ] {
        let told = wrong(&with(changes));
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, place, "{told:?}");
    }
    assert_eq!(wrong(&json!({})).len(), 4);
    assert_eq!(wrong(&json!([]))[0].0, "/auth");
}
