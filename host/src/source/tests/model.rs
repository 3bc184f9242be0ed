//! Random histories of a source against a simple reference: a record that the
//! service showed within the schedule is delivered, once.

use std::time::Duration;

use proptest::prelude::*;

use super::service::{Fault, Record, Script};
use super::world::{BEGIN, HOUR, MINUTE, Setup, World};
use crate::config::Start;
use crate::ledger::Standing;
use crate::planner::Range;

/// More cases of the random test than the few that everybody waits for.
const CASES: &str = "SIGNON_MODEL_CASES";

/// The retention of the service: long enough for every schedule here, and short
/// enough to pass.
const RETENTION: i64 = 72 * HOUR;

/// What may happen.
#[derive(Debug, Clone)]
enum Happening {
    /// Records: ahead of now, spread over, how many, shown how late.
    Records {
        ahead: i64,
        spread: i64,
        count: u16,
        delay: i64,
    },
    /// The collector runs.
    Runs {
        minutes: i64,
    },
    /// It collects what is due.
    Once,
    /// Nobody does anything.
    Pause {
        minutes: i64,
    },
    /// The clock of the collector is set.
    Skew {
        seconds: i64,
    },
    Down {
        minutes: i64,
    },
    Faults(Vec<Fault>),
    Refusals(u32),
    /// The next run dies there.
    Dies {
        at: u64,
    },
    StateFails {
        commits: u32,
        written: bool,
    },
    /// Something nobody can read, for now.
    Poison {
        ahead: i64,
        minutes: i64,
    },
    Healed,
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        2 => Just(Fault::Unavailable),
        1 => Just(Fault::Throttled),
        2 => Just(Fault::Malformed),
        1 => Just(Fault::Unauthorized),
        2 => Just(Fault::CursorExpired),
        2 => Just(Fault::CutInMidPage),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (-60i64..60, 1i64..180, 1u16..30, 0i64..400).prop_map(|(ahead, spread, count, delay)| {
            Happening::Records { ahead: ahead * MINUTE, spread: spread * MINUTE, count, delay: delay * MINUTE }
        }),
        6 => (1i64..300).prop_map(|minutes| Happening::Runs { minutes }),
        2 => Just(Happening::Once),
        2 => (1i64..600).prop_map(|minutes| Happening::Pause { minutes }),
        2 => (-9_000i64..9_000).prop_map(|seconds| Happening::Skew { seconds }),
        1 => (1i64..90).prop_map(|minutes| Happening::Down { minutes }),
        3 => prop::collection::vec(fault(), 1..12).prop_map(Happening::Faults),
        1 => (1u32..9).prop_map(Happening::Refusals),
        3 => (1u64..120).prop_map(|at| Happening::Dies { at }),
        2 => (1u32..12, any::<bool>())
            .prop_map(|(commits, written)| Happening::StateFails { commits, written }),
        1 => (-30i64..30, 1i64..4).prop_map(|(ahead, minutes)| Happening::Poison { ahead: ahead * MINUTE, minutes }),
        1 => Just(Happening::Healed),
    ]
}

prop_compose! {
    fn beginning()(
        readings in prop_oneof![
            Just(vec![0u32, 1_200, 14_400]), Just(vec![0, 600]), Just(vec![0, 1_200, 86_400]),
        ],
        start in prop_oneof![
            Just(Start::Now), Just(Start::Before(Duration::from_secs(7_200))), Just(Start::Earliest),
        ],
        backfill: bool,
        page in 2usize..9,
        (inclusive, doubles, lies) in (any::<bool>(), any::<bool>(), prop::bool::weighted(0.2)),
        latency in prop_oneof![Just(0i64), Just(300), Just(4_000)],
        old in 0u16..60,
    ) -> (Setup, Script, u16) {
        let script = Script {
            now: BEGIN, retention: RETENTION, page, inclusive, doubles, lies, latency,
            ..Script::default()
        };
        (Setup { readings, start, backfill }, script, old)
    }
}

fn add(world: &World, first: i64, spread: i64, count: u16, delay: Option<i64>) {
    let mut script = world.model.script();
    let now = script.now;
    let from = script.records.len();
    let (old, delay) = (delay.is_none(), delay.unwrap_or(0));
    for number in 0..i64::from(count) {
        let id = format!("r{}", from + usize::try_from(number).unwrap());
        // Some at the very edges of what can be asked for.
        let at = first + spread * number / i64::from(count);
        let at = if number % 4 == 0 { at - at.rem_euclid(MINUTE) } else { at };
        let late = if number % 3 == 0 { delay } else { delay / 50 };
        // Nothing appears earlier than it is made up.
        let shown_from = if old { at } else { (at + late).max(now) };
        script.records.insert(id, Record { at, shown_from });
    }
}

