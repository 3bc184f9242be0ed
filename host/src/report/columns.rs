//! What each column of a table says of an event, and what has to be read for it.

use std::borrow::Cow;

use super::forms::{Field, Fields};
use super::record::{Record, Text};
use crate::config::Column;

impl Record<'_, '_> {
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
                let is_audit = self.component().is_some_and(|component| component == "oci_audit");
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
pub fn filtered_by() -> Fields {
    use Column as C;
    let columns = [C::User, C::Email, C::Event, C::EventCode, C::Domain, C::DomainName, C::Outcome];
    let others = Fields::of(&[Field::UserIdAlt, Field::DomainId]);
    columns.into_iter().fold(others, |all, column| all.and(needs(column)))
}

/// What a column is made of.
pub fn needs(column: Column) -> Fields {
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
