//! Source component: the Sign In – Sign Out Audit REST API of Oracle Fusion
//! Applications, which Fusion's own Oracle Access Manager (OAM) answers.
//!
//! It is a service of Fusion pods only. OAM installed on premises (12.2.1.4,
//! 14.1.2) has no such API, whatever the path looks like: there, sign-ons are
//! audited through the Fusion Middleware audit framework, into files and tables.
//! It also ends when a pod moves to OCI IAM; from then on the same sign-ons come
//! from the `oci_audit` source.
//!
//! Little of the wire is documented, so every rendering that the schema allows is
//! read, rows decide nothing by their order, and what the service does not promise
//! is counted and told. A library with a thin export, so that all of it but
//! `export` is tested and measured natively.

pub mod check;
pub mod config;
pub mod cursor;
pub mod document;
pub mod framing;
pub mod normalize;
pub mod normalizer;
mod page;
pub mod query;
mod reading;
pub mod response_errors;
pub mod seen_rows;
pub mod session;
pub mod stats;
pub mod xml;

use signon_kit::auth::Basic;
use signon_kit::contract::{
    Descriptor, Finding, ReadOptions, Shape, SourceError, TimeRange, Windowed,
};
use signon_kit::http::Transport;
use signon_kit::normalizer::{FramedRecords, Normalizer};
use signon_kit::source::PagedSource;

use crate::config::Config;

/// This source.
#[derive(Debug)]
pub struct Oam;

signon_kit::export_source!(Oam);

impl PagedSource for Oam {
    type Config = Config;
    type Credential = Basic;
    type Pages = session::Reading;
    type Frames = FramedRecords<normalizer::Rows>;

    fn descriptor() -> Descriptor {
        descriptor()
    }

    fn credential(config: &Config) -> Option<Basic> {
        config.auth.clone()
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

/// How long the service keeps events, in seconds.
const RETENTION_SECONDS: u64 = 7 * 86_400;

/// What this component says about itself.
pub fn descriptor() -> Descriptor {
    Descriptor {
        name: "oam".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Sign-on events from the Sign In - Sign Out Audit REST API of Fusion Applications"
            .to_owned(),
        config_schema: config::SCHEMA.to_owned(),
        identity_keys: vec![],
        kinds: normalize::names::kinds(),
        shape: Shape::Windowed(Windowed {
            granularity_seconds: 1,
            // No longest range is documented. Page numbers shift when rows arrive,
            // and on resuming the pages before are read again: an hour keeps both
            // small, and a backfill of all seven days is 168 ranges.
            longest_range_seconds: 3600,
            smallest_retention_seconds: RETENTION_SECONDS,
            largest_retention_seconds: RETENTION_SECONDS,
            // Nothing says how late a row may appear; the habits of the successor.
            readings_seconds: vec![0, 20 * 60, 24 * 3600],
        }),
    }
}
