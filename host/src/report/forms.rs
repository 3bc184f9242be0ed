//! Where each format has what, one table a format: what a report reads of a line, and
//! the path at which a renderer wrote it. What stands in several places has several rows,
//! the first that is there counts.
//!
//! A path has dots between the names of members; `tags[name]` is the value that goes with
//! a name in a list of names and values, `list[]` all objects of a list.

/// A thing that is read as it stands in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Field {
    /// What shows that a line is of this format.
    Marker,
    Id,
    Time,
    TimeNanoseconds,
    TimeText,
    Component,
    Product,
    Source,
    Tenant,
    EventType,
    EventCode,
    OwnName,
    NativeName,
    Activity,
    ActivityId,
    Class,
    Outcome,
    OutcomeId,
    Code,
    Reason,
    Failure,
    Message,
    UserName,
    UserId,
    UserIdAlt,
    DisplayName,
    Email,
    UserDomain,
    UserKind,
    /// Whose account it is, where [`Self::UserName`] and its like are who acted.
    OwnerName,
    OwnerId,
    OwnerDisplayName,
    OwnerEmail,
    OwnerDomain,
    ActorName,
    ActorId,
    ServiceName,
    ServiceId,
    ClientName,
    ClientId,
    Provider,
    Factors,
    Address,
    Agent,
    Session,
    Credential,
    AuthType,
    HttpStatus,
    Region,
    Compartment,
    Correlation,
    DomainId,
    DomainName,
    DomainDisplayName,
    /// JSON in a text, in which the following three are.
    Unmapped,
    LocalIp,
    RecordPrincipal,
    RecordAddress,
}

/// Some fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fields(u64);

