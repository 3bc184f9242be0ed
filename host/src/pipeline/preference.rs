//! Sources that report the same sign-ons, of which one is kept (`prefer`).
//!
//! A family is named after its preferred source; the others yield to it. Which records
//! are the same sign-on is told by [`pairing`](super::pairs). Whoever delivers it
//! first keeps it, and those who yield read behind the preferred source, so it is the
//! preferred one that comes first.
//!
//! Invariant: between looking for partners and the commit of what was found no other
//! member looks. What yielded is remembered with the record it yielded to, so that
//! reading it again, in whatever order and after whatever crash, changes nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::pairs::{self, Known};
use super::status::Board;
use crate::contract::SignOnEvent;
use crate::state::{SignOnRecord, State, StateError, StreamKey};

/// How long a source waits for one that stands still: a preferred source that fails
/// must not hold the others up for ever.
const PATIENCE: Duration = Duration::from_secs(3600);

/// How long a record is remembered at least, in milliseconds: a day, so that two
/// sources that read their past side by side meet.
const BACKFILLED_MS: i64 = 86_400_000;

/// How long a record is remembered at most, in milliseconds: thirty days. A member that
/// stands still must not let the state grow for ever; what is forgotten is delivered
/// twice, never lost.
const KEPT_MS: i64 = 30 * 86_400_000;

/// The families of a configuration. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Families {
    /// By name, which is the preferred source's id.
    locks: Arc<HashMap<String, Arc<Mutex<()>>>>,
    members: Arc<BTreeMap<String, Vec<String>>>,
}

impl Families {
    /// From what each source prefers: (source, preferred sources).
    pub fn new<'c>(preferences: impl IntoIterator<Item = (&'c str, &'c [String])>) -> Self {
        let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (source, preferred) in preferences {
            for family in preferred {
                members.entry(family.clone()).or_default().push(source.to_owned());
            }
        }
        for (family, members) in &mut members {
            members.push(family.clone());
        }
        let locks = members.keys().map(|family| (family.clone(), Arc::default())).collect();
        Self { locks: Arc::new(locks), members: Arc::new(members) }
    }

    /// What of it concerns one source.
    pub fn of(&self, source: &str) -> Membership {
        let families: Vec<String> = self
            .members
            .iter()
            .filter(|(_, members)| members.iter().any(|member| member == source))
            .map(|(family, _)| family.clone())
            .collect();
        let waits_for = families.iter().filter(|family| *family != source).cloned().collect();
        Membership { all: self.clone(), families, waits_for }
    }
}

/// A source's place in the families.
#[derive(Debug, Clone)]
pub struct Membership {
    all: Families,
    families: Vec<String>,
    waits_for: Vec<String>,
}

impl Membership {
    /// Up to where this source may read, so that those it yields to come first;
    /// `None` when nothing bounds it.
    pub fn bound(&self, board: &Board, now: i64) -> Option<i64> {
        self.waits_for
            .iter()
            .filter_map(|preferred| board.read_until(preferred, PATIENCE))
            .min()
            .filter(|read| *read < now)
    }

    /// Keeps the other members from looking and delivering at the same time.
    pub async fn lock(&self) -> Vec<OwnedMutexGuard<()>> {
        let mut held = Vec::with_capacity(self.families.len());
        // In the order of their names, so that two never wait for each other.
        for family in &self.families {
            if let Some(lock) = self.all.locks.get(family) {
                held.push(lock.clone().lock_owned().await);
            }
        }
        held
    }

    /// Which events yield to a record that another member delivered, and what a commit
    /// of the others remembers. `at` is the time of that commit.
    pub fn pair(
        &self,
        key: &StreamKey,
        events: &[SignOnEvent],
        at: i64,
        state: &dyn State,
    ) -> Result<Pairing, StateError> {
        let mut yields = vec![false; events.len()];
        if self.families.is_empty() || events.is_empty() {
            return Ok(Pairing { yields, records: Vec::new() });
        }
        let new: Vec<SignOnRecord> =
            events.iter().map(|event| pairs::record(key, event, at)).collect();
        let wanted = pairs::wanted(&new);
        let mut families = Vec::with_capacity(self.families.len());
        for family in &self.families {
            let mut known = Known::default();
            known.add(state.sign_ons(family, &wanted)?);
            known.add(state.sign_ons(family, &known.partners())?);
            let rest: Vec<usize> = (0..new.len()).filter(|index| !yields[*index]).collect();
            let records: Vec<&SignOnRecord> = rest.iter().map(|index| &new[*index]).collect();
            for (index, partner) in rest.iter().zip(known.pair(&records)) {
                yields[*index] = partner.is_some();
            }
            families.push((family, known));
        }
        let mut changed = Vec::new();
        for (family, mut known) in families {
            let delivered = new.iter().zip(&yields).filter(|(_, yields)| !**yields);
            delivered.for_each(|(record, _)| known.deliver(record));
            let records = known.into_changed().into_iter();
            changed.extend(records.map(|record| (family.clone(), record)));
        }
        Ok(Pairing { yields, records: changed })
    }

