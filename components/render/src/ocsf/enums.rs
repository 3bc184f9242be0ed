//! Numbers of OCSF enums and the captions that go with them. For 99 the text is
//! the source's own word; an empty word means that nothing is known.

use super::version::Version;
use crate::contract::{FactorKind, Outcome, Protocol, UserKind};

/// A number and its text.
pub type Label<'w> = (i64, &'w str);

/// `severity_id` of a failure: worth a look, no call to act.
pub const SEVERITY_LOW: i64 = 2;
/// `severity_id` of everything else.
pub const SEVERITY_INFORMATIONAL: i64 = 1;

/// `type_id` of an OCI compartment among accounts.
pub const ACCOUNT_OCI_COMPARTMENT: i64 = 12;

/// `type_id` of a user of whom nothing is known.
pub const UNKNOWN: Label<'_> = (0, "Unknown");

/// The source's own word.
fn own(word: &str) -> Label<'_> {
    if word.is_empty() { UNKNOWN } else { (99, word) }
}

/// The text of a label, unless nothing is known.
pub fn known_word<'w>(label: Label<'w>) -> Option<&'w str> {
    (label.0 != UNKNOWN.0).then_some(label.1)
}

/// `status_id`. A challenge that was sent is neither success nor failure: those
/// who count successes must not find it.
pub fn status(outcome: &Outcome) -> Label<'_> {
    match outcome {
        Outcome::Success => (1, "Success"),
        Outcome::Failure => (2, "Failure"),
        Outcome::Initiated => (99, "initiated"),
        Outcome::Unknown => UNKNOWN,
        Outcome::Other(word) => own(word),
    }
}

/// `user.type_id`
pub fn user(kind: &UserKind, version: Version) -> Label<'_> {
    match kind {
        UserKind::Unknown => UNKNOWN,
        UserKind::User => (1, "User"),
        UserKind::Admin => (2, "Admin"),
        UserKind::System => (3, "System"),
        UserKind::Service if version.has_service_users() => (4, "Service"),
        UserKind::Service => own("Service"),
        UserKind::Other(word) => own(word),
    }
}

/// `auth_protocol_id`
pub fn protocol(protocol: &Protocol) -> Label<'_> {
    match protocol {
        Protocol::Kerberos => (2, "Kerberos"),
        Protocol::OpenId => (4, "OpenID"),
        Protocol::Saml => (5, "SAML"),
        Protocol::Oauth2 => (6, "OAUTH 2.0"),
        Protocol::Basic => (11, "Basic Authentication"),
        Protocol::Other(word) => own(word),
    }
}

/// `auth_factors[].factor_type_id`
pub fn factor(kind: &FactorKind) -> Label<'_> {
    match kind {
        FactorKind::Sms => (1, "SMS"),
        FactorKind::SecurityQuestion => (2, "Security Question"),
        FactorKind::PhoneCall => (3, "Phone Call"),
        FactorKind::Biometric => (4, "Biometric"),
        FactorKind::PushNotification => (5, "Push Notification"),
        FactorKind::HardwareToken => (6, "Hardware Token"),
        FactorKind::OneTimePassword | FactorKind::TimeBasedPassword => (7, "OTP"),
        FactorKind::Email => (8, "Email"),
        FactorKind::U2f => (9, "U2F"),
        FactorKind::WebAuthn => (10, "WebAuthn"),
        FactorKind::Password => (11, "Password"),
        FactorKind::Other(word) => own(word),
    }
}

/// Whether a factor is a time-based one-time password, which has no number.
pub fn is_totp(kind: &FactorKind) -> bool {
    matches!(kind, FactorKind::TimeBasedPassword)
}

/// Whether `http_request.http_method` may hold a word.
pub fn is_http_method(word: &str) -> bool {
    const METHODS: [&str; 9] =
        ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    METHODS.contains(&word)
}

/// Whether a text fits `email_t`, whose expression in the schema this repeats.
/// A login of that form is one; anything else stays a name.
pub fn is_email(text: &str) -> bool {
    let label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let Some((local, (host, rest))) =
        text.split_once('@').and_then(|(local, domain)| Some((local, domain.split_once('.')?)))
    else {
        return false;
    };
    !local.is_empty()
        && local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+,-./=?^_`{|}~".contains(c))
        && !host.is_empty()
        && host.chars().all(label)
        && !rest.is_empty()
        && rest.chars().all(|c| label(c) || c == '.')
}

/// Whether a text fits `ip_t`.
pub fn is_ip(text: &str) -> bool {
    // The longest that the schema lets pass; only an IPv4-mapped address written
    // out in full is longer.
    const LONGEST: usize = 40;
    text.len() <= LONGEST && text.parse::<std::net::IpAddr>().is_ok()
}
