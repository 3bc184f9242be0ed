//! One event is the same in whatever record it comes: as the AuditEvent that an identity
//! domain gives, in the attributes of an OCI record, as text within one, or both.
use proptest::prelude::*;
use serde_json::json;
use signon_kit::contract::{
    Activity, BatchLimits, EventClass, EventClasses, FailureClass, Outcome, Progress, Protocol,
    ReadOptions, SignOnEvent, UserKind,
};
use signon_kit::domain::FIELDS;
use signon_kit::normalizer::{Frames, Normalizer};

mod generated;
mod leaves;

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };

fn all<F: Frames>(mut normalizer: Normalizer<F>, text: &str) -> Vec<SignOnEvent> {
    const LIMITS: BatchLimits =
        BatchLimits { events: 100_000, bytes: 1 << 30, soft_deadline_ms: u32::MAX };
    normalizer.push(text.as_bytes());
    normalizer.finish();
    let batch = normalizer.next(LIMITS).unwrap();
    assert_eq!((batch.counts.rejected, batch.progress), (0, Progress::Finished), "{text}");
    batch.events
}

fn of_oci(text: &str) -> Vec<SignOnEvent> {
    all(oci_audit::normalizer::open(OPTIONS), text)
}

fn of_domain(text: &str) -> Vec<SignOnEvent> {
    all(idcs::normalizer::open(OPTIONS), text)
}

/// Without what only one of the two services says, or says of its own record.
fn neutral(event: &SignOnEvent) -> SignOnEvent {
    let mut event = event.clone();
    event.native_type.clear();
    event.native_name = None;
    event.domain_event_id = None;
    event.original_time.clear();
    event.logged = None;
    event.cloud = None;
    event.labels.clear();
    event.unmapped.clear();
    event.raw = None;
    event.redacted.clear();
    // It says under which ids others have it.
    event.same_as.clear();
    if let Some(http) = &mut event.http {
        http.request_id = None;
    }
    // A request of which nothing but its id was known.
    event.http = event
        .http
        .filter(|http| http.status.is_some() || http.method.is_some() || http.path.is_some());
    event
}

#[test]
fn an_audit_event_within_a_record_is_read_as_one() {
    let oci =
        of_oci(include_str!("../../../../tests/fixtures/cases/nested-audit-event.oci.ndjson"));
    let idcs =
        of_domain(include_str!("../../../../tests/fixtures/cases/nested-audit-event.idcs.ndjson"));
    assert_eq!((oci.len(), idcs.len()), (2, 2));
    for (oci, idcs) in oci.iter().zip(&idcs) {
        assert_eq!(neutral(oci), neutral(idcs));
        assert!(oci.same_as.contains(&idcs.native_id));
    }
    let event = &oci[1];
    assert_eq!((event.mfa, event.factors.len()), (Some(true), 2));
    assert_eq!(event.reason.as_deref(), Some("Session create success"));
    assert_eq!(event.user.as_ref().unwrap().kind, UserKind::User);
    let session = event.session.as_ref().unwrap();
    assert_eq!(session.expires.unwrap() - session.created.unwrap(), 8 * 3_600_000);
    let target = event.target.as_ref().unwrap();
    assert_eq!(target.name.as_deref(), Some("https://cloud.oracle.com"));
    assert_eq!(target.hostname.as_deref(), Some("idcs-sso-x"));
    // What the text says again is not there twice.
    assert!(!event.unmapped.contains("LoginClient_APPID"), "{}", event.unmapped);
    assert!(event.unmapped.contains("0:1:3"));
}

#[test]
fn a_password_check_is_about_the_account_that_is_attacked() {
    let mut events =
        of_oci(include_str!("../../../../tests/fixtures/cases/authentication-user.json"));
    assert_eq!(events.len(), 1);
    let event = events.remove(0);
    assert_eq!((event.class, &event.activity), (EventClass::SignOn, &Activity::Logon));
    assert_eq!(
        (event.outcome, event.code.as_deref()),
        (Outcome::Failure, Some("AUTHENTICATION_FAILED"))
    );
    assert_eq!(event.failure, Some(FailureClass::BadCredentials));
    assert_eq!(event.user.unwrap().name.as_deref(), Some("mallory@contoso.example"));
    let actor = event.actor.unwrap();
    assert_eq!((actor.name.as_deref(), actor.kind), (Some("idcssso"), UserKind::Service));
    assert_eq!(event.source_addresses, ["203.0.113.20"]);
    // A mask is no secret and hides no neighbour.
    assert!(event.redacted.is_empty(), "{:?}", event.redacted);
    assert!(event.unmapped.contains("*********"));
    // The record's own time.
    assert_eq!(event.original_time, "2026-11-27T18:37:10.000Z");
}

