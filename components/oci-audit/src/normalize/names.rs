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

/// Looks an event name up, whatever its case.
pub fn meaning(name: &str) -> Meaning {
    use Activity as A;
    let (activity, protocol) = match name.to_ascii_lowercase().as_str() {
        // The eleven that Oracle's documents list.
        "interactivelogin" => (A::Logon, None),
        "federatedinteractiveloginattempt" => (A::FederatedAttempt, None),
        "factormfa" => (A::MfaChallenge, None),
        "verifymfatoken" => (A::MfaVerify, None),
        "deletesession" => (A::Logoff, None),
        "modifyssosession" => (A::SessionModify, None),
        "accessapp" => (A::AppAccess, None),
        "tokenrequest" => (A::TokenRequest, Some(Protocol::Oauth2)),
        "authcoderequest" => (A::AuthcodeRequest, Some(Protocol::Oauth2)),
        "supportaccountsamlrequest" => (A::SupportAccount, Some(Protocol::Saml)),
        "changepassword" => (A::PasswordChange, None),
        // Seen in event catalogues and in the field.
        "federatedinteractivelogin" | "authenticationuser" | "successauthentication" => {
            (A::Logon, None)
        }
        "initiatessoauthfactor" => (A::MfaChallenge, None),
        _ => (A::Other(name.to_owned()), None),
    };
    Meaning { activity, protocol }
}

/// Refines a password event by the identity domain's event id.
pub fn refine(activity: Activity, domain_event_id: Option<&str>) -> Activity {
    match domain_event_id {
        Some(id) if activity == Activity::PasswordChange && id.contains(".password.reset") => {
            Activity::PasswordReset
        }
        Some(id) if id.starts_with("sso.bypasscode.") => Activity::BypassCode,
        _ => activity,
    }
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
