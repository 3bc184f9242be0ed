//! What comes of questions: tables, and what is told of the lines as a whole.

use serde::Serialize;

use super::groups::{Groups, Tally, texts};
use super::guessing::{Attempts, Suspicion};
use super::question::{Answering, Order, Question};
use super::timeline::Timeline;
use crate::config::Figure;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// What is not told.
    Nothing,
    /// A text, of a record.
    Text(String),
    /// A number.
    Number(u64),
    /// A time, Unix milliseconds.
    #[serde(serialize_with = "time")]
    Time(i64),
}

fn time<S: serde::Serializer>(time: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&super::rfc3339(*time))
}

impl Cell {
    fn of(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }

    fn at(time: Option<i64>) -> Self {
        time.map_or(Self::Nothing, Self::Time)
    }

    /// As a text; empty for nothing.
    pub fn text(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Time(time) => super::rfc3339(*time),
        }
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name of the question.
    pub id: String,
    /// For humans.
    pub title: String,
    /// What the question is, in a sentence.
    pub about: String,
    /// What limits the answer.
    pub notes: Vec<String>,
    /// Names of the columns.
    pub heads: Vec<&'static str>,
    /// Of them, how many name what is counted and are no figure.
    pub named_by: usize,
    /// The rows, most important first.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The column with what is counted, if there is one.
    pub fn position(&self, head: &str) -> Option<usize> {
        self.heads.iter().position(|name| *name == head)
    }
}

/// What is told of all lines.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Events within the time range.
    pub events: Tally,
    /// Sign-ons among them.
    pub sign_ons: Tally,
    /// Events of accounts.
    pub accounts: u64,
    /// Lines, those that are empty left out.
    pub lines: u64,
    /// Heads of our own ledger, which are no events of Oracle's.
    pub ledger_heads: u64,
    /// Lines that are none of the formats, and records that their component does not read.
    pub unknown: u64,
    /// Sign-ons by time.
    pub timeline: Timeline,
}

impl Totals {
    /// Adds what was read apart.
    pub fn merge(&mut self, other: Self) {
        self.events.add(&other.events);
        self.sign_ons.add(&other.sign_ons);
        self.accounts += other.accounts;
        self.lines += other.lines;
        self.ledger_heads += other.ledger_heads;
        self.unknown += other.unknown;
        self.timeline.merge(other.timeline);
    }
}

/// What is kept for a question while lines are read.
#[derive(Debug)]
pub enum Kept {
    /// Groups, and how often.
    Groups(Groups),
    /// Attempts to sign on.
    Attempts(Attempts),
    /// Rows go out at once.
    Nothing,
}

impl Kept {
    /// For a question.
    pub fn of(question: &Question, most_groups: usize) -> Self {
        match question.answering {
            Answering::Groups { .. } | Answering::NewAddresses => {
                Self::Groups(Groups::new(most_groups))
            }
            Answering::Guessing => Self::Attempts(Attempts::default()),
            Answering::Events(_) => Self::Nothing,
        }
    }

    /// Adds what was read apart.
    pub fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Groups(one), Self::Groups(other)) => one.merge(other),
            (Self::Attempts(one), Self::Attempts(other)) => one.merge(other),
            _ => {}
        }
    }
}

/// The answer to a question; `None` where the rows went out already.
pub fn table(question: &Question, kept: Kept, top: Option<usize>) -> Option<Table> {
    let mut table = Table {
        id: question.id.clone(),
        title: question.title.clone(),
        about: question.about.clone(),
        notes: Vec::new(),
        heads: Vec::new(),
        named_by: 0,
        rows: Vec::new(),
    };
    match (&question.answering, kept) {
        (Answering::Groups { by, figures, order }, Kept::Groups(groups)) => {
            table.heads.extend(by.iter().map(|column| column.name()));
            table.heads.extend(figures.iter().map(|figure| figure.name()));
            table.named_by = by.len();
            grouped(&mut table, groups, figures, *order);
        }
        (Answering::NewAddresses, Kept::Groups(groups)) => {
            table.heads = vec!["user", "address", "first", "last", "successes", "known before"];
            table.named_by = 2;
            new_addresses(&mut table, groups);
        }
        (Answering::Guessing, Kept::Attempts(attempts)) => {
            table.heads =
                vec!["user", "address", "failures", "from", "since", "success", "same address"];
            table.named_by = 2;
            guessing(&mut table, attempts);
        }
        _ => return None,
    }
    let all = table.rows.len();
    if let Some(top) = question.top.or(top).filter(|top| all > *top) {
        table.rows.truncate(top);
        table.notes.push(format!("The first {top} of {all} rows."));
    }
    Some(table)
}

