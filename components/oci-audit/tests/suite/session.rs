//! Laws of reading a range: nothing lost, nothing out of place, whatever the
//! service does in between.
use std::cell::RefCell;
use std::rc::Rc;

use oci_audit::config::Config;
use oci_audit::session::Reading;
use proptest::prelude::*;
use signon_kit::contract::{
    BatchLimits, EventClasses, Progress, ReadOptions, SourceError, TimeRange,
};
use signon_kit::http::scripted::{Answer, Scripted};
use signon_kit::http::{Request, TransportError};
use signon_kit::session::{Reads as _, Session};
use signon_kit::source::Settings as _;
use signon_kit::testing::{assert_adds_up, ids, read_session};

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::DEFAULT, keep_raw: true, text_limit: 0 };
const RANGE: TimeRange = TimeRange { start: 1_714_521_600_000, end: 1_714_525_200_000 };

fn limits(events: u32) -> BatchLimits {
    BatchLimits { events, bytes: u64::MAX, soft_deadline_ms: u32::MAX }
}

fn record(id: &str, sign_on: bool) -> String {
    let kind = if sign_on { "IdentitySignOn.InteractiveLogin" } else { "ComputeApi.GetInstance" };
    format!(
        r#"{{"eventType":"com.oraclecloud.{kind}","eventId":"{id}","eventTime":"2024-05-01T00:00:01Z","data":{{"response":{{"status":"200"}}}}}}"#
    )
}

/// Pages of a service; each is a list of (id, is a sign-on).
type Pages = Vec<Vec<(String, bool)>>;

fn serve(pages: &Pages, request: &Request) -> Answer {
    let number: usize = match request.target.split_once("&page=") {
        Some((_, token)) => token.trim_start_matches("p").parse().unwrap(),
        None => 0,
    };
    let records: Vec<String> = pages[number].iter().map(|(id, kind)| record(id, *kind)).collect();
    let answer = Answer::ok(format!("[{}]", records.join(",")));
    if number + 1 < pages.len() {
        answer.header("opc-next-page", &format!("p{}", number + 1))
    } else {
        answer
    }
}

