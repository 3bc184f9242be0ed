//! Laws of answers: what each is taken for, and what an operator is told.

use super::domain::{Domain, Row, START, config, limits, open};
use signon_kit::contract::{BatchLimits, Finding, Progress, Severity, SourceError};
use signon_kit::http::scripted::{Answer, Scripted};
use signon_kit::http::{Request, TransportError};
use signon_kit::session::Reads as _;
use signon_kit::testing::ids;

const COUNT_0: &str = include_str!("../../../../../tests/fixtures/idcs/listresponse-count0.json");
const NO_SORT: &str =
    include_str!("../../../../../tests/fixtures/idcs/error-400-missingSortBy.json");

/// What the first call says when every request gets this answer.
fn first(answer: &Answer) -> Result<(usize, Progress, Vec<Finding>), SourceError> {
    let mut session = open(&config("get", 5), |_: &Request| Ok(answer.clone()), None);
    let batch = session.next(limits(99))?;
    Ok((batch.events.len(), batch.progress, batch.findings))
}

#[test]
fn nothing_may_be_said_in_several_ways() {
    for body in [
        r#"{"totalResults":0,"Resources":[],"itemsPerPage":50}"#,
        r#"{"totalResults":"0","Resources":null}"#,
        r#"{"schemas":["urn:scim:api:messages:2.0:ListResponse"],"totalResults":0}"#,
        r#"{"Resources":[]}"#,
        "[]",
    ] {
        let (events, progress, _) = first(&Answer::ok(body)).unwrap();
        assert_eq!((events, progress), (0, Progress::Finished), "{body}");
    }
}

#[test]
fn a_success_without_a_list_is_an_error_and_no_empty_range() {
    for body in [
        "",
        "  \n",
        "<html>\n<body>login</body></html>",
        "{}",
        "null",
        r#"{"totalResults":3}"#,
        NO_SORT,
        COUNT_0,
    ] {
        let error = first(&Answer::ok(body)).unwrap_err();
        let SourceError::Malformed(text) = error else { panic!("{body}: {error:?}") };
        assert!(!text.contains("<html>"), "{text}");
    }
    let SourceError::Malformed(text) = first(&Answer::ok(NO_SORT)).unwrap_err() else { panic!() };
    assert!(text.contains("missingSortBy"), "{text}");
}

#[test]
fn a_domain_without_a_single_event_is_possibly_retired_and_its_successor_named() {
    for method in ["get", "search"] {
        let domain = Domain::of(Vec::new());
        let answer = |request: &Request| Ok(domain.answer(request));
        let batch = open(&config(method, 5), answer, None).next(limits(9)).unwrap();
        assert_eq!((batch.progress, batch.source_total), (Progress::Finished, Some(0)));
        let finding = &batch.findings[0];
        assert_eq!(finding.severity, Severity::Error);
        assert!(finding.problem.starts_with(idcs::silence::POSSIBLY_RETIRED));
        assert!(finding.problem.contains("since 2018-05-31T00:00:00Z"), "{}", finding.problem);
        assert!(finding.fix.contains("oci_audit"), "{}", finding.fix);
    }
}

#[test]
fn a_quiet_range_of_a_living_domain_is_nothing_to_report() {
    for ms in [-3_600_000, 20_000] {
        let domain = Domain::of(vec![Row::at(ms, "alive")]);
        let answer = |request: &Request| Ok(domain.answer(request));
        let batch = open(&config("get", 5), answer, None).next(limits(9)).unwrap();
        assert_eq!((batch.events.len(), batch.findings.len()), (0, 0));
    }
    // Silent for longer than a day before.
    let domain = Domain::of(vec![Row::at(-25 * 3_600_000, "last")]);
    let answer = |request: &Request| Ok(domain.answer(request));
    assert_eq!(open(&config("get", 5), answer, None).next(limits(9)).unwrap().findings.len(), 1);
}

#[test]
fn a_look_for_life_that_fails_says_nothing_about_the_range() {
    let domain = Domain::of(Vec::new());
    let mut asked = 0;
    let answer = |request: &Request| {
        asked += 1;
        Ok(if asked == 1 { domain.answer(request) } else { Answer::status(429, "") })
    };
    let batch = open(&config("get", 5), answer, None).next(limits(9)).unwrap();
    assert_eq!((batch.progress, batch.findings.len()), (Progress::Finished, 0));
}

