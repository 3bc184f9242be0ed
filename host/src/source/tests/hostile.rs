//! What a hostile service may say about the time, and how its pages may lead on: a stream
//! is never silenced or stalled without being told, and asks no more than it should.

use proptest::prelude::*;

use super::service::{Paging, Record, Script};
use super::world::{BEGIN, HOUR, MINUTE, Setup, World};
use crate::config::Start;

const DAY: i64 = 24 * HOUR;

fn world(readings: &[u32], dates: &[i64]) -> World {
    let script = Script {
        now: BEGIN,
        retention: 72 * HOUR,
        page: 5,
        dates: dates.iter().copied().collect(),
        newest_date: i64::MIN,
        ..Script::default()
    };
    let start = Start::At(BEGIN - 20 * MINUTE);
    World::new(Setup { readings: readings.to_vec(), start, backfill: false }, script)
}

/// A record every ten minutes from the beginning on.
fn fill(world: &World, minutes: i64) {
    let mut script = world.model.script();
    for number in 0..minutes / 10 {
        let at = BEGIN + number * 10 * MINUTE;
        script.records.insert(format!("r{number}"), Record { at, shown_from: at });
    }
}

/// Nothing is closed that is later than the newest `Date` the service ever sent.
fn closed_behind_the_service(world: &World) -> bool {
    let script = world.model.script();
    let newest = script.newest_date.saturating_add(script.passed);
    world
        .state()
        .unwrap()
        .closed
        .iter()
        .all(|span| span.end <= newest.saturating_add(5_000).max(BEGIN))
}

#[test]
fn a_service_that_lives_in_the_past_silences_nothing_and_is_told() {
    for off in [-BEGIN, -3 * DAY] {
        let mut world = world(&[0, 1_200], &[off]);
        fill(&world, 300);
        world.run(Some(5 * HOUR)).unwrap();
        let script = world.model.script();
        for (id, record) in &script.records {
            let at = script.delivered_at.get(id).unwrap_or_else(|| panic!("{id} never came"));
            assert!(
                at - record.at < 20 * MINUTE,
                "{id} came after {} min",
                (at - record.at) / MINUTE
            );
        }
        drop(script);
        assert!(closed_behind_the_service(&world));
        let (healthy, text) = world.health();
        assert!(!healthy && text.contains("the service's clock says"), "{text}");
        let error = world.run(None).unwrap_err();
        assert!(error.contains("the service's clock says"), "{error}");
    }
}

#[test]
fn one_old_answer_changes_nothing() {
    let mut world = world(&[0, 1_200], &[0, 0, -BEGIN, 0]);
    fill(&world, 300);
    world.run(Some(6 * HOUR)).unwrap();
    assert!(world.health().0);
    assert_eq!(world.model.script().committed.len(), 30);
    assert!(world.state().unwrap().frontiers.slowest() > BEGIN + 5 * HOUR);
    assert_eq!(world.run(None), Ok(()));
}

#[test]
fn a_service_that_lives_in_the_future_does_no_harm_and_is_told() {
    for off in [70 * 365 * DAY, i64::MAX / 2] {
        let mut world = world(&[0, 1_200], &[off]);
        fill(&world, 300);
        world.run(Some(6 * HOUR)).unwrap();
        assert!(!world.health().0);
        assert_eq!(world.model.script().committed.len(), 30);
        assert!(world.state().unwrap().closed.iter().all(|span| span.end <= BEGIN + 7 * HOUR));
    }
}

