//! What the state can say, and prove, about the time of each stream.

use serde::{Deserialize, Serialize};

use super::{State, StateError, StreamKey, StreamState};
use crate::ledger::{ClosedEntry, Closing, Counts, Hash, Late, Segment, Tip, cover, verify};
use crate::limits::off_the_threads;
use crate::planner::Range;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// One source; all when absent.
    pub source: Option<String>,
    /// Start of the interval, Unix milliseconds; the oldest time read when absent.
    pub from: Option<i64>,
    /// End of the interval, Unix milliseconds; now when absent.
    pub to: Option<i64>,
    /// A head that was sent to the sinks, to be looked for in the chains.
    pub head: Option<Hash>,
    /// Now, Unix milliseconds.
    pub now: i64,
}

/// The answer for one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReport {
    /// Source id.
    pub source: String,
    /// Stream id.
    pub stream: String,
    /// Fingerprint of the identity of its settings.
    pub fingerprint: String,
    /// Where collection began, Unix milliseconds.
    pub began_ms: i64,
    /// The interval.
    pub interval: Range,
    /// The interval, piece by piece.
    pub segments: Vec<Segment>,
    /// Whether all of it is complete.
    pub complete: bool,
    /// Counted by all entries that touch the interval.
    pub counts: Counts,
    /// Events that came late.
    pub late: Late,
    /// The last entry of the chain.
    pub tip: Tip,
    /// Number of the entry whose hash was asked for.
    pub head_found: Option<u64>,
    /// What is wrong with the chain, if anything is.
    pub damage: Option<String>,
    /// Silent against its own history for that long, milliseconds.
    pub silent_for_ms: Option<i64>,
    /// Why the newest reading proves nothing, if it does not.
    pub doubt: Option<String>,
}

/// Answers for every stream, in the order of their keys. The chains are recomputed.
///
/// # Errors
///
/// When the state cannot be read.
pub async fn report(
    state: &dyn State,
    question: &Question,
) -> Result<Vec<StreamReport>, StateError> {
    let wanted =
        |key: &StreamKey| question.source.as_ref().is_none_or(|source| key.source == *source);
    let mut reports = Vec::new();
    for key in state.stream_keys().await?.into_iter().filter(wanted) {
        reports.push(stream_report(state, question, &key).await?);
    }
    Ok(reports)
}

async fn stream_report(
    state: &dyn State,
    question: &Question,
    key: &StreamKey,
) -> Result<StreamReport, StateError> {
    let links = state.ledger(key).await?;
    let position = state.stream(key).await?.map(|stored| stored.state);
    let began = position.as_ref().map_or(question.now, |position| position.began);
    let oldest = links.iter().map(|link| link.entry.range.start).min();
    let oldest = oldest.map_or(began, |oldest| oldest.min(began));
    let interval =
        Range { start: question.from.unwrap_or(oldest), end: question.to.unwrap_or(question.now) };
    // Of years of entries it takes a while.
    let verified = off_the_threads(|| verify(&key.text(), &links));
    let closed: Vec<_> = links.iter().map(|link| link.entry.clone()).collect();
    let open = state.open_readings(key).await?;
    let newest = open.iter().max_by_key(|reading| reading.read_at);
    let doubt = match (newest, closed.last()) {
        (Some(reading), _) => reading.doubt.clone(),
        (None, Some(ClosedEntry { closing: Closing::Unproven(reason), .. })) => {
            Some(reason.clone())
        }
        _ => None,
    };
    let silent = |position: &StreamState| position.silence.silent_for(position.frontiers.live());
    let coverage = off_the_threads(|| cover(interval, began, &closed, &open));
    let damage = match &verified {
        Err(error) => Some(error.to_string()),
        // A chain that was cut at its end verifies; what was closed says where it went.
        Ok(_) => position.as_ref().and_then(|position| {
            let last = position.closed.iter().last()?.end;
            let reached = closed.iter().map(|entry| entry.range.end).max().unwrap_or(i64::MIN);
            (reached < last).then(|| "entries are missing at its end".to_owned())
        }),
    };
    let head_found = question
        .head
        .and_then(|head| links.iter().find(|link| link.hash == head).map(|link| link.number));
    let tip = match verified {
        Ok(tip) => tip,
        Err(_) => state.tip(key).await?,
    };
    Ok(StreamReport {
        source: key.source.clone(),
        stream: key.stream.clone(),
        fingerprint: key.fingerprint.clone(),
        began_ms: began,
        interval,
        complete: coverage.is_complete(),
        segments: coverage.segments,
        counts: coverage.counts,
        late: coverage.late,
        tip,
        head_found,
        damage,
        silent_for_ms: position.as_ref().and_then(silent),
        doubt,
    })
}
