//! The sign-on events there are.
//!
//! The invariant: every name that Oracle describes is here, and some that a
//! client cannot know, so that nobody gets by with a list of names. Which event
//! goes with which `eventId` is documented for logins, logouts and access to
//! applications; for the others the nearest known one is used.

/// One kind of sign-on event.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// How often, relative to the others.
    pub(super) weight: u64,
    /// `eventId` of an identity domain on success; without one, only the old
    /// generation writes this event.
    pub(super) success: Option<&'static str>,
    /// Likewise on failure; without one, the domain writes successes only.
    pub(super) failure: Option<&'static str>,
}

const fn kind(
    name: &'static str,
    weight: u64,
    success: Option<&'static str>,
    failure: Option<&'static str>,
) -> Kind {
    Kind { name, weight, success, failure }
}

/// The eleven events that Oracle describes, then some that it does not: two
/// seen elsewhere and one that nobody knows yet.
pub(super) const KINDS: [Kind; 14] = [
    kind("VerifyMfaToken", 8, Some("sso.session.modify.success"), None),
    kind("TokenRequest", 12, None, None),
    kind("SupportAccountSamlRequest", 1, None, None),
    kind("ModifySSOSession", 6, Some("sso.session.modify.success"), None),
    kind(
        "InteractiveLogin",
        30,
        Some("sso.session.create.success"),
        Some("sso.authentication.failure"),
    ),
    kind(
        "FederatedInteractiveloginattempt",
        5,
        Some("sso.session.create.success"),
        Some("sso.session.create.failure"),
    ),
    kind("FactorMfa", 8, Some("sso.auth.factor.initiated"), None),
    kind("DeleteSession", 12, Some("sso.session.delete.success"), None),
    kind(
        "ChangePassword",
        2,
        Some("admin.me.password.change.success"),
        Some("admin.me.password.change.failure"),
    ),
    kind("AuthcodeRequest", 4, None, None),
    kind("AccessApp", 8, Some("sso.app.access.success"), Some("sso.app.access.failure")),
    kind(
        "FederatedInteractiveLogin",
        3,
        Some("sso.session.create.success"),
        Some("sso.session.create.failure"),
    ),
    kind(
        "AuthenticationUser",
        2,
        Some("admin.authentication.success"),
        Some("admin.authentication.failure"),
    ),
    kind("PasskeyCeremony", 1, Some("sso.passkey.ceremony.success"), None),
];

/// Names of the sign-on events generated, as they stand in `data.eventName`.
pub const SIGN_ON_EVENT_NAMES: [&str; 14] = {
    let mut names = [""; 14];
    let mut index = 0;
    while index < names.len() {
        names[index] = KINDS[index].name;
        index += 1;
    }
    names
};
