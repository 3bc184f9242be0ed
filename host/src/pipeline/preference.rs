//! Sources that report the same sign-ons, of which one is kept (`prefer`).
//!
//! A group is named after its preferred source; the others yield to it. Which records
//! are the same sign-on is told by [`pairing`](super::pairs). Whoever delivers it
//! first keeps it, and those who yield read behind the preferred source, so it is the
//! preferred one that comes first.
//!
//! Invariant: between looking for partners and the commit of what was found no other
//! member looks at the same records: they are claimed. What yielded is remembered with the record it yielded to, so that
//! reading it again, in whatever order and after whatever crash, changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::pairs::{self, Contested, Known};
use crate::contract::SignOnEvent;
use crate::state::{SignOnRecord, State, StateError, StreamKey};
use crate::status::StatusRegistry;

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

/// The preferences of a configuration. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    /// By name, which is the preferred source's id.
    members: Arc<BTreeMap<String, Vec<String>>>,
}

impl Preferences {
    /// From what each source prefers: (source, preferred sources).
    pub fn new<'c>(preferences: impl IntoIterator<Item = (&'c str, &'c [String])>) -> Self {
        let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (source, preferred) in preferences {
            for group in preferred {
                members.entry(group.clone()).or_default().push(source.to_owned());
            }
        }
        for (group, members) in &mut members {
            members.push(group.clone());
        }
        Self { members: Arc::new(members) }
    }

    /// What of it concerns one source.
    pub fn of(&self, source: &str) -> Preference {
        let groups: Vec<String> = self
            .members
            .iter()
            .filter(|(_, members)| members.iter().any(|member| member == source))
            .map(|(group, _)| group.clone())
            .collect();
        let waits_for = groups.iter().filter(|group| *group != source).cloned().collect();
        Preference { all: self.clone(), groups, waits_for }
    }
}

/// A source's place in them.
#[derive(Debug, Clone)]
pub struct Preference {
    all: Preferences,
    groups: Vec<String>,
    waits_for: Vec<String>,
}

impl Preference {
    /// Up to where this source may read, so that those it yields to come first;
    /// `None` when nothing bounds it.
    pub fn bound(&self, statuses: &StatusRegistry, now: i64) -> Option<i64> {
        self.waits_for
            .iter()
            .filter_map(|preferred| statuses.read_until(preferred, PATIENCE))
            .min()
            .filter(|read| *read < now)
    }

    /// Whether the source is a member of any group.
    pub fn is_alone(&self) -> bool {
        self.groups.is_empty()
    }

    /// What no other member may look at while these events are on their way.
    pub fn contested<'c>(
        &'c self,
        key: &'c StreamKey,
        events: &'c [SignOnEvent],
    ) -> impl Iterator<Item = (&'c str, Contested)> {
        self.groups.iter().flat_map(move |group| {
            let of = move |event| pairs::contested(&pairs::record(key, event, 0));
            events.iter().flat_map(of).map(move |contested| (group.as_str(), contested))
        })
    }

    /// Which events yield to a record that another member delivered, and what a commit
    /// of the others remembers. `at` is the time of that commit.
    pub async fn pair(
        &self,
        key: &StreamKey,
        events: &[SignOnEvent],
        at: i64,
        state: &dyn State,
    ) -> Result<Pairing, StateError> {
        let mut yields = vec![false; events.len()];
        if self.groups.is_empty() || events.is_empty() {
            return Ok(Pairing { yields, records: Vec::new(), met: Vec::new() });
        }
        let new: Vec<SignOnRecord> =
            events.iter().map(|event| pairs::record(key, event, at)).collect();
        let wanted = pairs::wanted(&new);
        let mut groups = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let mut known = Known::default();
            known.add(state.sign_ons(group, &wanted).await?);
            known.add(state.sign_ons(group, &known.partners()).await?);
            let rest: Vec<usize> = (0..new.len()).filter(|index| !yields[*index]).collect();
            let records: Vec<&SignOnRecord> = rest.iter().map(|index| &new[*index]).collect();
            for (index, partner) in rest.iter().zip(known.pair(&records)) {
                yields[*index] = partner.is_some();
            }
            groups.push((group, known));
        }
        let met = groups.iter().flat_map(|(group, known)| {
            known.contested().map(|contested| ((*group).clone(), contested))
        });
        let met = met.collect();
        let mut changed = Vec::new();
        for (group, mut known) in groups {
            let delivered = new.iter().zip(&yields).filter(|(_, yields)| !**yields);
            delivered.for_each(|(record, _)| known.deliver(record));
            let records = known.into_changed().into_iter();
            changed.extend(records.map(|record| (group.clone(), record)));
        }
        Ok(Pairing { yields, records: changed, met })
    }

    /// What a commit forgets: records that no member can meet again, by when they were
    /// committed. `margin` is how far behind its closed time a reading may still look.
    pub fn forget(&self, statuses: &StatusRegistry, margin: i64, now: i64) -> Vec<(String, i64)> {
        let bound = |group: &String| {
            let members = self.all.members.get(group)?;
            let streams = statuses.streams();
            let closed = |member: &String| {
                let of_member = streams.iter().filter(|(key, _)| key.source == *member);
                of_member.map(|(_, status)| status.closed_until_ms).min().flatten()
            };
            // A member that never read may still read anything.
            let slowest = members.iter().map(closed).collect::<Option<Vec<i64>>>();
            let slowest = slowest.and_then(|all| all.into_iter().min()).unwrap_or(i64::MIN);
            // What a backfill read is old at once, and the other's may be under way.
            let met = slowest.saturating_sub(margin).min(now - BACKFILLED_MS);
            Some((group.clone(), met.max(now - KEPT_MS)))
        };
        self.groups.iter().filter_map(bound).collect()
    }
}

