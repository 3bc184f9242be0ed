//! What becomes of a batch: the unwanted out, duplicates out, the rest rendered.
//! Pure but for the question what was delivered before.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::outlet::Outlet;
use super::preference::{Pairing, Preference};
use super::select::Filter;
use crate::contract::{Batch, SignOnEvent};
use crate::ledger;
use crate::render::{Context, Keep, Owner, render};
use crate::sinks::Line;
use crate::state::{Counts, SignOnRecord, State, StateError, StreamKey};

/// A batch without what was delivered before.
#[derive(Debug, Default)]
pub struct Fresh {
    /// What is to be delivered.
    pub events: Vec<SignOnEvent>,
    /// What another source delivered: remembered, so that it is met once.
    pub yielded: Vec<SignOnEvent>,
    /// What the sources that report the same sign-ons remember: (group, record).
    pub records: Vec<(String, SignOnRecord)>,
    /// What became of the batch's records.
    pub counts: Counts,
}

impl Fresh {
    /// What had not been met before, delivered or not.
    pub fn met(&self) -> impl Iterator<Item = &SignOnEvent> {
        self.events.iter().chain(&self.yielded)
    }
}

/// Takes out what is not wanted, then duplicates: of earlier batches and within this
/// one, then what yields to sources that report the same sign-ons.
pub fn fresh(
    mut batch: Batch,
    filter: &Filter,
    preference: &Preference,
    key: &StreamKey,
    now: i64,
    state: &dyn State,
) -> Result<Fresh, StateError> {
    let all = batch.events.len();
    batch.events.retain(|event| filter.wants(event));
    let wanted = batch.events.len();
    let ids: Vec<&str> = batch.events.iter().map(|event| event.native_id.as_str()).collect();
    let delivered = state.delivered(key, &ids)?;
    let mut met = BTreeSet::new();
    let new: Vec<bool> =
        ids.iter().zip(delivered).map(|(id, known)| !known && met.insert(*id)).collect();
    let mut new = new.into_iter();
    let mut events = batch.events;
    events.retain(|_| new.next().unwrap_or(true));
    let duplicate = (wanted - events.len()) as u64;
    let Pairing { yields, records } = preference.pair(key, &events, now, state)?;
    let mut yields = yields.into_iter();
    let (yielded, events): (Vec<SignOnEvent>, Vec<SignOnEvent>) =
        events.into_iter().partition(|_| yields.next().unwrap_or(false));
    let counts = Counts {
        received: batch.counts.received,
        emitted: events.len() as u64,
        duplicate,
        yielded: yielded.len() as u64,
        filtered: batch.counts.filtered + (all - wanted) as u64,
        rejected: batch.counts.rejected,
    };
    Ok(Fresh { events, yielded, records, counts })
}

/// The events of a source as lines for a sink. `component` is the name in the
/// component's descriptor.
pub fn lines(
    events: &[SignOnEvent],
    owner: &Arc<Owner>,
    component: &str,
    outlet: &Outlet,
) -> Vec<Line> {
    let format = outlet.sink.format();
    let nobody = Owner::NOBODY;
    let told = if outlet.tells_owner { owner } else { &nobody };
    // What signon says of itself has nothing but what is unmapped.
    let unmapped = outlet.keep.unmapped || component == ledger::COMPONENT;
    let context = Context { component, owner: told, keep: Keep { unmapped, ..outlet.keep } };
    events
        .iter()
        .map(|event| Line {
            id: event.native_id.clone(),
            owner: owner.clone(),
            time: event.time,
            text: render(event, &context, format),
        })
        .collect()
}
