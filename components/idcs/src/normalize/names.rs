//! What each kind of audit event is. Data, one screen; the list is open, so ids it
//! lacks become `other` and are kept.

use signon_kit::contract::Activity;

/// What an event id that begins so is. Prefixes end where a part of an id ends
/// (`admin.user.update` is no prefix of `admin.user.updated`); the longest wins.
pub static ACTIVITIES: [(&str, Activity); 20] = [
    ("admin.authentication", Activity::Logon),
    ("admin.me.locked", Activity::AccountLock),
    ("admin.me.password.change", Activity::PasswordChange),
    ("admin.me.password.reset", Activity::PasswordReset),
    ("admin.me.register", Activity::AccountCreate),
    ("admin.me.unlocked", Activity::AccountUnlock),
    ("admin.user.activated", Activity::AccountEnable),
    ("admin.user.create", Activity::AccountCreate),
    ("admin.user.deactivated", Activity::AccountDisable),
    ("admin.user.delete", Activity::AccountDelete),
    ("admin.user.password.reset", Activity::PasswordReset),
    ("admin.user.update", Activity::AccountUpdate),
    ("sso.app.access", Activity::AppAccess),
    ("sso.auth.factor", Activity::MfaVerify),
    ("sso.auth.factor.initiated", Activity::MfaChallenge),
    ("sso.authentication.failure", Activity::Logon),
    ("sso.bypasscode", Activity::BypassCode),
    ("sso.session.create", Activity::Logon),
    ("sso.session.delete", Activity::Logoff),
    ("sso.session.modify", Activity::SessionModify),
];

/// Looks an event id up, whatever its case.
pub fn activity(event_id: &str) -> Activity {
    let id = event_id.to_ascii_lowercase();
    let begins = |prefix: &str| {
        id.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    ACTIVITIES
        .iter()
        .filter(|(prefix, _)| begins(prefix))
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|(_, activity)| activity.clone())
        .unwrap_or_else(|| Activity::Other(event_id.to_owned()))
}

/// Whether an activity is about an account rather than a sign-on.
pub fn is_about_account(activity: &Activity) -> bool {
    use Activity as A;
    matches!(
        activity,
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
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins_on_the_border_of_a_part() {
        assert_eq!(activity("sso.auth.factor.initiated"), Activity::MfaChallenge);
        assert_eq!(activity("sso.auth.factor.verify.success"), Activity::MfaVerify);
        assert_eq!(activity("SSO.Session.Create.Failure"), Activity::Logon);
        let updated = "admin.user.updated.success";
        assert_eq!(activity(updated), Activity::Other(updated.to_owned()));
    }

    #[test]
    fn the_table_is_sorted_and_has_no_prefix_twice() {
        assert!(ACTIVITIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
