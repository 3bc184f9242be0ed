//! Laws of walking a range by key: nothing lost, nothing read twice, whatever the
//! service holds and however it answers.

use std::cell::RefCell;

use super::domain::{Domain, OPTIONS, Question, RANGE, Row, START, Total, config};
use super::domain::{limits, open};
use idcs::config::Config;
use proptest::prelude::*;
use signon_kit::contract::{Progress, SourceError, TimeRange};
use signon_kit::http::Request;
use signon_kit::http::scripted::Answer;
use signon_kit::session::Reads as _;
use signon_kit::testing::{assert_adds_up, ids, read_session};

/// The ids of a whole reading, `size` events a batch; with `resume` by a new session for
/// every batch.
fn read_all(config: &Config, domain: &Domain, size: u32, resume: bool) -> Vec<String> {
    let answer = |request: &Request| Ok(domain.answer(request));
    read_session(|cursor| open(config, answer, cursor), size, resume).0
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

fn expected(domain: &Domain) -> Vec<String> {
    let inside = |row: &&Row| (0..10_000_000).contains(&row.micros);
    sorted(domain.rows.iter().filter(inside).map(|row| row.id.clone()).collect())
}

/// Rows that often share a moment, some of them outside of the range.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let moment = prop_oneof![4 => 0i64..6, 2 => 0i64..10_000, 1 => -3i64..0, 1 => 9_998i64..10_003];
    prop::collection::vec(moment, 0..40).prop_map(|moments| {
        moments
            .into_iter()
            .enumerate()
            // Ids come in no order of time, and in both cases.
            .map(|(n, ms)| {
                let id = format!("{:04x}", (n * 7919) % 65_536);
                Row::at(ms, if n % 3 == 0 { id.to_uppercase() } else { id })
            })
            .collect()
    })
}

fn total() -> impl Strategy<Value = Total> {
    prop_oneof![Just(Total::Number), Just(Total::Text), Just(Total::Behind), Just(Total::Missing)]
}

fn method() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("get"), Just("search")]
}

