//! What a commit changes, table by table, inside one transaction.

use redb::{ReadableTable as _, WriteTransaction};

use super::questions::newest;
use super::store::Store;
use super::tables::{Failure, GROUP, LEDGER, META, OPEN, SINKS, STREAMS, WAITING};
use super::{last, pairs, position, runs};
use crate::ledger::{self, LedgerEntry, ReadingEntry};
use crate::state::seen::SeenKey;
use crate::state::{
    Commit, CommitGroup, Fence, FileCheckpoint, LineFingerprint, Outcomes, Recognized, Refused,
    Version, Waiting,
};

/// Why a group was not written, and whether it may have been all the same.
pub(super) struct NotWritten {
    pub(super) failure: Failure,
    pub(super) is_unknown: bool,
}

impl Store {
    /// Writes a group.
    pub(super) fn commit(
        &self,
        group: &CommitGroup,
        seen: &SeenKey,
    ) -> Result<Outcomes, NotWritten> {
        let mut is_unknown = false;
        let done = self.run(|database| {
            let transaction = database.begin_write()?;
            let outcomes = write(&transaction, group, seen)?;
            crate::crash::point("in-transaction");
            is_unknown = true;
            transaction.commit()?;
            crate::crash::point("after-transaction");
            Ok(outcomes)
        });
        done.map_err(|failure| NotWritten { failure, is_unknown })
    }

    /// Writes how far a file was written, and nothing else.
    pub(super) fn adopt(&self, checkpoint: &FileCheckpoint) -> Result<(), Failure> {
        self.run(|database| {
            let transaction = database.begin_write()?;
            file(&transaction, checkpoint)?;
            transaction.commit()?;
            Ok(())
        })
    }

    /// Fences whoever wrote before.
    pub(super) fn raise_fence(&self) -> Result<Fence, Failure> {
        self.run(|database| {
            let transaction = database.begin_write()?;
            let next = {
                let mut meta = transaction.open_table(META)?;
                let next = newest(&meta)?.number() + 1;
                meta.insert("fence", next)?;
                next
            };
            transaction.commit()?;
            Ok(Fence::stored(next))
        })
    }
}

fn write(
    transaction: &WriteTransaction,
    group: &CommitGroup,
    seen: &SeenKey,
) -> Result<Outcomes, Failure> {
    // What waits in a file is there before a commit takes it out.
    for checkpoint in &group.files {
        file(transaction, checkpoint)?;
    }
    let newest = newest(&transaction.open_table(META)?)?;
    let mut outcomes = Outcomes::with_capacity(group.commits.len());
    let mut refusals = Vec::new();
    for (place, commit) in group.commits.iter().enumerate() {
        let outcome = match refusal(transaction, commit, newest)? {
            None => Ok(take(transaction, commit, seen)?),
            Some(refused) => {
                for appended in &commit.appended {
                    add_waiting(transaction, &appended.sink, &appended.fingerprints())?;
                }
                refusals.push((
                    place,
                    match refused {
                        Refused::Conflict { found } => Some(found.number()),
                        Refused::Fenced => None,
                    },
                ));
                Err(refused)
            }
        };
        outcomes.push(outcome);
    }
    let refusals = serde_json::to_string(&refusals)?;
    transaction.open_table(GROUP)?.insert((), (group.id.number(), refusals.as_str()))?;
    Ok(outcomes)
}

/// Why a commit is refused, if it is.
fn refusal(
    transaction: &WriteTransaction,
    commit: &Commit,
    newest: Fence,
) -> Result<Option<Refused>, Failure> {
    if commit.fence != newest {
        return Ok(Some(Refused::Fenced));
    }
    let streams = transaction.open_table(STREAMS)?;
    let found = streams.get(commit.key.text().as_str())?;
    let found = found.map_or(Version::NONE, |row| Version::stored(row.value().0));
    Ok((found != commit.expects).then_some(Refused::Conflict { found }))
}

fn take(
    transaction: &WriteTransaction,
    commit: &Commit,
    seen: &SeenKey,
) -> Result<Version, Failure> {
    let text = commit.key.text();
    let stream = text.as_str();
    let version = commit.expects.next();
    position::write(transaction, stream, commit, version)?;
    runs::write(transaction, stream, commit, seen)?;
    pairs::write(transaction, commit)?;
    for entry in &commit.ledger {
        add_to_ledger(transaction, stream, entry)?;
    }
    for recognized in &commit.recognized {
        take_waiting(transaction, recognized)?;
    }
    Ok(version)
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
fn file(transaction: &WriteTransaction, checkpoint: &FileCheckpoint) -> Result<(), Failure> {
    let sink = checkpoint.sink.as_str();
    transaction.open_table(SINKS)?.insert(sink, checkpoint.length)?;
    add_waiting(transaction, sink, &checkpoint.waiting)
}

fn add_waiting(transaction: &WriteTransaction, sink: &str, lines: &Waiting) -> Result<(), Failure> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut waiting = transaction.open_table(WAITING)?;
    for (line, count) in lines {
        let key = (sink, line.bytes());
        let before = waiting.get(key)?.map_or(0, |count| count.value());
        waiting.insert(key, before.saturating_add(*count))?;
    }
    Ok(())
}

fn take_waiting(transaction: &WriteTransaction, recognized: &Recognized) -> Result<(), Failure> {
    let mut waiting = transaction.open_table(WAITING)?;
    for line in &recognized.lines {
        let key = (recognized.sink.as_str(), LineFingerprint::bytes(line));
        let left = waiting.get(key)?.map_or(0, |count| count.value());
        if left > 1 {
            waiting.insert(key, left - 1)?;
        } else {
            waiting.remove(key)?;
        }
    }
    Ok(())
}