fn open<F>(answer: F, cursor: Option<&[u8]>) -> Session<Scripted<F>, Reading>
where
    F: FnMut(&Request) -> Result<Answer, TransportError>,
{
    let config =
        Config::parse(r#"{"regions":["phx"],"compartments":["ocid1.tenancy.oc1..a"]}"#).unwrap();
    let target = config.targets().next().unwrap();
    Session::new(Scripted::new(answer), Reading::open(target, RANGE, cursor, OPTIONS).unwrap())
}

/// The ids of a whole reading, `size` events a batch; with `resume` by a new session for
/// every batch.
fn read_all(pages: &Pages, size: u32, resume: bool) -> Vec<String> {
    let answer = |request: &Request| Ok(serve(pages, request));
    read_session(|cursor| open(answer, cursor), size, resume).0
}

fn pages() -> impl Strategy<Value = Pages> {
    prop::collection::vec(prop::collection::vec(any::<bool>(), 0..8), 1..6).prop_map(|pages| {
        let mut number = 0;
        pages
            .into_iter()
            .map(|page| {
                page.into_iter()
                    .map(|kind| {
                        number += 1;
                        (format!("id-{number}"), kind)
                    })
                    .collect()
            })
            .collect()
    })
}

fn sign_ons(pages: &Pages) -> Vec<String> {
    pages.iter().flatten().filter(|(_, kind)| *kind).map(|(id, _)| id.clone()).collect()
}

proptest! {
    #[test]
    fn every_sign_on_of_every_page_is_read_once(pages in pages(), size in 1u32..5) {
        prop_assert_eq!(read_all(&pages, size, false), sign_ons(&pages));
    }

    #[test]
    fn resuming_from_every_cursor_reads_the_same(pages in pages(), size in 1u32..5) {
        prop_assert_eq!(read_all(&pages, size, true), sign_ons(&pages));
    }

    #[test]
    fn a_page_in_another_order_is_returned_whole(page in 2usize..7, size in 1u32..3) {
        let before: Pages = vec![(0..page).map(|n| (format!("id-{n}"), true)).collect()];
        let mut after = before.clone();
        after[0].reverse();
        let mut session = open(|request: &Request| Ok(serve(&before, request)), None);
        let first = session.next(limits(size)).unwrap();
        let cursor = first.cursor.clone().unwrap();
        let mut session = open(|request: &Request| Ok(serve(&after, request)), Some(&cursor));
        let second = session.next(limits(100)).unwrap();
        let mut met = ids(&second);
        met.sort();
        // What was skipped may only be what had been returned.
        let mut all = ids(&first);
        all.extend(met);
        all.sort();
        all.dedup();
        prop_assert_eq!(all.len(), page);
    }

    #[test]
    fn what_arrived_before_a_cut_is_returned_before_the_error(after in 0usize..400) {
        let pages: Pages = vec![(0..3).map(|n| (format!("id-{n}"), true)).collect()];
        let whole = serve(&pages, &probe()).body.len();
        let after = after.min(whole - 1);
        let mut session = open(|request: &Request| Ok(serve(&pages, request).cut(after)), None);
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
        let mut session = open(|request: &Request| Ok(serve(&pages, request)), cursor.as_deref());
        read.extend(ids(&session.next(limits(100)).unwrap()));
        prop_assert_eq!(read, sign_ons(&pages));
    }
}

fn probe() -> Request {
    Request {
        method: signon_kit::http::Method::Get,
        origin: String::new(),
        target: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

#[test]
fn an_error_after_events_comes_with_the_following_call() {
    let pages: Pages = vec![vec![("a".into(), true)], vec![]];
    let answer = |request: &Request| {
        if request.target.contains("&page=") {
            Ok(Answer::status(429, "{}").header("retry-after", "3"))
        } else {
            Ok(serve(&pages, request))
        }
    };
    let mut session = open(answer, None);
    let batch = session.next(limits(10)).unwrap();
    assert_eq!((ids(&batch).len(), batch.progress), (1, Progress::More));
    let Err(SourceError::Throttled(throttle)) = session.next(limits(10)) else { panic!() };
    assert_eq!(throttle.retry_after_ms, Some(3000));
    // The cursor of the batch leads to the page that failed.
    let mut session = open(|request: &Request| Ok(serve(&pages, request)), batch.cursor.as_deref());
    let rest = session.next(limits(10)).unwrap();
    assert_eq!((ids(&rest).len(), rest.progress), (0, Progress::Finished));
}

#[test]
fn an_expired_page_token_is_an_expired_cursor() {
    let body = r#"{"code":"InvalidParameter","message":"page"}"#;
    let mut session = open(
        |_: &Request| Ok(Answer::status(400, body)),
        Some(br#"{"v":1,"page":"AP==","n":0,"head":""}"#),
    );
    assert!(matches!(session.next(limits(1)), Err(SourceError::CursorExpired(_))));
}

#[test]
fn a_page_that_follows_itself_is_an_error_and_no_loop() {
    let mut session = open(|_: &Request| Ok(Answer::ok("[]").header("opc-next-page", "p1")), None);
    assert!(matches!(session.next(limits(1)), Err(SourceError::Malformed(_))));
}

#[test]
fn an_answer_of_nothing_is_an_error_and_no_empty_page() {
    let mut session = open(|_: &Request| Ok(Answer::ok("")), None);
    assert!(matches!(session.next(limits(1)), Err(SourceError::Malformed(_))));
}

#[test]
fn a_soft_deadline_ends_a_batch_in_mid_page() {
    let pages: Pages = vec![(0..50).map(|n| (format!("id-{n}"), true)).collect()];
    let mut session = open(|request: &Request| Ok(serve(&pages, request)), None);
    let hurried = BatchLimits { events: 1000, bytes: u64::MAX, soft_deadline_ms: 10 };
    let batch = session.next(hurried).unwrap();
    assert!(!batch.events.is_empty() && batch.events.len() < 50);
    assert_eq!(batch.progress, Progress::More);
}

#[test]
fn requests_are_the_same_bytes_every_time() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    for _ in 0..2 {
        let seen = seen.clone();
        let answer = move |request: &Request| {
            seen.borrow_mut().push(request.target.clone());
            Ok(Answer::ok("[]"))
        };
        open(answer, None).next(limits(1)).unwrap();
    }
    let seen = seen.borrow();
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn what_a_proxy_says_in_place_of_the_api_is_an_error_and_no_rejected_record() {
    for text in ["<html>Sign in first</html>", "{\"message\":\"hello\"}", "nonsense", "17"] {
        let answer = |_: &Request| Ok(Answer::ok(text));
        let error = open(answer, None).next(limits(100)).unwrap_err();
        let SourceError::Malformed(problem) = error else { panic!("{error:?}") };
        assert!(problem.contains("proxy") && problem.contains("sha256:"), "{problem}");
        assert!(!problem.contains("Sign in"), "{problem}");
    }
}
