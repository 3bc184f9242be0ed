//! Neutral event to output line.
//!
//! The only place that knows output formats: sources do not, and sinks only move
//! lines. Pure: no clock, no I/O, so that the same event is the same bytes
//! wherever and whenever it is rendered, and a line found after a crash can be
//! compared with the event it came from.
//!
//! Every format is a room of its own that gives two functions, `render` and
//! `event_id`, and keeps two laws: `event_id(render(event)) == event.native_id`,
//! and no field of an event is missing in its line, of the record itself as much as
//! is to be kept. What a vocabulary has no field for stands beside it under its name
//! in the contract. Nothing is said twice, unless the vocabulary demands it.

mod context;
mod ecs;
mod enum_names;
mod event;
mod extension_fields;
mod fields;
mod json;
mod ocsf;
mod otel;
mod products;
mod raw;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use signon_contract as contract;

pub use context::{Context, Keep, Owner, UnknownKeep};
use contract::SignOnEvent;
use ocsf::Version;

/// What a line of output looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OCSF 1.8.0: Authentication, Account Change, Base Event.
    Ocsf,
    /// The same in OCSF 1.5.0, the oldest version that has what sign-ons need.
    Ocsf1_5,
    /// The same in OCSF 1.7.0.
    Ocsf1_7,
    /// OCSF 1.9.0, where User Management replaces Account Change.
    Ocsf1_9,
    /// Elastic Common Schema 9.4.0.
    Ecs,
    /// An OpenTelemetry log record in OTLP/JSON, semantic conventions 1.44.0.
    Otel,
    /// The record as the source sent it, secrets redacted, on one line.
    Raw,
}

impl Format {
    /// Every format there is, the default first.
    pub const ALL: [Self; 7] =
        [Self::Ocsf, Self::Ocsf1_5, Self::Ocsf1_7, Self::Ocsf1_9, Self::Ecs, Self::Otel, Self::Raw];

    /// The name in configuration and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ocsf => "ocsf",
            Self::Ocsf1_5 => "ocsf-1.5",
            Self::Ocsf1_7 => "ocsf-1.7",
            Self::Ocsf1_9 => "ocsf-1.9",
            Self::Ecs => "ecs",
            Self::Otel => "otel",
            Self::Raw => "raw",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no format has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{name}`: use one of {}", Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat {
    /// The name that was given.
    pub name: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

/// One JSON object on one line, without the newline.
pub fn render(event: &SignOnEvent, context: &Context<'_>, format: Format) -> String {
    match format {
        Format::Ocsf => ocsf::render(event, context, Version::V1_8),
        Format::Ocsf1_5 => ocsf::render(event, context, Version::V1_5),
        Format::Ocsf1_7 => ocsf::render(event, context, Version::V1_7),
        Format::Ocsf1_9 => ocsf::render(event, context, Version::V1_9),
        Format::Ecs => ecs::render(event, context),
        Format::Otel => otel::render(event, context),
        Format::Raw => raw::render(event),
    }
}

/// The native id of the event that a line was rendered from. `None` for what is
/// no whole line of this format, as after a torn write.
pub fn event_id(line: &str, format: Format) -> Option<String> {
    match format {
        Format::Ocsf | Format::Ocsf1_5 | Format::Ocsf1_7 | Format::Ocsf1_9 => ocsf::event_id(line),
        Format::Ecs => ecs::event_id(line),
        Format::Otel => otel::event_id(line),
        Format::Raw => raw::event_id(line),
    }
}
