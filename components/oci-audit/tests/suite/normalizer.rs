//! Laws of reading records: every shape the same, every byte accounted for, and
//! nothing that anybody can send makes it panic.
use oci_audit::normalizer;
use proptest::prelude::*;
use signon_kit::contract::{
    Activity, EventClasses, FactorKind, Outcome, ReadOptions, SignOnEvent, SourceError, UserKind,
};
use signon_kit::testing;
use signon_kit::testing::LIMITS;

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::DEFAULT, keep_raw: true, text_limit: 0 };

const DOMAIN: &str = include_str!(
    "../../../../tests/fixtures/oci/identitysignon-interactivelogin-success-identitydomain.logging.json"
);
const LEGACY: &str = include_str!(
    "../../../../tests/fixtures/oci/identitysignon-interactivelogin-failed-legacy.livelabs.json"
);
const OTHER: &str =
    include_str!("../../../../tests/fixtures/oci/virtualnetwork-createvcn-404.listevents.json");
const EVENTS_SERVICE: &str = include_str!(
    "../../../../tests/fixtures/oci/events-service-computeapi-instanceaction.begin.json"
);

/// Reads everything, in chunks of a size.
fn read(bytes: &[u8], chunk: usize) -> (Vec<SignOnEvent>, u64, u64, Option<SourceError>) {
    let read = testing::read(normalizer::open(OPTIONS), bytes, chunk);
    (read.events, read.received, read.unreadable, read.error)
}

fn one(text: &str) -> SignOnEvent {
    let (mut events, _, rejected, error) = read(text.as_bytes(), usize::MAX);
    assert_eq!((events.len(), rejected, error), (1, 0, None), "{text}");
    events.remove(0)
}

#[test]
fn an_identity_domain_login_is_read_whole() {
    let event = one(DOMAIN);
    assert_eq!(event.native_id, "fd380a65-c887-4d48-8a52-c405c0c96bc4");
    assert_eq!((&event.activity, &event.outcome), (&Activity::Logon, &Outcome::Success));
    let user = event.user.unwrap();
    assert_eq!(user.name.as_deref(), Some("gstest6"));
    assert_eq!(user.uid.as_deref(), Some("bf1662629b0b46df83e93a39a842ed35"));
    assert_eq!(user.display_name.as_deref(), Some("GS Test6"));
    let domain = event.cloud.unwrap().domain.unwrap();
    assert_eq!(domain.display_name.as_deref(), Some("Default"));
    assert_eq!(user.kind, UserKind::User);
    assert_eq!(event.source_addresses, ["10.0.64.2"]);
    assert_eq!(event.factors[0].kind, FactorKind::Password);
    assert_eq!(event.mfa, Some(false));
    assert_eq!(event.correlation.as_deref(), Some("vm4Cr1w^j00000000"));
    assert_eq!(event.message.as_deref(), Some("Session create success"));
    assert!(event.unmapped.contains("InteractiveLogin succeeded"));
    assert_eq!(event.policy.as_deref(), Some("Default Sign-On Policy"));
    assert_eq!(event.raw.as_deref(), Some(DOMAIN.trim()));
    assert_eq!(event.logged, Some(1_646_846_318_743));
    let session = event.session.unwrap();
    assert_eq!(session.uid.as_deref(), Some("61142895dd5b4d"));
    assert_eq!(session.created, Some(1_646_846_313_000));
    for kept in ["ssoLocalIp", "ssoPolicyObligations", "adminValuesAdded", "rId"] {
        assert!(event.unmapped.contains(kept), "{kept}");
    }
    assert!(!event.unmapped.contains("gstest6"));
}

#[test]
fn a_legacy_login_is_read_by_its_result() {
    let event = one(LEGACY);
    assert_eq!((&event.activity, &event.outcome), (&Activity::Logon, &Outcome::Failure));
    assert_eq!(event.code.as_deref(), Some("PASSWORD_INVALID"));
    assert!(event.native_id.starts_with("sha256:"));
    assert_eq!(event.labels, ["id-from-content"]);
    assert_eq!(event.http.unwrap().status, Some(400));
}

#[test]
fn records_of_other_services_are_passed_over_and_counted() {
    let (events, received, rejected, error) =
        read(format!("[{OTHER},{EVENTS_SERVICE}]").as_bytes(), 1000);
    assert_eq!((events.len(), received, rejected, error), (0, 2, 0, None));
}

