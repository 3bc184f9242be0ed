//! Laws of reading rows: every wrapping the same, every byte accounted for, and
//! nothing that anybody can send makes it panic.

use idcs::normalizer;
use proptest::prelude::*;
use signon_kit::contract::{
    Activity, EventClasses, FactorKind, Outcome, Progress, Protocol, ReadOptions, SignOnEvent,
    SourceError, UserKind,
};
use signon_kit::domain::EVENT_IDS;
use signon_kit::testing;
use signon_kit::testing::LIMITS;

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/fixtures/idcs/", $name, ".json"))
    };
}
const LOGINS: &str = fixture!("events-for-successful-user-logins");
const FAILURES: &str = fixture!("events-for-user-login-failures");
const PASSWORDS: &str = fixture!("events-for-user-password-changes");
const ADMIN: &str = fixture!("audit-events-using-the-count-parameter");
const ONE_LINE: &str = fixture!("seed-001-search-by-timeframe");
const COUNT_0: &str = fixture!("listresponse-count0");
const ERROR: &str = fixture!("error-400-plain");

/// Reads everything, in chunks of a size.
fn read(bytes: &[u8], chunk: usize) -> (Vec<SignOnEvent>, u64, u64, Option<SourceError>) {
    let read = testing::read(normalizer::open(OPTIONS), bytes, chunk);
    (read.events, read.received, read.unreadable, read.error)
}

fn all(text: &str) -> Vec<SignOnEvent> {
    let (events, received, rejected, error) = read(text.as_bytes(), usize::MAX);
    assert_eq!((events.len() as u64, rejected, error), (received, 0, None), "{text}");
    events
}

/// A row with an event id and some members more.
fn row(event_id: &str, members: &str) -> SignOnEvent {
    let text = format!(
        r#"{{"id":"x","timestamp":"2018-06-01T00:00:00.001Z","eventId":"{event_id}"{members}}}"#
    );
    let mut events = all(&text);
    assert_eq!(events.len(), 1);
    events.remove(0)
}

#[test]
fn a_login_is_read_whole() {
    let event = all(LOGINS).remove(0);
    assert_eq!(event.native_id, "51dc7735a2ed49dbbd38cfc951f2b78d");
    assert_eq!(event.native_type, "sso.session.create.success");
    assert_eq!((&event.activity, &event.outcome), (&Activity::Logon, &Outcome::Success));
    assert_eq!(
        (event.time, event.original_time.as_str()),
        (1_525_250_971_361, "2018-05-02T08:49:31.361Z")
    );
    assert_eq!(event.logged, Some(1_525_250_971_368));
    let user = event.user.unwrap();
    assert_eq!(user.name.as_deref(), Some("user1@example.com"));
    assert_eq!(user.email, user.name);
    assert_eq!(user.uid.as_deref(), Some("4f4e34d4d2bf426884383d65bd2bc8ae"));
    assert_eq!(user.display_name.as_deref(), Some("admin example"));
    assert_eq!((user.kind, event.actor), (UserKind::User, None));
    assert_eq!(event.source_addresses, ["10.191.238.11"]);
    assert_eq!(event.factors[0].kind, FactorKind::Password);
    assert_eq!((&event.factors[0].outcome, event.mfa), (&None, Some(false)));
    assert_eq!(event.correlation.as_deref(), Some("h01ae120000000000"));
    assert_eq!(event.reason.as_deref(), Some("Session create success"));
    assert_eq!(event.policy.as_deref(), Some("DefaultSignOnPolicy"));
    assert_eq!(event.rule.as_deref(), Some("DefaultSignOnRule"));
    let agent = event.agent.unwrap();
    assert_eq!(agent.browser.as_deref(), Some("Chrome"));
    assert_eq!(agent.platform.as_deref(), Some("Windows 7"));
    assert_eq!(event.service.unwrap().name.as_deref(), Some("idcscloudgate"));
    let target = event.target.unwrap();
    assert_eq!(target.hostname.as_deref(), Some("tenant1.idcs.internal.oracle.com"));
    assert_eq!(target.port, Some(8943));
    let session = event.session.unwrap();
    assert_eq!(session.uid.as_deref(), Some("e979c26b-f902-4d64-bbcf-c953b7e308ce"));
    assert_eq!(session.created, Some(1_525_250_966_000));
    assert_eq!(session.expires, Some(1_525_279_766_000));
    let idp = event.idp.unwrap();
    assert_eq!((idp.name.as_deref(), idp.kind.as_deref()), (Some("localIDP"), Some("LOCAL")));
    assert_eq!((event.protocol, event.cloud.unwrap().service.as_deref()), (None, Some("SSO")));
    for kept in
        ["ssoLocalIp", "ssoPolicyObligations", "idcsCreatedBy", "rId", "lastModified", "schemas"]
    {
        assert!(event.unmapped.contains(kept), "{kept}");
    }
    for consumed in ["eventId", "user1@example.com", "created\"", "ecId"] {
        assert!(!event.unmapped.contains(consumed), "{consumed}");
    }
}

