//! Fusion's sign-in audit, through everything that its documentation leaves open.

use std::collections::BTreeMap;

use signon_simulator::{Options, Service::Oam};

use super::small_pages;
use crate::support::{Service, ids, options_of, whole_lines};

fn options() -> Options {
    options_of(&[Oam])
}

/// Collects from a service that behaves like this; everything has to arrive. Gives
/// back the log.
fn collect_all(faults: &[&str]) -> String {
    let service = Service::with_faults(options(), faults);
    let config = small_pages(&service, &[Oam]).write("small.toml");
    let finished = service.once(&config).success();
    service.assert_holds(&[Oam]);
    finished.stderr
}

#[test]
fn every_row_is_delivered_once_and_a_second_run_adds_nothing() {
    let service = Service::start(options());
    let config = small_pages(&service, &[Oam]).write("small.toml");
    let first = service.once(&config).success();
    service.assert_holds(&[Oam]);
    assert_eq!(first.counted("emitted") as usize, service.simulator.records_of(Oam));
    assert!(service.simulator.statistics().pages > 10);
    let delivered = whole_lines(&service.events());

    assert_eq!(service.once(&config).success().counted("emitted"), 0);
    assert_eq!(whole_lines(&service.events()), delivered);
    let rejected = service.simulator.statistics().rejected;
    assert!(rejected.is_empty(), "{rejected:?}");
}

#[test]
fn the_page_number_may_stand_in_either_place() {
    // What a service reads in one place it does not see in the other.
    for (style, other) in [("query", "path"), ("path", "query")] {
        let ignored = format!("oam-ignore-page={other}");
        let service = Service::with_faults(options(), &[&ignored]);
        let config = small_pages(&service, &[Oam])
            .set_in("oam", "page_style", &format!("{style:?}"))
            .write("style.toml");
        let finished = service.once(&config).success();
        service.assert_holds(&[Oam]);
        assert!(!finished.stderr.contains("page_style"), "{}", finished.stderr);
    }
}

#[test]
fn a_page_number_that_is_ignored_ends_with_a_finding_that_names_the_other_style() {
    for (style, other) in [("query", "path"), ("path", "query")] {
        let ignored = format!("oam-ignore-page={style}");
        let service = Service::with_faults(options(), &[&ignored]);
        let config = small_pages(&service, &[Oam])
            .set_in("oam", "page_style", &format!("{style:?}"))
            .write("style.toml");
        let finished = service.once(&config);
        let finding = format!("set page_style = \\\"{other}\\\"");
        assert!(finished.stderr.contains(&finding), "{}", finished.stderr);
        let truth = service.truth_of(&[Oam]);
        let delivered = ids(&service.events());
        assert!(delivered.is_subset(&truth) && delivered.len() < truth.len());
    }
}

#[test]
fn rows_without_an_id_are_delivered_once_too() {
    for bounds in ["inclusive", "exclusive"] {
        let bounds = format!("oam-bounds={bounds}");
        let service = Service::with_faults(options(), &["oam-no-ids", &bounds]);
        let config = small_pages(&service, &[Oam]).write("small.toml");
        service.once(&config).success();
        let delivered = ids(&service.events());
        assert_eq!(delivered.len(), service.simulator.records_of(Oam));

        assert_eq!(service.once(&config).success().counted("emitted"), 0);
        assert_eq!(ids(&service.events()), delivered);
    }
}

#[test]
fn without_statistics_all_is_read_and_a_finding_says_what_is_missing() {
    let log = collect_all(&["oam-no-stats"]);
    assert!(log.contains("/audit/stats gives no count"), "{log}");
}

#[test]
fn whichever_ends_belong_to_a_period_nothing_falls_between_two() {
    for bounds in ["inclusive", "half-open", "exclusive"] {
        collect_all(&[&format!("oam-bounds={bounds}")]);
    }
}

#[test]
fn the_order_of_rows_means_nothing() {
    for order in ["ascending", "descending", "shuffled"] {
        collect_all(&[&format!("oam-order={order}")]);
    }
}

#[test]
fn a_page_shorter_than_asked_for_is_not_the_end() {
    collect_all(&["oam-page-limit=3"]);
    collect_all(&["oam-page-limit=3", "oam-no-stats"]);
}

#[test]
fn a_count_that_was_cut_off_is_not_believed() {
    // A bare number cut in the middle is a smaller number.
    for seed in [1, 2, 3] {
        let crowded = Options { seed, oam_event_count: 300, ..options() };
        let service = Service::with_faults(crowded, &["oam-rendering=bare-count", "cut=0.25"]);
        let config =
            small_pages(&service, &[Oam]).set_in("oam", "page_size", "30").write("cut.toml");
        service.once(&config).success();
        service.assert_holds(&[Oam]);
    }
}

#[test]
fn a_wrong_password_is_tried_exactly_once() {
    // Accounts get locked.
    let service = Service::start(options());
    std::fs::write(service.path("oam_password"), "mistaken").unwrap();
    let finished = service.once(&service.path("signon.toml"));
    let message = finished.refusal(1);
    assert!(message.contains("401") && message.contains("password"), "{message}");
    assert!(!finished.stderr.contains("mistaken"), "{}", finished.stderr);
    assert_asked_once(&service, 401);
}

#[test]
fn a_user_without_the_right_is_told_which_and_asked_for_no_more() {
    let service = Service::with_faults(options(), &["oam-forbidden"]);
    let finished = service.once(&service.path("signon.toml"));
    let message = finished.refusal(1);
    assert!(message.contains("403") && message.contains("Security Console"), "{message}");
    assert_asked_once(&service, 403);
}

fn assert_asked_once(service: &Service, status: u16) {
    let statistics = service.simulator.statistics();
    assert_eq!(statistics.requests, 1);
    assert_eq!(statistics.rejected, BTreeMap::from([(status, 1)]));
    assert!(ids(&service.events()).is_empty());
}
