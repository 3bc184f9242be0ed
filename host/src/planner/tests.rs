//! What the plan promises whatever the clock does.

use super::*;
use proptest::prelude::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn schedule() -> Schedule {
    Schedule::new(60, 3600, 365 * 86_400, &[0, 1200, 86_400]).unwrap()
}

/// A day in 2026, on the hour.
const NOW: i64 = 1_774_360_800_000;

#[test]
fn old_ranges_count_for_all_sweeps_and_recent_ones_for_the_first() {
    let schedule = schedule();
    let mut frontiers = schedule.begin(NOW - 26 * HOUR);
    let mut readings = Vec::new();
    loop {
        let step = schedule.next(&frontiers, NOW);
        let Step::Read(reading) = &step else { break };
        readings.push(reading.clone());
        frontiers = schedule.advance(&frontiers, &step);
    }
    assert_eq!((readings[0].first, readings[0].last), (0, 2));
    assert_eq!((readings[2].first, readings[2].last), (0, 1));
    let edge = readings.iter().find(|reading| reading.covers.end == NOW).unwrap();
    assert_eq!((edge.first, edge.last), (0, 0));
    assert_eq!(edge.covers.start, NOW - 20 * MINUTE);
    assert_eq!(schedule.next(&frontiers, NOW), Step::Wait { until: NOW + MINUTE });
}

#[test]
fn a_later_sweep_reads_a_granule_wider_on_both_sides() {
    let schedule = schedule();
    let mut frontiers = schedule.begin(NOW - 5 * MINUTE);
    let step = schedule.next(&frontiers, NOW);
    frontiers = schedule.advance(&frontiers, &step);
    // Twenty minutes on, with the live edge kept up.
    let later = NOW + 20 * MINUTE;
    let step = schedule.next(&frontiers, later);
    frontiers = schedule.advance(&frontiers, &step);
    let Step::Read(again) = schedule.next(&frontiers, later) else { panic!() };
    assert_eq!(again.first, 1);
    assert_eq!(again.covers, Range { start: NOW - 5 * MINUTE, end: NOW });
    assert_eq!(again.asked, Range { start: NOW - 6 * MINUTE, end: NOW + MINUTE });
}

#[test]
fn what_the_source_no_longer_holds_is_a_gap() {
    let schedule = schedule();
    let frontiers = schedule.begin(NOW - 400 * 24 * HOUR);
    let step = schedule.next(&frontiers, NOW);
    let Step::Gap(gap) = step else { panic!("{step:?}") };
    assert_eq!(gap.start, NOW - 400 * 24 * HOUR);
    let next = schedule.advance(&frontiers, &step);
    assert!(matches!(schedule.next(&next, NOW), Step::Read(_)));
}

#[test]
fn another_number_of_sweeps_never_skips_one() {
    let schedule = schedule();
    let resumed = schedule.resume(Frontiers(vec![NOW, NOW - HOUR]));
    assert_eq!(resumed, Frontiers(vec![NOW, NOW - HOUR, NOW - HOUR]));
    let resumed = schedule.resume(Frontiers(vec![NOW, NOW, NOW, NOW - HOUR]));
    assert_eq!(resumed.slowest(), NOW - HOUR);
}

#[test]
fn a_later_sweep_waits_for_a_chunk_worth_asking_for() {
    let schedule = schedule();
    let mut frontiers = schedule.begin(NOW - 5 * MINUTE);
    let mut asked = 0;
    // Six hours of minutes.
    for minute in 0..360 {
        while let step @ Step::Read(_) = schedule.next(&frontiers, NOW + minute * MINUTE) {
            frontiers = schedule.advance(&frontiers, &step);
            asked += 1;
        }
    }
    assert!(asked < 360 + 360 / 5 + 10, "{asked}");
    assert!(frontiers.0[1] >= NOW + (359 - 20 - 5) * MINUTE);
}

#[test]
fn halves_end_at_the_granularity_and_never_ask_for_more() {
    let schedule = schedule();
    let covers = Range { start: NOW, end: NOW + 5 * MINUTE };
    let asked = Range { start: NOW - MINUTE, end: NOW + 6 * MINUTE };
    let mut reading = Reading { covers, asked, first: 1, last: 1 };
    let mut lengths = Vec::new();
    while let Some(half) = schedule.halve(&reading) {
        assert!(half.asked.end <= reading.asked.end && half.asked.end > half.covers.end);
        lengths.push((half.covers.end - half.covers.start) / MINUTE);
        reading = half;
    }
    assert_eq!(lengths, [3, 2, 1]);
}

#[test]
fn ids_are_kept_wherever_something_may_still_be_read_next_to_them() {
    let schedule = schedule();
    let closed: Spans =
        [Range { start: NOW - 48 * HOUR, end: NOW - 24 * HOUR }].into_iter().collect();
    let forget = schedule.forget(&closed, NOW);
    let start = NOW - 48 * HOUR + HOUR + SEAM * MINUTE;
    assert_eq!(forget, [Range { start, end: NOW - 24 * HOUR - SEAM * MINUTE }]);
    // Nothing older than the retention will be asked for.
    let old: Spans = [Range { start: NOW - 500 * 24 * HOUR, end: NOW }].into_iter().collect();
    assert_eq!(schedule.forget(&old, NOW)[0].start, i64::MIN);
    let short: Spans = [Range { start: NOW, end: NOW + HOUR }].into_iter().collect();
    assert!(schedule.forget(&short, NOW).is_empty());
}

#[test]
fn a_backfill_reads_what_is_missing_and_nothing_else() {
    let schedule = schedule();
    let missing: Spans = [
        Range { start: NOW - 30_000, end: NOW + 90 * MINUTE },
        Range { start: NOW + 5 * HOUR, end: NOW + 5 * HOUR + MINUTE },
    ]
    .into_iter()
    .collect();
    let readings = schedule.backfill(&missing);
    let covered: Spans = readings.iter().map(|reading| reading.covers).collect();
    for span in missing.iter() {
        assert!(covered.holds(span));
    }
    assert_eq!(readings.len(), 3);
    assert!(readings.iter().all(|r| r.asked.end - r.asked.start <= HOUR && schedule.closes(r)));
}

proptest! {
    /// Whatever the clock does, every sweep covers every granule once, in
    /// order, without holes, and never asks for more than is allowed.
    #[test]
    fn sweeps_have_no_holes(
        start in 0i64..3 * 1440,
        steps in prop::collection::vec(-30i64..600, 1..40),
    ) {
        let schedule = schedule();
        let mut now = NOW;
        let begin = NOW - start * MINUTE;
        let mut frontiers = schedule.begin(begin);
        let mut covered = [begin; 3];
        for step in steps {
            now += step * MINUTE;
            for _ in 0..200 {
                let step = schedule.next(&frontiers, now);
                let Step::Read(reading) = &step else { break };
                prop_assert!(reading.covers.start < reading.covers.end);
                prop_assert!(reading.asked.end - reading.asked.start <= HOUR);
                prop_assert!(reading.asked.start <= reading.covers.start);
                prop_assert!(reading.asked.end >= reading.covers.end);
                prop_assert!(reading.asked.end <= now);
                prop_assert_eq!(reading.asked.start % MINUTE, 0);
                prop_assert_eq!(reading.asked.end % MINUTE, 0);
                for covered in &mut covered[reading.first..=reading.last] {
                    prop_assert_eq!(*covered, reading.covers.start);
                    *covered = reading.covers.end;
                }
                frontiers = schedule.advance(&frontiers, &step);
            }
        }
    }
}
