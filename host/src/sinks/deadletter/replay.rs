//! Sends dead letters again, when an operator has mended what refused them.

use std::collections::{HashMap, HashSet};

use super::{DeadLetter, DeadLetterKind, DeadLetters};
use crate::sinks::{Fate, Line, Sink, SinkError};

/// Letters sent and removed in one step: what a crash makes go out twice.
const STEP: usize = 500;

/// What a replay did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Letters whose event the receiver has now.
    pub delivered: usize,
    /// Letters whose event it refuses still.
    pub refused: usize,
    /// Letters that were not decided: the receiver went away.
    pub undecided: usize,
    /// Letters left alone, since most of their events were delivered.
    pub partial: usize,
}

/// Sends the letters of a sink through it. What is accepted is removed, what is
/// refused stays. Copies of batches that were taken in part are only sent if asked
/// for: most of their events would be delivered twice.
///
/// # Errors
///
/// When the file cannot be used, another replay is under way, or the receiver takes
/// nothing.
pub async fn replay(
    letters: &DeadLetters,
    sink: &dyn Sink,
    with_partial: bool,
) -> Result<Replayed, SinkError> {
    let _lock = letters.begin_replay()?;
    let (chosen, left): (Vec<DeadLetter>, Vec<DeadLetter>) = letters
        .read()?
        .letters
        .into_iter()
        .partition(|letter| with_partial || letter.kind == DeadLetterKind::Refused);
    let mut done = Replayed { partial: left.len(), ..Replayed::default() };
    // A crash between letter and commit writes a letter twice.
    let mut by_event: HashMap<(String, String), Vec<DeadLetter>> = HashMap::new();
    let mut events: Vec<Line> = Vec::new();
    let mut met = HashSet::new();
    for letter in chosen {
        let key = (letter.source.clone(), letter.event_id.clone());
        if met.insert(key.clone()) {
            events.push(letter.event());
        }
        by_event.entry(key).or_default().push(letter);
    }
    for step in events.chunks(STEP) {
        let fates = sink.resend(step).await?;
        let mut delivered = Vec::new();
        for (event, fate) in step.iter().zip(fates) {
            let key = (event.owner.source.clone(), event.id.clone());
            let same = by_event.remove(&key).unwrap_or_default();
            match fate {
                Fate::Accepted => delivered.extend(same),
                Fate::Refused(..) => done.refused += same.len(),
                Fate::Open => done.undecided += same.len(),
            }
        }
        done.delivered += delivered.len();
        if !delivered.is_empty() {
            letters.remove(&delivered)?;
        }
    }
    Ok(done)
}
