//! What every format asks of an event, answered once, so that a line of one format
//! means the same as a line of another.

use super::fields::rfc3339;
use crate::contract::{Activity, EventClass, Identity, SignOnEvent};

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

/// Whether an event is about an account. Such an event has somebody who acted and
/// somebody whose account it is; a sign-on has one person.
pub fn is_about_account(event: &SignOnEvent) -> bool {
    use Activity as A;
    match event.activity {
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
        | A::SupportAccount => false,
        A::Other(_) => event.class == EventClass::Account,
    }
}

/// Who acted, where that is another than the user.
pub fn actor(event: &SignOnEvent) -> Option<&Identity> {
    event.actor.as_ref().filter(|actor| event.user.as_ref() != Some(*actor))
}

/// The identity domain as people named it.
fn domain_name(event: &SignOnEvent) -> Option<&str> {
    said(&event.cloud.as_ref()?.domain.as_ref()?.display_name)
}

/// The domain of the user: the one told of him, or else that in which it happened.
pub fn domain_of_user(event: &SignOnEvent) -> Option<&str> {
    said(&event.user.as_ref()?.domain).or_else(|| domain_name(event))
}

/// The name of the identity domain, where it is not the user's domain.
pub fn other_domain(event: &SignOnEvent) -> Option<&str> {
    domain_name(event).filter(|name| domain_of_user(event) != Some(*name))
}

/// The user and his domain.
pub fn user_and_domain(event: &SignOnEvent) -> (Option<&Identity>, Option<&str>) {
    (event.user.as_ref(), domain_of_user(event))
}

/// The actor, where that is another than the user, and his domain.
pub fn actor_and_domain(event: &SignOnEvent) -> (Option<&Identity>, Option<&str>) {
    let actor = actor(event);
    (actor, actor.and_then(|actor| said(&actor.domain)))
}

/// The time as the source wrote it, where it is not written as it is everywhere.
pub fn original_time(event: &SignOnEvent) -> Option<&str> {
    let text = Some(&*event.original_time).filter(|text| !text.is_empty())?;
    (rfc3339(event.time).as_deref() != Some(text)).then_some(text)
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
/// taken by URL or path of the request, which may be another's.
pub fn resource(event: &SignOnEvent) -> Option<&str> {
    let http = event.http.as_ref();
    let request = http.and_then(|http| said(&http.url).or(said(&http.path)));
    let name = event.target.as_ref().and_then(|target| said(&target.name));
    name.filter(|name| request.is_none() && name.contains("://"))
}

/// The addresses an event came from, nearest to the person first.
pub fn addresses(event: &SignOnEvent) -> impl Iterator<Item = &str> {
    event.source_addresses.iter().map(String::as_str).filter(|address| !address.is_empty())
}