#[test]
fn a_failed_login_of_nobody_has_no_user_id() {
    let event = all(FAILURES).remove(0);
    assert_eq!((&event.activity, &event.outcome), (&Activity::Logon, &Outcome::Failure));
    assert_eq!(event.code.as_deref(), Some("SSO-1001"));
    assert!(event.reason.as_deref().unwrap().starts_with("Authentication failure"));
    let user = event.user.unwrap();
    assert_eq!((user.name.as_deref(), user.uid), (Some("username@example.com"), None));
    assert!(event.unmapped.contains(r#""actorId":"IDCS""#));
    assert!(event.session.is_none() && event.labels.is_empty());
}

#[test]
fn a_password_change_is_about_the_person_and_not_the_app() {
    let events = all(PASSWORDS);
    assert_eq!(events.len(), 3);
    for event in events {
        assert_eq!(event.activity, Activity::PasswordChange);
        assert_eq!(event.outcome, Outcome::Success);
        let (user, actor) = (event.user.unwrap(), event.actor.unwrap());
        assert_eq!((user.kind, actor.kind), (UserKind::User, UserKind::Service));
        assert_eq!(actor.name.as_deref(), Some("uiChangePassword"));
        assert!(event.raw.unwrap().contains(user.uid.as_deref().unwrap()));
    }
    // Without the person's id the app is still nobody's user.
    let event = row("admin.me.password.change.success", r#","actorName":"ui","actorType":"App""#);
    assert_eq!((event.user, event.actor.unwrap().kind), (None, UserKind::Service));
    let event = row("admin.me.password.change.success", r#","actorName":"joe","actorType":"User""#);
    assert_eq!((event.user.unwrap().name.as_deref(), event.actor), (Some("joe"), None));
    // An administrator's name is not that of the account.
    let event = row("admin.user.update.success", r#","actorName":"adm","actorType":"User""#);
    assert_eq!((event.user, event.actor.unwrap().name.as_deref()), (None, Some("adm")));
}

#[test]
fn a_bypass_code_is_of_the_person_it_refers_to() {
    let event = row(
        "sso.bypasscode.create.success",
        r#","actorName":"adm","actorType":"User","adminResourceType":"BypassCode",
        "adminResourceId":"b1","adminRefResourceType":"User","adminRefResourceName":"joe""#,
    );
    assert_eq!(
        (event.activity, event.labels),
        (Activity::BypassCode, vec!["mfa-bypass".to_owned()])
    );
    assert_eq!(event.user.unwrap().name.as_deref(), Some("joe"));
    assert_eq!(event.actor.unwrap().name.as_deref(), Some("adm"));
    assert!(event.unmapped.contains("b1"));
}

#[test]
fn rows_of_every_kind_become_events() {
    let events = all(ADMIN);
    let other = "admin.approle.add.member.success";
    assert_eq!(events[0].activity, Activity::Other(other.to_owned()));
    assert_eq!(events[0].outcome, Outcome::Success);
    assert_eq!(events[0].user.as_ref().unwrap().name.as_deref(), Some("joe.smith@example.com"));
    let events = all(ONE_LINE);
    assert_eq!((&events[0].activity, events.len()), (&Activity::Logoff, 2));
    assert_eq!(events[0].source_addresses, ["10.xxx.xx.xxx"]);
    assert_eq!(events[1].activity, Activity::Other("notification.delivery.success".to_owned()));
    assert_eq!(events[1].code.as_deref(), Some("201"));
    assert!(
        events[1].unmapped.contains(r#""notificationDeliveryEmailTo":"[jack.smith@example.com]""#)
    );
}

#[test]
fn each_event_id_has_its_activity_and_outcome_and_new_ones_are_kept() {
    use Activity as A;
    for (id, activity, outcome) in [
        ("sso.session.create.success", A::Logon, Outcome::Success),
        ("sso.session.create.failure", A::Logon, Outcome::Failure),
        ("sso.session.modify.success", A::SessionModify, Outcome::Success),
        ("sso.session.delete.success", A::Logoff, Outcome::Success),
        ("sso.authentication.failure", A::Logon, Outcome::Failure),
        ("sso.app.access.success", A::AppAccess, Outcome::Success),
        ("sso.app.access.failure", A::AppAccess, Outcome::Failure),
        ("sso.auth.factor.initiated", A::MfaChallenge, Outcome::Initiated),
        ("sso.auth.factor.failure", A::MfaVerify, Outcome::Failure),
        ("sso.auth.factor.sent", A::MfaVerify, Outcome::Unknown),
        ("sso.bypasscode.create.success", A::BypassCode, Outcome::Success),
        ("sso.bypasscode.delete.success", A::BypassCode, Outcome::Success),
        ("admin.authentication.failure", A::Logon, Outcome::Failure),
        ("admin.me.password.change.failure", A::PasswordChange, Outcome::Failure),
        ("admin.me.password.reset.success", A::PasswordReset, Outcome::Success),
        ("admin.me.password.reset.request.failure", A::PasswordReset, Outcome::Failure),
        ("admin.user.password.reset.failure", A::PasswordReset, Outcome::Failure),
        ("admin.me.locked.success", A::AccountLock, Outcome::Success),
        ("admin.me.unlocked.success", A::AccountUnlock, Outcome::Success),
        ("admin.me.register.success", A::AccountCreate, Outcome::Success),
        ("admin.user.create.success", A::AccountCreate, Outcome::Success),
        ("admin.user.activated.success", A::AccountEnable, Outcome::Success),
        ("admin.user.deactivated.success", A::AccountDisable, Outcome::Success),
        ("admin.user.update.success", A::AccountUpdate, Outcome::Success),
        ("admin.user.delete.success", A::AccountDelete, Outcome::Success),
    ] {
        let event = row(id, "");
        assert_eq!((event.activity, event.outcome), (activity, outcome), "{id}");
        assert_eq!(event.native_type, id);
    }
    for id in ["sso.brand.new", "admin.group.create.success", "idbridge.sync.failure", "ünknown"] {
        assert_eq!(row(id, "").activity, A::Other(id.to_owned()));
    }
    assert_eq!(row("sso.brand.new", "").outcome, Outcome::Unknown);
}

#[test]
fn every_line_of_the_table_is_reached_by_its_own_prefix() {
    for (prefix, class, activity, _) in &EVENT_IDS {
        let event = row(prefix, "");
        assert_eq!(event.class, *class, "{prefix}");
        if let Some(activity) = activity {
            assert_eq!(event.activity, *activity, "{prefix}");
        }
    }
}

#[test]
fn an_application_names_service_and_protocol() {
    let event = row(
        "sso.app.access.success",
        r#","ssoApplicationName":"ERP","ssoApplicationId":"a1","ssoRp":"rp","ssoApplicationType":"NONOPC:SAML""#,
    );
    let service = event.service.unwrap();
    assert_eq!((service.name.as_deref(), service.uid.as_deref()), (Some("ERP"), Some("a1")));
    assert_eq!(event.protocol, Some(Protocol::Saml));
    assert!(event.unmapped.contains("ssoRp"));
}

#[test]
fn comma_lists_are_hops_and_java_maps_are_factors() {
    let event = row(
        "sso.session.create.success",
        r#","clientIp":"10.0.64.84, 252.138.125.19","ssoCompletedFactors":"{USERNAME_PASSWORD=, TOTP=AUTH_SUCCESS}""#,
    );
    assert_eq!(event.source_addresses, ["10.0.64.84", "252.138.125.19"]);
    assert_eq!((event.factors.len(), event.mfa), (2, Some(true)));
}

#[test]
fn no_one_time_code_or_token_survives_anywhere_in_an_event() {
    let event = row(
        "notification.delivery.success",
        r#","notificationSmsOtpCode":"S3CRET-1","adminValuesAdded":"{\"password\":\"S3CRET-2\"}",
        "ssoComments":"Bearer S3CRET-3""#,
    );
    assert!(!format!("{event:?}").contains("S3CRET"));
    let places = ["/notificationSmsOtpCode", "/adminValuesAdded", "/ssoComments"];
    assert_eq!(event.redacted, places);
}

#[test]
fn rows_of_a_chosen_set_of_attributes_are_events_too() {
    let text = r#"{"timestamp":"2018-06-01T00:00:00.001Z","actorName":"joe"}"#;
    let event = all(text).remove(0);
    assert!(event.native_id.starts_with("sha256:"));
    assert_eq!(event.activity, Activity::Other("AuditEvent".to_owned()));
    assert_eq!(event.labels, ["id-from-content"]);
    assert_eq!(all(text).remove(0).native_id, event.native_id);
}

#[test]
fn every_wrapping_gives_the_same_events() {
    let plain = all(ONE_LINE);
    let rows: Vec<&str> = plain.iter().filter_map(|event| event.raw.as_deref()).collect();
    assert_eq!(rows.len(), 2);
    for wrapped in [
        rows.join("\n"),
        rows.concat(),
        format!("[{}]", rows.join(",")),
        format!("[{ONE_LINE}]"),
        format!("{{\"Resources\":[{}],\"totalResults\":\"2\"}}", rows.join(",")),
        format!("{{\"Resources\":[{}]}}\n{{\"Resources\":[{}]}}", rows[0], rows[1]),
        format!("{COUNT_0}{ONE_LINE}{{\"totalResults\":0}}"),
    ] {
        assert_eq!(all(&wrapped), plain, "{wrapped}");
    }
    assert!(all(COUNT_0).is_empty());
}

#[test]
fn what_is_no_row_is_rejected_by_name_and_scrubbed() {
    let text = format!("{ERROR}\n{{\"count\":3,\"password\":\"S3CRET\"}}\n12");
    let mut normalizer = normalizer::open(OPTIONS);
    normalizer.push(text.as_bytes());
    normalizer.finish();
    let batch = normalizer.next(LIMITS).unwrap();
    assert_eq!((batch.counts.rejected, batch.progress), (3, Progress::Finished));
    assert!(batch.rejects[0].reason.contains("no readable timestamp"));
    let kept = batch.rejects[1].text.as_ref().unwrap();
    assert!(kept.contains("count") && !kept.contains("S3CRET"));
    assert_eq!(batch.rejects[2].reason, "not a JSON object, in line 10");
}

#[test]
fn text_an_attacker_controls_never_rejects_a_row() {
    let mut text = br#"{"Resources":[{"eventId":"sso.authentication.failure","id":"x",
        "timestamp":"2018-06-01T00:00:00Z","actorName":"\"],\"Resources\":[{","ssoUserAgent":"\ud800 "#
        .to_vec();
    text.extend_from_slice(b"\xff\xfe");
    text.extend(std::iter::repeat_n(b'A', 1 << 20));
    text.extend_from_slice(br#"","Resources":[1,2]}],"totalResults":1}"#);
    let (events, received, rejected, error) = read(&text, 1000);
    assert_eq!((events.len(), received, rejected, error), (1, 1, 0, None));
    let name = events[0].user.as_ref().unwrap().name.as_deref();
    assert_eq!(name, Some("\"],\"Resources\":[{"));
    assert!(events[0].unmapped.contains("[1,2]"));
}

#[test]
fn odd_values_are_kept_as_they_are() {
    let event = row(
        "sso.session.create.success",
        r#","quotaCount":9007199254740993,"ssoSessionCreateTime":1525250966000,"clientIp":null,
        "quotaCount":1e400,"actorId":["one"],"deep":{"n":null,"a":[]}"#,
    );
    assert!(event.unmapped.contains("9007199254740993") && event.unmapped.contains("1e400"));
    assert!(!event.unmapped.contains("deep"));
    assert_eq!(event.session.unwrap().created, Some(1_525_250_966_000));
    assert_eq!(event.user.unwrap().uid.as_deref(), Some("one"));
}

fn page() -> String {
    format!("[{LOGINS},{FAILURES},null,{PASSWORDS}]")
}

proptest! {
    #[test]
    fn the_events_do_not_depend_on_how_bytes_arrive(chunk in 1usize..5000) {
        let whole = read(page().as_bytes(), usize::MAX);
        let cut = read(page().as_bytes(), chunk);
        prop_assert_eq!((cut.0.len(), cut.1, cut.2), (7, 8, 1));
        prop_assert_eq!(cut, whole);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..2000),
            r#"([\[\]{},:" 0-9]|"Resources":|"id":"a"|"timestamp":1){0,60}"#
                .prop_map(String::into_bytes),
        ],
        chunk in 1usize..100,
    ) {
        let (events, received, rejected, error) = read(&bytes, chunk);
        prop_assert_eq!(events.len() as u64 + rejected, received);
        prop_assert_eq!(read(&bytes, usize::MAX), (events, received, rejected, error));
    }

    #[test]
    fn a_real_page_with_a_byte_changed_never_panics_or_loses_count(
        at in 0usize..20_000, byte in any::<u8>(), chunk in 1usize..3000,
    ) {
        let mut page = page().into_bytes();
        let at = at % page.len();
        page[at] = byte;
        read(&page, chunk);
    }
}

#[test]
fn no_form_of_a_secret_survives_anywhere_in_an_event() {
    let rows = include_str!("../../../../tests/fixtures/redaction/idcs.json");
    testing::assert_no_secret_survives(all(rows));
}
