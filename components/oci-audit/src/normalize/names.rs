//! Which audit records are sign-ons, and what each kind of them is. Data, one
//! screen; the list is open, so names it lacks become `other` and are kept.

use signon_kit::contract::{Activity, Protocol};

/// The service that writes sign-on records, as it stands in event types.
const SERVICE: &str = "com.oraclecloud.identitysignon.";

/// Whether an event type is a sign-on's. The Events service writes types in lower
/// case, so case does not count.
pub fn is_sign_on(event_type: &str) -> bool {
    event_type.get(..SERVICE.len()).is_some_and(|head| head.eq_ignore_ascii_case(SERVICE))
}

/// The event name at the end of an event type.
pub fn event_name(event_type: &str) -> &str {
    event_type.get(SERVICE.len()..).unwrap_or(event_type)
}

/// What is known about an event name.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// What was done.
    pub activity: Activity,
    /// The protocol, where the name alone tells it.
    pub protocol: Option<Protocol>,
}

/// What an event of that name is: the eleven that Oracle's documents list, then
/// those seen in event catalogues and in the field.
pub static ACTIVITIES: [(&str, Activity, Option<Protocol>); 15] = [
    ("InteractiveLogin", Activity::Logon, None),
    ("FederatedInteractiveLoginAttempt", Activity::FederatedAttempt, None),
    ("FactorMfa", Activity::MfaChallenge, None),
    ("VerifyMfaToken", Activity::MfaVerify, None),
    ("DeleteSession", Activity::Logoff, None),
    ("ModifySSOSession", Activity::SessionModify, None),
    ("AccessApp", Activity::AppAccess, None),
    ("TokenRequest", Activity::TokenRequest, Some(Protocol::Oauth2)),
    ("AuthcodeRequest", Activity::AuthcodeRequest, Some(Protocol::Oauth2)),
    ("SupportAccountSamlRequest", Activity::SupportAccount, Some(Protocol::Saml)),
    ("ChangePassword", Activity::PasswordChange, None),
    ("FederatedInteractiveLogin", Activity::Logon, None),
    ("AuthenticationUser", Activity::Logon, None),
    ("SuccessAuthentication", Activity::Logon, None),
    ("InitiateSSOAuthFactor", Activity::MfaChallenge, None),
];

/// Where in the identity domain's event id the word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At its beginning.
    Start,
    /// Anywhere in it.
    Anywhere,
}

/// What an event is by the identity domain's event id in it: of which activity
/// (any where none is named), word, its place, and what it is then.
pub static REFINEMENTS: [(Option<Activity>, &str, Place, Activity); 2] = [
    (Some(Activity::PasswordChange), ".password.reset", Place::Anywhere, Activity::PasswordReset),
    (None, "sso.bypasscode.", Place::Start, Activity::BypassCode),
];

/// Looks an event name up, whatever its case.
pub fn meaning(name: &str) -> Meaning {
    let row = ACTIVITIES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
    match row {
        Some((_, activity, protocol)) => {
            Meaning { activity: activity.clone(), protocol: protocol.clone() }
        }
        None => Meaning { activity: Activity::Other(name.to_owned()), protocol: None },
    }
}

/// Refines an activity by the identity domain's event id.
pub fn refine(activity: Activity, domain_event_id: Option<&str>) -> Activity {
    let Some(id) = domain_event_id else {
        return activity;
    };
    let fits = |of: &Option<Activity>, word: &str, place: Place| {
        of.as_ref().is_none_or(|of| *of == activity)
            && match place {
                Place::Start => id.starts_with(word),
                Place::Anywhere => id.contains(word),
            }
    };
    let row = REFINEMENTS.iter().find(|(of, word, place, _)| fits(of, word, *place));
    row.map(|(.., refined)| refined.clone()).unwrap_or(activity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sign_ons_by_their_service_in_any_case() {
        assert!(is_sign_on("com.oraclecloud.IdentitySignOn.InteractiveLogin"));
        assert!(is_sign_on("com.oraclecloud.identitysignon.brandnew"));
        assert!(!is_sign_on("com.oraclecloud.ComputeApi.IdentitySignOn.Launch"));
        assert!(!is_sign_on("x"));
    }

    #[test]
    fn an_unknown_name_is_kept_as_it_is() {
        assert_eq!(meaning("BrandNew").activity, Activity::Other("BrandNew".into()));
    }
}
