//! A delivered line of whatever format as one kind of record.
//!
//! Invariant: an event says the same in each format, as far as the format carries it; a
//! test renders events in all of them and compares.

use std::borrow::Cow;

use super::columns::{filtered_by, needs};
use super::forms::{ECS, Field, Fields, OCSF, OTEL, RAW, UNMAPPED};
use super::pattern::{Found, Pattern};
use super::record::{Inner, Record, Vocabulary};
use crate::config::Column;

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
        () if has(Field::Marker) || has(Field::EventType) => Some(Raw::Of("oci_audit")),
        () if has(Field::EventCode) => Some(Raw::Of("idcs")),
        () => None,
    }
}
