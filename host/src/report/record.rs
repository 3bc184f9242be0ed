//! What an event says, whichever vocabulary says it.

use std::borrow::Cow;

use super::forms::Field;
use super::pattern::Found;

/// A vocabulary, in whatever version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    Ocsf,
    Ecs,
    Otel,
}

/// What was read of a text of JSON within a line.
#[derive(Debug)]
pub struct Inner {
    pub local_ip: Option<String>,
    pub principal: Option<String>,
    pub address: Option<String>,
}

/// An event as it was delivered.
#[derive(Debug)]
pub struct Record<'l, 'p> {
    pub(super) vocabulary: Vocabulary,
    pub(super) found: Found<'l, 'p>,
    pub(super) inner: Option<Inner>,
}

/// A text of a record, borrowed from its line where it can be.
pub type Text<'r> = Option<Cow<'r, str>>;

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It failed.
    Failure,
    /// Neither, or not known.
    Other,
}

/// What OCSF says where a name is required and none is known.
const NOBODY: &str = "Unknown";

/// Services that OCSF names where an event names none: products as such.
const PRODUCTS: [(&str, &str, &str); 3] = [
    (
        "oci_audit",
        "Oracle Cloud Infrastructure Audit",
        "Oracle Cloud Infrastructure Identity Sign-On",
    ),
    ("idcs", "Oracle Identity Cloud Service", "Oracle Identity Cloud Service"),
    ("oam", "Oracle Access Manager", "Oracle Access Manager"),
];

/// OCSF's numbers for activities: class, number, the contract's word.
const ACTIVITIES: &[(i64, i64, &str)] = &[
    (3002, 1, "logon"),
    (3002, 2, "logoff"),
    (3002, 6, "mfa-verify"),
    (3001, 1, "account-create"),
    (3001, 2, "account-enable"),
    (3001, 3, "password-change"),
    (3001, 4, "password-reset"),
    (3001, 5, "account-disable"),
    (3001, 6, "account-delete"),
    (3001, 9, "account-lock"),
    (3001, 10, "factor-enroll"),
    (3001, 11, "factor-remove"),
    (3001, 12, "account-unlock"),
    (3007, 1, "account-create"),
    (3007, 2, "account-update"),
    (3007, 3, "account-delete"),
    (3007, 4, "account-enable"),
    (3007, 5, "account-disable"),
    (3007, 6, "account-lock"),
    (3007, 7, "account-unlock"),
    (3007, 8, "password-change"),
    (3007, 9, "password-reset"),
    (3007, 12, "factor-enroll"),
    (3007, 13, "factor-remove"),
];

/// The contract's words of activities that belong to a sign-on.
const SIGN_ON: [&str; 10] = [
    "logon",
    "federated-attempt",
    "logoff",
    "mfa-challenge",
    "mfa-verify",
    "session-modify",
    "app-access",
    "token-request",
    "authcode-request",
    "support-account",
];

/// And of those that are about an account.
const ACCOUNT: [&str; 12] = [
    "password-change",
    "password-reset",
    "account-create",
    "account-update",
    "account-enable",
    "account-disable",
    "account-delete",
    "account-lock",
    "account-unlock",
    "bypass-code",
    "factor-enroll",
    "factor-remove",
];

impl Record<'_, '_> {
    fn is(&self, vocabulary: Vocabulary) -> bool {
        self.vocabulary == vocabulary
    }

