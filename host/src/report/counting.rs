//! Lines into questions: what one thread does with the lines that it is given.

use super::answer::{Kept, Table, Totals, table};
use super::groups::{KeyBuffer, MOST, Tally};
use super::guessing::Attempts;
use super::line::{Line, Raw, Reader};
use super::pattern::BETWEEN;
use super::question::{Answering, Question};
use super::record::{Outcome, Record};
use super::selection::{Selection, Subject};
use super::timeline::Bar;
use super::{Output, csv, json};
use crate::config::Column;

/// How many groups a question keeps, unless a test asks for fewer.
const MOST_GROUPS: usize = MOST;

/// Counts lines.
#[derive(Debug)]
pub struct Counting<'q> {
    reader: Reader,
    counted: Counted<'q>,
}

/// What was counted so far.
#[derive(Debug)]
struct Counted<'q> {
    questions: &'q [Question],
    kept: Vec<Kept>,
    totals: Totals,
    /// Which events there are at all, by time.
    range: Selection,
    sign_ons: Selection,
    output: Output,
    key: KeyBuffer,
}

/// What comes of some lines at once.
#[derive(Debug, Default)]
pub struct Rows {
    /// Rows of the question that lists events, as they are written.
    pub text: String,
    /// Records as their sources sent them, each with the component that reads it; their
    /// events come back as lines.
    pub raw: Vec<(&'static str, Vec<u8>)>,
    /// Lines, the empty ones among them.
    pub lines: u64,
    /// The first that is no event, from 0.
    pub first_unknown: Option<u64>,
}

impl<'q> Counting<'q> {
    /// For some questions, about events of a time range, Unix milliseconds.
    pub fn new(
        questions: &'q [Question],
        range: (Option<i64>, Option<i64>),
        output: Output,
    ) -> Self {
        let range = Selection::of(Subject::Everything).within(range.0, range.1);
        let sign_ons = Selection::of(Subject::SignOns);
        let mut columns: Vec<Column> = questions.iter().flat_map(Question::columns).collect();
        columns.extend(range.looks_at().chain(sign_ons.looks_at()));
        let is_filtered = questions.iter().any(|question| question.selection.is_filtered());
        let counted = Counted {
            questions,
            kept: questions.iter().map(|question| Kept::of(question, MOST_GROUPS)).collect(),
            totals: Totals::default(),
            range,
            sign_ons,
            output,
            key: KeyBuffer::default(),
        };
        Self { reader: Reader::new(&columns, is_filtered), counted }
    }

    /// Keeps no more than so many groups a question.
    #[cfg(test)]
    pub fn keeping(mut self, most: usize) -> Self {
        let questions = self.counted.questions;
        self.counted.kept = questions.iter().map(|question| Kept::of(question, most)).collect();
        self
    }

    /// Counts whole lines.
    pub fn lines(&mut self, block: &[u8]) -> Rows {
        let mut rows = Rows::default();
        // Looked at as a whole, since hardly a block has anything but UTF-8.
        let text = std::str::from_utf8(block).ok();
        let mut start = 0;
        while start < block.len() {
            let end = memchr::memchr(b'\n', &block[start..]).map_or(block.len(), |at| start + at);
            let line = match text {
                // A line break is a character by itself.
                Some(text) => Some(&text[start..end]),
                None => std::str::from_utf8(&block[start..end]).ok(),
            };
            match line.map(str::trim_ascii) {
                Some("") => {}
                line => self.line(line, &mut rows),
            }
            rows.lines += 1;
            start = end + 1;
        }
        rows
    }

    /// Counts a line, or one that is no text.
    fn line(&mut self, line: Option<&str>, rows: &mut Rows) {
        let Self { reader, counted } = self;
        counted.totals.lines += 1;
        match line.map_or(Line::Unknown, |line| reader.read(line)) {
            Line::Event(record) => counted.event(&record, &mut rows.text),
            Line::Raw(Raw::LedgerHead) => counted.totals.ledger_heads += 1,
            Line::Raw(Raw::Of(component)) => {
                match rows.raw.last_mut().filter(|(known, _)| *known == component) {
                    Some((_, lines)) => {
                        lines.extend(line.unwrap_or_default().as_bytes());
                        lines.push(b'\n');
                    }
                    None => {
                        let line = line.unwrap_or_default();
                        rows.raw.push((component, [line.as_bytes(), b"\n"].concat()));
                    }
                }
            }
            Line::Unknown => {
                counted.totals.unknown += 1;
                rows.first_unknown.get_or_insert(rows.lines);
            }
        }
    }