fn happen(world: &mut World, happening: &Happening) {
    let now = world.model.script().now;
    match *happening {
        Happening::Records { ahead, spread, count, delay } => {
            add(world, now + ahead, spread, count, Some(delay));
        }
        Happening::Runs { minutes } => drop(world.run(Some(minutes * MINUTE))),
        Happening::Once => drop(world.run(None)),
        Happening::Pause { minutes } => world.model.pass(minutes * MINUTE),
        Happening::Skew { seconds } => world.model.script().skew = seconds * 1_000,
        Happening::Down { minutes } => world.model.script().down_until = now + minutes * MINUTE,
        Happening::Faults(ref faults) => world.model.script().faults.extend(faults),
        Happening::Refusals(refusals) => world.model.script().refusals = refusals,
        Happening::Dies { at } => world.model.script().die_at = Some(at),
        Happening::StateFails { commits, written } => {
            world.model.script().state_fails = Some((commits, written));
        }
        Happening::Poison { ahead, minutes } => {
            let start = now + ahead;
            world.model.script().poison.push(Range { start, end: start + minutes * MINUTE });
        }
        Happening::Healed => world.model.script().poison.clear(),
    }
}

/// Quiet until everything is closed that was there before; then the last laws.
fn settle(world: &mut World) {
    let quiet_from = {
        let mut script = world.model.script();
        script.faults.clear();
        script.poison.clear();
        script.skew = 0;
        script.refusals = 0;
        script.die_at = None;
        script.state_fails = None;
        script.down_until = 0;
        script.now
    };
    let _ = world.run(Some(world.patience() + world.patience() / 2 + HOUR));
    let _ = world.run(None);
    for record in expected(world, quiet_from) {
        let committed = world.model.script().committed.contains_key(&record);
        assert!(committed, "{record} is said to be complete, and was never delivered");
    }
}

/// What has to be there: shown within the schedule, at a time that is complete.
fn expected(world: &World, quiet_from: i64) -> Vec<String> {
    let began = world.state().unwrap().began;
    let segments = world.coverage(Some(began - 40 * HOUR), quiet_from);
    let (lies, records) = {
        let script = world.model.script();
        (script.lies, script.records.clone())
    };
    for segment in &segments {
        let is_open = matches!(segment.standing, Standing::Open(_));
        assert!(!is_open, "still open after all that time: {segment:?}");
        let disputed = matches!(segment.standing, Standing::Unproven(_));
        assert!(lies || !disputed || segment.standing.reason() != "", "{segment:?}");
    }
    let complete = |at: i64| {
        let of =
            segments.iter().find(|segment| segment.range.start <= at && at < segment.range.end);
        of.is_some_and(|segment| segment.standing == Standing::Complete)
    };
    // A clock may be ahead by a few seconds without being noticed.
    let patience = world.patience() - 6_000;
    let within = |record: &Record| {
        record.shown_from <= record.at + patience && record.at < quiet_from && complete(record.at)
    };
    records.into_iter().filter(|(_, record)| within(record)).map(|(id, _)| id).collect()
}