impl Fields {
    /// Just these.
    pub const fn of(fields: &[Field]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < fields.len() {
            bits |= 1 << fields[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// These and others.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether a field is among them.
    pub const fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }
}

/// A row of a table.
pub type Row = (Field, &'static str);

use Field as F;

/// Every version of OCSF: what differs between them is in several rows.
pub const OCSF: &[Row] = &[
    (F::Marker, "metadata.version"),
    (F::Id, "metadata.uid"),
    (F::Time, "time"),
    (F::Component, "metadata.source"),
    (F::Product, "metadata.product.name"),
    (F::Source, "metadata.tags[signon_source]"),
    (F::Tenant, "metadata.tags[signon_tenant]"),
    (F::EventType, "metadata.event_code"),
    (F::EventCode, "metadata.tags[idcs_event_id]"),
    (F::OwnName, "activity_name"),
    (F::NativeName, "unmapped.signon.native_name"),
    (F::NativeName, "api.operation"),
    (F::Activity, "unmapped.signon.activity"),
    (F::ActivityId, "activity_id"),
    (F::Class, "class_uid"),
    (F::Outcome, "status"),
    (F::OutcomeId, "status_id"),
    (F::Code, "status_code"),
    (F::Reason, "status_detail"),
    (F::Failure, "unmapped.signon.failure"),
    (F::Message, "message"),
    (F::UserName, "user.name"),
    (F::UserName, "unmapped.signon.user.name"),
    (F::UserId, "user.uid"),
    (F::UserId, "unmapped.signon.user.uid"),
    (F::UserIdAlt, "user.uid_alt"),
    (F::UserIdAlt, "unmapped.signon.user.uid_alt"),
    (F::DisplayName, "user.display_name"),
    (F::DisplayName, "unmapped.signon.user.display_name"),
    (F::Email, "user.email_addr"),
    (F::Email, "unmapped.signon.user.email"),
    (F::UserDomain, "user.domain"),
    (F::UserDomain, "unmapped.signon.user.domain"),
    (F::UserKind, "user.type"),
    (F::UserKind, "unmapped.signon.user.kind"),
    (F::ActorName, "actor.user.name"),
    (F::ActorName, "unmapped.signon.actor.name"),
    (F::ActorId, "actor.user.uid"),
    (F::ActorId, "unmapped.signon.actor.uid"),
    (F::ServiceName, "service.name"),
    (F::ServiceName, "unmapped.signon.service.name"),
    (F::ServiceId, "service.uid"),
    (F::ServiceId, "unmapped.signon.service.uid"),
    (F::ClientName, "actor.app_name"),
    (F::ClientName, "actor.application.name"),
    (F::ClientName, "unmapped.signon.app.name"),
    (F::ClientId, "actor.app_uid"),
    (F::ClientId, "actor.application.uid"),
    (F::ClientId, "unmapped.signon.app.uid"),
    (F::Provider, "actor.idp.name"),
    (F::Provider, "unmapped.signon.idp.name"),
    (F::Factors, "auth_factors[]"),
    (F::Factors, "unmapped.signon.factors[]"),
    (F::Address, "src_endpoint.ip"),
    (F::Address, "src_endpoint.name"),
    (F::Address, "unmapped.signon.source_addresses"),
    (F::Agent, "http_request.user_agent"),
    (F::Agent, "unmapped.signon.agent.original"),
    (F::Session, "session.uid"),
    (F::Session, "actor.session.uid"),
    (F::Session, "unmapped.signon.session.uid"),
    (F::Credential, "session.credential_uid"),
    (F::Credential, "actor.session.credential_uid"),
    (F::Credential, "unmapped.signon.session.credential_uid"),
    (F::AuthType, "unmapped.signon.auth_type"),
    (F::HttpStatus, "http_response.code"),
    (F::HttpStatus, "api.response.code"),
    (F::HttpStatus, "unmapped.signon.http.status"),
    (F::Region, "cloud.region"),
    (F::Compartment, "cloud.account.name"),
    (F::Correlation, "metadata.correlation_uid"),
    (F::DomainId, "unmapped.signon.cloud.domain.uid"),
    (F::DomainName, "unmapped.signon.cloud.domain.name"),
    (F::DomainDisplayName, "unmapped.signon.cloud.domain.display_name"),
    (F::LocalIp, "unmapped.data.additionalDetails.ssoLocalIp"),
    (F::LocalIp, "unmapped.ssoLocalIp"),
    (F::RecordPrincipal, "unmapped.data.identity.principalName"),
    (F::RecordAddress, "unmapped.data.identity.ipAddress"),
];

/// Elastic Common Schema.
pub const ECS: &[Row] = &[
    (F::Marker, "ecs.version"),
    (F::Id, "event.id"),
    (F::Time, "oracle.signon.time_ms"),
    (F::TimeText, "@timestamp"),
    (F::Component, "oracle.signon.source"),
    (F::Source, "labels.signon_source"),
    (F::Tenant, "labels.signon_tenant"),
    (F::EventType, "event.code"),
    (F::EventCode, "oracle.signon.domain_event_id"),
    (F::OwnName, "event.action"),
    (F::NativeName, "oracle.signon.native_name"),
    (F::Activity, "oracle.signon.activity"),
    (F::Class, "oracle.signon.class"),
    (F::Outcome, "oracle.signon.outcome"),
    (F::Code, "oracle.signon.code"),
    (F::Reason, "event.reason"),
    (F::Failure, "oracle.signon.failure"),
    (F::Message, "message"),
    (F::UserName, "user.name"),
    (F::UserId, "user.id"),
    (F::UserIdAlt, "oracle.signon.user.uid_alt"),
    (F::DisplayName, "user.full_name"),
    (F::Email, "user.email"),
    (F::UserDomain, "user.domain"),
    (F::UserKind, "oracle.signon.user.kind"),
    (F::OwnerName, "user.target.name"),
    (F::OwnerId, "user.target.id"),
    (F::OwnerDisplayName, "user.target.full_name"),
    (F::OwnerEmail, "user.target.email"),
    (F::OwnerDomain, "user.target.domain"),
    (F::ActorName, "oracle.signon.actor.name"),
    (F::ActorId, "oracle.signon.actor.uid"),
    (F::ServiceName, "service.name"),
    (F::ServiceId, "service.id"),
    (F::ClientName, "oracle.signon.app.name"),
    (F::ClientId, "oracle.signon.app.uid"),
    (F::Provider, "oracle.signon.idp.name"),
    (F::Factors, "oracle.signon.factors[]"),
    (F::Address, "source.address"),
    (F::Agent, "user_agent.original"),
    (F::Session, "oracle.signon.session.uid"),
    (F::Credential, "oracle.signon.session.credential_uid"),
    (F::AuthType, "oracle.signon.auth_type"),
    (F::HttpStatus, "http.response.status_code"),
    (F::Region, "cloud.region"),
    (F::Compartment, "cloud.project.name"),
    (F::Correlation, "transaction.id"),
    (F::DomainId, "oracle.signon.cloud.domain.uid"),
    (F::DomainName, "oracle.signon.cloud.domain.name"),
    (F::DomainDisplayName, "oracle.signon.cloud.domain.display_name"),
    (F::Unmapped, "oracle.signon.unmapped"),
];

/// OpenTelemetry log records in OTLP/JSON.
pub const OTEL: &[Row] = &[
    (F::Marker, "eventName"),
    (F::Id, "attributes[log.record.uid]"),
    (F::Time, "attributes[oracle.signon.time_ms]"),
    (F::TimeNanoseconds, "timeUnixNano"),
    (F::Component, "attributes[oracle.signon.source]"),
    (F::Source, "attributes[signon.source]"),
    (F::Tenant, "attributes[signon.tenant]"),
    (F::EventType, "attributes[oracle.signon.native_type]"),
    (F::EventCode, "attributes[oracle.signon.domain_event_id]"),
    (F::NativeName, "attributes[oracle.signon.native_name]"),
    (F::Activity, "attributes[oracle.signon.activity]"),
    (F::Class, "attributes[oracle.signon.class]"),
    (F::Outcome, "attributes[oracle.signon.outcome]"),
    (F::Code, "attributes[oracle.signon.code]"),
    (F::Reason, "attributes[oracle.signon.reason]"),
    (F::Failure, "attributes[oracle.signon.failure]"),
    (F::Message, "attributes[oracle.signon.message]"),
    (F::UserName, "attributes[user.name]"),
    (F::UserId, "attributes[user.id]"),
    (F::UserIdAlt, "attributes[oracle.signon.user.uid_alt]"),
    (F::DisplayName, "attributes[user.full_name]"),
    (F::Email, "attributes[user.email]"),
    (F::UserDomain, "attributes[oracle.signon.user.domain]"),
    (F::UserKind, "attributes[oracle.signon.user.kind]"),
    (F::OwnerName, "attributes[oracle.signon.user.name]"),
    (F::OwnerId, "attributes[oracle.signon.user.uid]"),
    (F::OwnerDisplayName, "attributes[oracle.signon.user.display_name]"),
    (F::OwnerEmail, "attributes[oracle.signon.user.email]"),
    (F::ActorName, "attributes[oracle.signon.actor.name]"),
    (F::ActorId, "attributes[oracle.signon.actor.uid]"),
    (F::ServiceName, "attributes[oracle.signon.service.name]"),
    (F::ServiceId, "attributes[oracle.signon.service.uid]"),
    (F::ClientName, "attributes[oracle.signon.app.name]"),
    (F::ClientId, "attributes[oracle.signon.app.uid]"),
    (F::Provider, "attributes[oracle.signon.idp.name]"),
    (F::Factors, "attributes[oracle.signon.factors]"),
    (F::Address, "attributes[client.address]"),
    (F::Agent, "attributes[user_agent.original]"),
    (F::Session, "attributes[session.id]"),
    (F::Credential, "attributes[oracle.signon.session.credential_uid]"),
    (F::AuthType, "attributes[oracle.signon.auth_type]"),
    (F::HttpStatus, "attributes[http.response.status_code]"),
    (F::Region, "attributes[cloud.region]"),
    (F::Compartment, "attributes[oracle.signon.cloud.account_name]"),
    (F::Correlation, "attributes[oracle.signon.correlation]"),
    (F::DomainId, "attributes[oracle.signon.cloud.domain.uid]"),
    (F::DomainName, "attributes[oracle.signon.cloud.domain.name]"),
    (F::DomainDisplayName, "attributes[oracle.signon.cloud.domain.display_name]"),
    (F::Unmapped, "attributes[oracle.signon.unmapped]"),
];

/// What a component left over, where it is JSON in a text.
pub const UNMAPPED: &[Row] = &[
    (F::LocalIp, "data.additionalDetails.ssoLocalIp"),
    (F::LocalIp, "ssoLocalIp"),
    (F::RecordPrincipal, "data.identity.principalName"),
    (F::RecordAddress, "data.identity.ipAddress"),
];

/// What tells records as their source sent them apart.
pub const RAW: &[Row] = &[
    // An audit record wraps what it says.
    (F::Marker, "data{}"),
    // Access Manager's events have this member and no others have.
    (F::TimeText, "accessTime"),
    (F::EventType, "eventType"),
    // An identity domain's event is not wrapped.
    (F::EventCode, "eventId"),
    // The head of a ledger, which is ours.
    (F::Class, "type"),
    (F::Code, "hash"),
];
