//! What becomes of a batch: the unwanted out, duplicates out, the rest rendered.
//! Pure but for the question what was delivered before.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::families::Membership;
use super::filter::Filter;
use crate::contract::{Batch, SignOnEvent};
use crate::deliver::Line;
use crate::render::{Format, render};
use crate::state::{Counts, State, StateError, StreamKey};

/// A batch without what was delivered before.
#[derive(Debug)]
pub struct Fresh {
    /// What is to be delivered.
    pub events: Vec<SignOnEvent>,
    /// What became of the batch's records.
    pub counts: Counts,
}

/// Takes out what is not wanted, then duplicates: of earlier batches, within this
/// one, and of sources that report the same sign-ons.
pub fn fresh(
    mut batch: Batch,
    filter: &Filter,
    family: &Membership,
    key: &StreamKey,
    state: &dyn State,
) -> Result<Fresh, StateError> {
    let all = batch.events.len();
    batch.events.retain(|event| filter.wants(event));
    let unwanted = (all - batch.events.len()) as u64;
    let ids: Vec<&str> = batch.events.iter().map(|event| event.native_id.as_str()).collect();
    let delivered = state.delivered(key, &ids)?;
    let elsewhere = family.known(&batch.events, state)?;
    let mut met = BTreeSet::new();
    let keep: Vec<bool> = ids
        .iter()
        .zip(delivered.iter().zip(elsewhere))
        .map(|(id, (delivered, elsewhere))| !delivered && !elsewhere && met.insert(*id))
        .collect();
    let mut keep = keep.into_iter();
    let received = batch.events.len() as u64;
    let mut events = batch.events;
    events.retain(|_| keep.next().unwrap_or(true));
    let emitted = events.len() as u64;
    let counts = Counts {
        received: batch.counts.received,
        emitted,
        duplicate: received - emitted,
        filtered: batch.counts.filtered + unwanted,
        rejected: batch.counts.rejected,
    };
    Ok(Fresh { events, counts })
}

/// The events of a source as lines of a format. `component` is the name in the
/// component's descriptor.
pub fn lines(events: &[SignOnEvent], source: &str, component: &str, format: Format) -> Vec<Line> {
    let source: Arc<str> = source.into();
    events
        .iter()
        .map(|event| Line {
            id: event.native_id.clone(),
            source: source.clone(),
            time: event.time,
            text: render(event, component, format),
        })
        .collect()
}
