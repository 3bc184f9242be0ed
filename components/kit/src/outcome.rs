//! How a sign-on ended. Several fields may say so; identity domains leave
//! `response.status` empty, so it cannot be the first to ask.

use crate::contract::{Activity, FailureClass, Outcome};

/// Set when two fields of one record disagree.
pub const CONFLICT: &str = "outcome-conflict";

/// What a record says about its outcome.
#[derive(Debug, Default, Clone, Copy)]
pub struct Hints<'a> {
    /// `additionalDetails.eventId`: `sso.session.create.success`
    pub event_id: Option<&'a str>,
    /// `response.payload.login_result`: `PASSWORD_INVALID`
    pub login_result: Option<&'a str>,
    /// `response.status`: `200`
    pub status: Option<&'a str>,
    /// `message`: `InteractiveLogin succeeded`
    pub message: Option<&'a str>,
}

/// The outcome, and whether the hints disagree.
pub fn decide(activity: &Activity, hints: Hints<'_>) -> (Outcome, bool) {
    let strong = [hints.event_id.and_then(by_event_id), hints.login_result.and_then(by_result)];
    let weak = [hints.status.and_then(by_status), hints.message.and_then(by_message)];
    let all = strong.iter().chain(&weak).flatten();
    let first = all.clone().next().cloned();
    let conflict = all.clone().any(|other| Some(other) != first.as_ref());
    let outcome = match (activity, first) {
        // A challenge that was sent is no success yet: only a result of the
        // challenge itself counts, not the status of the request that sent it.
        (Activity::MfaChallenge, Some(Outcome::Success))
            if strong.iter().flatten().next().is_none() =>
        {
            Outcome::Initiated
        }
        (Activity::MfaChallenge, None) => Outcome::Initiated,
        // OCI documents its record as written on success only; an id of the domain that
        // does not say how it went is known by its beginning alone.
        (Activity::MfaVerify, None) if hints.event_id.is_none() => Outcome::Success,
        (_, Some(outcome)) => outcome,
        (_, None) => Outcome::Unknown,
    };
    (outcome, conflict)
}

/// What the last part of an event id says.
pub static EVENT_ID_ENDS: [(&str, Outcome); 3] = [
    ("success", Outcome::Success),
    ("failure", Outcome::Failure),
    ("initiated", Outcome::Initiated),
];

/// What a `login_result` of just that word says.
pub static RESULTS: [(&str, Outcome); 3] =
    [("SUCCESS", Outcome::Success), ("SUCCEEDED", Outcome::Success), ("OK", Outcome::Success)];

/// What is in a `login_result` of a failure: `PASSWORD_INVALID`.
pub static FAILURES: [&str; 8] =
    ["INVALID", "FAIL", "DENIED", "LOCKED", "EXPIRED", "ERROR", "REJECT", "BLOCKED"];

/// What is in a message, if only one of them is.
pub static MESSAGES: [(&str, Outcome); 2] =
    [("succeeded", Outcome::Success), ("failed", Outcome::Failure)];

/// Why something failed, by words in the code or the reason, in order of what counts
/// first. `SSO-1001` is Oracle's code for bad credentials.
pub static FAILURE_WORDS: [(&str, FailureClass); 30] = [
    ("NOTFOUND", FailureClass::UnknownUser),
    ("UNKNOWNUSER", FailureClass::UnknownUser),
    ("NOSUCHUSER", FailureClass::UnknownUser),
    ("DOESNOTEXIST", FailureClass::UnknownUser),
    ("LOCK", FailureClass::AccountLocked),
    ("DISABLED", FailureClass::AccountDisabled),
    ("INACTIVE", FailureClass::AccountDisabled),
    ("DEACTIVAT", FailureClass::AccountDisabled),
    ("SESSIONEXPIRED", FailureClass::SessionExpired),
    ("SESSIONTIMEOUT", FailureClass::SessionExpired),
    ("SESSIONHASEXPIRED", FailureClass::SessionExpired),
    ("PASSWORDEXPIRED", FailureClass::PasswordExpired),
    ("PASSWORDHASEXPIRED", FailureClass::PasswordExpired),
    ("EXPIREDPASSWORD", FailureClass::PasswordExpired),
    ("MUSTCHANGE", FailureClass::PasswordExpired),
    ("FACTOR", FailureClass::FactorFailed),
    ("MFA", FailureClass::FactorFailed),
    ("OTP", FailureClass::FactorFailed),
    ("PASSCODE", FailureClass::FactorFailed),
    ("PUSH", FailureClass::FactorFailed),
    ("POLICY", FailureClass::PolicyDenied),
    ("SIGNONRULE", FailureClass::PolicyDenied),
    ("ACCESSDENIED", FailureClass::PolicyDenied),
    ("NOTAUTHORIZED", FailureClass::PolicyDenied),
    ("SAML", FailureClass::ProviderFailed),
    ("IDENTITYPROVIDER", FailureClass::ProviderFailed),
    ("ASSERTION", FailureClass::ProviderFailed),
    ("SSO1001", FailureClass::BadCredentials),
    ("PASSWORD", FailureClass::BadCredentials),
    ("CREDENTIAL", FailureClass::BadCredentials),
];

