//! Sources that report the same sign-ons, of which one is kept (`prefer`).
//!
//! A family is named after its preferred source; the others yield to it. A sign-on
//! is the same when correlation, activity and outcome are. Whoever delivers it first
//! keeps it, and those who yield read behind the preferred source, so it is the
//! preferred one that comes first.
//!
//! Invariant: within a family a sign-on with a correlation is delivered by one
//! source only; one without is never taken for another.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::board::Board;
use crate::contract::{Activity, Outcome, SignOnEvent};
use crate::state::{State, StateError};

/// How long a source waits for one that stands still: a preferred source that fails
/// must not hold the others up for ever.
const PATIENCE: Duration = Duration::from_secs(3600);

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
        Membership { all: self.clone(), source: source.to_owned(), families, waits_for }
    }
}

/// A source's place in the families.
#[derive(Debug, Clone)]
pub struct Membership {
    all: Families,
    source: String,
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

    /// For each event whether another member delivered it.
    pub fn known(
        &self,
        events: &[SignOnEvent],
        state: &dyn State,
    ) -> Result<Vec<bool>, StateError> {
        let mut known = vec![false; events.len()];
        let keys: Vec<(usize, String)> = events
            .iter()
            .enumerate()
            .filter_map(|(index, event)| Some((index, sign_on(event)?)))
            .collect();
        if keys.is_empty() {
            return Ok(known);
        }
        let texts: Vec<&str> = keys.iter().map(|(_, key)| key.as_str()).collect();
        for family in &self.families {
            let first = state.correlated(family, &texts)?;
            for ((index, _), first) in keys.iter().zip(first) {
                known[*index] |= first.is_some_and(|first| first != self.source);
            }
        }
        Ok(known)
    }

    /// What a commit remembers of delivered events.
    pub fn remember(&self, events: &[SignOnEvent]) -> Vec<(String, String)> {
        let keys: Vec<String> = match self.families.is_empty() {
            true => Vec::new(),
            false => events.iter().filter_map(sign_on).collect(),
        };
        let pairs = self
            .families
            .iter()
            .flat_map(|family| keys.iter().map(move |key| (family.clone(), key.clone())));
        pairs.collect()
    }

    /// What a commit forgets: keys that no member can meet again. `margin` is how
    /// far behind its closed time a reading may still look.
    pub fn forget(&self, board: &Board, margin: i64) -> Vec<(String, i64)> {
        let bound = |family: &String| {
            let members = self.all.members.get(family)?;
            let streams = board.streams();
            let closed = |member: &String| {
                let of_member = streams.iter().filter(|(key, _)| key.source == *member);
                of_member.map(|(_, status)| status.closed_until_ms).min().flatten()
            };
            // A member that never read may still read anything.
            let slowest = members.iter().map(closed).collect::<Option<Vec<i64>>>()?;
            Some((family.clone(), slowest.into_iter().min()? - margin))
        };
        self.families.iter().filter_map(bound).collect()
    }
}

/// What makes two records the same sign-on.
fn sign_on(event: &SignOnEvent) -> Option<String> {
    let correlation = event.correlation.as_deref().filter(|text| !text.is_empty())?;
    let activity = match &event.activity {
        Activity::Other(name) => name.clone(),
        // What one source calls an attempt is a logon to another.
        Activity::FederatedAttempt => format!("{:?}", Activity::Logon),
        known => format!("{known:?}"),
    };
    let outcome = match &event.outcome {
        Outcome::Other(name) => name.clone(),
        known => format!("{known:?}"),
    };
    Some(format!("{correlation}\u{1f}{activity}\u{1f}{outcome}"))
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
        board.tell(&key("new"), |status| status.phase = super::super::board::Phase::Ended);
        assert_eq!(old.bound(&board, now), None);
        board.tell(&key("new"), |status| status.phase = super::super::board::Phase::Failing);
        assert_eq!(board.read_until("new", PATIENCE), Some(now - 5));
        assert_eq!(board.read_until("new", Duration::ZERO), None);
    }

    #[test]
    fn the_same_sign_on_has_the_same_correlation_activity_and_outcome() {
        let event = crate::render::sample_event();
        let mut other = event.clone();
        other.native_id = "another".into();
        assert_eq!(sign_on(&event), sign_on(&other));
        other.outcome = Outcome::Failure;
        assert_ne!(sign_on(&event), sign_on(&other));
        other.correlation = None;
        assert_eq!(sign_on(&other), None);
    }

    #[test]
    fn nothing_is_forgotten_while_a_member_has_not_read() {
        let board = Board::default();
        board.enter(&key("new"), "t");
        board.tell(&key("new"), |status| status.closed_until_ms = Some(1_000));
        assert!(families().of("new").forget(&board, 10).is_empty());
        board.enter(&key("old"), "t");
        assert!(families().of("new").forget(&board, 10).is_empty());
        board.tell(&key("old"), |status| status.closed_until_ms = Some(500));
        assert_eq!(families().of("new").forget(&board, 10), [("new".to_owned(), 490)]);
    }
}