    /// Counts events that a component made of records that were counted as lines before.
    pub fn events_of_raw(&mut self, lines: &[u8]) -> Rows {
        let before = self.counted.totals.lines;
        let rows = self.lines(lines);
        self.counted.totals.lines = before;
        rows
    }

    /// Records that no component could read.
    pub fn unreadable(&mut self, records: u64) {
        self.counted.totals.unknown += records;
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: Self) {
        self.counted.totals.merge(other.counted.totals);
        for (one, other) in self.counted.kept.iter_mut().zip(other.counted.kept) {
            one.merge(other);
        }
    }

    /// The answers, with at most `top` rows where a question does not say itself how many.
    pub fn answers(self, top: Option<usize>) -> (Totals, Vec<Table>) {
        let Counted { questions, kept, totals, .. } = self.counted;
        let pairs = questions.iter().zip(kept);
        (totals, pairs.filter_map(|(question, kept)| table(question, kept, top)).collect())
    }
}

impl Counted<'_> {
    /// Counts one event into every question that it concerns.
    fn event(&mut self, record: &Record<'_, '_>, text: &mut String) {
        let time = record.time();
        if !self.range.takes(record, time) {
            return;
        }
        let tally = tally(record, time);
        self.totals.events.add(&tally);
        if record.class() == "account" {
            self.totals.accounts += 1;
        }
        if self.sign_ons.takes(record, time) {
            self.totals.sign_ons.add(&tally);
            if let Some(time) = time {
                let others = 1 - tally.successes - tally.failures;
                let bar = Bar { successes: tally.successes, failures: tally.failures, others };
                self.totals.timeline.count(time, bar);
            }
        }
        for (question, kept) in self.questions.iter().zip(&mut self.kept) {
            if !question.selection.takes(record, time) {
                continue;
            }
            match (&question.answering, kept) {
                (Answering::Groups { by, .. }, Kept::Groups(groups)) => {
                    group(record, by, &mut self.key, &mut |key| groups.count(key, &tally));
                }
                (Answering::NewAddresses, Kept::Groups(groups)) => {
                    let of = [Column::User, Column::Address];
                    if of.iter().all(|column| record.column(*column).is_some()) {
                        group(record, &of, &mut self.key, &mut |key| groups.count(key, &tally));
                    }
                }
                (Answering::Guessing, Kept::Attempts(attempts)) => {
                    attempt(record, time, &tally, attempts);
                }
                (Answering::Events(columns), _) => row(record, columns, self.output, text),
                _ => {}
            }
        }
    }
}

fn tally(record: &Record<'_, '_>, time: Option<i64>) -> Tally {
    let outcome = record.outcome();
    Tally {
        events: 1,
        successes: u64::from(outcome == Outcome::Success),
        failures: u64::from(outcome == Outcome::Failure),
        first: time,
        last: time,
    }
}

/// Puts the key of an event together; several where it has several factors.
fn group(
    record: &Record<'_, '_>,
    by: &[Column],
    key: &mut KeyBuffer,
    count: &mut dyn FnMut(&[u8]),
) {
    let factors = by.contains(&Column::Factor).then(|| record.column(Column::Factor)).flatten();
    let factors = factors.as_deref().filter(|factors| !factors.is_empty());
    let mut each = |factor: Option<&str>| {
        key.clear();
        for column in by {
            match column {
                Column::Factor => key.push(factor),
                column => key.push(record.column(*column).as_deref()),
            }
        }
        count(key.bytes());
    };
    match factors {
        Some(factors) => factors.split(BETWEEN).for_each(|factor| each(Some(factor))),
        None => each(None),
    }
}

fn attempt(record: &Record<'_, '_>, time: Option<i64>, tally: &Tally, attempts: &mut Attempts) {
    let (Some(time), Some(user)) = (time, record.column(Column::User)) else { return };
    if tally.successes + tally.failures == 0 {
        return;
    }
    let address = record.column(Column::Address);
    attempts.add(&user, address.as_deref().unwrap_or_default(), time, tally.successes == 1);
}

/// Writes an event as a row.
fn row(record: &Record<'_, '_>, columns: &[Column], output: Output, text: &mut String) {
    let cells = columns.iter().map(|column| {
        let cell = record.column(*column);
        match column {
            Column::Factor => cell.map(|cell| cell.replace(BETWEEN, ", ").into()),
            _ => cell,
        }
    });
    match output {
        Output::Json => json::event(columns, cells, text),
        Output::Csv => csv::row(cells, text),
        Output::Columns | Output::Text | Output::Html => csv::bars(cells, text),
    }
}
