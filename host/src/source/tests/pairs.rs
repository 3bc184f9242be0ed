//! Two sources that report the same sign-ons, read in whatever order, with outages,
//! overlaps, crashes and restarts: no sign-on is lost, and where ids tell, each is
//! delivered once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use crate::config::FilterConfig;
use crate::contract::{self, Batch, Identity, Outcome, Progress, SignOnEvent, UserKind};
use crate::ledger::{Counts, Late, LedgerEntry, ReadingEntry, verify};
use crate::pipeline::{Acceptance, Claims, Filter, NEAR_MS, Preferences, Seen};
use crate::planner::{Range, Schedule};
use crate::state::testing::answer;
use crate::state::{Commit, EmbeddedState, State as _, StreamKey, StreamState, Version};
use crate::testing::Disk;

/// What every reading asks for.
const READ: Range = Range { start: 0, end: 60_000 };

/// What the two records of a sign-on say of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ids {
    /// The one carries the other's.
    Carried,
    /// Both have the same.
    Same,
    /// Nothing.
    None,
}

#[derive(Debug, Clone)]
struct SignOn {
    user: usize,
    address: usize,
    ecid: usize,
    failed: bool,
    time: i64,
    ids: Ids,
    /// Which of the two sources has it.
    told_by: [bool; 2],
    /// Of the second source against the first, in milliseconds.
    later: i64,
    /// Whether the second source does not know the user.
    unknown: bool,
    /// Which stream of its source has it.
    stream: usize,
}

impl SignOn {
    fn alike(&self, other: &Self) -> bool {
        let what = |it: &Self| (it.user, it.address, it.ecid, it.failed);
        what(self) == what(other) && self.time.abs_diff(other.time) <= 2 * NEAR_MS.unsigned_abs()
    }
}

/// A reading of some records in some order.
#[derive(Debug, Clone)]
struct Reading {
    source: usize,
    stream: usize,
    /// Which of the stream's records the service shows, by their place.
    shown: u32,
    reversed: bool,
    batch: usize,
    /// The batch after which the process dies, before its commit.
    dies: Option<usize>,
    closes: bool,
}

fn sign_on() -> impl Strategy<Value = SignOn> {
    let who = (0usize..2, 0usize..2, 0usize..2, prop::bool::weighted(0.7), 0i64..15_000);
    let ids = prop_oneof![3 => Just(Ids::Carried), 2 => Just(Ids::Same), 2 => Just(Ids::None)];
    let told_by =
        prop_oneof![4 => Just([true, true]), 1 => Just([true, false]), 1 => Just([false, true])];
    let rest = (0i64..1_000, prop::bool::weighted(0.1), 0usize..2);
    (who, ids, told_by, rest).prop_map(|(who, ids, told_by, (later, unknown, stream))| {
        let (user, address, ecid, failed, time) = who;
        SignOn { user, address, ecid, failed, time, ids, told_by, later, unknown, stream }
    })
}

fn reading() -> impl Strategy<Value = Reading> {
    let what = (0usize..2, 0usize..2, any::<u32>(), any::<bool>(), 1usize..6);
    (what, prop::option::weighted(0.3, 0usize..3), any::<bool>()).prop_map(
        |((source, stream, shown, reversed, batch), dies, closes)| Reading {
            source,
            stream,
            shown,
            reversed,
            batch,
            dies,
            closes,
        },
    )
}

fn id(kind: usize, number: usize) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

/// The record of a sign-on in a source.
fn record(source: usize, number: usize, it: &SignOn) -> SignOnEvent {
    let domain_id = id(1, number);
    let own = source == 0 && it.ids != Ids::Same;
    let name = ["alice@example.com", "mallory@example.com"][it.user];
    // Each source spells it in its own way.
    let user = Identity {
        name: Some(if source == 0 { name.to_owned() } else { name.to_uppercase() }),
        uid: Some(format!("{source}-{}", it.user)),
        uid_alt: None,
        display_name: Some("rats_monitor".to_owned()),
        email: None,
        domain: None,
        dn: None,
        kind: UserKind::User,
    };
    let address = ["2001:db8::1", "203.0.113.20"][it.address];
    SignOnEvent {
        native_id: if own { id(0, number) } else { domain_id.clone() },
        same_as: match (source, it.ids) {
            (0, Ids::Carried) => vec![domain_id],
            _ => Vec::new(),
        },
        time: it.time + if source == 0 { 0 } else { it.later },
        outcome: if it.failed { Outcome::Failure } else { Outcome::Success },
        user: (source == 0 || !it.unknown).then_some(user),
        source_addresses: match source {
            0 => vec![address.to_owned()],
            _ => vec![address.replace("::", ":0:0:0:0:0:"), "10.0.0.1".to_owned()],
        },
        correlation: Some(format!("ecid-{}", it.ecid)),
        ..crate::render::sample::sample_event()
    }
}

