//! What becomes of a batch before it is delivered: the unwanted out, what is left
//! claimed, duplicates out, and what yields to another source.
//!
//! Invariant: what is said to be fresh was never committed, and nobody else delivers it
//! while its claim is held.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::claims::{Claim, ClaimKey, Claims};
use super::error::CollectError;
use super::preference::{Pairing, Preference};
use super::seen::Seen;
use super::select::Filter;
use crate::contract::{Batch, SignOnEvent};
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

/// How a source's batches are accepted.
#[derive(Debug, Clone)]
pub struct Acceptance {
    pub filter: Filter,
    pub preference: Preference,
    pub claims: Claims,
    pub state: Arc<dyn State>,
}

impl Acceptance {
    /// Claims what is wanted of a batch and finds out what of it is fresh. It may take as
    /// long as another batch with the same events is on its way; dropping the future gives
    /// everything back.
    ///
    /// # Errors
    ///
    /// When the state cannot be read.
    pub async fn accept(
        &self,
        key: &StreamKey,
        seen: &mut Seen,
        mut batch: Batch,
        now: i64,
    ) -> Result<(Fresh, Claim), CollectError> {
        let all = batch.events.len();
        batch.events.retain(|event| self.filter.wants(event));
        let filtered = (all - batch.events.len()) as u64;
        let mut wanted = self.first_claims(key, &batch.events);
        loop {
            let claim = self.claims.claim(wanted.iter().copied()).await;
            // What was looked at may be more than was claimed; then nothing of it counts.
            let again = (!self.preference.is_alone()).then(|| batch.clone());
            let state = self.state.as_ref();
            let (mut fresh, met) = fresh(batch, &self.preference, key, seen, now, state).await?;
            let met: Vec<ClaimKey> = met.iter().map(|met| self.claims.key(met)).collect();
            match again.filter(|_| !claim.holds(&met)) {
                None => {
                    fresh.counts.filtered += filtered;
                    return Ok((fresh, claim));
                }
                Some(again) => batch = again,
            }
            wanted.extend(met);
        }
    }

    fn first_claims(&self, key: &StreamKey, events: &[SignOnEvent]) -> BTreeSet<ClaimKey> {
        let ids = events.iter().map(|event| self.claims.key((key, event.native_id.as_str())));
        let of_groups = self.preference.contested(key, events);
        ids.chain(of_groups.map(|contested| self.claims.key(contested))).collect()
    }
}

/// Takes out duplicates, of earlier batches and within this one, then what yields to
/// sources that report the same sign-ons; also tells what it looked at.
async fn fresh(
    batch: Batch,
    preference: &Preference,
    key: &StreamKey,
    seen: &mut Seen,
    now: i64,
    state: &dyn State,
) -> Result<(Fresh, Vec<(String, super::pairs::Contested)>), StateError> {
    let wanted = batch.events.len();
    seen.refresh(key, state).await?;
    let mut met = HashSet::new();
    let mut events = batch.events;
    events.retain(|event| {
        let id = state.seen_id(key, &event.native_id);
        !seen.holds(id) && met.insert(id)
    });
    let duplicate = (wanted - events.len()) as u64;
    let Pairing { yields, records, met } = preference.pair(key, &events, now, state).await?;
    let mut yields = yields.into_iter();
    let (yielded, events): (Vec<SignOnEvent>, Vec<SignOnEvent>) =
        events.into_iter().partition(|_| yields.next().unwrap_or(false));
    let counts = Counts {
        received: batch.counts.received,
        emitted: events.len() as u64,
        duplicate,
        yielded: yielded.len() as u64,
        filtered: batch.counts.filtered,
        rejected: batch.counts.rejected,
    };
    Ok((Fresh { events, yielded, records, counts }, met))
}
