//! Source component: sign-on events from the OCI Audit API (`ListEvents`).
//!
//! One stream is one compartment in one region. The API answers with everything
//! that was audited there; the sign-ons in it are found by their type, the rest is
//! passed over. A library with a thin export, so that all of it but `export` is
//! tested and measured natively.

pub mod auth;
pub mod check;
pub mod config;
pub mod cursor;
pub mod normalize;
pub mod normalizer;
pub mod query;
mod reading;
pub mod regions;
pub mod response_errors;
pub mod session;
mod wrapped;

use signon_kit::contract::{
    Descriptor, Finding, ReadOptions, Shape, SourceError, TimeRange, Windowed,
};
use signon_kit::domain;
use signon_kit::http::Transport;
use signon_kit::normalizer::{FramedRecords, Normalizer};
use signon_kit::source::PagedSource;

use crate::auth::{ApiKey, Signature};
use crate::config::Config;

/// This source.
#[derive(Debug)]
pub struct OciAudit;

signon_kit::export_source!(OciAudit);

impl PagedSource for OciAudit {
    type Config = Config;
    type Credential = Signature;
    type Pages = session::Reading;
    type Frames = FramedRecords<normalizer::AuditRecords>;

    fn descriptor() -> Descriptor {
        descriptor()
    }

    fn credential(config: &Config) -> Option<Signature> {
        config.auth.as_ref().and_then(ApiKey::signer)
    }

    fn check<T: Transport>(
        config: &Config,
        transport: &mut T,
        now_ms: i64,
    ) -> Result<Vec<Finding>, SourceError> {
        check::check(config, transport, now_ms)
    }

    fn open(
        config: Config,
        stream: &str,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<session::Reading, SourceError> {
        session::Reading::open(config.target(stream)?, range, cursor, options)
    }

    fn normalizer(options: ReadOptions) -> Normalizer<Self::Frames> {
        normalizer::open(options)
    }
}

/// What this component says about itself.
pub fn descriptor() -> Descriptor {
    Descriptor {
        name: "oci_audit".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Sign-on events from the OCI Audit API, ListEvents 20190901".to_owned(),
        config_schema: config::SCHEMA.to_owned(),
        identity_keys: vec![],
        kinds: domain::kinds_of_oci(),
        shape: Shape::Windowed(Windowed {
            granularity_seconds: 60,
            // ListEvents documents no longest range, but a page may hold 20,000
            // events and a tenancy hundreds of pages an hour: an hour is what can
            // be read again in one go when a page token is lost.
            longest_range_seconds: 3600,
            smallest_retention_seconds: 90 * 86_400,
            largest_retention_seconds: 365 * 86_400,
            // Records usually appear within 15 minutes, which is not guaranteed.
            readings_seconds: vec![0, 20 * 60, 24 * 3600],
        }),
    }
}
