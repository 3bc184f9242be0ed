//! Laws of reading a range: nothing lost, nothing out of place, whatever the
//! service does in between.

mod service;

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use signon_kit::contract::{BatchLimits, Progress, Severity, SourceError};
use signon_kit::http::Request;
use signon_kit::http::scripted::Answer;
use signon_kit::session::Reads as _;
use signon_kit::testing::{assert_adds_up, ids};

use service::{Service, expected, limits, open, read_all};

/// Rows, of which those without an id are equal in pairs.
fn rows() -> impl Strategy<Value = Vec<Result<u32, u32>>> {
    prop::collection::vec(any::<bool>(), 0..25).prop_map(|named| {
        let mut nameless = 0;
        let row = |(number, is_named): (usize, bool)| {
            if is_named {
                return Ok(u32::try_from(number).expect("few rows"));
            }
            nameless += 1;
            Err((nameless - 1) / 2)
        };
        named.into_iter().enumerate().map(row).collect()
    })
}

proptest! {
    #[test]
    fn every_row_of_every_page_is_read_once(
        rows in rows(), page_size in 2usize..7, size in 1u32..5, xml: bool, path: bool,
    ) {
        let service = Service { xml, ..Service::of(rows, page_size) };
        let style = if path { "path" } else { "query" };
        let (found, last) = read_all(&service, size, false, style);
        prop_assert_eq!(found.len(), service.rows.len());
        prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected(&service));
        prop_assert_eq!(last.source_total, Some(service.rows.len() as u64));
        prop_assert!(last.findings.is_empty(), "{:?}", last.findings);
    }

    #[test]
    fn resuming_from_every_cursor_reads_the_same(
        rows in rows(), page_size in 2usize..7, size in 1u32..5,
    ) {
        let service = Service::of(rows, page_size);
        let (found, _) = read_all(&service, size, true, "query");
        prop_assert_eq!(found, read_all(&service, size, false, "query").0);
    }

    #[test]
    fn without_a_count_an_empty_page_is_the_end(rows in rows(), page_size in 2usize..7) {
        let broken = Answer::status(404, "no");
        let service = Service { stats: Some(broken), ..Service::of(rows, page_size) };
        let (found, last) = read_all(&service, 3, false, "query");
        prop_assert_eq!(found.len(), service.rows.len());
        prop_assert_eq!(last.source_total, None);
    }

    #[test]
    fn rows_in_another_order_are_all_returned(count in 2u32..20, size in 1u32..6) {
        let before = Service::numbered(count, 4);
        let mut after = before.clone();
        after.rows.reverse();
        let mut session = open(4, "query", |request: &Request| Ok(before.answer(request)), None);
        let first = session.next(limits(size)).unwrap();
        let cursor = first.cursor.clone().unwrap();
        let mut session =
            open(4, "query", |request: &Request| Ok(after.answer(request)), Some(&cursor));
        let mut all: BTreeSet<String> = ids(&first).into_iter().collect();
        loop {
            let batch = session.next(limits(100)).unwrap();
            all.extend(ids(&batch));
            if batch.progress == Progress::Finished {
                break;
            }
        }
        prop_assert_eq!(all.len(), count as usize);
    }

    #[test]
    fn what_arrived_before_a_cut_is_returned_before_the_error(after in 0usize..400, xml: bool) {
        let service = Service { xml, ..Service::numbered(4, 4) };
        let answer = |request: &Request| Ok(service.answer(request));
        let mut session = open(4, "query", |request: &Request| {
            let whole = service.answer(request);
            let after = after.min(whole.body.len() - 1);
            Ok(whole.cut(after))
        }, None);
        let mut read = Vec::new();
        let mut cursor = None;
        let error = loop {
            match session.next(limits(100)) {
                Ok(batch) => {
                    assert_adds_up(&batch);
                    prop_assert_ne!(batch.progress, Progress::Finished);
                    read.extend(ids(&batch));
                    cursor = batch.cursor;
                }
                Err(error) => break error,
            }
        };
        prop_assert!(matches!(error, SourceError::Unavailable(_)), "{:?}", error);
        prop_assert_eq!(session.next(limits(1)).unwrap_err(), error);
        let mut session = open(4, "query", answer, cursor.as_deref());
        read.extend(ids(&session.next(limits(100)).unwrap()));
        prop_assert_eq!(read, ["0", "1", "2", "3"]);
    }

    #[test]
    fn a_service_that_ignores_the_page_number_ends_with_a_finding(
        rows in rows(), page_size in 2usize..7, size in 1u32..9, resume: bool,
    ) {
        let service = Service { ignores_page: true, ..Service::of(rows, page_size) };
        let (found, last) = read_all(&service, size, resume, "query");
        let readable = service.rows.len().min(page_size);
        prop_assert_eq!(found.len(), readable, "rows that only look new");
        if service.rows.len() > page_size {
            let finding = &last.findings[0];
            prop_assert_eq!(finding.severity, Severity::Error);
            prop_assert_eq!(&finding.path, "/page_style");
            prop_assert!(finding.fix.contains("\"path\""));
        } else {
            prop_assert!(last.findings.is_empty());
        }
    }

    #[test]
    fn arbitrary_answers_never_panic(body in prop::collection::vec(any::<u8>(), 0..500)) {
        let mut session = open(2, "query", |_: &Request| Ok(Answer::ok(body.clone())), None);
        for _ in 0..50 {
            match session.next(limits(3)) {
                Ok(batch) if batch.progress == Progress::Finished => return Ok(()),
                Ok(batch) => assert_adds_up(&batch),
                Err(_) => return Ok(()),
            }
        }
        prop_assert!(false, "the session does not end");
    }
}

