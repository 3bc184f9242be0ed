//! A position as rows: one for the stream, one for each reading under way.
//!
//! Invariant: a row is written when it has changed, and only then; cursors are bytes.

use std::collections::BTreeMap;

use redb::{ReadableTable, WriteTransaction};
use serde::{Deserialize, Serialize};

use super::tables::{Failure, READINGS, STREAMS};
use crate::planner::{Frontiers, Spans};
use crate::state::{
    Commit, ReadingState, SentHead, SilenceDetection, StreamState, Unproven, Version,
};

const LIVE: u8 = 0;
const BACKFILL: u8 = 1;
const UNPROVEN: u8 = 2;

/// What there is of a position beside its readings.
#[derive(Serialize, Deserialize)]
struct Row {
    began: i64,
    frontiers: Frontiers,
    closed: Spans,
    unproven: Option<Frontiers>,
    silence: SilenceDetection,
    head: SentHead,
}

pub(super) fn read(
    row: &str,
    readings: &impl ReadableTable<(&'static str, u8, i64), (Option<&'static [u8]>, &'static str)>,
    stream: &str,
) -> Result<StreamState, Failure> {
    let Row { began, frontiers, closed, unproven, silence, head } = serde_json::from_str(row)?;
    let mut state = StreamState {
        began,
        frontiers,
        closed,
        reading: None,
        backfill: Vec::new(),
        unproven: unproven.map(|frontiers| Unproven { frontiers, reading: None }),
        silence,
        head,
    };
    for entry in readings.range((stream, 0, i64::MIN)..=(stream, u8::MAX, i64::MAX))? {
        let (key, value) = entry?;
        let (cursor, text) = value.value();
        let mut reading: ReadingState = serde_json::from_str(text)?;
        reading.cursor = cursor.map(<[u8]>::to_vec);
        match (key.value().1, &mut state.unproven) {
            (LIVE, _) => state.reading = Some(reading),
            (BACKFILL, _) => state.backfill.push(reading),
            (UNPROVEN, Some(unproven)) => unproven.reading = Some(reading),
            (slot, _) => return Err(Failure::damaged(format!("has a reading of kind {slot}"))),
        }
    }
    Ok(state)
}

/// Writes what differs from what is there.
pub(super) fn write(
    transaction: &WriteTransaction,
    stream: &str,
    commit: &Commit,
    version: Version,
) -> Result<(), Failure> {
    let state = &commit.state;
    let row = Row {
        began: state.began,
        frontiers: state.frontiers.clone(),
        closed: state.closed.clone(),
        unproven: state.unproven.as_ref().map(|unproven| unproven.frontiers.clone()),
        silence: state.silence,
        head: state.head,
    };
    let row = serde_json::to_string(&row)?;
    let row = (version.number(), commit.fence.number(), row.as_str());
    transaction.open_table(STREAMS)?.insert(stream, row)?;
    let unproven = state.unproven.as_ref().and_then(|unproven| unproven.reading.as_ref());
    let of = |slot| move |reading| ((slot, start(reading)), reading);
    let mut now: BTreeMap<(u8, i64), &ReadingState> = state
        .reading
        .iter()
        .map(of(LIVE))
        .chain(state.backfill.iter().map(of(BACKFILL)))
        .chain(unproven.map(of(UNPROVEN)))
        .collect();
    let mut readings = transaction.open_table(READINGS)?;
    let mut gone = Vec::new();
    for entry in readings.range((stream, 0, i64::MIN)..=(stream, u8::MAX, i64::MAX))? {
        let (key, value) = entry?;
        let (_, slot, start) = key.value();
        let (cursor, text) = value.value();
        match now.get(&(slot, start)) {
            None => gone.push((slot, start)),
            Some(reading) if reading.cursor.as_deref() == cursor => {
                if serde_json::to_string(reading)? == text {
                    now.remove(&(slot, start));
                }
            }
            Some(_) => {}
        }
    }
    for (slot, start) in gone {
        readings.remove((stream, slot, start))?;
    }
    for ((slot, start), reading) in now {
        let text = serde_json::to_string(reading)?;
        readings.insert((stream, slot, start), (reading.cursor.as_deref(), text.as_str()))?;
    }
    Ok(())
}

fn start(reading: &ReadingState) -> i64 {
    reading.reading.covers.start
}