#[test]
fn a_listing_without_an_end_is_told_and_asked_ever_more_rarely() {
    for paging in [Paging::Circle, Paging::Same, Paging::Empty, Paging::New] {
        for latency in [1, 500] {
            let mut world = world(&[0, 1_200], &[]);
            {
                let mut script = world.model.script();
                script.paging = paging;
                script.latency = latency;
            }
            // What always brings something fresh looks like small pages, until there are
            // two thousand of them.
            let is_slow = paging == Paging::New && latency == 500;
            world.run(Some(if is_slow { 30 } else { 2 } * MINUTE)).unwrap();
            let status = world.statuses.streams().remove(0).1;
            assert!(status.failures > 0, "{paging:?}: {status:?}");
            // A circle costs nearly nothing, the others what they may bring, a few times.
            let calls = world.model.script().calls;
            assert!(calls < 50_000, "{paging:?}: {calls}");
            // It goes on once the service has come to itself.
            world.model.script().paging = Paging::Honest;
            fill(&world, 60);
            world.run(Some(3 * HOUR)).unwrap();
            assert!(world.model.script().committed.contains_key("r0"), "{paging:?}");
        }
    }
}

#[test]
fn a_run_over_a_circle_ends_with_an_error() {
    let mut world = world(&[0], &[]);
    world.model.script().paging = Paging::Circle;
    assert!(world.run(None).unwrap_err().contains("does not end"));
}

#[test]
fn an_event_from_another_time_disables_no_alarm() {
    for odd in ["future", "past"] {
        let mut world = world(&[0, 1_200], &[]);
        fill(&world, 300);
        {
            let mut script = world.model.script();
            for (number, late) in [(0, 0), (1, 10 * MINUTE)] {
                let at = BEGIN - 10 * MINUTE + number * HOUR;
                let shown_from = at + late;
                script.records.insert(format!("{odd}-{number}"), Record { at, shown_from });
            }
        }
        world.run(Some(30 * HOUR)).unwrap();
        // Delivered as it came, and nothing concluded from it.
        assert!(world.model.script().committed.contains_key(&format!("{odd}-0")));
        let status = world.statuses.streams().remove(0).1;
        assert!(status.silent_for_ms.is_some(), "{odd}: {status:?}");
        assert!(status.newest_event_ms <= Some(BEGIN + 5 * HOUR), "{odd}: {status:?}");
        let late = world.late();
        assert!(late.longest_ms <= 2 * HOUR, "{odd}: {late:?}");
    }
}

fn off() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => Just(0),
        2 => -20 * MINUTE..20 * MINUTE,
        2 => -4 * DAY..4 * DAY,
        1 => Just(-BEGIN),
        1 => Just(i64::MAX / 2),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Whatever `Date`s a service sends, what it shows on time is delivered on time, and
    /// nothing later than the newest of them is closed.
    #[test]
    fn no_date_silences_a_stream_or_closes_what_is_still_written(
        dates in prop::collection::vec(off(), 1..30),
        readings in prop_oneof![Just(vec![0u32]), Just(vec![0, 1_200]), Just(vec![0, 600, 7_200])],
    ) {
        let mut world = world(&readings, &dates);
        fill(&world, 240);
        for _ in 0..3 {
            let _ = world.run(Some(2 * HOUR));
            prop_assert!(closed_behind_the_service(&world));
        }
        let script = world.model.script();
        for (id, record) in &script.records {
            let at = script.delivered_at.get(id);
            prop_assert!(at.is_some_and(|at| at - record.at < 45 * MINUTE), "{id}: {at:?}");
        }
    }

    /// A host whose clock runs ahead closes nothing that the service still writes.
    #[test]
    fn a_clock_that_runs_ahead_closes_nothing_early(
        skew in 0i64..4 * DAY, late in 0i64..19,
    ) {
        let mut world = world(&[0, 1_200], &[]);
        world.model.script().skew = skew;
        let at = BEGIN + 30 * MINUTE;
        let record = Record { at, shown_from: at + late * MINUTE };
        world.model.script().records.insert("late".into(), record);
        world.run(Some(3 * HOUR)).unwrap();
        prop_assert!(world.model.script().committed.contains_key("late"));
        let now = world.model.script().now;
        prop_assert!(world.state().unwrap().closed.iter().all(|span| span.end <= now));
    }
}
