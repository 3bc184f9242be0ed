//! Answers about delivered lines: who signed on, from where, how often that failed.
//!
//! People of an audit team look, they do not read lines. What is asked goes over the lines
//! once, on every processor, in bounded memory: a line becomes a record of borrowed texts,
//! a record is counted into each question that it concerns. Pure but for `pass`, which
//! reads. Invariants: an event counts the same in whatever format it was delivered; a line
//! that is none is counted and told; where memory does not suffice for exact counts, the
//! answer says by how much they may be wrong; no text of a record is obeyed by a terminal,
//! a spreadsheet or a browser.

mod answer;
mod columns;
mod counting;
mod csv;
mod forms;
mod groups;
mod guessing;
mod html;
mod json;
mod line;
mod pass;
mod pattern;
mod plain;
mod question;
mod record;
mod scan;
mod selection;
#[cfg(test)]
mod tests;
mod timeline;

pub use answer::{Cell, Table, Totals};
pub use counting::{Counting, Rows};
pub use csv::{columns_head, csv_head, table as csv};
pub use html::page;
pub use json::{object, table_lines};
pub use line::Raw;
pub use pass::{Input, Normalize, Outcome, Problem, pass};
pub use plain::{summary, text};
pub use question::{Question, names};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Aligned columns, for people.
    Text,
    /// RFC 4180, for spreadsheets.
    Csv,
    /// JSON: tables as one object, events a line each.
    Json,
    /// Values with `|` between them, as Oracle's instructions for an export have it.
    Columns,
    /// A page by itself.
    Html,
}

impl Output {
    /// All of them by name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("text", Self::Text),
        ("csv", Self::Csv),
        ("json", Self::Json),
        ("columns", Self::Columns),
        ("html", Self::Html),
    ];
}

impl std::str::FromStr for Output {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, output)| *output).ok_or_else(|| {
            format!("unknown output: use one of {}", Self::ALL.map(|(name, _)| name).join(", "))
        })
    }
}

/// A time as people and machines read it: UTC, to the second unless it has more.
pub(crate) fn rfc3339(time_ms: i64) -> String {
    use chrono::{DateTime, SecondsFormat};
    match DateTime::from_timestamp_millis(time_ms) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => time_ms.to_string(),
    }
}