#[test]
fn every_wrapper_gives_the_same_event() {
    let record = DOMAIN.trim().replace('\n', " ");
    let plain = one(&record);
    for wrapped in [
        format!("[{record}]"),
        format!("{record}\n"),
        format!(r#"{{"datetime":1,"logContent":{record}}}"#),
        format!(r#"{{"data":{{"datetime":1,"logContent":{record}}}}}"#),
        format!(r#"{{"results":[{{"data":{{"logContent":{record}}}}}],"summary":{{}}}}"#),
    ] {
        assert_eq!(one(&wrapped), plain, "{wrapped}");
    }
}

#[test]
fn the_events_services_spelling_is_understood() {
    let text = r#"{"eventType":"com.oraclecloud.identitysignon.interactivelogin","eventID":"x",
        "eventTime":"2024-05-01T00:00:01Z","extensions":{"compartmentId":"c"},
        "data":{"compartmentId":"c","additionalDetails":{"eventId":"sso.session.create.failure"}}}"#;
    let event = one(text);
    assert_eq!((event.native_id.as_str(), &event.activity), ("x", &Activity::Logon));
    assert_eq!(event.outcome, Outcome::Failure);
}

fn with_name(name: &str, details: &str, rest: &str) -> SignOnEvent {
    one(&format!(
        r#"{{"eventType":"com.oraclecloud.IdentitySignOn.{name}","eventId":"x",
        "eventTime":"2024-05-01T00:00:01Z",
        "data":{{"eventName":"{name}","additionalDetails":{{{details}}}{rest}}}}}"#
    ))
}