#[test]
fn ids_of_saml_sign_ons_and_of_factors_are_known() {
    let events = of_domain(include_str!("../../../../tests/fixtures/cases/event-ids.idcs.ndjson"));
    let kinds: Vec<_> =
        events.iter().map(|event| (event.class, &event.activity, &event.protocol)).collect();
    let saml = &Some(Protocol::Saml);
    let sign_on = EventClass::SignOn;
    assert_eq!(
        kinds,
        [
            (sign_on, &Activity::FederatedAttempt, saml),
            (sign_on, &Activity::FederatedAttempt, saml),
            (sign_on, &Activity::AppAccess, saml),
            (EventClass::Account, &Activity::FactorEnroll, &None),
        ]
    );
    assert_eq!(events[0].failure, Some(FailureClass::ProviderFailed));
    assert_eq!(events[3].factors[0].name, "TOTP");
}

#[test]
fn accounts_that_oci_changes_are_told_from_what_it_answers() {
    let record = |name: &str, members: &str| {
        format!(
            r#"{{"eventType":"com.oraclecloud.identitycontrolplane.{name}","eventId":"x",
            "eventTime":"2026-03-31T16:27:03.700Z","data":{{"eventName":"{name}",
            "identity":{{"principalName":"admin","principalId":"ocid1.user.oc1..admin"}},
            "response":{{"status":"200"}}{members}}}}}"#
        )
    };
    let one = |name: &str, members: &str| of_oci(&record(name, members)).remove(0);
    let resource = r#","resourceName":"joe","resourceId":"ocid1.user.oc1..joe""#;
    let event = one("CreateUser", resource);
    assert_eq!((event.class, event.activity), (EventClass::Account, Activity::AccountCreate));
    let (user, actor) = (event.user.unwrap(), event.actor.unwrap());
    assert_eq!((user.name.as_deref(), actor.name.as_deref()), (Some("joe"), Some("admin")));
    for (blocked, activity) in [("true", Activity::AccountLock), ("false", Activity::AccountUnlock)]
    {
        let state = format!(r#"{resource},"stateChange":{{"current":{{"blocked":{blocked}}}}}"#);
        assert_eq!(one("UpdateUserState", &state).activity, activity);
    }
    let path = r#","request":{"path":"/20160918/users/ocid1.user.oc1..joe/apiKeys"}"#;
    let event = one("UploadApiKey", path);
    assert_eq!(event.class, EventClass::Account);
    assert_eq!(event.user.unwrap().uid.as_deref(), Some("ocid1.user.oc1..joe"));
    assert_eq!(one("ListUsers", "").class, EventClass::Other);
}

#[test]
fn what_is_not_asked_for_is_passed_over_and_counted() {
    let text = include_str!("../../../../tests/fixtures/cases/event-ids.idcs.ndjson");
    let classes = EventClasses { sign_on: false, account: true, other: false };
    let mut normalizer = idcs::normalizer::open(ReadOptions { classes, ..OPTIONS });
    normalizer.push(text.as_bytes());
    normalizer.finish();
    let limits = BatchLimits { events: 100, bytes: 1 << 30, soft_deadline_ms: u32::MAX };
    let batch = normalizer.next(limits).unwrap();
    assert_eq!((batch.events.len(), batch.counts.filtered, batch.counts.received), (1, 3, 4));
}

#[test]
fn ports_pages_and_words_for_nothing() {
    let record = r#"{"eventType":"com.oraclecloud.IdentitySignOn.InteractiveLogin","eventId":"x",
        "eventTime":"2026-03-31T16:27:03.700Z","data":{"identity":{"principalName":"N/A",
        "ipAddress":"[2001:db8::1]:443, 10.0.0.1","authType":"natv"},"eventGroupingId":"g1",
        "additionalDetails":{"actorName":"joe","actorId":"unknown","domainId":"ocid1.domain.oc1..d",
        "domainName":"idcs-1","ssoMatchedIdpPolicy":"p","ssoMatchedIdpRule":"-"},
        "request":{"headers":{"Referer":["https://a.example/x?code=abc"],"HOST":["c.example:444"],
        "oci-original-url":["https://a.example/y"]}}}}"#;
    let event = of_oci(record).remove(0);
    assert_eq!(event.source_addresses, ["2001:db8::1", "10.0.0.1"]);
    assert_eq!(event.source_port, Some(443));
    let user = event.user.unwrap();
    assert_eq!((user.name.as_deref(), user.uid), (Some("joe"), None));
    assert_eq!(event.auth_type.as_deref(), Some("natv"));
    assert_eq!(event.group.as_deref(), Some("g1"));
    let domain = event.cloud.unwrap().domain.unwrap();
    assert_eq!(
        (domain.uid.as_deref(), domain.name.as_deref()),
        (Some("ocid1.domain.oc1..d"), Some("idcs-1"))
    );
    let idp = event.idp.unwrap();
    assert_eq!((idp.policy.as_deref(), idp.rule), (Some("p"), None));
    let http = event.http.unwrap();
    assert_eq!(http.referrer.as_deref(), Some("https://a.example/x?code"));
    assert_eq!(http.url.as_deref(), Some("https://a.example/y"));
    let target = event.target.unwrap();
    assert_eq!((target.hostname.as_deref(), target.port), (Some("c.example"), Some(444)));
    for kept in ["N/A", "unknown", "\"-\""] {
        assert!(event.unmapped.contains(kept), "{kept}: {}", event.unmapped);
    }
}

