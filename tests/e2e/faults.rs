//! Whatever the service does wrong, a run ends complete and with nothing twice.

use signon_simulator::Options;

use crate::support::{HOUR, Service, ids, options};

/// Collects past these faults; tells how many were met.
fn withstand(options: Options, faults: &[&str]) -> u64 {
    let service = Service::with_faults(options, faults);
    service.collect();
    service.assert_complete();
    service.simulator.statistics().faults
}

#[test]
fn a_service_that_throttles_is_asked_again() {
    assert!(withstand(options(), &["429=0.2"]) > 0);
}

#[test]
fn a_service_that_says_when_to_come_back_is_obeyed() {
    let service = Service::with_faults(options(), &["429=0.1:1"]);
    let finished = service.collect();
    service.assert_complete();
    assert!(service.simulator.statistics().faults > 0);
    let pauses = finished.stderr.matches("retry_in_seconds=1.0").count();
    assert_eq!(pauses as u64, service.simulator.statistics().faults, "{}", finished.stderr);
}

#[test]
fn server_errors_in_json_and_html_pass() {
    assert!(withstand(options(), &["5xx=0.2"]) > 0);
}

#[test]
fn an_answer_cut_off_is_read_again() {
    assert!(withstand(options(), &["cut=0.2"]) > 0);
}

#[test]
fn a_slow_body_is_waited_for() {
    // Two megabytes in two to three seconds.
    withstand(options(), &["slow=800000"]);
}

#[test]
fn an_empty_page_is_not_the_end() {
    assert!(withstand(options(), &["empty-pages=0.5"]) > 0);
}

#[test]
fn the_order_of_records_means_nothing() {
    withstand(options(), &["shuffle"]);
}

#[test]
fn an_expired_page_token_starts_the_range_again() {
    assert!(withstand(options(), &["expire-token=0.3"]) > 0);
}

#[test]
fn a_service_far_away_is_only_slower() {
    withstand(options(), &["latency=40"]);
}

#[test]
fn times_are_asked_for_in_whole_minutes() {
    withstand(options(), &["strict-minutes"]);
}

#[test]
fn everything_at_once_is_withstood() {
    let all = [
        "429=0.08",
        "5xx=0.08",
        "cut=0.08",
        "expire-token=0.1",
        "empty-pages=0.2",
        "shuffle",
        "strict-minutes",
        "latency=3",
        "slow=4000000",
    ];
    for seed in [1, 2] {
        assert!(withstand(Options { seed, ..options() }, &all) > 0);
    }
}

#[test]
fn a_range_of_pages_without_sign_ons_is_passed_although_every_page_fails_at_first() {
    // Forty pages in one range: no attempt gets through all of them, so the way
    // through pages that yield nothing has to be remembered, too.
    let few =
        Options { events: 400, sign_on_share: 0.005, span: HOUR / 2, page_size: 10, ..options() };
    assert!(withstand(few, &["5xx=0.2"]) > 0);
}

#[test]
fn what_arrives_late_comes_with_the_second_reading() {
    // All of it in one range, so that the first reading cannot be the second of
    // another range.
    let recent = Options { span: HOUR / 2, ..options() };
    let service = Service::with_faults(recent, &["late=0.3"]);
    // The second reading is not due yet for anything that was recorded here.
    let config = service.config().set("readings", "[\"0s\", \"2h\"]").write("early.toml");
    service.once(&config).success();
    let punctual = ids(&service.events());
    let truth = service.simulator.truth();
    assert!(punctual.len() < truth.len(), "nothing was late");
    assert!(punctual.is_subset(&truth) && !punctual.is_empty());

    // Now it is.
    let config = service.config().set("readings", "[\"0s\", \"1s\"]").write("late.toml");
    let second = service.once(&config).success();
    service.assert_complete();
    assert_eq!(second.counted("emitted") as usize, truth.len() - punctual.len());
    // At the least: the second reading is a minute wider than the first.
    assert!(second.counted("duplicate") as usize >= punctual.len());
}

#[test]
fn a_source_stays_within_its_budget_of_requests() {
    let service = Service::start(options());
    let config = service.config().set("requests_per_minute", "120").write("budget.toml");
    let started = std::time::Instant::now();
    service.once(&config).success();
    service.assert_complete();
    let requests = service.simulator.statistics().requests;
    // Half a second each, far beyond what the run takes without a budget; the last one is
    // not waited for, and one page may take two.
    let least = std::time::Duration::from_millis(requests.saturating_sub(3) * 250);
    assert!(requests > 10 && started.elapsed() >= least, "{requests} in {:?}", started.elapsed());
}
