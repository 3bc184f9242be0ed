//! Which class and activity an event is of: OCSF 1.8.0, one screen.

use super::said;
use crate::contract::{Activity, SignOnEvent};

/// The activity and type number for what a class has no number for; the source's
/// own word goes with it.
pub const OTHER: i64 = 99;

/// The caption of [`OTHER`] in type names.
pub const LABEL_OTHER: &str = "Other";

/// An event class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 3002: sign-ons, sign-offs and what belongs to them.
    Authentication,
    /// 3001: passwords and accounts.
    AccountChange,
    /// 0: what is neither.
    Base,
}

impl Class {
    /// `class_uid`
    pub const fn uid(self) -> i64 {
        match self {
            Self::Authentication => 3002,
            Self::AccountChange => 3001,
            Self::Base => 0,
        }
    }

    /// `class_name`
    pub const fn caption(self) -> &'static str {
        match self {
            Self::Authentication => "Authentication",
            Self::AccountChange => "Account Change",
            Self::Base => "Base Event",
        }
    }

    /// `category_uid` and `category_name`
    pub const fn category(self) -> (i64, &'static str) {
        match self {
            Self::Authentication | Self::AccountChange => (3, "Identity & Access Management"),
            Self::Base => (0, "Uncategorized"),
        }
    }
}

/// The class and activity of an event.
#[derive(Debug, PartialEq)]
pub struct Kind<'e> {
    pub class: Class,
    /// `activity_id`
    pub activity: i64,
    /// `activity_name`: the number's caption, or the source's name for [`OTHER`].
    pub name: &'e str,
    /// A label that makes the kind findable where its number says nothing.
    pub label: Option<&'static str>,
}

impl Kind<'_> {
    /// Whether the source's own name says what was done.
    pub fn is_other(&self) -> bool {
        self.activity == OTHER
    }
}

/// Looks an event's kind up.
///
/// Requests for tokens and codes are not activities 3 to 5, which are Kerberos by
/// definition. A second factor is 6 Preauth, never Logon: the session event follows
/// and would be counted twice.
pub fn kind<'e>(event: &'e SignOnEvent, source: &str) -> Kind<'e> {
    use Activity as A;
    use Class::{AccountChange, Authentication};
    let (class, activity, name, label) = match &event.activity {
        A::Logon => (Authentication, 1, "Logon", None),
        A::FederatedAttempt => (Authentication, 1, "Logon", None),
        A::AppAccess => (Authentication, 1, "Logon", None),
        A::Logoff => (Authentication, 2, "Logoff", None),
        A::MfaChallenge => (Authentication, 6, "Preauth", None),
        A::MfaVerify => (Authentication, 6, "Preauth", None),
        A::SessionModify => (Authentication, OTHER, "Session Modify", None),
        A::TokenRequest => (Authentication, OTHER, "Token Request", None),
        A::AuthcodeRequest => (Authentication, OTHER, "Authorization Code Request", None),
        A::SupportAccount => {
            (Authentication, OTHER, "Support Account Request", Some("support-account"))
        }
        A::AccountCreate => (AccountChange, 1, "Create", None),
        A::AccountEnable => (AccountChange, 2, "Enable", None),
        A::PasswordChange => (AccountChange, 3, "Password Change", None),
        A::PasswordReset => (AccountChange, 4, "Password Reset", None),
        A::AccountDisable => (AccountChange, 5, "Disable", None),
        A::AccountDelete => (AccountChange, 6, "Delete", None),
        A::AccountLock => (AccountChange, 9, "Lock", None),
        A::AccountUnlock => (AccountChange, 12, "Unlock", None),
        A::AccountUpdate => (AccountChange, OTHER, "Account Update", None),
        A::BypassCode => (AccountChange, OTHER, "Bypass Code", Some("bypass-code")),
        A::Other(_) => (class_of_other(event, source), OTHER, "Unnamed", None),
    };
    let name = if activity == OTHER { own_name(event).unwrap_or(name) } else { name };
    Kind { class, activity, name, label }
}

/// An identity domain audits far more than sign-ons, which all begin with `sso.`;
/// the other sources write sign-on events only, known to us or not.
fn class_of_other(event: &SignOnEvent, source: &str) -> Class {
    if source == "idcs" && !event.native_type.starts_with("sso.") {
        Class::Base
    } else {
        Class::Authentication
    }
}

/// What the source calls the activity.
fn own_name(event: &SignOnEvent) -> Option<&str> {
    let given = match &event.activity {
        Activity::Other(name) if !name.is_empty() => Some(name.as_str()),
        _ => said(&event.native_name),
    };
    given.or_else(|| Some(&*event.native_type).filter(|name| !name.is_empty()))
}
