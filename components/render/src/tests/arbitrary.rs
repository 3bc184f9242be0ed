//! Any event that a component could hand over, sensible or not.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{Keep, Owner};

use crate::contract::{
    Activity, Agent, CloudPlace, Endpoint, EventClass, Factor, FactorKind, FailureClass, HttpInfo,
    Identity, IdentityDomain, Idp, Named, Outcome, Protocol, SessionInfo, SignOnEvent, UserKind,
};

/// 2000-01-01 to 2026-01-01.
const TIMES: std::ops::Range<i64> = 946_684_800_000..1_767_225_600_000;

/// Empty, plain, hostile.
fn text() -> BoxedStrategy<String> {
    prop_oneof![
        1 => Just(String::new()),
        4 => "[a-zA-Z0-9._-]{1,12}",
        1 => r#"[ \t\r\n"\\/{}\[\]:,a]{1,8}"#,
        1 => any::<String>(),
        1 => Just("someone@example.com".to_owned()),
    ]
    .boxed()
}

fn maybe() -> BoxedStrategy<Option<String>> {
    option::of(text()).boxed()
}

fn address() -> BoxedStrategy<String> {
    prop_oneof![
        3 => any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
        2 => any::<std::net::Ipv6Addr>().prop_map(|ip| ip.to_string()),
        1 => Just("0000:0000:0000:0000:0000:ffff:255.255.255.255".to_owned()),
        1 => Just("<ip-address>".to_owned()),
        1 => Just("192.0.2.1:443".to_owned()),
        1 => text(),
    ]
    .boxed()
}

/// JSON with blanks between the tokens and numbers that no float can hold.
fn json() -> BoxedStrategy<String> {
    let quoted = || any::<String>().prop_map(|text| serde_json::Value::from(text).to_string());
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("9007199254740993".to_owned()),
        Just("1.10".to_owned()),
        Just("-0.0e+1".to_owned()),
        Just(r#""\ud800 \ud83d\ude00 \\ud800""#.to_owned()),
        quoted(),
    ];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[ {}\n]", items.join(" ,\r\n"))),
            vec((quoted(), inner), 0..4).prop_map(|members| object(&members)),
        ]
    })
    .boxed()
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(key, value)| format!("{key} :\t{value}")).collect();
    format!(" {{\n{} }}\n", members.join(" ,\n  "))
}

/// Objects, with and without keys that mean something to a renderer.
fn json_object() -> BoxedStrategy<String> {
    let key = prop_oneof!["signon_?", "eventId", "id", "eventID", "[a-z]{1,3}"]
        .prop_map(|key| format!("\"{key}\""));
    vec(
        (key, prop_oneof![json(), text().prop_map(|t| serde_json::Value::from(t).to_string())]),
        0..5,
    )
    .prop_map(|members| object(&members))
    .boxed()
}

/// A record with its own id, one with another or none, and no record at all.
fn raw(native_id: String) -> BoxedStrategy<Option<String>> {
    let id = serde_json::Value::from(native_id).to_string();
    prop_oneof![
        Just(None),
        Just(Some(format!("{{ \"eventType\" : \"t\" ,\n \"eventId\" : {id} }}"))),
        json_object().prop_map(Some),
        json().prop_map(Some),
        text().prop_map(Some),
    ]
    .boxed()
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
    prop_oneof![5 => prop::sample::select(plain), 1 => text().prop_map(A::Other)].boxed()
}

fn outcome() -> BoxedStrategy<Outcome> {
    prop_oneof![
        Just(Outcome::Success),
        Just(Outcome::Failure),
        Just(Outcome::Initiated),
        Just(Outcome::Unknown),
        text().prop_map(Outcome::Other),
    ]
    .boxed()
}

fn protocol() -> BoxedStrategy<Protocol> {
    prop_oneof![
        Just(Protocol::Saml),
        Just(Protocol::OpenId),
        Just(Protocol::Oauth2),
        Just(Protocol::Basic),
        Just(Protocol::Kerberos),
        text().prop_map(Protocol::Other),
    ]
    .boxed()
}

fn identity() -> BoxedStrategy<Identity> {
    let kind = prop_oneof![
        Just(UserKind::Unknown),
        Just(UserKind::User),
        Just(UserKind::Admin),
        Just(UserKind::System),
        Just(UserKind::Service),
        text().prop_map(UserKind::Other),
    ];
    (maybe(), maybe(), maybe(), maybe(), maybe(), maybe(), maybe(), kind)
        .prop_map(|(name, uid, uid_alt, display_name, email, domain, dn, kind)| Identity {
            name,
            uid,
            uid_alt,
            display_name,
            email,
            domain,
            dn,
            kind,
        })
        .boxed()
}

fn named() -> BoxedStrategy<Named> {
    (maybe(), maybe(), maybe()).prop_map(|(name, uid, kind)| Named { name, uid, kind }).boxed()
}

