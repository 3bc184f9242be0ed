//! The audit events that an identity domain writes.
//!
//! The invariant: every `eventId` of a sign-on that Oracle or a client in the
//! field names is here, with some of the families beside them, and some that a
//! client cannot know, so that nobody gets by with a list of ids.

/// What a record is about, and with that which attributes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Session,
    SessionEnd,
    Failure,
    Application,
    Factor,
    /// The user changes the own password; the actor is an application.
    OwnPassword,
    /// Something happens to a user's account.
    Account,
    Console,
    Mail,
    Sms,
    /// Somebody changes something that is no user.
    Administration(&'static str),
    Unknown,
}

/// One kind of audit event.
pub(super) struct DomainKind {
    pub(super) event_id: &'static str,
    /// How often, relative to the others.
    pub(super) weight: u64,
    pub(super) family: Family,
}

const fn kind(event_id: &'static str, weight: u64, family: Family) -> DomainKind {
    DomainKind { event_id, weight, family }
}

use Family::{
    Account, Administration, Application, Console, Factor, Failure, Mail, OwnPassword, Session,
    SessionEnd, Sms, Unknown,
};

/// All kinds; sign-ons first.
pub(super) const DOMAIN_KINDS: &[DomainKind] = &[
    kind("sso.session.create.success", 40, Session),
    kind("sso.session.create.failure", 2, Failure),
    kind("sso.session.modify.success", 8, Session),
    kind("sso.session.delete.success", 25, SessionEnd),
    kind("sso.authentication.failure", 12, Failure),
    kind("sso.app.access.success", 30, Application),
    kind("sso.app.access.failure", 2, Application),
    kind("sso.auth.factor.initiated", 10, Factor),
    kind("sso.bypasscode.create.success", 1, Account),
    kind("sso.bypasscode.delete.success", 1, Account),
    kind("admin.me.password.change.success", 2, OwnPassword),
    kind("admin.me.password.change.failure", 1, OwnPassword),
    kind("admin.me.password.reset.success", 1, Account),
    kind("admin.me.password.reset.request.failure", 1, Account),
    kind("admin.user.password.reset.success", 1, Account),
    kind("admin.user.password.reset.failure", 1, Account),
    kind("admin.me.locked.success", 1, Account),
    kind("admin.me.unlocked.success", 1, Account),
    kind("admin.me.register.success", 1, Account),
    kind("admin.me.email.verify.primary.success", 1, Account),
    kind("admin.authentication.success", 2, Console),
    kind("admin.authentication.failure", 1, Console),
    kind("notification.delivery.success", 8, Mail),
    kind("notification.delivery.success", 6, Sms),
    kind("notification.delivery.failure", 1, Mail),
    kind("admin.user.create.success", 1, Account),
    kind("admin.user.update.success", 2, Account),
    kind("admin.user.activated.success", 1, Account),
    kind("admin.user.deactivated.success", 1, Account),
    kind("admin.user.delete.success", 1, Account),
    kind("admin.group.create.success", 1, Administration("Group")),
    kind("admin.group.update.success", 1, Administration("Group")),
    kind("admin.group.delete.success", 1, Administration("Group")),
    kind("admin.group.add.member.success", 2, Administration("Group")),
    kind("admin.group.remove.member.success", 1, Administration("Group")),
    kind("admin.app.create.success", 1, Administration("App")),
    kind("admin.app.update.success", 2, Administration("App")),
    kind("admin.app.delete.success", 1, Administration("App")),
    kind("admin.app.activated.success", 1, Administration("App")),
    kind("admin.app.deactivated.success", 1, Administration("App")),
    kind("admin.approle.add.member.success", 1, Administration("AppRole")),
    kind("admin.approle.remove.member.success", 1, Administration("AppRole")),
    kind("admin.grant.create.success", 1, Administration("Grant")),
    kind("admin.grant.delete.success", 1, Administration("Grant")),
    kind("admin.policy.update.success", 1, Administration("Policy")),
    kind("admin.rule.update.success", 1, Administration("Rule")),
    kind("admin.passwordpolicy.update.success", 1, Administration("PasswordPolicy")),
    kind("admin.account.create.success", 1, Administration("Account")),
    kind("admin.account.delete.success", 1, Administration("Account")),
    kind("admin.myrequest.create.success", 1, Administration("MyRequest")),
    kind("idbridge.sync.success", 1, Administration("IdentityAgent")),
    kind("idbridge.sync.failure", 1, Administration("IdentityAgent")),
    kind("sso.passkey.ceremony.success", 1, Unknown),
    kind("admin.device.attested", 1, Unknown),
    kind("telemetry.snapshot.taken", 1, Unknown),
];

/// Every `eventId` generated for an identity domain; one stands twice, because
/// mails and text messages share it.
pub const IDCS_EVENT_IDS: [&str; 55] = {
    let mut ids = [""; 55];
    let mut index = 0;
    while index < ids.len() {
        ids[index] = DOMAIN_KINDS[index].event_id;
        index += 1;
    }
    ids
};

/// The kind that an `eventId` belongs to.
pub(super) fn kind_of(event_id: &str) -> &'static DomainKind {
    let known = DOMAIN_KINDS.iter().find(|kind| kind.event_id == event_id);
    known.unwrap_or(&DOMAIN_KINDS[DOMAIN_KINDS.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::kinds::KINDS;

    #[test]
    fn all_ids_are_listed_and_those_of_oci_audit_are_among_them() {
        assert_eq!(IDCS_EVENT_IDS.len(), DOMAIN_KINDS.len());
        for id in KINDS.iter().flat_map(|kind| [kind.success, kind.failure]).flatten() {
            assert_eq!(kind_of(id).event_id, id);
        }
    }
}
