//! Which class and activity an event is of, one screen.

use super::version::Version;
use crate::contract::{Activity, EventClass, SignOnEvent};
use crate::event::own_name;

/// The activity and type number for what a class has no number for; the source's
/// own word goes with it.
pub const OTHER: i64 = 99;

/// An event class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 3002: sign-ons, sign-offs and what belongs to them.
    Authentication,
    /// 3001: passwords and accounts, before 1.9.0.
    AccountChange,
    /// 3007: the same, from 1.9.0.
    UserManagement,
    /// 0: what is neither.
    Base,
}

impl Class {
    /// `class_uid`
    pub const fn uid(self) -> i64 {
        match self {
            Self::Authentication => 3002,
            Self::AccountChange => 3001,
            Self::UserManagement => 3007,
            Self::Base => 0,
        }
    }

    /// `class_name`
    pub const fn caption(self) -> &'static str {
        match self {
            Self::Authentication => "Authentication",
            Self::AccountChange => "Account Change",
            Self::UserManagement => "User Management",
            Self::Base => "Base Event",
        }
    }

    /// Whether the class has `auth_factors`.
    pub fn has_factors(self, version: Version) -> bool {
        match self {
            Self::Authentication | Self::UserManagement => true,
            Self::AccountChange => version.has_factors_of_accounts(),
            Self::Base => false,
        }
    }

    /// `category_uid`: identity and access management, or none.
    pub const fn category(self) -> i64 {
        match self {
            Self::Authentication | Self::AccountChange | Self::UserManagement => 3,
            Self::Base => 0,
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
}

impl Kind<'_> {
    /// Whether the source's own name says what was done.
    pub fn is_other(&self) -> bool {
        self.activity == OTHER
    }

    /// Whether the number, or the name beside it, tells the activity from every
    /// other of the contract.
    pub fn tells(&self, activity: &Activity) -> bool {
        use Activity as A;
        match activity {
            A::FederatedAttempt | A::AppAccess | A::MfaChallenge | A::MfaVerify => false,
            A::Other(_) => true,
            _ => !self.is_other(),
        }
    }
}

/// Looks an event's kind up. What the contract has no activity for goes by the class
/// that the component says.
///
/// Requests for tokens and codes are not activities 3 to 5, which are Kerberos by
/// definition. A second factor is 6 Preauth, never Logon: the session event follows
/// and would be counted twice.
pub fn kind(event: &SignOnEvent, version: Version) -> Kind<'_> {
    use Activity as A;
    use Class::{AccountChange, Authentication, Base, UserManagement};
    let account = |before_1_9, from_1_9, name| {
        if version.has_user_management() {
            (UserManagement, from_1_9, name)
        } else {
            (AccountChange, before_1_9, name)
        }
    };
    let (class, activity, name) = match &event.activity {
        A::Logon | A::FederatedAttempt | A::AppAccess => (Authentication, 1, "Logon"),
        A::Logoff => (Authentication, 2, "Logoff"),
        A::MfaChallenge | A::MfaVerify => (Authentication, 6, "Preauth"),
        A::SessionModify => (Authentication, OTHER, "Session Modify"),
        A::TokenRequest => (Authentication, OTHER, "Token Request"),
        A::AuthcodeRequest => (Authentication, OTHER, "Authorization Code Request"),
        A::SupportAccount => (Authentication, OTHER, "Support Account Request"),
        A::AccountCreate => account(1, 1, "Create"),
        A::AccountEnable => account(2, 4, "Enable"),
        A::PasswordChange => account(3, 8, "Password Change"),
        A::PasswordReset => account(4, 9, "Password Reset"),
        A::AccountDisable => account(5, 5, "Disable"),
        A::AccountDelete => account(6, 3, "Delete"),
        A::AccountLock => account(9, 6, "Lock"),
        A::AccountUnlock => account(12, 7, "Unlock"),
        A::AccountUpdate => account(OTHER, 2, "Update"),
        A::BypassCode => account(OTHER, OTHER, "Bypass Code"),
        A::FactorEnroll if version.has_user_management() => account(10, 12, "Enable MFA Factors"),
        A::FactorEnroll => account(10, 12, "MFA Factor Enable"),
        A::FactorRemove if version.has_user_management() => account(11, 13, "Disable MFA Factors"),
        A::FactorRemove => account(11, 13, "MFA Factor Disable"),
        A::Other(_) => match event.class {
            EventClass::SignOn => (Authentication, OTHER, "Unnamed"),
            EventClass::Account => account(OTHER, OTHER, "Unnamed"),
            EventClass::Other => (Base, OTHER, "Unnamed"),
        },
    };
    let name = if activity == OTHER { own_name(event).unwrap_or(name) } else { name };
    Kind { class, activity, name }
}