struct Collector {
    disk: Disk,
    state: Option<Arc<EmbeddedState>>,
    now: i64,
    /// (source, id) of what the sinks have.
    delivered: BTreeSet<(usize, String)>,
    counts: Counts,
}

impl Collector {
    fn new() -> Self {
        let disk = Disk::default();
        let state = Some(open(&disk));
        let (delivered, counts) = (BTreeSet::new(), Counts::default());
        Self { disk, state, now: 1_770_000_000_000, delivered, counts }
    }

    fn state(&self) -> &EmbeddedState {
        self.state.as_ref().unwrap()
    }

    fn restart(&mut self) {
        self.state = None;
        self.state = Some(open(&self.disk));
    }

    fn read(&mut self, reading: &Reading, all: &[SignOn]) {
        let records = all
            .iter()
            .enumerate()
            .filter(|(_, it)| it.told_by[reading.source] && it.stream == reading.stream);
        let mut shown: Vec<SignOnEvent> = records
            .enumerate()
            .filter(|(place, _)| reading.shown >> (place % 32) & 1 == 1)
            .map(|(_, (number, it))| record(reading.source, number, it))
            .collect();
        if reading.reversed {
            shown.reverse();
        }
        let key = key(reading.source, reading.stream);
        let preferred = ["x".to_owned()];
        let preferences = Preferences::new([("x", [].as_slice()), ("y", preferred.as_slice())]);
        let preference = preferences.of(&key.source);
        let nothing = FilterConfig::default();
        let filter = Filter::new(contract::EventClasses::ALL, &nothing, &nothing);
        let mut seen = Seen::new(READ);
        for (number, events) in shown.chunks(reading.batch).enumerate() {
            let received = events.len() as u64;
            let batch = Batch {
                events: events.to_vec(),
                cursor: None,
                progress: Progress::More,
                counts: contract::BatchCounts { received, filtered: 0, rejected: 0 },
                rejects: Vec::new(),
                source_total: None,
                earliest_available: None,
                findings: Vec::new(),
            };
            self.now += 1_000;
            let acceptance = Acceptance {
                filter: filter.clone(),
                preference: preference.clone(),
                claims: Claims::default(),
                state: self.state.clone().unwrap(),
            };
            let accepted = answer(acceptance.accept(&key, &mut seen, batch, self.now));
            let (fresh, claim) = accepted.unwrap();
            drop((claim, acceptance));
            if reading.dies == Some(number) {
                return self.restart();
            }
            let range = Range { start: self.now, end: self.now + 1_000 };
            let entry = ReadingEntry {
                range,
                counts: fresh.counts,
                late: Late::default(),
                source_total: None,
                doubt: None,
                findings: Vec::new(),
                read_at: self.now,
            };
            assert!(fresh.counts.balance(), "{:?}", fresh.counts);
            let ledger = match reading.closes {
                true => LedgerEntry::Close(entry),
                false => LedgerEntry::Open(entry),
            };
            let schedule = Schedule::new(60, 3_600, 86_400, &[0]).unwrap();
            let state = StreamState::begin(0, 0, schedule.begin(0));
            let stored = answer(self.state().stream(&key)).unwrap();
            let expects = stored.map_or(Version::NONE, |stored| stored.version);
            let commit = Commit {
                delivered: fresh.met().map(|event| event.native_id.clone()).collect(),
                sign_ons: fresh.records,
                fetched: READ,
                ledger: vec![ledger],
                ..Commit::position(key.clone(), expects, state)
            };
            let group = Arc::new(commit.into());
            assert_eq!(answer(self.state().commit(group)).unwrap(), [Ok(expects.next())]);
            self.counts.add(fresh.counts);
            for event in fresh.events {
                let new = self.delivered.insert((reading.source, event.native_id));
                assert!(new, "delivered twice by one source");
            }
        }
    }
}