#[test]
fn an_error_after_events_comes_with_the_following_call() {
    let domain = Domain::of((0..4).map(|n| Row::at(n, format!("{n}"))).collect());
    let mut asked = 0;
    let answer = |request: &Request| {
        asked += 1;
        Ok(if asked == 1 {
            domain.answer(request)
        } else {
            Answer::status(429, "{}").header("retry-after", "3")
        })
    };
    let config = config("get", 3);
    let mut session = open(&config, answer, None);
    let batch = session.next(limits(10)).unwrap();
    assert_eq!((ids(&batch).len(), batch.progress), (3, Progress::More));
    let Err(SourceError::Throttled(throttle)) = session.next(limits(10)) else { panic!() };
    assert_eq!(throttle.retry_after_ms, Some(3000));
    // The cursor of the batch leads to the page that failed.
    let answer = |request: &Request| Ok(domain.answer(request));
    let rest = open(&config, answer, batch.cursor.as_deref()).next(limits(10)).unwrap();
    assert_eq!((ids(&rest), rest.progress), (vec!["3".to_owned()], Progress::Finished));
}

#[test]
fn a_refusal_before_any_answer_is_told_as_it_is() {
    let denied = |_: &Request| Err(TransportError::Denied("no rule".into()));
    let error = open(&config("get", 3), denied, None).next(limits(1)).unwrap_err();
    assert_eq!(error, SourceError::Forbidden("no rule".into()));
    let unauthorized = first(&Answer::status(401, NO_SORT)).unwrap_err();
    assert!(matches!(unauthorized, SourceError::Unauthorized(_)));
}

#[test]
fn rows_that_cannot_be_read_are_rejected_and_the_walk_goes_on() {
    let good = |id: &str, ms: i64| format!(r#"{{"id":"{id}","timestamp":{}}}"#, START + ms);
    let body = format!(
        r#"{{"totalResults":6,"Resources":[{},null,{{"count":3}},{{"id":"x","timestamp":"<time>"}},"t",{}]}}"#,
        good("a", 1),
        good("b", 2)
    );
    let mut session = open(&config("get", 9), |_: &Request| Ok(Answer::ok(body.clone())), None);
    let batch = session.next(limits(99)).unwrap();
    assert_eq!((ids(&batch), batch.counts.rejected), (vec!["a".into(), "b".into()], 4));
    let positions: Vec<u64> = batch.rejects.iter().map(|reject| reject.position).collect();
    assert_eq!((positions, batch.progress), (vec![1, 2, 3, 4], Progress::Finished));
}

#[test]
fn a_soft_deadline_ends_a_batch_in_mid_page() {
    let domain = Domain::of((0..50).map(|n| Row::at(n, format!("{n}"))).collect());
    let answer = |request: &Request| Ok(domain.answer(request));
    let mut session = open(&config("get", 100), answer, None);
    let hurried = BatchLimits { events: 1000, bytes: u64::MAX, soft_deadline_ms: 10 };
    let batch = session.next(hurried).unwrap();
    assert!(!batch.events.is_empty() && batch.events.len() < 50);
    assert_eq!(batch.progress, Progress::More);
}

#[test]
fn a_check_asks_once_and_for_no_events() {
    let check = |answer: Answer| {
        let mut asked = Vec::new();
        let mut transport = Scripted::new(|request: &Request| {
            asked.push(super::domain::Question::read(request).count);
            Ok(answer.clone())
        });
        let findings = idcs::check::check(&config("get", 5), &mut transport, START + 123);
        assert_eq!(asked, [0]);
        findings
    };
    assert!(check(Answer::ok(COUNT_0)).is_empty());
    let silent = check(Answer::ok(r#"{"totalResults":0,"Resources":[]}"#));
    assert!(silent[0].problem.contains("possibly retired"));
    let refused = check(Answer::status(401, ""));
    assert_eq!(refused[0].severity, Severity::Error);
    assert!(refused[0].problem.contains("401") && refused[0].fix.contains("client id"));
    assert_eq!(check(Answer::ok("<html>")).len(), 1);
}
