//! Source component: audit events of an identity domain or an Identity Cloud
//! Service (IDCS) tenant, from its SCIM endpoint `AuditEvents`.
//!
//! One stream is one domain. All rows become events: sign-ons, account changes and
//! whatever else a domain audits, for which the host has filters. The endpoint is
//! at the end of its life: it stops returning new data, with empty successes, and
//! OCI Audit (component `oci_audit`) takes its place; see [`silence`]. A library
//! with a thin export, so that all of it but `export` is tested and measured
//! natively.

pub mod auth;
pub mod check;
pub mod config;
pub mod cursor;
mod keyset;
pub mod normalize;
pub mod normalizer;
mod page;
pub mod query;
mod reading;
pub mod response_errors;
pub mod session;
pub mod silence;

use signon_kit::contract::{
    Descriptor, Finding, ReadOptions, Shape, SourceError, TimeRange, Windowed,
};
use signon_kit::domain;
use signon_kit::http::Transport;
use signon_kit::normalizer::{FramedRecords, Normalizer};
use signon_kit::source::PagedSource;

use crate::auth::Client;
use crate::config::Config;

/// This source.
#[derive(Debug)]
pub struct Idcs;

signon_kit::export_source!(Idcs);

impl PagedSource for Idcs {
    type Config = Config;
    type Credential = Client;
    type Pages = session::Reading;
    type Frames = FramedRecords<normalizer::Rows>;

    fn descriptor() -> Descriptor {
        descriptor()
    }

    fn credential(config: &Config) -> Option<Client> {
        config.auth.clone()
    }

    fn check<T: Transport>(
        config: &Config,
        transport: &mut T,
        now_ms: i64,
    ) -> Result<Vec<Finding>, SourceError> {
        Ok(check::check(config, transport, now_ms))
    }

    fn open(
        config: Config,
        _: &str,
        range: TimeRange,
        cursor: Option<&[u8]>,
        options: ReadOptions,
    ) -> Result<session::Reading, SourceError> {
        session::Reading::open(config, range, cursor, options)
    }

    fn normalizer(options: ReadOptions) -> Normalizer<Self::Frames> {
        normalizer::open(options)
    }
}

/// What this component says about itself.
pub fn descriptor() -> Descriptor {
    Descriptor {
        name: "idcs".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Audit events of an identity domain, from the SCIM endpoint AuditEvents"
            .to_owned(),
        config_schema: config::SCHEMA.to_owned(),
        identity_keys: vec![],
        kinds: domain::kinds_by_id(),
        shape: Shape::Windowed(Windowed {
            // Timestamps have milliseconds and filters take them; whole seconds are
            // fine enough for a plan and keep its records readable.
            granularity_seconds: 1,
            // No longest range is documented and positions never expire, so a range
            // can be long. A quarter of a day makes 360 ranges of the longest
            // retention, some of them read at once, and is what an empty answer can
            // be wrong about.
            longest_range_seconds: 6 * 3600,
            // The default of "Audit Retention Period (days)", and the most it takes.
            smallest_retention_seconds: 30 * 86_400,
            largest_retention_seconds: 90 * 86_400,
            // Rows were stored up to 14 seconds after their timestamp in public
            // samples; nothing promises that, so the habits of the successor.
            readings_seconds: vec![0, 20 * 60, 24 * 3600],
        }),
    }
}