#[test]
fn the_id_of_the_domains_record_is_carried_from_wherever_it_stands() {
    let pairs = include_str!("../../../../tests/fixtures/pairs/one-ecid-two-users.oci.json");
    let (events, ..) = read(pairs.as_bytes(), usize::MAX);
    assert_eq!(events.len(), 5);
    assert!(events.iter().all(|event| event.same_as == [event.native_id.clone()]));
    assert!(!events[0].unmapped.contains(r#""id":"de638aac-"#), "{}", events[0].unmapped);
    let same_as = |details: &str| with_name("InteractiveLogin", details, "").same_as;
    assert_eq!(same_as(r#""id":"d1""#), ["d1"]);
    assert_eq!(same_as(r#""auditEventMapValue":"{\"id\":\"d2\",\"a\":[1]}""#), ["d2"]);
    assert_eq!(same_as(r#""id":"d1","auditEventMapValue":"{\"id\":\"d2\"}""#), ["d1", "d2"]);
    let event = with_name("InteractiveLogin", r#""id":"d1""#, "");
    assert!(event.unmapped.contains(r#""id":"d1""#), "another id is not lost");
    for none in [r#""auditEventMapValue":"{\"schemas\"}""#, r#""auditEventMapValue":"[1]""#, ""] {
        assert_eq!(same_as(none), [""; 0], "{none}");
    }
}

#[test]
fn each_of_the_eleven_names_has_its_activity_and_new_ones_are_kept() {
    use Activity as A;
    for (name, activity) in [
        ("InteractiveLogin", A::Logon),
        ("FederatedInteractiveloginattempt", A::FederatedAttempt),
        ("FactorMfa", A::MfaChallenge),
        ("VerifyMfaToken", A::MfaVerify),
        ("DeleteSession", A::Logoff),
        ("ModifySSOSession", A::SessionModify),
        ("AccessApp", A::AppAccess),
        ("TokenRequest", A::TokenRequest),
        ("AuthcodeRequest", A::AuthcodeRequest),
        ("SupportAccountSamlRequest", A::SupportAccount),
        ("ChangePassword", A::PasswordChange),
        ("BrandNew", A::Other("BrandNew".into())),
    ] {
        assert_eq!(with_name(name, "", "").activity, activity, "{name}");
    }
}

#[test]
fn a_password_change_is_about_the_person_and_not_the_app() {
    let event = with_name(
        "ChangePassword",
        r#""actorName":"uiChangePassword","actorType":"App","adminResourceName":"joe@example.com",
           "adminResourceId":"77ee","eventId":"admin.me.password.reset.success""#,
        "",
    );
    assert_eq!(event.activity, Activity::PasswordReset);
    assert_eq!(event.user.as_ref().unwrap().name.as_deref(), Some("joe@example.com"));
    assert_eq!(event.actor.unwrap().kind, UserKind::Service);
}

#[test]
fn idcs_is_nobodys_id_and_comma_lists_are_hops() {
    let event = with_name(
        "InteractiveLogin",
        r#""actorOcid":"abc""#,
        r#","identity":{"principalId":"IDCS","principalName":"joe","ipAddress":"10.0.64.84,252.138.125.19"}"#,
    );
    assert_eq!(event.user.unwrap().uid.as_deref(), Some("abc"));
    assert_eq!(event.source_addresses, ["10.0.64.84", "252.138.125.19"]);
}

#[test]
fn no_secret_survives_anywhere_in_the_event() {
    let event = with_name(
        "TokenRequest",
        r#""notificationSmsOtpCode":"S3CRET-1""#,
        r#","identity":{"credentials":"ST$eyJS3CRET-2"},
           "request":{"headers":{"Authorization":["Signature S3CRET-3"],"cookie":["S3CRET-4"],
           "X-New":["S3CRET-5"],"User-Agent":["curl"]}}"#,
    );
    assert!(!format!("{event:?}").contains("S3CRET"));
    assert_eq!(event.redacted.len(), 5);
    assert_eq!(event.agent.unwrap().original.as_deref(), Some("curl"));
}

#[test]
fn text_an_attacker_controls_never_rejects_a_record() {
    let mut text =
        br#"{"eventType":"com.oraclecloud.IdentitySignOn.InteractiveLogin","eventId":"x",
        "eventTime":"2024-05-01T00:00:01Z","data":{"identity":{"userAgent":"\ud800 "#
            .to_vec();
    text.extend_from_slice(b"\xff\xfe");
    text.extend(std::iter::repeat_n(b'A', 1 << 20));
    text.extend_from_slice(br#"","principalName":"\"}{"}}}"#);
    let (events, _, rejected, error) = read(&text, 1000);
    assert_eq!((events.len(), rejected, error), (1, 0, None));
    assert_eq!(events[0].user.as_ref().unwrap().name.as_deref(), Some("\"}{"));
}

#[test]
fn a_record_without_a_time_is_rejected_by_name_and_scrubbed() {
    let text = r#"{"type":"com.oraclecloud.IdentitySignOn.InteractiveLogin","id":"x","time":"<your-time>","password":"S3CRET"}"#;
    let mut normalizer = normalizer::open(OPTIONS);
    normalizer.push(text.as_bytes());
    normalizer.finish();
    let batch = normalizer.next(LIMITS).unwrap();
    let reject = &batch.rejects[0];
    assert!(reject.reason.contains("no readable"), "{}", reject.reason);
    let kept = reject.text.as_ref().unwrap();
    assert!(kept.contains("<your-time>") && !kept.contains("S3CRET"));
}

proptest! {
    #[test]
    fn the_events_do_not_depend_on_how_bytes_arrive(chunk in 1usize..5000) {
        let page = format!("[{DOMAIN},{OTHER},{LEGACY},null,{EVENTS_SERVICE}]");
        let (events, received, rejected, error) = read(page.as_bytes(), chunk);
        prop_assert_eq!((events.len(), received, rejected, error), (2, 5, 1, None));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        read(&bytes, 97);
    }

    #[test]
    fn a_real_page_with_a_byte_changed_never_panics_or_loses_count(
        at in 0usize..8000, byte in any::<u8>(), chunk in 1usize..3000,
    ) {
        let mut page = format!("[{DOMAIN},{LEGACY}]").into_bytes();
        let at = at % page.len();
        page[at] = byte;
        read(&page, chunk);
    }
}

#[test]
fn no_form_of_a_secret_survives_anywhere_in_an_event() {
    let records = include_str!("../../../../tests/fixtures/redaction/oci.json");
    let (events, _, rejected, error) = read(records.as_bytes(), usize::MAX);
    assert_eq!((rejected, error), (0, None));
    testing::assert_no_secret_survives(events);
}

#[test]
fn parameters_and_answers_are_kept_by_name() {
    let event = with_name(
        "TokenRequest",
        r#""x":1"#,
        r#","request":{"parameters":{"client_id":["c1"],"grant_type":["authorization_code"],
           "code":["S3CRET-1"],"unheard_of":["S3CRET-2"],"scope":["openid"],
           "redirect_uri":["https://app.example/cb?state=S3CRET-3"]}},
           "response":{"payload":{"login_result":"OK","login_input":"tenant: t, user: u",
           "anything":"S3CRET-4"}}"#,
    );
    assert!(!format!("{event:?}").contains("S3CRET"), "{event:?}");
    assert_eq!(event.redacted.len(), 4);
    for kept in ["c1", "authorization_code", "openid", "https://app.example/cb", "user: u"] {
        assert!(event.unmapped.contains(kept), "{kept}");
    }
}

#[test]
fn a_mask_hides_no_neighbour() {
    let event = with_name(
        "AuthenticationUser",
        r#""adminValuesAdded":{"password":"*********","mappingAttributeValue":"mallory@contoso.example",
           "mappingAttribute":"userName","includeSFFAuthKeys":"true"},
           "auditEventMapValue":"{\"adminValuesAdded\":\"{\\\"password\\\":\\\"*********\\\",\\\"mappingAttributeValue\\\":\\\"mallory@contoso.example\\\"}\",\"checksum\":\"e1NTSEF9WjNGcy8zZ04vVEpqNEt6Z2hJeWg3SzlJT2pnTm1laTB5WGNkQk5ZOEZNcW5pYXVrQVp5VXZnPT0=\"}""#,
        r#","request":{"headers":{"User-Agent":["curl"],"Accept":["*****"]}}"#,
    );
    assert_eq!(event.redacted, Vec::<String>::new());
    assert_eq!(event.unmapped.matches("mallory@contoso.example").count(), 2);
}
