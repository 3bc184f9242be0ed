//! An event says the same whatever format it was delivered in.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::super::line::{Line, Raw, Reader};
use super::*;
use crate::config::Column;
use crate::contract::{Agent, FailureClass, Idp};

/// What a line says, by column.
fn said(event: &SignOnEvent, format: Format) -> Vec<(&'static str, Option<String>)> {
    let line = line(event, format);
    let mut reader = Reader::new(Column::ALL, true);
    let Line::Event(record) = reader.read(&line) else {
        panic!("no event: {line}");
    };
    let text = |column: &Column| record.column(*column).map(std::borrow::Cow::into_owned);
    Column::ALL.iter().map(|column| (column.name(), text(column))).collect()
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        1 => Just(String::new()),
        4 => "[a-zA-Z0-9._-]{1,12}",
        1 => "[ \t\r\n\"\\\\/{}\\[\\]:,=|]{1,8}",
        1 => any::<String>(),
        1 => Just("someone@example.com".to_owned()),
    ]
    .boxed()
}

fn maybe() -> BoxedStrategy<Option<String>> {
    option::of(text()).boxed()
}

fn activity() -> BoxedStrategy<Activity> {
    use Activity as A;
    let plain = vec![
        A::Logon,
        A::FederatedAttempt,
        A::Logoff,
        A::MfaChallenge,
        A::MfaVerify,
        A::SessionModify,
        A::AppAccess,
        A::TokenRequest,
        A::AuthcodeRequest,
        A::SupportAccount,
        A::PasswordChange,
        A::PasswordReset,
        A::AccountCreate,
        A::AccountUpdate,
        A::AccountEnable,
        A::AccountDisable,
        A::AccountDelete,
        A::AccountLock,
        A::AccountUnlock,
        A::BypassCode,
        A::FactorEnroll,
        A::FactorRemove,
    ];
    prop_oneof![5 => prop::sample::select(plain), 1 => "[A-Z][a-z]{3,9}".prop_map(A::Other)].boxed()
}

fn outcome() -> BoxedStrategy<Outcome> {
    prop_oneof![
        Just(Outcome::Success),
        Just(Outcome::Failure),
        Just(Outcome::Initiated),
        Just(Outcome::Unknown),
        "[A-Z]{3,9}".prop_map(Outcome::Other),
    ]
    .boxed()
}

/// A user has a login; who is nobody has nothing.
fn identity() -> BoxedStrategy<Identity> {
    let kind = prop_oneof![
        Just(UserKind::Unknown),
        Just(UserKind::User),
        Just(UserKind::Admin),
        Just(UserKind::System),
        Just(UserKind::Service),
        "[A-Z][a-z]{5,9}".prop_map(UserKind::Other),
    ];
    // OCSF takes a mail address that is one, and puts any other text elsewhere.
    ("[a-z@.=]{1,20}", maybe(), maybe(), maybe(), maybe(), maybe(), kind)
        .prop_map(|(name, uid, uid_alt, display_name, email, domain, kind)| Identity {
            name: Some(name),
            uid,
            uid_alt,
            display_name,
            email,
            domain,
            dn: None,
            kind,
        })
        .boxed()
}

fn factor() -> BoxedStrategy<Factor> {
    use FactorKind as F;
    let plain = vec![
        F::Password,
        F::OneTimePassword,
        F::TimeBasedPassword,
        F::Sms,
        F::Email,
        F::PhoneCall,
        F::PushNotification,
        F::SecurityQuestion,
        F::HardwareToken,
        F::U2f,
        F::WebAuthn,
        F::Biometric,
    ];
    let kind = prop_oneof![5 => prop::sample::select(plain), 1 => "[A-Z]{3,9}".prop_map(F::Other)];
    (kind, text(), maybe()).prop_map(|(kind, name, outcome)| Factor { kind, name, outcome }).boxed()
}

fn named() -> BoxedStrategy<Named> {
    (maybe(), maybe(), maybe()).prop_map(|(name, uid, kind)| Named { name, uid, kind }).boxed()
}

