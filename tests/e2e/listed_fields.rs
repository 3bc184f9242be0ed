//! The fields that Oracle's own instructions for sign-on reports list, one by one:
//! whoever moves from such a report to this program finds each of them again, and
//! not only in the copy of the record.

use serde_json::Value;
use signon_host::contract::{
    Activity, Agent, BatchLimits, CloudPlace, EventClasses, HttpInfo, Identity, IdentityDomain,
    Idp, Named, Outcome, ReadOptions, SessionInfo, SignOnEvent, UserKind,
};
use signon_host::limits::Limits;
use signon_host::render::sample::{self, bare_event, leaves_of, some};
use signon_host::render::{Context, Format, Keep, Owner, render};
use signon_host::runtime::{NormalizerInstance, Sandbox};

/// A record with all of them, each with a value of its own.
const RECORD: &str = include_str!("../fixtures/golden/listed-fields.record.json");

/// The attributes listed under `data.additionalDetails`, by where a record has them.
const DETAILS: [&str; 11] = [
    "/data/additionalDetails/actorDisplayName",
    "/data/additionalDetails/clientIp",
    "/data/additionalDetails/eventId",
    "/data/additionalDetails/ssoIdentityProvider",
    "/data/compartmentId",
    "/data/compartmentName",
    "/data/eventName",
    "/data/message",
    "/data/response/status",
    "/data/response/responseTime",
    "/type",
];

/// The attributes listed under `data.identity`.
const IDENTITY: [&str; 5] = [
    "/data/identity/ipAddress",
    "/data/identity/principalId",
    "/data/identity/principalName",
    "/data/identity/tenantId",
    "/data/identity/userAgent",
];

/// The columns of the export with `|` between them.
const COLUMNS: [&str; 15] = [
    "/data/additionalDetails/actorName",
    "/data/additionalDetails/eventId",
    "/data/additionalDetails/httpResponseStatus",
    "/data/additionalDetails/ssoLocalIp",
    "/data/additionalDetails/domainDisplayName",
    "/data/additionalDetails/domainName",
    "/data/additionalDetails/actorType",
    "/data/message",
    "/data/identity/userAgent",
    "/data/identity/authType",
    "/data/identity/callerId",
    "/data/identity/callerName",
    "/data/identity/credentials",
    "/data/identity/ipAddress",
    "/data/identity/principalName",
];

/// The columns of the table that the Audit API's example prints.
const TABLE: [&str; 8] = [
    "/time",
    "/id",
    "/data/identity/principalName",
    "/data/additionalDetails/domainDisplayName",
    "/data/eventName",
    "/data/identity/userAgent",
    "/data/identity/ipAddress",
    "/data/additionalDetails/eventId",
];

/// What `oci_audit` makes of [`RECORD`].
fn event() -> SignOnEvent {
    SignOnEvent {
        native_id: "2f5d0d1e-7e9f-4c0b-9d39-1f6a8d2a6c11".to_owned(),
        same_as: Vec::new(),
        native_type: "com.oraclecloud.IdentitySignOn.DeleteSession".to_owned(),
        native_name: some("DeleteSession"),
        domain_event_id: some("sso.session.delete.success"),
        time: 1_754_042_277_698,
        original_time: "2025-08-01T09:57:57.698Z".to_owned(),
        code: some("204"),
        message: some("DeleteSession succeeded"),
        user: Some(Identity {
            name: some("rats_monitor_login"),
            uid: some("ocid1.user.oc1..exampleuniqueID"),
            uid_alt: None,
            display_name: some("Rats Monitor"),
            email: None,
            domain: None,
            dn: None,
            kind: UserKind::User,
        }),
        app: Some(Named {
            name: some("example-caller"),
            uid: some("ocid1.app.oc1..exampleuniqueID"),
            kind: None,
        }),
        idp: Some(Idp { name: some("UserNamePassword"), kind: None, policy: None, rule: None }),
        source_addresses: vec!["198.51.100.7".to_owned()],
        agent: Some(Agent {
            original: some("Mozilla/5.0 (Windows NT 10.0; Win64; x64)"),
            browser: None,
            platform: None,
        }),
        session: Some(SessionInfo {
            uid: None,
            uid_alt: None,
            credential_uid: some("ocid1.credential.oc1..exampleuniqueID"),
            created: None,
            expires: None,
        }),
        http: Some(HttpInfo {
            request_id: None,
            method: None,
            path: None,
            url: None,
            referrer: None,
            status: Some(204),
            response_message: None,
        }),
        cloud: Some(CloudPlace {
            domain: Some(IdentityDomain {
                uid: None,
                name: some("idcs-0123456789abcdef"),
                display_name: some("Example Domain"),
            }),
            realm: None,
            region: None,
            zone: None,
            account_uid: some("ocid1.compartment.oc1..exampleuniqueID"),
            account_name: some("example"),
            organization_uid: some("ocid1.tenancy.oc1..exampleuniqueID"),
            service: None,
        }),
        unmapped: r#"{"data":{"additionalDetails":{"ssoLocalIp":"127.0.0.1"},"identity":{"ipAddress":"203.0.113.9","principalName":"rats_monitor"},"response":{"responseTime":"2025-08-01T09:57:57.699Z","status":"200"}},"specversion":"1.0"}"#.to_owned(),
        auth_type: some("natv"),
        ..bare_event(Activity::Logoff, Outcome::Success)
    }
}

