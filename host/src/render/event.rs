//! What every format asks of an event, answered once, so that a line of one format
//! means the same as a line of another.

use crate::contract::{Activity, SignOnEvent};

/// The text, if there is one and it is not empty.
pub fn said(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// What the source calls the activity.
pub fn own_name(event: &SignOnEvent) -> Option<&str> {
    let given = match &event.activity {
        Activity::Other(name) if !name.is_empty() => Some(name.as_str()),
        _ => said(&event.native_name),
    };
    given.or_else(|| Some(&*event.native_type).filter(|name| !name.is_empty()))
}

/// Whether an event is neither a sign-on nor about an account. An identity domain
/// audits far more than sign-ons, which all begin with `sso.`; the other sources
/// write sign-on events only, known to us or not.
pub fn is_beside_sign_ons(event: &SignOnEvent, source: &str) -> bool {
    let is_beside = match source {
        "idcs" => !event.native_type.starts_with("sso."),
        // What signon says of itself.
        "signon" => true,
        _ => false,
    };
    is_beside && matches!(event.activity, Activity::Other(_))
}

/// Whether an activity changes an account. Such an event has somebody who acted
/// and somebody whose account it is; a sign-on has one person.
pub fn is_about_account(activity: &Activity) -> bool {
    use Activity as A;
    match activity {
        A::PasswordChange
        | A::PasswordReset
        | A::AccountCreate
        | A::AccountUpdate
        | A::AccountEnable
        | A::AccountDisable
        | A::AccountDelete
        | A::AccountLock
        | A::AccountUnlock
        | A::BypassCode
        | A::FactorEnroll
        | A::FactorRemove => true,
        A::Logon
        | A::FederatedAttempt
        | A::Logoff
        | A::MfaChallenge
        | A::MfaVerify
        | A::SessionModify
        | A::AppAccess
        | A::TokenRequest
        | A::AuthcodeRequest
        | A::SupportAccount
        | A::Other(_) => false,
    }
}

/// The labels of the component, and one that makes findable what vocabularies have
/// no word for and defenders look for.
pub fn labels(event: &SignOnEvent) -> impl Iterator<Item = &str> {
    let own = match event.activity {
        Activity::SupportAccount => Some("support-account"),
        Activity::BypassCode => Some("bypass-code"),
        _ => None,
    };
    let own = own.filter(|own| !event.labels.iter().any(|label| label == own));
    event.labels.iter().map(String::as_str).filter(|label| !label.is_empty()).chain(own)
}

/// The name of the place that answered, if it is a URL and fields for URLs are not
/// taken by the path of the request, which may be another's.
pub fn resource(event: &SignOnEvent) -> Option<&str> {
    let path = event.http.as_ref().and_then(|http| said(&http.path));
    let name = event.target.as_ref().and_then(|target| said(&target.name));
    name.filter(|name| path.is_none() && name.contains("://"))
}

/// The addresses an event came from, nearest to the person first.
pub fn addresses(event: &SignOnEvent) -> impl Iterator<Item = &str> {
    event.source_addresses.iter().map(String::as_str).filter(|address| !address.is_empty())
}