proptest! {
    #[test]
    fn every_row_of_the_range_is_read_once(
        rows in rows(), total in total(), method in method(),
        page in 1u32..9, cap in 1usize..9, size in 1u32..9, resume in any::<bool>(),
    ) {
        let domain = Domain { total, cap, ..Domain::of(rows) };
        let found = read_all(&config(method, page), &domain, size, resume);
        prop_assert_eq!(sorted(found), expected(&domain));
    }

    #[test]
    fn rows_that_arrive_or_are_purged_meanwhile_cost_no_other_row(
        rows in rows(), page in 1u32..6, size in 1u32..6, resume in any::<bool>(),
        changes in prop::collection::vec((any::<bool>(), 0i64..12), 0..30),
    ) {
        let domain = RefCell::new(Domain::of(rows));
        let mut stable = expected(&domain.borrow());
        let changes = RefCell::new(changes);
        let gone = RefCell::new(Vec::new());
        let answer = |request: &Request| {
            let mut domain = domain.borrow_mut();
            let change = changes.borrow_mut().pop();
            if let Some((arrives, ms)) = change {
                let number = changes.borrow().len();
                if arrives {
                    domain.rows.push(Row::at(ms, format!("new-{number}")));
                } else if !domain.rows.is_empty() {
                    // The oldest goes first.
                    let oldest = domain.rows.iter().min().cloned().unwrap();
                    domain.rows.retain(|row| *row != oldest);
                    gone.borrow_mut().push(oldest.id);
                }
            }
            Ok(domain.answer(request))
        };
        let config = config("get", page);
        let mut found = Vec::new();
        let mut session = open(&config, answer, None);
        loop {
            let batch = session.next(limits(size)).unwrap();
            found.extend(ids(&batch));
            if batch.progress == Progress::Finished {
                break;
            }
            if resume {
                session = open(&config, answer, batch.cursor.as_deref());
            }
        }
        stable.retain(|id| !gone.borrow().contains(id));
        for id in stable {
            prop_assert!(found.contains(&id), "{} of {:?}", id, found);
        }
    }

    #[test]
    fn what_arrived_before_a_cut_is_returned_before_the_error(
        rows in rows(), page in 1u32..9, cut in 1usize..3000, request_number in 0usize..4,
    ) {
        let domain = Domain::of(rows);
        let config = config("get", page);
        let mut asked = 0;
        let mut session = open(&config, |request: &Request| {
            let answer = domain.answer(request);
            let after = cut % answer.body.len();
            asked += 1;
            Ok(if asked == request_number + 1 { answer.cut(after) } else { answer })
        }, None);
        let (mut read, mut cursor, mut error) = (Vec::new(), None, None);
        loop {
            match session.next(limits(100)) {
                Ok(batch) => {
                    assert_adds_up(&batch);
                    read.extend(ids(&batch));
                    cursor = batch.cursor;
                    if batch.progress == Progress::Finished {
                        break;
                    }
                }
                Err(stopped) => {
                    prop_assert!(matches!(stopped, SourceError::Unavailable(_)), "{:?}", stopped);
                    prop_assert_eq!(session.next(limits(1)).unwrap_err(), stopped.clone());
                    error = Some(stopped);
                    break;
                }
            }
        }
        if error.is_some() {
            let answer = |request: &Request| Ok(domain.answer(request));
            let mut session = open(&config, answer, cursor.as_deref());
            read.extend(ids(&session.next(limits(1000)).unwrap()));
        }
        prop_assert_eq!(sorted(read), expected(&domain));
    }

    #[test]
    fn whatever_is_answered_a_session_ends_without_panic(
        bodies in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{}\",:0-9a-zR ]{0,80}".prop_map(String::into_bytes),
            (0u64..9, prop::collection::vec((-3i64..12_000, "[a-c]{0,2}"), 0..6)).prop_map(
                |(total, rows)| {
                    let rows: Vec<String> = rows.iter().map(|(ms, id)| format!(
                        r#"{{"id":"{id}","timestamp":{}}}"#, START + ms)).collect();
                    format!(r#"{{"Resources":[{}],"totalResults":{total}}}"#, rows.join(","))
                        .into_bytes()
                },
            ),
        ], 1..6),
        page in 1u32..9,
    ) {
        let mut asked = 0;
        let mut session = open(&config("get", page), |_: &Request| {
            asked += 1;
            Ok(Answer::ok(bodies[asked % bodies.len()].clone()))
        }, None);
        for _ in 0..200_000 {
            match session.next(limits(1000)) {
                Ok(batch) => {
                    assert_adds_up(&batch);
                    assert!(batch.cursor.unwrap().len() < 4096);
                    if batch.progress == Progress::Finished {
                        return Ok(());
                    }
                }
                Err(_) => return Ok(()),
            }
        }
        prop_assert!(false, "the session goes on for ever");
    }
}

/// All questions that one reading asks, as text.
fn questions(config: &Config, domain: &Domain) -> Vec<String> {
    let asked = RefCell::new(Vec::new());
    let mut session = open(
        config,
        |request: &Request| {
            let Question { filter, sort_by, .. } = Question::read(request);
            let terms: Vec<String> = filter
                .into_iter()
                .map(|(member, operator, value)| {
                    let value = value.strip_prefix("2018-06-01T00:00:").unwrap_or(&value);
                    format!("{member} {operator} {value}")
                })
                .collect();
            asked.borrow_mut().push(format!("{} by {sort_by}", terms.join(" and ")));
            Ok(domain.answer(request))
        },
        None,
    );
    while session.next(limits(1000)).unwrap().progress != Progress::Finished {}
    asked.into_inner()
}

#[test]
fn the_next_page_begins_at_the_last_timestamp_seen() {
    let rows = vec![Row::at(1, "a"), Row::at(2, "b"), Row::at(2, "c"), Row::at(3, "d")];
    assert_eq!(
        questions(&config("get", 2), &Domain::of(rows)),
        [
            "timestamp ge 00.000Z and timestamp lt 10.000Z by timestamp",
            // b, seen, and c fill the page: the moment is read by id.
            "timestamp ge 00.002Z and timestamp lt 10.000Z by timestamp",
            "timestamp ge 00.002Z and timestamp lt 00.003Z by id",
            "timestamp ge 00.003Z and timestamp lt 10.000Z by timestamp",
        ]
    );
}

#[test]
fn a_moment_of_more_than_a_page_is_read_by_id() {
    let rows: Vec<Row> = ["e", "b", "d", "a", "c"].map(|id| Row::at(7, id)).to_vec();
    let domain = Domain::of(rows);
    assert_eq!(
        questions(&config("get", 2), &domain),
        [
            "timestamp ge 00.000Z and timestamp lt 10.000Z by timestamp",
            "timestamp ge 00.007Z and timestamp lt 00.008Z by id",
            "timestamp ge 00.007Z and timestamp lt 00.008Z and id gt b by id",
            "timestamp ge 00.007Z and timestamp lt 00.008Z and id gt d by id",
            "timestamp ge 00.008Z and timestamp lt 10.000Z by timestamp",
        ]
    );
    let found = read_all(&config("get", 2), &domain, 1, true);
    assert_eq!(sorted(found), ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_moment_of_thousands_of_rows_loses_none_and_keeps_the_cursor_small() {
    let rows: Vec<Row> = (0..2500).map(|n| Row::at(5, format!("{:04}", (n * 7) % 2500))).collect();
    let domain = Domain::of(rows);
    let found = read_all(&config("get", 1000), &domain, 500, false);
    assert_eq!(sorted(found), expected(&domain));
    // Resumed, some may come twice: the cursor cannot remember a thousand.
    let mut found = sorted(read_all(&config("get", 1000), &domain, 500, true));
    found.dedup();
    assert_eq!(found, expected(&domain));
}

#[test]
fn a_service_with_finer_times_than_it_writes_loses_nothing() {
    // In the last two a page is full of rows that are on the millisecond.
    for micros in [[0, 1, 2, 3, 4, 5], [0, 0, 0, 1, 300, 999], [0, 0, 999, 999, 999, 1000]] {
        let rows = micros.iter().zip(0..);
        let rows =
            rows.map(|(micros, n)| Row { micros: 5000 + micros, id: format!("id-{}", 9 - n) });
        let domain = Domain::of(rows.collect());
        for page in 1..6 {
            let mut found = sorted(read_all(&config("get", page), &domain, 1, true));
            found.dedup();
            assert_eq!(found, expected(&domain));
        }
    }
}

#[test]
fn a_page_of_one_row_is_enough_to_walk() {
    let rows = (0..20).map(|n| Row::at(n / 3, format!("{n:02}"))).collect();
    let domain = Domain::of(rows);
    assert_eq!(sorted(read_all(&config("get", 1), &domain, 3, true)), expected(&domain));
}

#[test]
fn rows_out_of_order_are_read_when_they_are_all_and_an_error_when_they_are_not() {
    let rows = vec![Row::at(3, "a"), Row::at(1, "b"), Row::at(2, "c"), Row::at(1, "d")];
    let domain = Domain { unsorted: true, ..Domain::of(rows) };
    assert_eq!(read_all(&config("get", 4), &domain, 9, false), ["a", "b", "c", "d"]);
    let mut session = open(&config("get", 3), |request: &Request| Ok(domain.answer(request)), None);
    assert_eq!(session.next(limits(9)).unwrap().events.len(), 3);
    let Err(SourceError::Malformed(text)) = session.next(limits(9)) else { panic!() };
    assert!(text.contains("not sorted by timestamp"), "{text}");
}

#[test]
fn a_service_that_ignores_what_it_is_asked_is_an_error_and_no_loop() {
    let all = Domain::of((0..9).map(|n| Row::at(n, format!("{n}"))).collect());
    let first = all.answer(&open_request(3));
    let mut session = open(&config("get", 3), |_: &Request| Ok(first.clone()), None);
    // The third row of the second page is the one that was asked for.
    assert_eq!(ids(&session.next(limits(99)).unwrap()), ["0", "1", "2", "0", "1"]);
    let Err(SourceError::Malformed(text)) = session.next(limits(99)) else { panic!() };
    assert!(text.contains("outside of what was asked for"), "{text}");
    // More promised than sent.
    let nothing = Answer::ok(r#"{"totalResults":152,"Resources":[],"itemsPerPage":0}"#);
    let mut session = open(&config("get", 3), |_: &Request| Ok(nothing.clone()), None);
    let Err(SourceError::Malformed(text)) = session.next(limits(99)) else { panic!() };
    assert!(text.contains("152 rows"), "{text}");
}

fn open_request(page: u32) -> Request {
    let question = idcs::query::Question::Range { from: RANGE.start, end: RANGE.end };
    idcs::query::request(&config("get", page), question)
}

#[test]
fn a_page_that_changed_under_a_cursor_is_returned_whole() {
    let mut domain = Domain::of((0..5).map(|n| Row::at(n, format!("{n}"))).collect());
    let config = config("get", 10);
    let answer = domain.clone();
    let mut session = open(&config, |request: &Request| Ok(answer.answer(request)), None);
    let cursor = session.next(limits(3)).unwrap().cursor;
    domain.rows.push(Row::at(1, "late"));
    let mut session =
        open(&config, |request: &Request| Ok(domain.answer(request)), cursor.as_deref());
    assert_eq!(session.next(limits(99)).unwrap().events.len(), 6);
    // And one that has become shorter than what was read of it.
    domain.rows.truncate(2);
    let mut session =
        open(&config, |request: &Request| Ok(domain.answer(request)), cursor.as_deref());
    assert_eq!(session.next(limits(99)).unwrap().events.len(), 2);
}

#[test]
fn the_total_of_the_range_is_that_of_its_first_answer() {
    for total in [Total::Number, Total::Text, Total::Behind] {
        let rows = (0..7).map(|n| Row::at(n, format!("{n}"))).collect();
        let domain = Domain { total, ..Domain::of(rows) };
        let config = config("get", 2);
        let answer = |request: &Request| Ok(domain.answer(request));
        let mut session = open(&config, answer, None);
        let mut last;
        loop {
            let batch = session.next(limits(2)).unwrap();
            last = batch.source_total;
            if batch.progress == Progress::Finished {
                break;
            }
            session = open(&config, answer, batch.cursor.as_deref());
        }
        assert_eq!(last, Some(7));
    }
}

#[test]
fn a_finished_cursor_asks_for_nothing_more() {
    let config = config("get", 10);
    let domain = Domain::of(vec![Row::at(1, "a")]);
    let mut session = open(&config, |request: &Request| Ok(domain.answer(request)), None);
    let batch = session.next(limits(9)).unwrap();
    assert_eq!(batch.progress, Progress::Finished);
    let mut session = open(&config, |_: &Request| panic!("asked"), batch.cursor.as_deref());
    let batch = session.next(limits(9)).unwrap();
    assert_eq!((batch.progress, batch.events.len()), (Progress::Finished, 0));
    assert_eq!(batch.source_total, Some(1));
}

#[test]
fn a_cursor_of_another_range_is_expired() {
    let config = config("get", 10);
    let domain = Domain::of(vec![Row::at(1, "a")]);
    let answer = |request: &Request| Ok(domain.answer(request));
    let cursor = open(&config, answer, None).next(limits(9)).unwrap().cursor;
    let later = TimeRange { start: RANGE.end + 1000, end: RANGE.end + 2000 };
    let opened = idcs::session::Reading::open(config, later, cursor.as_deref(), OPTIONS);
    assert!(matches!(opened, Err(SourceError::CursorExpired(_))));
}