fn session() -> BoxedStrategy<SessionInfo> {
    (maybe(), maybe(), maybe(), option::of(TIMES), option::of(TIMES))
        .prop_map(|(uid, uid_alt, credential_uid, created, expires)| SessionInfo {
            uid,
            uid_alt,
            credential_uid,
            created,
            expires,
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
        F::WebAuthn,
        F::U2f,
        F::HardwareToken,
        F::Biometric,
    ];
    let kind = prop_oneof![5 => prop::sample::select(plain), 1 => text().prop_map(F::Other)];
    (kind, text(), maybe()).prop_map(|(kind, name, outcome)| Factor { kind, name, outcome }).boxed()
}

fn http() -> BoxedStrategy<HttpInfo> {
    let method = option::of(prop_oneof![Just("POST".to_owned()), text()]);
    (maybe(), method, maybe(), maybe(), maybe(), option::of(any::<u16>()), maybe())
        .prop_map(|(request_id, method, path, url, referrer, status, response_message)| HttpInfo {
            request_id,
            method,
            path,
            url,
            referrer,
            status,
            response_message,
        })
        .boxed()
}

fn cloud() -> BoxedStrategy<CloudPlace> {
    let place = (maybe(), maybe(), maybe(), maybe(), maybe(), maybe(), maybe());
    (place, option::of(domain()))
        .prop_map(|(place, domain)| CloudPlace {
            realm: place.0,
            region: place.1,
            zone: place.2,
            account_uid: place.3,
            account_name: place.4,
            organization_uid: place.5,
            service: place.6,
            domain,
        })
        .boxed()
}

fn domain() -> BoxedStrategy<IdentityDomain> {
    (maybe(), maybe(), maybe())
        .prop_map(|(uid, name, display_name)| IdentityDomain { uid, name, display_name })
        .boxed()
}

fn class() -> BoxedStrategy<EventClass> {
    prop::sample::select(vec![EventClass::SignOn, EventClass::Account, EventClass::Other]).boxed()
}

fn failure() -> BoxedStrategy<FailureClass> {
    use FailureClass as F;
    let all = vec![
        F::BadCredentials,
        F::UnknownUser,
        F::AccountLocked,
        F::AccountDisabled,
        F::PasswordExpired,
        F::FactorFailed,
        F::PolicyDenied,
        F::SessionExpired,
        F::ProviderFailed,
    ];
    prop::sample::select(all).boxed()
}

/// Whose events they may be, nobody's among them.
pub fn owner() -> BoxedStrategy<Owner> {
    let labels = prop::collection::btree_map("[a-z][a-z0-9_]{0,5}", "[ -~é]{1,8}", 0..3);
    ("[ -~é]{0,8}", "[a-z0-9_-]{0,8}", labels)
        .prop_map(|(tenant, source, labels)| Owner { tenant, source, labels })
        .boxed()
}

/// What may be kept.
pub fn keep() -> BoxedStrategy<Keep> {
    (any::<bool>(), any::<bool>()).prop_map(|(raw, unmapped)| Keep { raw, unmapped }).boxed()
}

/// Names of sources, known ones and others.
pub fn source() -> BoxedStrategy<String> {
    let known = ["oci_audit", "idcs", "oam", "acme", ""];
    prop::sample::select(known.map(str::to_owned).to_vec()).boxed()
}

/// An event of any kind.
pub fn event() -> BoxedStrategy<SignOnEvent> {
    let head = (text(), text(), maybe(), maybe(), TIMES, text(), option::of(TIMES));
    let meaning = (activity(), outcome(), maybe(), maybe(), maybe());
    let agent = (maybe(), maybe(), maybe()).prop_map(|(original, browser, platform)| Agent {
        original,
        browser,
        platform,
    });
    let endpoint = (maybe(), maybe(), option::of(address()), option::of(any::<u16>()))
        .prop_map(|(name, hostname, ip, port)| Endpoint { name, hostname, ip, port });
    let idp = (maybe(), maybe(), maybe(), maybe()).prop_map(|(name, kind, policy, rule)| Idp {
        name,
        kind,
        policy,
        rule,
    });
    // As often as not, who acted is the user.
    let identities = (option::of(identity()), option::of(identity()), any::<bool>())
        .prop_map(|(user, actor, same)| (user.clone(), if same { user } else { actor }));
    let people =
        (identities, option::of(named()), option::of(idp), vec(address(), 0..4), option::of(agent));
    let said_too =
        (class(), option::of(failure()), option::of(any::<u16>()), maybe(), maybe(), maybe());
    let places = (option::of(named()), option::of(endpoint), option::of(session()));
    let proofs = (vec(factor(), 0..3), option::of(any::<bool>()), option::of(protocol()));
    let rest = (maybe(), maybe(), option::of(http()), option::of(cloud()), maybe());
    let tail = (
        vec(text(), 0..3),
        prop_oneof![4 => json_object(), 1 => json(), 1 => text()],
        vec(text(), 0..2),
    );
    (head, meaning, people, places, proofs, rest, (said_too, tail))
        .prop_flat_map(|parts| (raw(parts.0.0.clone()), Just(parts)))
        .prop_map(|(raw, (head, meaning, people, places, proofs, rest, (said_too, tail)))| {
            SignOnEvent {
                native_id: head.0,
                same_as: Vec::new(),
                native_type: head.1,
                native_name: head.2,
                domain_event_id: head.3,
                time: head.4,
                original_time: head.5,
                logged: head.6,
                activity: meaning.0,
                outcome: meaning.1,
                code: meaning.2,
                reason: meaning.3,
                message: meaning.4,
                user: people.0.0,
                actor: people.0.1,
                app: people.1,
                idp: people.2,
                source_addresses: people.3,
                agent: people.4,
                service: places.0,
                target: places.1,
                session: places.2,
                factors: proofs.0,
                mfa: proofs.1,
                protocol: proofs.2,
                policy: rest.0,
                rule: rest.1,
                http: rest.2,
                cloud: rest.3,
                correlation: rest.4,
                class: said_too.0,
                failure: said_too.1,
                source_port: said_too.2,
                auth_type: said_too.3,
                logon_method: said_too.4,
                group: said_too.5,
                labels: tail.0,
                unmapped: tail.1,
                raw,
                redacted: tail.2,
            }
        })
        .boxed()
}
