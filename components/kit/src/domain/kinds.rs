//! What kind of event each record is: one table by the identity domain's event id and
//! one by the name that OCI gives. Data; the lists are open, so what they lack is told
//! by the words in an id, and keeps its own name.

use crate::contract::{Activity, EventClass, EventKind, Protocol};

use Activity as A;
use EventClass::{Account, Other, SignOn};

/// What kind of event something is.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// What to choose by.
    pub class: EventClass,
    /// What was done; `None` where only the class is known.
    pub activity: Option<Activity>,
    /// By which protocol, where the name alone tells.
    pub protocol: Option<Protocol>,
}

/// A row: what an event id begins with, or a name.
pub type Row = (&'static str, EventClass, Option<Activity>, Option<Protocol>);

/// By what an event id begins with, on the border of its parts: the longest counts.
/// Families that have no activity tell the class alone.
pub static EVENT_IDS: [Row; 44] = [
    ("admin", Other, None, None),
    ("admin.authentication", SignOn, Some(A::Logon), None),
    ("admin.me", Account, None, None),
    ("admin.me.lock", Account, Some(A::AccountLock), None),
    ("admin.me.locked", Account, Some(A::AccountLock), None),
    ("admin.me.password.change", Account, Some(A::PasswordChange), None),
    ("admin.me.password.reset", Account, Some(A::PasswordReset), None),
    ("admin.me.register", Account, Some(A::AccountCreate), None),
    ("admin.me.unlock", Account, Some(A::AccountUnlock), None),
    ("admin.me.unlocked", Account, Some(A::AccountUnlock), None),
    ("admin.user", Account, None, None),
    ("admin.user.activated", Account, Some(A::AccountEnable), None),
    ("admin.user.authentication", SignOn, Some(A::Logon), None),
    ("admin.user.create", Account, Some(A::AccountCreate), None),
    ("admin.user.deactivated", Account, Some(A::AccountDisable), None),
    ("admin.user.delete", Account, Some(A::AccountDelete), None),
    ("admin.user.lock", Account, Some(A::AccountLock), None),
    ("admin.user.locked", Account, Some(A::AccountLock), None),
    ("admin.user.password.change", Account, Some(A::PasswordChange), None),
    ("admin.user.password.reset", Account, Some(A::PasswordReset), None),
    ("admin.user.unlock", Account, Some(A::AccountUnlock), None),
    ("admin.user.unlocked", Account, Some(A::AccountUnlock), None),
    ("admin.user.update", Account, Some(A::AccountUpdate), None),
    ("idbridge", Other, None, None),
    ("notification", Other, None, None),
    ("oauth", SignOn, None, Some(Protocol::Oauth2)),
    ("radius", SignOn, Some(A::Logon), None),
    ("saml", SignOn, None, Some(Protocol::Saml)),
    ("saml.idp.sso.response", SignOn, Some(A::AppAccess), Some(Protocol::Saml)),
    ("saml.sp.sso.request", SignOn, Some(A::FederatedAttempt), Some(Protocol::Saml)),
    ("saml.sp.sso.response", SignOn, Some(A::FederatedAttempt), Some(Protocol::Saml)),
    ("social", SignOn, Some(A::FederatedAttempt), None),
    ("sso", SignOn, None, None),
    ("sso.app.access", SignOn, Some(A::AppAccess), None),
    ("sso.auth.factor", SignOn, Some(A::MfaVerify), None),
    ("sso.auth.factor.initiated", SignOn, Some(A::MfaChallenge), None),
    ("sso.authentication", SignOn, Some(A::Logon), None),
    ("sso.bypasscode", Account, Some(A::BypassCode), None),
    ("sso.session", SignOn, Some(A::SessionModify), None),
    ("sso.session.create", SignOn, Some(A::Logon), None),
    ("sso.session.delete", SignOn, Some(A::Logoff), None),
    ("sso.session.expired", SignOn, Some(A::Logoff), None),
    ("telemetry", Other, None, None),
    ("x509", SignOn, Some(A::Logon), None),
];

/// What a part of an id says where no row says the activity: words that are, or begin,
/// a part, in order of what counts first.
pub static WORDS: [(&str, Option<Activity>, Option<Protocol>); 19] = [
    ("logout", Some(A::Logoff), None),
    ("logoff", Some(A::Logoff), None),
    ("signout", Some(A::Logoff), None),
    ("signoff", Some(A::Logoff), None),
    ("slo", Some(A::Logoff), None),
    ("authcode", Some(A::AuthcodeRequest), Some(Protocol::Oauth2)),
    ("authorize", Some(A::AuthcodeRequest), Some(Protocol::Oauth2)),
    ("token", Some(A::TokenRequest), Some(Protocol::Oauth2)),
    ("oauth", Some(A::TokenRequest), Some(Protocol::Oauth2)),
    ("saml", Some(A::FederatedAttempt), Some(Protocol::Saml)),
    ("social", Some(A::FederatedAttempt), None),
    ("federat", Some(A::FederatedAttempt), None),
    ("x509", Some(A::Logon), None),
    ("radius", Some(A::Logon), None),
    ("login", Some(A::Logon), None),
    ("logon", Some(A::Logon), None),
    ("signin", Some(A::Logon), None),
    ("authenticat", Some(A::Logon), None),
    ("session", Some(A::SessionModify), None),
];

/// Parts of an id that name what a person proves herself with.
const FACTOR: [&str; 7] =
    ["factor", "factors", "mfa", "device", "devices", "authenticator", "passkey"];

/// What was done with a factor: the beginnings of the words for it.
const ENROLLED: [&str; 6] = ["enrol", "add", "activat", "creat", "regist", "enabl"];
const REMOVED: [&str; 6] = ["unenrol", "remov", "delet", "deactivat", "reset", "disabl"];

/// How OCI calls the services that write sign-ons and account changes, in any case.
pub static SERVICES: [&str; 2] =
    ["com.oraclecloud.IdentitySignOn.", "com.oraclecloud.identityControlPlane."];

/// By the name of an event of these services. The first eleven are those that Oracle's
/// documents list; the others were seen in event catalogues and in the field.
pub static EVENT_NAMES: [Row; 51] = [
    ("InteractiveLogin", SignOn, Some(A::Logon), None),
    ("FederatedInteractiveLoginAttempt", SignOn, Some(A::FederatedAttempt), None),
    ("FactorMfa", SignOn, Some(A::MfaChallenge), None),
    ("VerifyMfaToken", SignOn, Some(A::MfaVerify), None),
    ("DeleteSession", SignOn, Some(A::Logoff), None),
    ("ModifySSOSession", SignOn, Some(A::SessionModify), None),
    ("AccessApp", SignOn, Some(A::AppAccess), None),
    ("TokenRequest", SignOn, Some(A::TokenRequest), Some(Protocol::Oauth2)),
    ("AuthcodeRequest", SignOn, Some(A::AuthcodeRequest), Some(Protocol::Oauth2)),
    ("SupportAccountSamlRequest", SignOn, Some(A::SupportAccount), Some(Protocol::Saml)),
    ("ChangePassword", Account, Some(A::PasswordChange), None),
    ("FederatedInteractiveLogin", SignOn, Some(A::Logon), None),
    ("FederatedLoginRequest", SignOn, Some(A::FederatedAttempt), None),
    ("AuthenticationUser", SignOn, Some(A::Logon), None),
    ("SuccessAuthentication", SignOn, Some(A::Logon), None),
    ("InitiateSSOAuthFactor", SignOn, Some(A::MfaChallenge), None),
    ("CreateUser", Account, Some(A::AccountCreate), None),
    ("DeleteUser", Account, Some(A::AccountDelete), None),
    ("UpdateUser", Account, Some(A::AccountUpdate), None),
    ("UpdateUserState", Account, Some(A::AccountUpdate), None),
    ("UpdateUserCapabilities", Account, Some(A::AccountUpdate), None),
    ("CreateOrResetUIPassword", Account, Some(A::PasswordReset), None),
    ("ResetPassword", Account, Some(A::PasswordReset), None),
    ("CreateMfaTotpDevice", Account, Some(A::FactorEnroll), None),
    ("ActivateMfaTotpDevice", Account, Some(A::FactorEnroll), None),
    ("DeleteMfaTotpDevice", Account, Some(A::FactorRemove), None),
    ("GenerateTotpSeed", Account, None, None),
    ("UploadApiKey", Account, None, None),
    ("DeleteApiKey", Account, None, None),
    ("CreateAuthToken", Account, None, None),
    ("UpdateAuthToken", Account, None, None),
    ("DeleteAuthToken", Account, None, None),
    ("CreateSwiftPassword", Account, None, None),
    ("UpdateSwiftPassword", Account, None, None),
    ("DeleteSwiftPassword", Account, None, None),
    ("CreateCustomerSecretKey", Account, None, None),
    ("UpdateCustomerSecretKey", Account, None, None),
    ("DeleteCustomerSecretKey", Account, None, None),
    ("CreateSmtpCredential", Account, None, None),
    ("UpdateSmtpCredential", Account, None, None),
    ("DeleteSmtpCredential", Account, None, None),
    ("CreateDbCredential", Account, None, None),
    ("DeleteDbCredential", Account, None, None),
    ("CreateOAuthClientCredential", Account, None, None),
    ("UpdateOAuthClientCredential", Account, None, None),
    ("DeleteOAuthClientCredential", Account, None, None),
    ("CreateOAuth2ClientCredential", Account, None, None),
    ("UpdateOAuth2ClientCredential", Account, None, None),
    ("DeleteOAuth2ClientCredential", Account, None, None),
    ("AddUserToGroup", Other, None, None),
    ("RemoveUserFromGroup", Other, None, None),
];

/// What stands behind a name in types of the Events service.
static ENDINGS: [&str; 2] = [".begin", ".end"];

/// The event name at the end of the type of a service that writes sign-ons or account
/// changes, and whether it writes sign-ons only; `None` for any other.
pub fn known_service(event_type: &str) -> Option<(&str, bool)> {
    SERVICES.iter().enumerate().find_map(|(index, service)| {
        let (head, name) = event_type.split_at_checked(service.len())?;
        let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
        head.eq_ignore_ascii_case(service).then_some((name, index == 0))
    })
}

/// What kind an event of that type and name is; `None` where only what else the record
/// says can tell.
pub fn of_oci(event_type: &str, name: &str) -> Option<Kind> {
    let (of_type, signs_on) = known_service(event_type)?;
    let by_name = of_name(name).or_else(|| of_name(of_type));
    by_name.or_else(|| signs_on.then_some(Kind { class: SignOn, activity: None, protocol: None }))
}

/// The name at the end of a type.
pub fn event_name(event_type: &str) -> &str {
    known_service(event_type).map_or(event_type, |(name, _)| name)
}

/// By the name that OCI gives an event.
fn of_name(name: &str) -> Option<Kind> {
    let row = EVENT_NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
    row.map(of_row).or_else(|| of_phrase(&name.to_ascii_lowercase()))
}

/// Names that are phrases: `ReceiveSamlResponse`, `SentSamlResonse`, `AuthenticateUser`.
fn of_phrase(name: &str) -> Option<Kind> {
    let has = |word: &str| name.contains(word);
    let (activity, protocol) = if has("saml") {
        let activity = if has("logout") || has("slo") {
            A::Logoff
        } else if name.starts_with("sen") && has("res") {
            A::AppAccess
        } else {
            A::FederatedAttempt
        };
        (activity, Some(Protocol::Saml))
    } else if has("authenticat") || has("login") {
        (A::Logon, None)
    } else if has("logout") || has("logoff") {
        (A::Logoff, None)
    } else {
        return None;
    };
    Some(Kind { class: SignOn, activity: Some(activity), protocol })
}

fn of_row((_, class, activity, protocol): &Row) -> Kind {
    Kind { class: *class, activity: activity.clone(), protocol: protocol.clone() }
}

/// What an event id says of itself: the longest row that it begins with, refined by the
/// words in it. `None` for an id that says nothing.
pub fn of_id(event_id: &str) -> Option<Kind> {
    let id = event_id.to_ascii_lowercase();
    let begins = |prefix: &str| {
        id.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let row = EVENT_IDS.iter().filter(|row| begins(row.0)).max_by_key(|row| row.0.len());
    let family = row.map(of_row);
    if let Some(activity) = of_factor(&id)
        && family.as_ref().is_none_or(|kind| kind.class != Other)
    {
        return Some(Kind { class: Account, activity: Some(activity), protocol: None });
    }
    let by_words = || {
        let says = |word: &str| id.split('.').any(|part| part.starts_with(word));
        let row = WORDS.iter().find(|(word, ..)| says(word));
        row.map(|(_, activity, protocol)| (activity.clone(), protocol.clone()))
    };
    match family {
        Some(kind) if kind.activity.is_some() || kind.class != SignOn => Some(kind),
        Some(family) => {
            let (activity, protocol) = by_words().unwrap_or_default();
            let protocol = family.protocol.clone().or(protocol);
            Some(Kind { activity, protocol, ..family })
        }
        None => by_words().map(|(activity, protocol)| Kind { class: SignOn, activity, protocol }),
    }
}

/// Whether a factor was enrolled or removed, by an id in lower case.
fn of_factor(id: &str) -> Option<Activity> {
    let parts = || id.split('.');
    if !parts().any(|part| FACTOR.contains(&part)) {
        return None;
    }
    let done = |words: &[&str]| parts().any(|part| words.iter().any(|word| part.starts_with(word)));
    if done(&REMOVED) { Some(A::FactorRemove) } else { done(&ENROLLED).then_some(A::FactorEnroll) }
}

/// The classes of event ids, for humans.
pub fn kinds_by_id() -> Vec<EventKind> {
    EVENT_IDS.iter().map(|row| named(format!("{}.*", row.0), row.1)).collect()
}

/// The classes of what OCI writes, for humans.
pub fn kinds_of_oci() -> Vec<EventKind> {
    let names = EVENT_NAMES.iter().map(|row| named(format!("{}{}", SERVICES[1], row.0), row.1));
    let all = [(SERVICES[0], SignOn), (SERVICES[1], Other), ("", Other)];
    let others = all.into_iter().map(|(service, class)| named(format!("{service}*"), class));
    let of_domain = EVENT_IDS.iter().map(|row| named(format!("eventId {}.*", row.0), row.1));
    of_domain.chain(names).chain(others).collect()
}

fn named(name: String, class: EventClass) -> EventKind {
    EventKind { name, class }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(id: &str) -> Option<Activity> {
        of_id(id).and_then(|kind| kind.activity)
    }

    #[test]
    fn the_longest_beginning_counts_on_the_border_of_a_part() {
        assert_eq!(activity("sso.auth.factor.initiated"), Some(A::MfaChallenge));
        assert_eq!(activity("sso.auth.factor.verify.success"), Some(A::MfaVerify));
        assert_eq!(activity("SSO.Session.Create.Failure"), Some(A::Logon));
        assert_eq!(activity("admin.user.updated.success"), None);
        assert_eq!(of_id("admin.user.updated.success").unwrap().class, Account);
        assert_eq!(of_id("admin.group.create.success").unwrap().class, Other);
    }

    #[test]
    fn ids_that_no_row_knows_say_what_they_are() {
        for (id, expected) in [
            ("partner.login.success", A::Logon),
            ("kiosk.authentication.failure", A::Logon),
            ("vpn.session.extended", A::SessionModify),
            ("sso.social.login.failure", A::FederatedAttempt),
            ("sso.x509.validated.success", A::Logon),
            ("oauth.token.issued.success", A::TokenRequest),
            ("saml.idp.slo.request.received.success", A::Logoff),
        ] {
            let kind = of_id(id).unwrap();
            assert_eq!((kind.class, kind.activity), (SignOn, Some(expected)), "{id}");
        }
        for id in ["something.new.success", "telemetry.snapshot.taken"] {
            assert!(of_id(id).is_none_or(|kind| kind.class == Other), "{id}");
        }
    }

    #[test]
    fn factors_come_and_go() {
        for id in ["sso.mfa.factor.enrolled", "admin.me.mfa.device.create.success"] {
            assert_eq!(activity(id), Some(A::FactorEnroll), "{id}");
        }
        for id in
            ["sso.mfa.factor.removed", "admin.user.mfa.reset.success", "sso.mfa.factor.unenrolled"]
        {
            assert_eq!(activity(id), Some(A::FactorRemove), "{id}");
        }
    }

    #[test]
    fn types_are_known_by_their_service_in_any_case() {
        let kind = |event_type| of_oci(event_type, "").map(|kind| (kind.class, kind.activity));
        assert_eq!(
            kind("com.oraclecloud.identitysignon.interactivelogin"),
            Some((SignOn, Some(A::Logon)))
        );
        assert_eq!(kind("com.oraclecloud.IdentitySignOn.BrandNew"), Some((SignOn, None)));
        assert_eq!(
            kind("com.oraclecloud.identitycontrolplane.createuser.end"),
            Some((Account, Some(A::AccountCreate)))
        );
        assert_eq!(
            kind("com.oraclecloud.identityControlPlane.AuthenticateUser"),
            Some((SignOn, Some(A::Logon)))
        );
        assert_eq!(kind("com.oraclecloud.identityControlPlane.CreatePolicy"), None);
        assert_eq!(kind("com.oraclecloud.ComputeApi.IdentitySignOn.Launch"), None);
        assert_eq!(
            kind("com.oraclecloud.IdentitySignOn.SentSamlResonse"),
            Some((SignOn, Some(A::AppAccess)))
        );
    }

    #[test]
    fn the_tables_have_no_row_twice() {
        assert!(EVENT_IDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (at, row) in EVENT_NAMES.iter().enumerate() {
            assert!(EVENT_NAMES[..at].iter().all(|other| !other.0.eq_ignore_ascii_case(row.0)));
        }
    }
}
