//! Lines into questions: what one thread does with the lines that it is given.

use super::answer::{Kept, Table, Totals, table};
use super::groups::{KeyBuffer, MOST, Tally};
use super::guessing::Attempts;
use super::line::{Line, Outcome, Raw, Reader, Record};
use super::pattern::BETWEEN;
use super::question::{Answering, Question};
use super::selection::{Selection, Subject};
use super::timeline::Bar;
use super::{Output, csv, json};
use crate::config::Column;

/// How many groups a question keeps, unless a test asks for fewer.
const MOST_GROUPS: usize = MOST;

/// Counts lines.
#[derive(Debug)]
pub struct Counting<'q> {
    questions: &'q [Question],
    kept: Vec<Kept>,
    totals: Totals,
    reader: Reader,
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
        Self {
            questions,
            kept: questions.iter().map(|question| Kept::of(question, MOST_GROUPS)).collect(),
            totals: Totals::default(),
            reader: Reader::new(&columns, is_filtered),
            range,
            sign_ons,
            output,
            key: KeyBuffer::default(),
        }
    }

    /// Keeps no more than so many groups a question.
    #[cfg(test)]
    pub fn keeping(mut self, most: usize) -> Self {
        self.kept = self.questions.iter().map(|question| Kept::of(question, most)).collect();
        self
    }

    /// Counts whole lines.
    pub fn lines(&mut self, block: &[u8]) -> Rows {
        let mut rows = Rows::default();
        let mut start = 0;
        while start < block.len() {
            let end = memchr::memchr(b'\n', &block[start..]).map_or(block.len(), |at| start + at);
            let line = block[start..end].trim_ascii();
            if !line.is_empty() {
                self.line(line, &mut rows);
            }
            rows.lines += 1;
            start = end + 1;
        }
        rows
    }

    fn line(&mut self, line: &[u8], rows: &mut Rows) {
        self.totals.lines += 1;
        match self.reader.read(line) {
            Line::Event(record) => self.event(&record, &mut rows.text),
            Line::Raw(Raw::LedgerHead) => self.totals.ledger_heads += 1,
            Line::Raw(Raw::Of(component)) => {
                match rows.raw.last_mut().filter(|(known, _)| *known == component) {
                    Some((_, lines)) => {
                        lines.extend(line);
                        lines.push(b'\n');
                    }
                    None => rows.raw.push((component, [line, b"\n"].concat())),
                }
            }
            Line::Unknown => {
                self.totals.unknown += 1;
                rows.first_unknown.get_or_insert(rows.lines);
            }
        }
    }

    /// Counts events that a component made of records that were counted as lines before.
    pub fn events_of_raw(&mut self, lines: &[u8]) -> Rows {
        let before = self.totals.lines;
        let rows = self.lines(lines);
        self.totals.lines = before;
        rows
    }

    /// Records that no component could read.
    pub fn unreadable(&mut self, records: u64) {
        self.totals.unknown += records;
    }

    /// Adds what another thread counted.
    pub fn merge(&mut self, other: Self) {
        self.totals.merge(other.totals);
        for (one, other) in self.kept.iter_mut().zip(other.kept) {
            one.merge(other);
        }
    }

    /// The answers, with at most `top` rows where a question does not say itself how many.
    pub fn answers(self, top: Option<usize>) -> (Totals, Vec<Table>) {
        let pairs = self.questions.iter().zip(self.kept);
        (self.totals, pairs.filter_map(|(question, kept)| table(question, kept, top)).collect())
    }
}

impl Counting<'_> {
    /// Counts one event into every question that it concerns.
    fn event(&mut self, record: &Record<'_>, text: &mut String) {
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

fn tally(record: &Record<'_>, time: Option<i64>) -> Tally {
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
    record: &Record<'_>,
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

fn attempt(record: &Record<'_>, time: Option<i64>, tally: &Tally, attempts: &mut Attempts) {
    let (Some(time), Some(user)) = (time, record.column(Column::User)) else { return };
    if tally.successes + tally.failures == 0 {
        return;
    }
    let address = record.column(Column::Address);
    attempts.add(&user, address.as_deref().unwrap_or_default(), time, tally.successes == 1);
}

/// Writes an event as a row.
fn row(record: &Record<'_>, columns: &[Column], output: Output, text: &mut String) {
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