#[test]
fn a_short_page_ends_nothing() {
    // The service takes fewer rows a page than it is asked for.
    let service = Service::numbered(10, 3);
    let answer = |request: &Request| Ok(service.answer(request));
    let mut session = open(1000, "query", answer, None);
    let batch = session.next(limits(100)).unwrap();
    assert_eq!((ids(&batch).len(), batch.progress), (10, Progress::Finished));
}

#[test]
fn nothing_more_is_asked_when_the_count_is_reached() {
    let service = Service::numbered(6, 3);
    let pages = Cell::new(0);
    let answer = |request: &Request| {
        pages.set(pages.get() + usize::from(request.target.contains("/events?")));
        Ok(service.answer(request))
    };
    open(3, "query", answer, None).next(limits(100)).unwrap();
    assert_eq!(pages.get(), 2);
}

#[test]
fn fewer_rows_than_counted_are_told() {
    let stats = Some(Answer::ok("<Stats><count>9</count></Stats>"));
    let service = Service { stats, ..Service::numbered(6, 3) };
    let (found, last) = read_all(&service, 100, false, "query");
    assert_eq!((found.len(), last.source_total), (6, Some(9)));
    assert!(last.findings[0].problem.contains("counts 9 events, its pages hold 6"));
    assert_eq!(last.findings[0].severity, Severity::Error);
}

#[test]
fn a_count_that_cannot_be_read_is_told_once_and_stops_nothing() {
    let stats = Some(Answer::ok("<html/>"));
    let service = Service { stats, ..Service::numbered(4, 4) };
    let (found, last) = read_all(&service, 100, false, "query");
    assert_eq!((found.len(), last.source_total, last.findings.len()), (4, None, 1));
    assert!(last.findings[0].problem.contains("/audit/stats"));
}

#[test]
fn a_last_page_handed_out_again_proves_nothing_also_where_it_is_short() {
    let stats = Some(Answer::ok("?"));
    let service = Service { stats, ignores_page: true, ..Service::numbered(3, 5) };
    let (found, last) = read_all(&service, 100, false, "path");
    assert_eq!(found.len(), 3);
    let finding = last.findings.iter().find(|finding| finding.path == "/page_style").unwrap();
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.fix.contains("\"query\""));
}

#[test]
fn a_page_that_begins_like_the_one_before_is_read_whole() {
    // Equal rows without an id at the end of one page and the head of the next.
    let rows = vec![Err(0), Ok(1), Err(0), Ok(2), Err(0)];
    let service = Service::of(rows, 2);
    let (found, last) = read_all(&service, 100, false, "query");
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 5);
    assert_eq!((found.len(), last.counts.received), (5, 5));
}