/// The class of a failure, as far as its code, its reason or the event's id tell.
pub fn failure_class(
    code: Option<&str>,
    reason: Option<&str>,
    event_id: Option<&str>,
) -> Option<FailureClass> {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.map(|letter| letter.to_ascii_uppercase()).collect()
    };
    let by_words = |text: &str| {
        let text = letters(text);
        let row = FAILURE_WORDS.iter().find(|(word, _)| text.contains(word));
        row.map(|(_, class)| *class).or_else(|| {
            // Of a password check it says that name and password do not fit.
            text.contains("AUTHENTICATIONFAILED").then_some(FailureClass::BadCredentials)
        })
    };
    [code, reason, event_id].into_iter().flatten().find_map(by_words)
}

fn by_event_id(id: &str) -> Option<Outcome> {
    let end = id.rsplit('.').next()?;
    let row = EVENT_ID_ENDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(end));
    row.map(|(_, outcome)| outcome.clone())
}

fn by_result(result: &str) -> Option<Outcome> {
    let result = result.to_ascii_uppercase();
    if let Some((_, outcome)) = RESULTS.iter().find(|(word, _)| *word == result) {
        return Some(outcome.clone());
    }
    FAILURES.iter().any(|word| result.contains(word)).then_some(Outcome::Failure)
}

fn by_status(status: &str) -> Option<Outcome> {
    let status: u16 = status.parse().ok()?;
    Some(if (200..300).contains(&status) { Outcome::Success } else { Outcome::Failure })
}

fn by_message(message: &str) -> Option<Outcome> {
    let message = message.to_ascii_lowercase();
    let mut said = MESSAGES.iter().filter(|(word, _)| message.contains(word));
    match (said.next(), said.next()) {
        (Some((_, outcome)), None) => Some(outcome.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGON: Activity = Activity::Logon;

    #[test]
    fn the_event_id_counts_before_everything_else() {
        let hints = Hints {
            event_id: Some("sso.session.create.failure"),
            status: Some("200"),
            ..Hints::default()
        };
        assert_eq!(decide(&LOGON, hints), (Outcome::Failure, true));
    }

    #[test]
    fn each_hint_is_enough_alone() {
        let none = Hints::default();
        let cases = [
            (Hints { login_result: Some("PASSWORD_INVALID"), ..none }, Outcome::Failure),
            (Hints { status: Some("400"), ..none }, Outcome::Failure),
            (Hints { status: Some("204"), ..none }, Outcome::Success),
            (Hints { message: Some("InteractiveLogin succeeded"), ..none }, Outcome::Success),
            (Hints { message: Some("InteractiveLogin failed"), ..none }, Outcome::Failure),
            (Hints { event_id: Some("sso.new.thing"), ..none }, Outcome::Unknown),
            (none, Outcome::Unknown),
        ];
        for (hints, expected) in cases {
            assert_eq!(decide(&LOGON, hints), (expected, false), "{hints:?}");
        }
    }

    #[test]
    fn a_failure_says_why() {
        use FailureClass as F;
        for (code, reason, expected) in [
            (Some("SSO-1001"), Some("Bad user name or password"), Some(F::BadCredentials)),
            (Some("AUTHENTICATION_FAILED"), None, Some(F::BadCredentials)),
            (Some("PASSWORD_EXPIRED"), None, Some(F::PasswordExpired)),
            (Some("400"), Some("The account is locked."), Some(F::AccountLocked)),
            (None, Some("SAML SSO response was rejected"), Some(F::ProviderFailed)),
            (Some("400"), None, None),
        ] {
            assert_eq!(failure_class(code, reason, None), expected, "{code:?} {reason:?}");
        }
    }

    #[test]
    fn a_challenge_that_was_sent_is_never_a_success() {
        let sent =
            Hints { status: Some("200"), message: Some("FactorMfa succeeded"), ..Hints::default() };
        assert_eq!(decide(&Activity::MfaChallenge, sent).0, Outcome::Initiated);
        assert_eq!(decide(&Activity::MfaChallenge, Hints::default()).0, Outcome::Initiated);
        let failed = Hints { status: Some("401"), ..Hints::default() };
        assert_eq!(decide(&Activity::MfaChallenge, failed).0, Outcome::Failure);
        assert_eq!(decide(&Activity::MfaVerify, Hints::default()).0, Outcome::Success);
    }
}