/// Values that a place takes: which attribute wants which is told by trying.
const VALUES: [&str; 5] =
    ["7", "2026-03-31T16:30:09Z", "App1", "ocid1.user.oc1..joe", "/users/ocid1.user.oc1..x"];

#[test]
fn each_place_that_the_documentation_names_is_read() {
    let is_read = |event: &SignOnEvent, name: &str| !event.unmapped.contains(&format!("{name:?}"));
    for (field, places) in &FIELDS {
        // Read, and left where they are: most of them are texts with JSON in them.
        if field.ends_with("(attacked)") {
            continue;
        }
        for place in *places {
            for name in place.names {
                let event_id = if field.ends_with("(account)") {
                    "admin.user.update.success"
                } else {
                    "x.login"
                };
                let read = VALUES.iter().any(|value| {
                    let mut row = json!({"id": "1", "timestamp": "2026-03-31T16:30:09Z", "eventId": event_id, "actorName": "ada",
                        "adminResourceType": if name.contains("Ref") { "Device" } else { "User" }, "adminRefResourceType": "User"});
                    let members = row.as_object_mut().unwrap();
                    members.retain(|key, _| !place.names.contains(&key.as_str()));
                    row[*name] = json!(value);
                    is_read(&of_domain(&row.to_string())[0], name)
                });
                assert!(read, "{field}: {name}");
            }
            for path in place.elsewhere {
                let read = VALUES.iter().any(|value| {
                    let mut record = json!({"eventId": "1", "eventTime": "2026-03-31T16:30:09Z",
                        "eventType": "com.oraclecloud.identityControlPlane.UpdateUser",
                        "data": {"resourceId": "ocid1.user.oc1..joe", "identity": {"principalName": "ada"}}});
                    let at = path.iter().fold(&mut record, |value, name| &mut value[*name]);
                    *at = json!(value);
                    is_read(&of_oci(&record.to_string())[0], path[path.len() - 1])
                });
                assert!(read, "{field}: {path:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn an_event_is_the_same_whichever_way_it_comes(made in generated::event()) {
        let idcs = of_domain(&made.audit_event().to_string());
        prop_assert_eq!(idcs.len(), 1);
        for shape in generated::Shape::ALL {
            let record = made.oci_record(shape).to_string();
            let oci = of_oci(&record);
            prop_assert_eq!(oci.len(), 1);
            prop_assert_eq!(neutral(&oci[0]), neutral(&idcs[0]), "{:?}: {}", shape, record);
            prop_assert_eq!(oci[0].class, idcs[0].class);
        }
    }

    #[test]
    fn every_leaf_of_an_access_manager_row_can_be_found_again(row in generated::access_row()) {
        let event = all(oam::normalizer::open(OPTIONS), &row.to_string()).remove(0);
        if let Some(lost) = leaves::lost(&row, &event) {
            prop_assert!(false, "{lost} of {row}: {event:?}");
        }
    }

    #[test]
    fn every_leaf_of_a_record_can_be_found_again(made in generated::event(), odd in leaves::odd()) {
        let row = leaves::with(made.audit_event(), &odd, &[]);
        let event = of_domain(&row.to_string()).remove(0);
        if let Some(lost) = leaves::lost(&row, &event) {
            prop_assert!(false, "{lost} of {row}: {event:?}");
        }
        for shape in generated::Shape::ALL {
            let record =
                leaves::with(made.oci_record(shape), &odd, &["data", "additionalDetails"]);
            let event = of_oci(&record.to_string()).remove(0);
            if let Some(lost) = leaves::lost(&record, &event) {
                prop_assert!(false, "{lost} of {record}: {event:?}");
            }
        }
    }
}