#[test]
fn a_service_that_is_down_is_unavailable_and_the_cursor_leads_on() {
    let service = Service::numbered(4, 2);
    let answer = |request: &Request| {
        let down = request.target.contains("pageNumber=2");
        Ok(if down { Answer::status(503, "") } else { service.answer(request) })
    };
    let mut session = open(2, "query", answer, None);
    let batch = session.next(limits(10)).unwrap();
    assert_eq!((ids(&batch).len(), batch.progress), (2, Progress::More));
    assert!(matches!(session.next(limits(10)), Err(SourceError::Unavailable(_))));
    let answer = |request: &Request| Ok(service.answer(request));
    let rest = open(2, "query", answer, batch.cursor.as_deref()).next(limits(10)).unwrap();
    assert_eq!((ids(&rest), rest.progress), (vec!["2".into(), "3".into()], Progress::Finished));
}

#[test]
fn after_a_cut_only_the_page_before_is_read_again() {
    let service = Service::numbered(40, 4);
    let cut = |request: &Request| {
        let answer = service.answer(request);
        Ok(if request.target.contains("pageNumber=9&") { answer.cut(170) } else { answer })
    };
    let mut session = open(4, "query", cut, None);
    let first = session.next(limits(1000)).unwrap();
    assert_eq!(first.counts.received, 34);
    let asked = std::cell::RefCell::new(Vec::new());
    let answer = |request: &Request| {
        asked
            .borrow_mut()
            .push(request.target.rsplit_once("pageNumber=").map(|(_, n)| n.to_owned()));
        Ok(service.answer(request))
    };
    let mut session = open(4, "query", answer, first.cursor.as_deref());
    let rest = session.next(limits(1000)).unwrap();
    assert_eq!(ids(&rest), ["34", "35", "36", "37", "38", "39"]);
    assert_eq!((rest.progress, rest.source_total), (Progress::Finished, Some(40)));
    assert!(rest.findings.is_empty(), "{:?}", rest.findings);
    let pages: Vec<String> = asked.borrow().iter().flatten().cloned().collect();
    // The last is empty: of rows before page 8 only the number is known.
    assert_eq!(pages, ["8&pageSize=4", "9&pageSize=4", "10&pageSize=4", "11&pageSize=4"]);
}

#[test]
fn rows_that_shifted_since_a_cut_are_read_from_the_first_page_on() {
    let before = Service::numbered(40, 4);
    let answer = |request: &Request| Ok(before.answer(request));
    let mut session = open(4, "query", answer, None);
    let cursor = session.next(limits(30)).unwrap().cursor;
    let mut after = before.clone();
    after.rows.insert(2, Ok(99));
    let answer = |request: &Request| Ok(after.answer(request));
    let mut session = open(4, "query", answer, cursor.as_deref());
    let mut found = Vec::new();
    loop {
        let batch = session.next(limits(1000)).unwrap();
        found.extend(ids(&batch));
        if batch.progress == Progress::Finished {
            break;
        }
    }
    assert_eq!(found.len(), 41);
}

#[test]
fn what_is_no_list_of_events_is_an_error_and_no_empty_page() {
    for body in ["", "<html>Sign in</html>", r#"{"error":"x"}"#, "oops", "<!DOCTYPE x>"] {
        let mut session = open(2, "query", |_: &Request| Ok(Answer::ok(body)), None);
        assert!(matches!(session.next(limits(1)), Err(SourceError::Malformed(_))), "{body}");
    }
    for nothing in [Answer::status(204, ""), Answer::ok("null")] {
        let mut session = open(2, "query", move |_: &Request| Ok(nothing.clone()), None);
        assert_eq!(session.next(limits(1)).unwrap().progress, Progress::Finished);
    }
}

#[test]
fn a_soft_deadline_ends_a_batch_also_while_rows_are_met_again() {
    let service = Service::numbered(50, 50);
    let answer = |request: &Request| Ok(service.answer(request));
    let hurried = BatchLimits { events: 1000, bytes: u64::MAX, soft_deadline_ms: 10 };
    let mut session = open(50, "query", answer, None);
    let batch = session.next(limits(40)).unwrap();
    let mut session = open(50, "query", answer, batch.cursor.as_deref());
    let again = session.next(hurried).unwrap();
    assert_eq!((again.counts.received, again.progress), (0, Progress::More));
    assert_eq!(again.cursor, batch.cursor);
    let mut rest = Vec::new();
    loop {
        let batch = session.next(hurried).unwrap();
        rest.extend(ids(&batch));
        if batch.progress == Progress::Finished {
            break;
        }
    }
    assert_eq!(rest.len(), 10);
}