fn tell_missed(table: &mut Table, groups: &Groups) {
    let missed = groups.missed();
    if missed > 0 {
        table.notes.push(format!(
            "There were more groups than are kept: each count may be too small by up to \
             {missed}, and groups with no more events than that may be missing."
        ));
    }
}

fn grouped(table: &mut Table, groups: Groups, figures: &[Figure], order: Order) {
    tell_missed(table, &groups);
    let mut found: Vec<(Vec<Option<String>>, Tally)> =
        groups.into_entries().map(|(key, tally)| (texts(&key), tally)).collect();
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let rank = |tally: &Tally| match order {
        Order::Events => (count(tally.events), 0),
        Order::Failures => (count(tally.failures), count(tally.events)),
        Order::Last => (tally.last.unwrap_or(i64::MIN), 0),
    };
    // What is as large goes by name, so that the same lines give the same table.
    found.sort_by(|one, other| rank(&other.1).cmp(&rank(&one.1)).then_with(|| one.0.cmp(&other.0)));
    for (names, tally) in found {
        let mut row: Vec<Cell> = names.into_iter().map(Cell::of).collect();
        row.extend(figures.iter().map(|figure| match figure {
            Figure::Events => Cell::Number(tally.events),
            Figure::Successes => Cell::Number(tally.successes),
            Figure::Failures => Cell::Number(tally.failures),
            Figure::First => Cell::at(tally.first),
            Figure::Last => Cell::at(tally.last),
        }));
        table.rows.push(row);
    }
}

/// Of each user every address but the first.
fn new_addresses(table: &mut Table, groups: Groups) {
    tell_missed(table, &groups);
    let mut found: Vec<(Vec<Option<String>>, Tally)> =
        groups.into_entries().map(|(key, tally)| (texts(&key), tally)).collect();
    found.sort_by(|one, other| {
        (&one.0[0], one.1.first, &one.0[1]).cmp(&(&other.0[0], other.1.first, &other.0[1]))
    });
    let mut rows = Vec::new();
    let mut known: u64 = 0;
    for (at, (names, tally)) in found.iter().enumerate() {
        let is_first = at == 0 || found[at - 1].0[0] != names[0];
        known = if is_first { 0 } else { known + 1 };
        if !is_first {
            rows.push((names, *tally, known));
        }
    }
    rows.sort_by(|one, other| (other.1.first, one.0).cmp(&(one.1.first, other.0)));
    for (names, tally, known) in rows {
        let mut row: Vec<Cell> = names.iter().cloned().map(Cell::of).collect();
        row.extend([Cell::at(tally.first), Cell::at(tally.last)]);
        row.extend([Cell::Number(tally.successes), Cell::Number(known)]);
        table.rows.push(row);
    }
}

fn guessing(table: &mut Table, attempts: Attempts) {
    let forgotten = attempts.forgotten();
    if forgotten > 0 {
        table.notes.push(format!(
            "There were more attempts than are kept: the {forgotten} oldest were not looked at."
        ));
    }
    for suspicion in attempts.suspicions() {
        let Suspicion { user, failures, since, at, address, addresses, same } = suspicion;
        let addresses = match addresses {
            1 => "1 address".to_owned(),
            many => format!("{many} addresses"),
        };
        table.rows.push(vec![
            Cell::Text(user),
            Cell::Text(address),
            Cell::Number(failures as u64),
            Cell::Text(addresses),
            Cell::Time(since),
            Cell::Time(at),
            Cell::Text(if same { "yes" } else { "no" }.to_owned()),
        ]);
    }
}
