//! A delivered line of whatever format as one kind of record.
//!
//! Invariant: an event says the same in each format, as far as the format carries it; a
//! test renders events in all of them and compares.

use std::borrow::Cow;

use super::forms::{ECS, Field, Fields, OCSF, OTEL, RAW, UNMAPPED};
use super::pattern::{Found, Pattern};
use crate::config::Column;

/// A vocabulary, in whatever version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vocabulary {
    Ocsf,
    Ecs,
    Otel,
}

/// Whose record a line in the format `raw` is: the component that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw {
    /// A built-in source's, by the name of its component.
    Of(&'static str),
    /// A head of our own ledger, which is no record of Oracle's.
    LedgerHead,
}

/// What a line turned out to be.
#[derive(Debug)]
pub enum Line<'l, 'p> {
    /// An event.
    Event(Record<'l, 'p>),
    /// A record as its source sent it.
    Raw(Raw),
    /// No line that is written here.
    Unknown,
}

/// Reads lines.
#[derive(Debug)]
pub struct Reader {
    vocabularies: [(Vocabulary, Pattern); 3],
    raw: Pattern,
    unmapped: Option<Pattern>,
    /// The vocabulary of the last line: a file is of one format.
    last: usize,
}

/// What any line is recognized and classified by.
const ALWAYS: Fields = Fields::of(&[Field::Marker]);

impl Reader {
    /// Of some columns only; of those that filters look at, too, where there are some.
    pub fn new(columns: &[Column], is_filtered: bool) -> Self {
        let start = if is_filtered { ALWAYS.and(filtered_by()) } else { ALWAYS };
        let wanted = columns.iter().fold(start, |all, column| all.and(needs(*column)));
        let inner = Fields::of(&[Field::LocalIp, Field::RecordPrincipal, Field::RecordAddress]);
        let is_inner = [Field::LocalIp, Field::RecordPrincipal, Field::RecordAddress]
            .into_iter()
            .any(|field| wanted.has(field));
        let outer = if is_inner { wanted.and(Fields::of(&[Field::Unmapped])) } else { wanted };
        Self {
            vocabularies: [
                (Vocabulary::Ocsf, Pattern::new(OCSF, outer)),
                (Vocabulary::Ecs, Pattern::new(ECS, outer)),
                (Vocabulary::Otel, Pattern::new(OTEL, outer)),
            ],
            raw: Pattern::new(
                RAW,
                Fields::of(&[
                    Field::Marker,
                    Field::TimeText,
                    Field::EventType,
                    Field::EventCode,
                    Field::Class,
                    Field::Code,
                ]),
            ),
            unmapped: is_inner.then(|| Pattern::new(UNMAPPED, inner)),
            last: 0,
        }
    }

    /// Reads one line.
    pub fn read<'l>(&mut self, line: &'l str) -> Line<'l, '_> {
        let Self { vocabularies, last, .. } = self;
        let count = vocabularies.len();
        for turn in 0..count {
            let at = (*last + turn) % count;
            let (vocabulary, pattern) = &vocabularies[at];
            let Some(found) = pattern.read(line) else { return Line::Unknown };
            if found.value(Field::Marker).is_some() {
                *last = at;
                let inner = self.unmapped.as_ref().and_then(|pattern| inner(pattern, &found));
                return Line::Event(Record { vocabulary: *vocabulary, found, inner });
            }
        }
        self.raw.read(line).and_then(|found| raw(&found)).map_or(Line::Unknown, Line::Raw)
    }
}

/// What is in a text of JSON; its values are copied.
fn inner(pattern: &Pattern, found: &Found<'_, '_>) -> Option<Inner> {
    let text = found.text(Field::Unmapped)?;
    let found = pattern.read(&text)?;
    let text = |field| found.text(field).map(Cow::into_owned);
    Some(Inner {
        local_ip: text(Field::LocalIp),
        principal: text(Field::RecordPrincipal),
        address: text(Field::RecordAddress),
    })
}