fn cases() -> u32 {
    std::env::var(CASES).ok().and_then(|cases| cases.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(), failure_persistence: None, max_shrink_time: 60_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_the_service_showed_within_the_schedule_is_delivered_once(
        (setup, script, old) in beginning(),
        happenings in prop::collection::vec(happening(), 4..28),
    ) {
        let mut world = World::new(setup, script);
        add(&world, BEGIN - 28 * HOUR, 28 * HOUR, old, None);
        for happening in &happenings {
            happen(&mut world, happening);
        }
        settle(&mut world);
    }
}

fn quiet(readings: &[u32], start: Start, backfill: bool) -> World {
    let script = Script { now: BEGIN, retention: RETENTION, page: 5, ..Script::default() };
    World::new(Setup { readings: readings.to_vec(), start, backfill }, script)
}

fn shown(world: &World, id: &str, at: i64, shown_from: i64) {
    world.model.script().records.insert(id.to_owned(), Record { at, shown_from });
}

fn delivered(world: &World, id: &str) -> bool {
    world.model.script().committed.contains_key(id)
}

const TWO_HOURS_BACK: Start = Start::Before(Duration::from_secs(7_200));

#[test]
fn a_range_that_nobody_can_read_takes_no_later_sweep_of_others_with_it() {
    let mut world = quiet(&[0, 1_200, 14_400], TWO_HOURS_BACK, false);
    let _ = world.run(Some(30 * MINUTE));
    let start = BEGIN + 40 * MINUTE;
    world.model.script().poison.push(Range { start, end: start + MINUTE });
    // Late, and far from what cannot be read.
    shown(&world, "late", BEGIN + 10 * MINUTE, BEGIN + 3 * HOUR);
    let _ = world.run(Some(2 * HOUR));
    let live = world.state().unwrap().frontiers.live();
    assert!(live > start + HOUR, "what cannot be read keeps everything behind it");
    assert!(world.state().unwrap().frontiers.slowest() < BEGIN);
    settle(&mut world);
    assert!(delivered(&world, "late"));
}

#[test]
fn two_ranges_side_by_side_that_nobody_can_read_do_not_stop_a_stream() {
    let mut world = quiet(&[0, 600], TWO_HOURS_BACK, false);
    let start = BEGIN - HOUR;
    world.model.script().poison.push(Range { start, end: start + 3 * MINUTE });
    let _ = world.run(Some(3 * HOUR));
    assert!(world.state().unwrap().frontiers.slowest() > BEGIN + HOUR);
}

#[test]
fn what_a_backfill_reads_while_it_is_young_is_read_again_for_what_comes_late() {
    let mut world = quiet(&[0, 1_200, 86_400], Start::Now, true);
    shown(&world, "late", BEGIN - HOUR, BEGIN + 5 * HOUR);
    shown(&world, "old", BEGIN - 26 * HOUR, BEGIN - 26 * HOUR);
    shown(&world, "young", BEGIN - 2 * HOUR, BEGIN - 2 * HOUR);
    let _ = world.run(None);
    assert!(delivered(&world, "old") && delivered(&world, "young"));
    settle(&mut world);
    assert!(delivered(&world, "late"));
}

#[test]
fn a_range_that_nobody_can_read_does_not_stop_a_backfill() {
    let mut world = quiet(&[0], Start::Now, true);
    let start = BEGIN - 20 * HOUR;
    world.model.script().poison.push(Range { start, end: start + MINUTE });
    for hour in 1..29 {
        shown(&world, &format!("r{hour}"), BEGIN - hour * HOUR - 7 * MINUTE, 0);
    }
    let _ = world.run(None);
    assert_eq!(world.model.script().committed.len(), 28);
}

#[test]
fn a_clock_that_is_a_day_ahead_at_the_start_closes_nothing_early() {
    let mut world = quiet(&[0, 1_200, 86_400], Start::At(BEGIN - 3 * HOUR), false);
    world.model.script().skew = 26 * HOUR;
    shown(&world, "late", BEGIN - 30 * MINUTE, BEGIN + 2 * HOUR);
    let _ = world.run(None);
    assert!(world.state().unwrap().closed.is_empty());
    settle(&mut world);
    assert!(delivered(&world, "late"));
}

#[test]
fn a_reading_whose_range_vanished_before_it_ended_is_no_proof() {
    let mut world = quiet(&[0], TWO_HOURS_BACK, false);
    for number in 0..40 {
        shown(&world, &format!("r{number}"), BEGIN - HOUR + number * 1_000, 0);
    }
    // It dies with half of a range delivered, and nobody is there until all is gone.
    world.model.script().die_at = Some(9);
    let _ = world.run(None);
    assert!(world.state().unwrap().reading.is_some());
    world.model.pass(RETENTION + 3 * HOUR);
    settle(&mut world);
    let segments = world.coverage(Some(BEGIN - HOUR), BEGIN);
    assert!(segments.iter().all(|segment| segment.standing != Standing::Complete), "{segments:?}");
}

#[test]
fn a_clock_ahead_by_more_than_the_retention_makes_no_gap() {
    let mut world = quiet(&[0], TWO_HOURS_BACK, false);
    let _ = world.run(Some(20 * MINUTE));
    shown(&world, "later", BEGIN + 2 * HOUR, 0);
    world.model.pass(4 * HOUR);
    world.model.script().skew = RETENTION + 24 * HOUR;
    let _ = world.run(None);
    settle(&mut world);
    assert!(delivered(&world, "later"));
}