fn rendered(event: &SignOnEvent, component: &str, format: Format) -> Value {
    let owner = Owner { tenant: String::new(), source: "s".to_owned(), labels: [].into() };
    let context = Context { component, owner: &owner, keep: Keep::ALL };
    serde_json::from_str(&render(event, &context, format)).unwrap()
}

/// Every text in a line, those in a text that is JSON among them.
fn texts(line: &Value) -> Vec<String> {
    let mut texts: Vec<String> = leaves_of(line).into_iter().collect();
    let inner: Vec<Value> =
        texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    let inner = inner.iter().filter(|inner: &&Value| inner.is_object());
    texts.extend(inner.flat_map(leaves_of));
    texts
}

/// Every field listed.
fn listed() -> Vec<&'static str> {
    [&DETAILS[..], &IDENTITY[..], &COLUMNS[..], &TABLE[..]].concat()
}

/// Whether a listed value is among some texts.
fn is_among(pointer: &str, value: &str, texts: &[String]) -> bool {
    texts.iter().any(|text| match pointer {
        // Vocabularies have a word of their own for the kind of a user.
        "/data/additionalDetails/actorType" => text.eq_ignore_ascii_case(value),
        "/time" => {
            let time = chrono::DateTime::parse_from_rfc3339(value).unwrap().timestamp_millis();
            text == value || *text == time.to_string()
        }
        // Samples have blanks around their message.
        _ => text == value || text == value.trim(),
    })
}

#[test]
fn every_field_that_a_report_lists_is_in_every_rendering() {
    let record: Value = serde_json::from_str(RECORD).unwrap();
    for format in Format::ALL {
        // Without the record itself, in which everything can be found.
        let raw = some(RECORD).filter(|_| format == Format::Raw);
        let line = rendered(&SignOnEvent { raw, ..event() }, "oci_audit", format);
        let texts = texts(&line);
        for pointer in listed() {
            let value = record.pointer(pointer).unwrap().as_str().unwrap();
            let there = is_among(pointer, value, &texts);
            assert!(there, "{format}: {pointer} {value:?} is not in {line}");
        }
    }
}

#[test]
fn the_component_makes_that_event_of_that_record() {
    assert_eq!(made_by_component(RECORD), event());
}

#[test]
fn every_listed_field_of_a_published_record_comes_through_the_component() {
    let record: Value = serde_json::from_str(sample::RECORD).unwrap();
    let made = made_by_component(sample::RECORD);
    let mut held = 0;
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Raw) {
        let line = rendered(&made, "oci_audit", format);
        let texts = texts(&line);
        for pointer in listed() {
            // A record has only some of them, and none that is empty.
            let value = record.pointer(pointer).and_then(Value::as_str);
            let Some(value) = value.filter(|value| !value.trim().is_empty()) else { continue };
            held += 1;
            let there = is_among(pointer, value, &texts);
            assert!(there, "{format}: {pointer} {value:?} is not in {line}");
        }
    }
    assert!(held > 100, "the record holds too few of them to prove anything: {held}");
}

/// What the real component makes of a record, without the record itself.
fn made_by_component(record: &str) -> SignOnEvent {
    let normalize = async {
        let limits = Limits::default();
        let sandbox = Sandbox::new(&limits).unwrap();
        let bytes = signon_bundle::find("oci_audit").unwrap().bytes;
        let component = sandbox.load("oci_audit", bytes).unwrap();
        let options = ReadOptions { classes: EventClasses::ALL, keep_raw: false, text_limit: 0 };
        let mut normalizer =
            NormalizerInstance::open(&sandbox, &component, &limits, options).await.unwrap();
        normalizer.push(record.as_bytes()).await.unwrap();
        normalizer.finish().await.unwrap();
        let most = BatchLimits { events: 9, bytes: u64::MAX, soft_deadline_ms: u32::MAX };
        normalizer.next(most).await.unwrap().events.remove(0)
    };
    tokio::runtime::Runtime::new().unwrap().block_on(normalize)
}