fn raw(found: &Found<'_, '_>) -> Option<Raw> {
    let has = |field| found.value(field).is_some();
    if found.text(Field::Class).is_some_and(|text| text == crate::ledger::HEAD_TYPE)
        && has(Field::Code)
    {
        return Some(Raw::LedgerHead);
    }
    match () {
        () if has(Field::TimeText) => Some(Raw::Of("oam")),
        () if has(Field::Marker) || has(Field::EventType) => Some(Raw::Of("oci-audit")),
        () if has(Field::EventCode) => Some(Raw::Of("idcs")),
        () => None,
    }
}

#[derive(Debug)]
struct Inner {
    local_ip: Option<String>,
    principal: Option<String>,
    address: Option<String>,
}

/// An event as it was delivered.
#[derive(Debug)]
pub struct Record<'l, 'p> {
    vocabulary: Vocabulary,
    found: Found<'l, 'p>,
    inner: Option<Inner>,
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
        "oci-audit",
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

    fn text(&self, field: Field) -> Text<'_> {
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

    fn outcome_word(&self) -> Text<'_> {
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
    fn own_name(&self) -> Text<'_> {
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

    fn user_kind(&self) -> Text<'_> {
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

    fn user(&self) -> Text<'_> {
        self.user_name().or_else(|| self.user_id()).or_else(|| self.display_name())
    }

    fn actor(&self) -> Text<'_> {
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

    fn component(&self) -> Text<'_> {
        if let Some(component) = self.text(Field::Component) {
            return Some(component);
        }
        let product = self.text(Field::Product)?;
        match PRODUCTS.iter().find(|(_, name, _)| *name == product) {
            Some((component, _, _)) => Some(Cow::Borrowed(component)),
            None => Some(product),
        }
    }

    fn application(&self) -> Text<'_> {
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

    fn record_text(&self, field: Field, inner: fn(&Inner) -> Option<&String>) -> Text<'_> {
        let copied = self.inner.as_ref().and_then(inner);
        self.text(field).or_else(|| copied.map(|text| Cow::Borrowed(text.as_str())))
    }

    /// What a column says.
    pub fn column(&self, column: Column) -> Text<'_> {
        use Column as C;
        match column {
            C::Time => self.time().map(|time| Cow::Owned(super::rfc3339(time))),
            C::Id => self.text(Field::Id),
            C::Component => self.component(),
            C::Source => self.text(Field::Source),
            C::Tenant => self.text(Field::Tenant),
            C::Class => Some(self.class().into()),
            C::Activity => self.activity(),
            C::Event => self.own_name(),
            C::EventType => self.text(Field::EventType),
            C::EventCode => self.text(Field::EventCode),
            C::Outcome => self.outcome_word(),
            C::Code => self.text(Field::Code),
            C::Reason => self.text(Field::Reason),
            C::Failure => self.text(Field::Failure),
            C::Message => self.text(Field::Message),
            C::User => self.user(),
            C::UserId => self.user_id(),
            C::DisplayName => self.display_name(),
            C::Email => self.email(),
            C::UserKind => self.user_kind(),
            C::Domain => self.user_domain().or_else(|| self.text(Field::DomainDisplayName)),
            C::Actor => self.actor(),
            C::Application => self.application(),
            C::Client => self.text(Field::ClientName).or_else(|| self.text(Field::ClientId)),
            C::Provider => self.text(Field::Provider),
            C::Factor => self.text(Field::Factors),
            C::Address => self.text(Field::Address),
            C::UserAgent | C::ListedAgent => self.text(Field::Agent),
            C::Session => self.text(Field::Session),
            C::Region => self.text(Field::Region),
            C::Compartment => self.text(Field::Compartment),
            C::Correlation => self.text(Field::Correlation),
            C::ActorName => self.user_name(),
            C::ListedEventId => self.text(Field::EventCode).or_else(|| {
                // The other sources' own type is that code.
                let is_audit = self.component().is_some_and(|component| component == "oci-audit");
                self.text(Field::EventType).filter(|_| !is_audit)
            }),
            C::ListedStatus => self.text(Field::HttpStatus),
            C::LocalIp => self.record_text(Field::LocalIp, |inner| inner.local_ip.as_ref()),
            C::DomainDisplayName => {
                self.text(Field::DomainDisplayName).or_else(|| self.user_domain())
            }
            C::DomainName => self.text(Field::DomainName),
            C::ActorType => self.user_kind().map(capital),
            C::AuthType => self.text(Field::AuthType),
            C::CallerId => self.text(Field::ClientId),
            C::CallerName => self.text(Field::ClientName),
            C::Credentials => self.text(Field::Credential),
            C::IpAddress => self
                .record_text(Field::RecordAddress, |inner| inner.address.as_ref())
                .or_else(|| self.text(Field::Address)),
            C::PrincipalName => self
                .record_text(Field::RecordPrincipal, |inner| inner.principal.as_ref())
                .or_else(|| self.user_name()),
        }
    }
}