fn event() -> impl Strategy<Value = SignOnEvent> {
    let who =
        (option::weighted(0.9, identity()), option::weighted(0.3, identity()), option::of(named()));
    let what = (
        activity(),
        outcome(),
        prop_oneof![Just(EventClass::SignOn), Just(EventClass::Account), Just(EventClass::Other)],
        vec(factor(), 0..3),
        option::of(Just(FailureClass::BadCredentials)),
    );
    let place = (
        vec(prop_oneof!["192\\.0\\.2\\.[1-9]", text()], 0..3),
        option::of(named()),
        maybe(),
        option::of((maybe(), maybe(), maybe())),
        option::of((maybe(), maybe())),
        option::of(100..600_u16),
    );
    let texts = (text(), maybe(), maybe(), maybe(), maybe(), maybe(), maybe());
    // All that both RFC 3339 and 64 bits of nanoseconds can write.
    (who, what, place, texts, 0..4_102_444_800_000_i64).prop_map(
        |((user, actor, app), (activity, outcome, class, factors, failure), place, texts, time)| {
            let (source_addresses, service, agent, domain, session, status) = place;
            let (native_id, native_name, event_code, code, reason, message, correlation) = texts;
            let base = sign_on("joe", "192.0.2.1", 0, Outcome::Success);
            // Of an event about an account somebody owns the account.
            let actor = actor.filter(|_| user.is_some());
            SignOnEvent {
                native_id,
                native_name,
                domain_event_id: event_code,
                time,
                class,
                activity,
                outcome,
                code,
                reason,
                failure,
                message,
                user,
                actor,
                app,
                idp: Some(Idp { name: some("Azure"), kind: None, policy: None, rule: None }),
                source_addresses,
                agent: agent.map(|agent| Agent {
                    original: Some(agent),
                    browser: None,
                    platform: None,
                }),
                service,
                session: session.map(|(uid, credential_uid)| SessionInfo {
                    uid,
                    uid_alt: None,
                    credential_uid,
                    created: None,
                    expires: None,
                }),
                factors,
                http: Some(HttpInfo { status, ..base.http.clone().unwrap() }),
                cloud: domain.map(|(uid, name, display_name)| CloudPlace {
                    domain: Some(IdentityDomain { uid, name, display_name }),
                    ..base.cloud.clone().unwrap()
                }),
                correlation,
                ..base
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn every_column_is_the_same_in_every_format(event in event()) {
        let first = said(&event, FORMATS[0]);
        for format in &FORMATS[1..] {
            for (one, other) in first.iter().zip(said(&event, *format)) {
                prop_assert_eq!(one, &other, "{}", format);
            }
        }
    }

    #[test]
    fn whatever_bytes_lines_have_they_are_read_or_unknown(bytes in vec(any::<u8>(), 0..200)) {
        let questions = super::super::Question::all();
        let output = super::super::Output::Csv;
        let mut counting = super::super::Counting::new(&questions, (None, None), output);
        counting.lines(&bytes);
        let lines = bytes.split(|byte| *byte == b'\n');
        let filled = lines.filter(|line| !line.trim_ascii().is_empty()).count();
        prop_assert_eq!(counting.answers(None).0.lines, filled as u64);
    }

    #[test]
    fn a_line_that_is_cut_is_no_event(event in event(), at in 0.0..1.0_f64) {
        for format in FORMATS {
            let line = line(&event, format);
            let mut end = (line.len() as f64 * at) as usize;
            while !line.is_char_boundary(end) {
                end -= 1;
            }
            let mut reader = Reader::new(Column::ALL, true);
            prop_assert!(matches!(reader.read(&line[..end]), Line::Unknown), "{format}");
        }
    }
}

#[test]
fn an_event_says_what_it_is() {
    let event = sign_on("joe", "192.0.2.1", 3, Outcome::Failure);
    for format in FORMATS {
        let said = said(&event, format);
        let text = |name: &str| said.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        for (column, value) in [
            ("time", "2026-01-01T00:03:00Z"),
            ("id", "joe-3"),
            ("component", "oci_audit"),
            ("class", "sign-on"),
            ("activity", "logon"),
            ("event", "InteractiveLogin"),
            ("outcome", "failure"),
            ("user", "joe"),
            ("domain", "Default"),
            ("application", "Payroll"),
            ("address", "192.0.2.1"),
            ("factor", "password"),
            ("actorName", "joe"),
            ("eventId", "sso.session.create.success"),
            ("httpResponseStatus", "204"),
            ("ssoLocalIp", "127.0.0.1"),
            ("domainDisplayName", "Partners"),
            ("domainName", "idcs-0123456789abcdef"),
            ("actorType", "User"),
            ("authType", "natv"),
            ("credentials", "ocid1.credential.oc1..a"),
            ("ipAddress", "203.0.113.9"),
            ("principalName", "principal \"1\""),
        ] {
            assert_eq!(text(column).as_deref(), Some(value), "{format}: {column}");
        }
        assert_eq!(text("actor"), None);
    }
}

#[test]
fn who_changed_an_account_is_told_from_whose_it_is() {
    let event = SignOnEvent {
        activity: Activity::PasswordReset,
        class: EventClass::Account,
        actor: Some(user("admin")),
        ..sign_on("joe", "192.0.2.1", 0, Outcome::Success)
    };
    for format in FORMATS {
        let said = said(&event, format);
        for expected in
            [("user", some("joe")), ("actor", some("admin")), ("domain", some("Default"))]
        {
            assert!(said.contains(&expected), "{format}: {said:?}");
        }
    }
}

#[test]
fn the_head_of_a_ledger_is_no_event_of_anybodys() {
    use crate::ledger::{genesis, head};
    use crate::planner::Range;
    let head = head("acme", "s", genesis("s"), Range { start: 0, end: 60_000 });
    let raw = render(&head, &Context::of("signon"), Format::Raw);
    let mut reader = Reader::new(Column::ALL, false);
    assert!(matches!(reader.read(&raw), Line::Raw(Raw::LedgerHead)), "{raw}");
}

#[test]
fn records_as_sources_send_them_are_told_apart() {
    for (record, component) in [
        (r#"{"eventType":"t","eventId":"1","data":{}}"#, "oci_audit"),
        (r#"{"type":"t","id":"1","data":{},"specversion":"1.0"}"#, "oci_audit"),
        (r#"{"eventId":"sso.session.create.success","id":"1","actorName":"a"}"#, "idcs"),
        (r#"{"eventID":7,"accessTime":"2026-01-01T00:00:00Z"}"#, "oam"),
    ] {
        let mut reader = Reader::new(Column::ALL, false);
        let read = reader.read(record);
        assert!(matches!(read, Line::Raw(Raw::Of(name)) if name == component), "{read:?}");
    }
    for unknown in ["{}", "[]", "1", "", "{\"a\":1}", "{\"metadata\":{}}"] {
        let mut reader = Reader::new(Column::ALL, false);
        assert!(matches!(reader.read(unknown), Line::Unknown), "{unknown}");
    }
}
