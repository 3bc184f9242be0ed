//! Neutral event to output line.
//!
//! The only place that knows output formats: sources do not, and sinks only move
//! lines. Pure: no clock, no I/O, so that the same event is the same bytes
//! wherever and whenever it is rendered, and a line found after a crash can be
//! compared with the event it came from.
//!
//! Every format is a room of its own that gives two functions, `render` and
//! `event_id`, and keeps the law `event_id(render(event)) == event.native_id`.

mod json;
mod ocsf;
mod raw;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::contract::SignOnEvent;

/// What a line of output looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OCSF 1.8.0: Authentication, Account Change, Base Event.
    Ocsf,
    /// The record as the source sent it, secrets redacted, on one line.
    Raw,
}

impl Format {
    /// Every format there is, the default first.
    pub const ALL: [Self; 2] = [Self::Ocsf, Self::Raw];

    /// The name in configuration and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ocsf => "ocsf",
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
///
/// `source` is the name in the component's descriptor: `oci-audit`.
pub fn render(event: &SignOnEvent, source: &str, format: Format) -> String {
    match format {
        Format::Ocsf => ocsf::render(event, source),
        Format::Raw => raw::render(event),
    }
}

/// The native id of the event that a line was rendered from. `None` for what is
/// no whole line of this format, as after a torn write.
pub fn event_id(line: &str, format: Format) -> Option<String> {
    match format {
        Format::Ocsf => ocsf::event_id(line),
        Format::Raw => raw::event_id(line),
    }
}