/// What becomes of a batch between the members.
#[derive(Debug)]
pub struct Pairing {
    /// For each event whether it yields.
    pub yields: Vec<bool>,
    /// What a commit writes: (group, record).
    pub records: Vec<(String, SignOnRecord)>,
    /// What the records that it looked at are contested by: (group, what).
    pub met: Vec<(String, Contested)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::StreamKey;

    fn key(source: &str) -> StreamKey {
        StreamKey { source: source.into(), fingerprint: "f".into(), stream: "s".into() }
    }

    fn preferences() -> Preferences {
        let preferred = ["new".to_owned()];
        Preferences::new([("new", [].as_slice()), ("old", preferred.as_slice())])
    }

    #[test]
    fn who_yields_reads_behind_the_preferred_source_but_not_for_ever() {
        let statuses = StatusRegistry::default();
        let (old, new) = (preferences().of("old"), preferences().of("new"));
        let now = 1_000;
        assert_eq!(old.bound(&statuses, now), None);
        statuses.enter(&key("new"), "t");
        assert_eq!(old.bound(&statuses, now), Some(0));
        statuses.tell(&key("new"), |status| status.read_until_ms = Some(now - 5));
        assert_eq!(old.bound(&statuses, now), Some(now - 5));
        assert_eq!(new.bound(&statuses, now), None);
        statuses.tell(&key("new"), |status| status.phase = crate::status::Phase::Ended);
        assert_eq!(old.bound(&statuses, now), None);
        statuses.tell(&key("new"), |status| status.phase = crate::status::Phase::Failing);
        assert_eq!(statuses.read_until("new", PATIENCE), Some(now - 5));
        assert_eq!(statuses.read_until("new", Duration::ZERO), None);
    }

    #[test]
    fn what_was_met_by_all_is_forgotten_and_after_a_month_everything() {
        const DAY: i64 = 86_400_000;
        let (statuses, now) = (StatusRegistry::default(), 100 * DAY);
        let forgotten =
            |statuses: &StatusRegistry| preferences().of("new").forget(statuses, 10, now)[0].1;
        statuses.enter(&key("new"), "t");
        statuses.tell(&key("new"), |status| status.closed_until_ms = Some(now - 2 * DAY));
        assert_eq!(forgotten(&statuses), now - 30 * DAY, "one never read");
        statuses.enter(&key("old"), "t");
        assert_eq!(forgotten(&statuses), now - 30 * DAY);
        statuses.tell(&key("old"), |status| status.closed_until_ms = Some(now - 3 * DAY));
        assert_eq!(forgotten(&statuses), now - 3 * DAY - 10);
        for member in ["old", "new"] {
            statuses.tell(&key(member), |status| status.closed_until_ms = Some(now));
        }
        assert_eq!(forgotten(&statuses), now - DAY, "a backfill may be under way");
        statuses.tell(&key("new"), |status| status.closed_until_ms = Some(0));
        assert_eq!(forgotten(&statuses), now - 30 * DAY, "one stands still");
    }
}
