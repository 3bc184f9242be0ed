//! What a commit changes, table by table, inside one transaction.

use redb::{ReadableTable as _, WriteTransaction};

use super::tables::{ADOPTED, DELIVERED, ENDS, Failure, LEDGER, OPEN, SINKS, STREAMS};
use super::{last, pairs};
use crate::ledger::{self, LedgerEntry, ReadingEntry};
use crate::state::{Commit, FileCheckpoint, Recognized};

pub(super) fn commit(transaction: &WriteTransaction, commit: &Commit) -> Result<(), Failure> {
    let text = commit.key.text();
    let stream = text.as_str();
    let state = serde_json::to_string(&commit.state)?;
    transaction.open_table(STREAMS)?.insert(stream, state.as_str())?;
    ids(transaction, stream, commit)?;
    pairs::write(transaction, commit)?;
    for entry in &commit.ledger {
        add_to_ledger(transaction, stream, entry)?;
    }
    for recognized in &commit.recognized {
        take_waiting(transaction, recognized)?;
    }
    Ok(())
}

fn ids(transaction: &WriteTransaction, stream: &str, commit: &Commit) -> Result<(), Failure> {
    let mut delivered = transaction.open_table(DELIVERED)?;
    let mut ends = transaction.open_table(ENDS)?;
    for id in &commit.delivered {
        // An id that is kept already belongs to the range that is closed last.
        let before = delivered.insert((stream, id.as_str()), commit.fetched_until)?;
        if let Some(before) = before.map(|end| end.value()) {
            ends.remove((stream, before, id.as_str()))?;
        }
        ends.insert((stream, commit.fetched_until, id.as_str()), ())?;
    }
    for range in &commit.forget {
        let old = (stream, range.start, "")..(stream, range.end, "");
        for entry in ends.extract_from_if(old, |_, ()| true)? {
            let (forgotten, _) = entry?;
            let (stream, _, id) = forgotten.value();
            delivered.remove((stream, id))?;
        }
    }
    Ok(())
}

fn add_to_ledger(
    transaction: &WriteTransaction,
    stream: &str,
    entry: &LedgerEntry,
) -> Result<(), Failure> {
    let mut open = transaction.open_table(OPEN)?;
    if let LedgerEntry::Open(reading) = entry {
        let text = serde_json::to_string(reading)?;
        let key = (stream, reading.range.end, reading.range.start);
        // The same range read twice before its last reading: both count.
        let before = match open.get(key)? {
            Some(before) => Some(serde_json::from_str::<ReadingEntry>(before.value())?),
            None => None,
        };
        let text = match before {
            Some(before) => serde_json::to_string(&before.joined(reading))?,
            None => text,
        };
        open.insert(key, text.as_str())?;
        return Ok(());
    }
    let mut taken = Vec::new();
    for found in open.range((stream, i64::MIN, i64::MIN)..=(stream, entry.range().end, i64::MAX))? {
        let reading: ReadingEntry = serde_json::from_str(found?.1.value())?;
        if ledger::takes_in(entry, &reading) {
            taken.push(reading);
        }
    }
    for reading in &taken {
        open.remove((stream, reading.range.end, reading.range.start))?;
    }
    if let Some(closed) = ledger::close(entry.clone(), &taken) {
        let mut ledger = transaction.open_table(LEDGER)?;
        let text = serde_json::to_string(&closed)?;
        let tip = ledger::link(last(&ledger, stream)?, &text);
        ledger.insert((stream, tip.number), (tip.hash.to_string().as_str(), text.as_str()))?;
    }
    Ok(())
}

/// Notes how far a file was written, and which of its lines wait.
pub(super) fn file(
    transaction: &WriteTransaction,
    checkpoint: &FileCheckpoint,
) -> Result<(), Failure> {
    let sink = checkpoint.sink.as_str();
    transaction.open_table(SINKS)?.insert(sink, checkpoint.length)?;
    let mut adopted = transaction.open_table(ADOPTED)?;
    for (line, count) in &checkpoint.waiting {
        let key = (sink, line.as_str());
        let before = adopted.get(key)?.map_or(0, |count| count.value());
        adopted.insert(key, before.saturating_add(*count))?;
    }
    Ok(())
}

fn take_waiting(transaction: &WriteTransaction, recognized: &Recognized) -> Result<(), Failure> {
    let mut adopted = transaction.open_table(ADOPTED)?;
    for line in &recognized.lines {
        let key = (recognized.sink.as_str(), line.as_str());
        let left = adopted.get(key)?.map_or(0, |count| count.value());
        if left > 1 {
            adopted.insert(key, left - 1)?;
        } else {
            adopted.remove(key)?;
        }
    }
    Ok(())
}
