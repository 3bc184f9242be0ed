//! What an identity domain tells of an event, whichever way the record came.
//!
//! A domain writes AuditEvents. Its own API gives them as rows; OCI Audit gives part of
//! one in `additionalDetails`, newer records the whole as JSON text in
//! `auditEventMapValue`, and what OCI wrote itself stands in `data`. There is one
//! mapping for all of them, so that an event is the same in whatever record it comes.
//!
//! Invariants: of two places that say a thing the AuditEvent within the record counts
//! before `additionalDetails`, and that before `data`; a value counts before none. Each
//! leaf is taken by one field or stays in `unmapped`.

mod attributes;
mod event;
mod identities;
mod kinds;
mod origin;
mod record;
mod texts;

pub use attributes::FIELDS;
pub use event::{Head, MFA_BYPASS, event, event_id};
pub use kinds::{
    EVENT_IDS, EVENT_NAMES, Kind, SERVICES, WORDS, event_name, kinds_by_id, kinds_of_oci,
    known_service, of_id, of_oci,
};
pub use record::{LONGEST_INNER, Place, Record, says_nothing};
pub use texts::{Hops, hops, split_port};