    pub(super) fn text(&self, field: Field) -> Text<'_> {
        self.found.text(field)
    }

    /// When it happened, Unix milliseconds.
    pub fn time(&self) -> Option<i64> {
        if let Some(time) = self.found.number(Field::Time) {
            return Some(time);
        }
        match self.vocabulary {
            Vocabulary::Ocsf => None,
            Vocabulary::Ecs => {
                let text = self.text(Field::TimeText)?;
                Some(chrono::DateTime::parse_from_rfc3339(&text).ok()?.timestamp_millis())
            }
            Vocabulary::Otel => {
                // 0 is a time that is not known; beyond 2262 it is no i64.
                let nanoseconds: u64 = self.text(Field::TimeNanoseconds)?.parse().ok()?;
                i64::try_from(nanoseconds / 1_000_000).ok()
            }
        }
    }

    /// How it went.
    pub fn outcome(&self) -> Outcome {
        match self.found.number(Field::OutcomeId) {
            Some(1) => return Outcome::Success,
            Some(2) => return Outcome::Failure,
            Some(_) => return Outcome::Other,
            None => {}
        }
        match self.text(Field::Outcome).as_deref() {
            Some("success") => Outcome::Success,
            Some("failure") => Outcome::Failure,
            _ => Outcome::Other,
        }
    }

    pub(super) fn outcome_word(&self) -> Text<'_> {
        match self.found.number(Field::OutcomeId) {
            Some(1) => Some("success".into()),
            Some(2) => Some("failure".into()),
            Some(0) => Some("unknown".into()),
            _ => self.text(Field::Outcome),
        }
    }

    /// What was done, in the contract's word or, of what it has no word for, the source's.
    pub fn activity(&self) -> Text<'_> {
        if let Some(word) = self.text(Field::Activity) {
            return Some(word);
        }
        let kind = (self.found.number(Field::Class)?, self.found.number(Field::ActivityId)?);
        let known = ACTIVITIES.iter().find(|(class, number, _)| (*class, *number) == kind);
        match known {
            Some((_, _, word)) => Some(Cow::Borrowed(word)),
            None => self.text(Field::OwnName),
        }
    }

    /// Class of the event.
    pub fn class(&self) -> &'static str {
        if self.is(Vocabulary::Ocsf) {
            return match self.found.number(Field::Class) {
                Some(3002) => "sign-on",
                Some(3001 | 3007) => "account",
                _ => "other",
            };
        }
        match self.text(Field::Class).as_deref() {
            Some("sign-on") => return "sign-on",
            Some("account") => return "account",
            Some(_) => return "other",
            None => {}
        }
        match self.text(Field::Activity).as_deref() {
            Some(word) if SIGN_ON.contains(&word) => "sign-on",
            Some(word) if ACCOUNT.contains(&word) => "account",
            _ => "other",
        }
    }

    /// What the source calls the activity.
    pub(super) fn own_name(&self) -> Text<'_> {
        match self.vocabulary {
            Vocabulary::Ecs => self.text(Field::OwnName),
            Vocabulary::Ocsf => match self.found.number(Field::ActivityId) {
                Some(99) => self.text(Field::OwnName),
                _ => self.native_name().or_else(|| self.text(Field::EventType)),
            },
            Vocabulary::Otel => {
                let word = self.text(Field::Activity);
                let own =
                    word.filter(|word| !SIGN_ON.contains(&&**word) && !ACCOUNT.contains(&&**word));
                own.or_else(|| self.native_name()).or_else(|| self.text(Field::EventType))
            }
        }
    }

    /// The source's short name of the operation, where it is told apart from the type.
    pub fn native_name(&self) -> Text<'_> {
        let name = self.text(Field::NativeName);
        // OCSF must have an operation and says this where there is none.
        name.filter(|name| {
            !self.is(Vocabulary::Ocsf)
                || (*name != NOBODY && self.text(Field::EventType).as_ref() != Some(name))
        })
    }

    /// Whether the fields of the user are those of who acted, and the owner of the account
    /// stands elsewhere.
    fn has_owner(&self) -> bool {
        const OWNER: [Field; 4] =
            [Field::OwnerName, Field::OwnerId, Field::OwnerDisplayName, Field::OwnerEmail];
        !self.is(Vocabulary::Ocsf) && OWNER.iter().any(|field| self.found.value(*field).is_some())
    }

    fn of_user(&self, plain: Field, of_owner: Field) -> Text<'_> {
        self.text(if self.has_owner() { of_owner } else { plain })
    }

    /// Login.
    pub fn user_name(&self) -> Text<'_> {
        let name = self.of_user(Field::UserName, Field::OwnerName);
        name.filter(|name| *name != NOBODY || self.user_id().is_some())
    }

    /// Id.
    pub fn user_id(&self) -> Text<'_> {
        self.of_user(Field::UserId, Field::OwnerId)
    }

    /// Second id.
    pub fn user_id_alt(&self) -> Text<'_> {
        self.text(Field::UserIdAlt)
    }

    /// Display name.
    pub fn display_name(&self) -> Text<'_> {
        self.of_user(Field::DisplayName, Field::OwnerDisplayName)
    }

    /// Mail address.
    pub fn email(&self) -> Text<'_> {
        self.of_user(Field::Email, Field::OwnerEmail)
    }

    pub(super) fn user_kind(&self) -> Text<'_> {
        let kind = self.text(Field::UserKind)?;
        // Captions of OCSF; other formats have the words themselves.
        const CAPTIONS: [(&str, &str); 4] =
            [("User", "user"), ("Admin", "admin"), ("System", "system"), ("Service", "service")];
        if !self.is(Vocabulary::Ocsf) {
            return Some(kind).filter(|kind| kind != "unknown");
        }
        match CAPTIONS.iter().find(|(caption, _)| *caption == kind) {
            Some((_, word)) => Some(Cow::Borrowed(word)),
            None => Some(kind).filter(|kind| kind != "unknown"),
        }
    }

    /// Domain of the user.
    pub fn user_domain(&self) -> Text<'_> {
        // OpenTelemetry has no field for a domain: what stands for it is always the owner's.
        match self.vocabulary {
            Vocabulary::Otel => self.text(Field::UserDomain),
            _ => self.of_user(Field::UserDomain, Field::OwnerDomain),
        }
    }

    /// The identity domain in which it happened, by each of its names.
    pub fn domains(&self) -> [Text<'_>; 3] {
        [Field::DomainDisplayName, Field::DomainName, Field::DomainId].map(|field| self.text(field))
    }

    pub(super) fn user(&self) -> Text<'_> {
        self.user_name().or_else(|| self.user_id()).or_else(|| self.display_name())
    }

    pub(super) fn actor(&self) -> Text<'_> {
        let (name, id) = match self.has_owner() {
            true => (self.text(Field::UserName), self.text(Field::UserId)),
            false => (self.text(Field::ActorName), self.text(Field::ActorId)),
        };
        let is_user = name == self.user_name() && id == self.user_id();
        // OCSF repeats the user's id, or nobody's name, where it must have an actor.
        let repeats = name.is_none() && id == self.user_id();
        let nobody = id.is_none() && name.as_deref() == Some(NOBODY);
        if is_user || repeats || nobody { None } else { name.or(id) }
    }

    pub(super) fn component(&self) -> Text<'_> {
        if let Some(component) = self.text(Field::Component) {
            return Some(component);
        }
        let product = self.text(Field::Product)?;
        match PRODUCTS.iter().find(|(_, name, _)| *name == product) {
            Some((component, _, _)) => Some(Cow::Borrowed(component)),
            None => Some(product),
        }
    }

    pub(super) fn application(&self) -> Text<'_> {
        let id = self.text(Field::ServiceId);
        let name = self.text(Field::ServiceName);
        let is_product = |name: &str| {
            PRODUCTS.iter().any(|(_, _, service)| *service == name)
                || self.text(Field::Product).is_some_and(|product| product == name)
                || self.text(Field::Component).is_some_and(|component| component == name)
        };
        let name = name.filter(|name| id.is_some() || !is_product(name));
        name.or(id)
    }

    pub(super) fn record_text(
        &self,
        field: Field,
        inner: fn(&Inner) -> Option<&String>,
    ) -> Text<'_> {
        let copied = self.inner.as_ref().and_then(inner);
        self.text(field).or_else(|| copied.map(|text| Cow::Borrowed(text.as_str())))
    }
}