/// Oracle's records begin these words with a capital.
fn capital(word: Cow<'_, str>) -> Cow<'_, str> {
    match word.as_bytes().first() {
        Some(first) if first.is_ascii_lowercase() => {
            let mut word = word.into_owned();
            word[..1].make_ascii_uppercase();
            Cow::Owned(word)
        }
        _ => word,
    }
}

/// What filters look at.
fn filtered_by() -> Fields {
    use Column as C;
    let columns = [C::User, C::Email, C::Event, C::EventCode, C::Domain, C::DomainName, C::Outcome];
    let others = Fields::of(&[Field::UserIdAlt, Field::DomainId]);
    columns.into_iter().fold(others, |all, column| all.and(needs(column)))
}

/// What a column is made of.
fn needs(column: Column) -> Fields {
    use Column as C;
    use Field as F;
    const TIME: Fields = Fields::of(&[F::Time, F::TimeNanoseconds, F::TimeText]);
    const ACTIVITY: Fields = Fields::of(&[F::Activity, F::ActivityId, F::Class, F::OwnName]);
    const OUTCOME: Fields = Fields::of(&[F::Outcome, F::OutcomeId]);
    const COMPONENT: Fields = Fields::of(&[F::Component, F::Product]);
    const OWNER: Fields =
        Fields::of(&[F::OwnerName, F::OwnerId, F::OwnerDisplayName, F::OwnerEmail, F::OwnerDomain]);
    const USER: Fields = Fields::of(&[F::UserName, F::UserId, F::DisplayName]).and(OWNER);
    let just = |field| Fields::of(&[field]);
    match column {
        C::Time => TIME,
        C::Id => just(F::Id),
        C::Component => COMPONENT,
        C::Source => just(F::Source),
        C::Tenant => just(F::Tenant),
        C::Class | C::Activity => ACTIVITY,
        C::Event => ACTIVITY.and(Fields::of(&[F::NativeName, F::EventType])),
        C::EventType => just(F::EventType),
        C::EventCode => just(F::EventCode),
        C::Outcome => OUTCOME,
        C::Code => just(F::Code),
        C::Reason => just(F::Reason),
        C::Failure => just(F::Failure),
        C::Message => just(F::Message),
        C::User | C::UserId | C::DisplayName | C::ActorName => USER,
        C::Email => OWNER.and(just(F::Email)),
        C::UserKind | C::ActorType => just(F::UserKind),
        C::Domain | C::DomainDisplayName => {
            OWNER.and(Fields::of(&[F::UserDomain, F::DomainDisplayName]))
        }
        C::Actor => USER.and(Fields::of(&[F::ActorName, F::ActorId])),
        C::Application => COMPONENT.and(Fields::of(&[F::ServiceName, F::ServiceId])),
        C::Client | C::CallerId | C::CallerName => Fields::of(&[F::ClientName, F::ClientId]),
        C::Provider => just(F::Provider),
        C::Factor => just(F::Factors),
        C::Address => just(F::Address),
        C::UserAgent | C::ListedAgent => just(F::Agent),
        C::Session => just(F::Session),
        C::Region => just(F::Region),
        C::Compartment => just(F::Compartment),
        C::Correlation => just(F::Correlation),
        C::ListedEventId => COMPONENT.and(Fields::of(&[F::EventCode, F::EventType])),
        C::ListedStatus => just(F::HttpStatus),
        C::LocalIp => just(F::LocalIp),
        C::DomainName => just(F::DomainName),
        C::AuthType => just(F::AuthType),
        C::Credentials => just(F::Credential),
        C::IpAddress => Fields::of(&[F::RecordAddress, F::Address]),
        C::PrincipalName => USER.and(just(F::RecordPrincipal)),
    }
}