fn open(disk: &Disk) -> Arc<EmbeddedState> {
    Arc::new(EmbeddedState::open_with(disk.clone(), PathBuf::from("state.redb")).unwrap())
}

fn key(source: usize, stream: usize) -> StreamKey {
    let (source, stream) = (["x", "y"][source].to_owned(), stream.to_string());
    StreamKey { source, fingerprint: "f".into(), stream }
}

/// Sign-ons that look alike, directly or by others between them.
fn clusters(all: &[SignOn]) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for (number, it) in all.iter().enumerate() {
        let is_near = |cluster: &Vec<usize>| cluster.iter().any(|other| all[*other].alike(it));
        let (near, mut others): (Vec<_>, Vec<_>) = clusters.into_iter().partition(is_near);
        others.push(near.into_iter().flatten().chain([number]).collect());
        clusters = others;
    }
    clusters
}

fn check(all: &[SignOn], collector: &Collector) {
    let told = |source: usize, number: usize| {
        let id = record(source, number, &all[number]).native_id;
        collector.delivered.contains(&(source, id))
    };
    let times = |number: usize| (0..2).filter(|source| told(*source, number)).count();
    for cluster in clusters(all) {
        let of = |source: usize| cluster.iter().filter(|it| all[**it].told_by[source]).count();
        let delivered: usize = cluster.iter().map(|number| times(*number)).sum();
        assert!(delivered >= of(0).max(of(1)), "too few of {cluster:?}");
        for number in &cluster {
            let it = &all[*number];
            let only = cluster.len() == 1;
            let carried = cluster.iter().all(|other| all[*other].ids == Ids::Carried);
            let ids_tell = it.ids != Ids::None && it.told_by == [true, true];
            if only || carried || ids_tell {
                assert!(times(*number) >= 1, "{number} was lost");
            }
            if carried || (only && (it.ids == Ids::Same || !it.unknown)) {
                assert_eq!(times(*number), 1, "{number}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_sign_on_is_lost_and_each_is_delivered_once_where_the_ids_tell(
        all in prop::collection::vec(sign_on(), 1..14),
        alike in any::<bool>(),
        mut readings in prop::collection::vec(reading(), 0..10),
        last in Just([(0, 0), (0, 1), (1, 0), (1, 1)]).prop_shuffle(),
    ) {
        let mut all = all;
        if alike {
            // Somebody repeats one sign-on with one ECID.
            let first = all[0].clone();
            for it in &mut all {
                (it.user, it.address, it.ecid) = (first.user, first.address, first.ecid);
                (it.failed, it.ids) = (first.failed, first.ids);
            }
        }
        // In the end every source has shown everything.
        readings.extend(last.map(|(source, stream)| Reading {
            source,
            stream,
            shown: u32::MAX,
            reversed: false,
            batch: 3,
            dies: None,
            closes: true,
        }));
        let mut collector = Collector::new();
        for reading in &readings {
            collector.read(reading, &all);
        }
        check(&all, &collector);
        let Counts { emitted, yielded, .. } = collector.counts;
        let records: usize = all.iter().map(|it| it.told_by.iter().filter(|told| **told).count()).sum();
        prop_assert_eq!(emitted, collector.delivered.len() as u64);
        prop_assert_eq!(emitted + yielded, records as u64, "each record is one of the two, once");
        collector.restart();
        let mut totals: BTreeMap<&str, Counts> = BTreeMap::new();
        for (source, stream) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let key = key(source, stream);
            let links = answer(collector.state().ledger(&key)).unwrap();
            verify(&key.text(), &links).unwrap();
            let open = answer(collector.state().open_readings(&key)).unwrap();
            let entries = links.iter().map(|link| link.entry.total());
            for counts in entries.chain(open.iter().map(|reading| reading.counts)) {
                prop_assert!(counts.balance());
                totals.entry("all").or_default().add(counts);
            }
        }
        prop_assert_eq!(totals["all"], collector.counts);
        // Whatever is read again changes nothing.
        let delivered = collector.delivered.clone();
        for reading in readings.iter().rev() {
            collector.read(&Reading { dies: None, ..reading.clone() }, &all);
        }
        prop_assert_eq!(&collector.delivered, &delivered);
    }
}
