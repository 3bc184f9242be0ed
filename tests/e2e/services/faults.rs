//! Whatever the identity domain and Fusion do wrong, a run ends complete and with
//! nothing twice. The token endpoint fails like everything else.

use signon_simulator::Service as Simulated;

use super::small_pages;
use crate::support::{Finished, Service, options_of};

const BOTH: &[Simulated] = &[Simulated::Idcs, Simulated::Oam];

/// Collects past a fault; it has to have been met.
fn withstand(services: &[Simulated], faults: &[&str]) -> Finished {
    let service = Service::with_faults(options_of(services), faults);
    let config = small_pages(&service, services).write("small.toml");
    let finished = service.once(&config).success();
    service.assert_holds(services);
    assert!(service.simulator.statistics().faults > 0, "nothing went wrong");
    finished
}

#[test]
fn throttling_is_waited_out_also_where_503_says_so() {
    withstand(BOTH, &["429=0.2"]);
}

#[test]
fn the_time_to_come_back_is_obeyed() {
    // One service alone meets the same faults in every run of the test.
    let finished = withstand(&[Simulated::Idcs], &["429=0.2:1"]);
    assert!(finished.stderr.contains("retry_in_seconds=1.0"), "{}", finished.stderr);
}

#[test]
fn server_errors_pass() {
    withstand(BOTH, &["5xx=0.2"]);
}

#[test]
fn answers_cut_off_are_read_again() {
    withstand(BOTH, &["cut=0.2"]);
}

#[test]
fn all_of_it_at_once_is_withstood() {
    withstand(BOTH, &["429=0.05", "5xx=0.05", "cut=0.05", "expire-token=0.1", "latency=3"]);
}
