//! An identity domain, by both methods and through all of its habits.

use signon_simulator::{Options, Service::Idcs};

use super::small_pages;
use crate::support::{Finished, Service, coverage, ids, options_of, seconds, signon, whole_lines};

fn options() -> Options {
    options_of(&[Idcs])
}

#[test]
fn both_methods_deliver_every_row_once_and_a_second_run_nothing() {
    for method in ["get", "search"] {
        let service = Service::start(options());
        let method = format!("{method:?}");
        let config =
            small_pages(&service, &[Idcs]).set_in("idcs", "method", &method).write("method.toml");
        let first = service.once(&config).success();
        service.assert_holds(&[Idcs]);
        assert_eq!(first.counted("emitted") as usize, service.simulator.records_of(Idcs));
        let statistics = service.simulator.statistics();
        assert!(statistics.pages > 10, "{method}: {statistics:?}");
        let delivered = whole_lines(&service.events());

        assert_eq!(service.once(&config).success().counted("emitted"), 0);
        assert_eq!(whole_lines(&service.events()), delivered);
        let rejected = service.simulator.statistics().rejected;
        assert!(rejected.is_empty(), "{method}: {rejected:?}");
    }
}

#[test]
fn rows_that_arrive_and_go_while_they_are_read_are_not_missed() {
    for method in ["\"get\"", "\"search\""] {
        let service = Service::with_faults(options(), &["idcs-moving"]);
        let config =
            small_pages(&service, &[Idcs]).set_in("idcs", "method", method).write("moving.toml");
        service.once(&config).success();
        service.assert_holds(&[Idcs]);
    }
}

#[test]
fn more_rows_of_one_timestamp_than_a_page_holds_are_read() {
    // The service's own largest page, and a small one that needs many.
    for (fault, page_size) in [("idcs-same-timestamp", "1000"), ("idcs-same-timestamp=75", "10")] {
        let service = Service::with_faults(options(), &[fault]);
        let config = small_pages(&service, &[Idcs])
            .set_in("idcs", "page_size", page_size)
            .write("same.toml");
        service.once(&config).success();
        service.assert_holds(&[Idcs]);
        assert!(service.truth_of(&[Idcs]).len() > 200);
    }
}

#[test]
fn rows_stored_with_finer_times_than_they_are_written_with_are_read() {
    for page_size in ["10", "1"] {
        let service =
            Service::with_faults(options(), &["idcs-same-timestamp=75", "idcs-finer-times"]);
        let config = small_pages(&service, &[Idcs])
            .set_in("idcs", "page_size", page_size)
            .write("finer.toml");
        service.once(&config).success();
        service.assert_holds(&[Idcs]);
    }
}

#[test]
fn a_domain_that_answers_with_nothing_is_reported_and_its_successor_named() {
    let service = Service::with_faults(options(), &["idcs-retired"]);
    let config = small_pages(&service, &[Idcs]).write("retired.toml");
    let finished = service.once(&config).success();
    assert!(ids(&service.events()).is_empty());
    let finding = finished.stderr.lines().find(|line| line.contains("possibly retired"));
    let finding = finding.unwrap_or_else(|| panic!("no finding: {}", finished.stderr));
    assert!(finding.contains("oci_audit"), "{finding}");
    // What it answered proves nothing, and whoever asks is told so.
    let report = coverage(&service, &config, &[]);
    assert_eq!(seconds(&report, "complete"), 0, "{report}");
    assert!(seconds(&report, "unproven") > 3 * 3600, "{report}");
    let checked = Finished::of(signon(["check", "--config"]).arg(&config));
    assert!(checked.stdout.contains("proves nothing"), "{}", checked.stdout);
}

#[test]
fn a_domain_in_which_something_happens_is_not_called_retired() {
    let service = Service::start(options());
    let finished = service.collect();
    assert!(!finished.stderr.contains("possibly retired"), "{}", finished.stderr);
}

#[test]
fn the_least_role_is_enough_for_get_and_search_says_what_it_lacks() {
    let service = Service::with_faults(options(), &["idcs-least-privilege"]);
    let search =
        small_pages(&service, &[Idcs]).set_in("idcs", "method", "\"search\"").write("search.toml");
    let refused = service.once(&search);
    let message = refused.refusal(1);
    assert!(message.contains("403") && message.contains("method = \"get\""), "{message}");
    assert!(ids(&service.events()).is_empty());

    service.once(&small_pages(&service, &[Idcs]).write("get.toml")).success();
    service.assert_holds(&[Idcs]);
}
