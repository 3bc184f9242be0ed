//! The closed sets of the contract in the contract's own words: the text that
//! formats without an enum of their own write, the same in all of them.

use crate::contract::{
    Activity, EventClass, FactorKind, FailureClass, Outcome, Protocol, UserKind,
};

/// What was done.
pub fn activity(activity: &Activity) -> &str {
    use Activity as A;
    match activity {
        A::Logon => "logon",
        A::FederatedAttempt => "federated-attempt",
        A::Logoff => "logoff",
        A::MfaChallenge => "mfa-challenge",
        A::MfaVerify => "mfa-verify",
        A::SessionModify => "session-modify",
        A::AppAccess => "app-access",
        A::TokenRequest => "token-request",
        A::AuthcodeRequest => "authcode-request",
        A::SupportAccount => "support-account",
        A::PasswordChange => "password-change",
        A::PasswordReset => "password-reset",
        A::AccountCreate => "account-create",
        A::AccountUpdate => "account-update",
        A::AccountEnable => "account-enable",
        A::AccountDisable => "account-disable",
        A::AccountDelete => "account-delete",
        A::AccountLock => "account-lock",
        A::AccountUnlock => "account-unlock",
        A::BypassCode => "bypass-code",
        A::FactorEnroll => "factor-enroll",
        A::FactorRemove => "factor-remove",
        A::Other(name) => name,
    }
}

/// What kind of event it is.
pub fn class(class: EventClass) -> &'static str {
    match class {
        EventClass::SignOn => "sign-on",
        EventClass::Account => "account",
        EventClass::Other => "other",
    }
}

/// Why it failed.
pub fn failure(class: FailureClass) -> &'static str {
    match class {
        FailureClass::BadCredentials => "bad-credentials",
        FailureClass::UnknownUser => "unknown-user",
        FailureClass::AccountLocked => "account-locked",
        FailureClass::AccountDisabled => "account-disabled",
        FailureClass::PasswordExpired => "password-expired",
        FailureClass::FactorFailed => "factor-failed",
        FailureClass::PolicyDenied => "policy-denied",
        FailureClass::SessionExpired => "session-expired",
        FailureClass::ProviderFailed => "provider-failed",
    }
}

/// How it went.
pub fn outcome(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Success => "success",
        Outcome::Failure => "failure",
        Outcome::Initiated => "initiated",
        Outcome::Unknown => "unknown",
        Outcome::Other(word) => word,
    }
}

/// What somebody is.
pub fn user(kind: &UserKind) -> &str {
    match kind {
        UserKind::Unknown => "unknown",
        UserKind::User => "user",
        UserKind::Admin => "admin",
        UserKind::System => "system",
        UserKind::Service => "service",
        UserKind::Other(word) => word,
    }
}

/// What a factor is.
pub fn factor(kind: &FactorKind) -> &str {
    match kind {
        FactorKind::Password => "password",
        FactorKind::OneTimePassword => "one-time-password",
        FactorKind::TimeBasedPassword => "time-based-password",
        FactorKind::Sms => "sms",
        FactorKind::Email => "email",
        FactorKind::PhoneCall => "phone-call",
        FactorKind::PushNotification => "push-notification",
        FactorKind::SecurityQuestion => "security-question",
        FactorKind::WebAuthn => "web-authn",
        FactorKind::U2f => "u2f",
        FactorKind::HardwareToken => "hardware-token",
        FactorKind::Biometric => "biometric",
        FactorKind::Other(word) => word,
    }
}

/// By which protocol.
pub fn protocol(protocol: &Protocol) -> &str {
    match protocol {
        Protocol::Saml => "saml",
        Protocol::OpenId => "open-id",
        Protocol::Oauth2 => "oauth2",
        Protocol::Basic => "basic",
        Protocol::Kerberos => "kerberos",
        Protocol::Other(word) => word,
    }
}