    /// What a commit forgets: records that no member can meet again, by when they were
    /// committed. `margin` is how far behind its closed time a reading may still look.
    pub fn forget(&self, board: &Board, margin: i64, now: i64) -> Vec<(String, i64)> {
        let bound = |family: &String| {
            let members = self.all.members.get(family)?;
            let streams = board.streams();
            let closed = |member: &String| {
                let of_member = streams.iter().filter(|(key, _)| key.source == *member);
                of_member.map(|(_, status)| status.closed_until_ms).min().flatten()
            };
            // A member that never read may still read anything.
            let slowest = members.iter().map(closed).collect::<Option<Vec<i64>>>();
            let slowest = slowest.and_then(|all| all.into_iter().min()).unwrap_or(i64::MIN);
            // What a backfill read is old at once, and the other's may be under way.
            let met = slowest.saturating_sub(margin).min(now - BACKFILLED_MS);
            Some((family.clone(), met.max(now - KEPT_MS)))
        };
        self.families.iter().filter_map(bound).collect()
    }
}

/// What becomes of a batch between the members.
#[derive(Debug)]
pub struct Pairing {
    /// For each event whether it yields.
    pub yields: Vec<bool>,
    /// What a commit writes: (family, record).
    pub records: Vec<(String, SignOnRecord)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::StreamKey;

    fn key(source: &str) -> StreamKey {
        StreamKey { source: source.into(), fingerprint: "f".into(), stream: "s".into() }
    }

    fn families() -> Families {
        let preferred = ["new".to_owned()];
        Families::new([("new", [].as_slice()), ("old", preferred.as_slice())])
    }

    #[test]
    fn who_yields_reads_behind_the_preferred_source_but_not_for_ever() {
        let board = Board::default();
        let (old, new) = (families().of("old"), families().of("new"));
        let now = 1_000;
        assert_eq!(old.bound(&board, now), None);
        board.enter(&key("new"), "t");
        assert_eq!(old.bound(&board, now), Some(0));
        board.tell(&key("new"), |status| status.read_until_ms = Some(now - 5));
        assert_eq!(old.bound(&board, now), Some(now - 5));
        assert_eq!(new.bound(&board, now), None);
        board.tell(&key("new"), |status| status.phase = crate::pipeline::status::Phase::Ended);
        assert_eq!(old.bound(&board, now), None);
        board.tell(&key("new"), |status| status.phase = crate::pipeline::status::Phase::Failing);
        assert_eq!(board.read_until("new", PATIENCE), Some(now - 5));
        assert_eq!(board.read_until("new", Duration::ZERO), None);
    }

    #[test]
    fn what_was_met_by_all_is_forgotten_and_after_a_month_everything() {
        const DAY: i64 = 86_400_000;
        let (board, now) = (Board::default(), 100 * DAY);
        let forgotten = |board: &Board| families().of("new").forget(board, 10, now)[0].1;
        board.enter(&key("new"), "t");
        board.tell(&key("new"), |status| status.closed_until_ms = Some(now - 2 * DAY));
        assert_eq!(forgotten(&board), now - 30 * DAY, "one never read");
        board.enter(&key("old"), "t");
        assert_eq!(forgotten(&board), now - 30 * DAY);
        board.tell(&key("old"), |status| status.closed_until_ms = Some(now - 3 * DAY));
        assert_eq!(forgotten(&board), now - 3 * DAY - 10);
        for member in ["old", "new"] {
            board.tell(&key(member), |status| status.closed_until_ms = Some(now));
        }
        assert_eq!(forgotten(&board), now - DAY, "a backfill may be under way");
        board.tell(&key("new"), |status| status.closed_until_ms = Some(0));
        assert_eq!(forgotten(&board), now - 30 * DAY, "one stands still");
    }
}
