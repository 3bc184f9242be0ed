//! Events that a receiver refuses, and how they reach it after all.

use std::collections::BTreeSet;

use super::*;

#[test]
fn refused_events_are_kept_and_sent_again_when_an_operator_says_so() {
    let service = Service::start(options());
    let Some(picky) = Receiver::start(service.folder(), "poison") else { return };
    let config = http_config(&service, "http.toml", picky.port, "");
    service.once(&config).success();
    let truth = service.simulator.truth();
    let taken: BTreeSet<String> = picky.taken().into_keys().collect();
    let refused: BTreeSet<String> = truth.difference(&taken).cloned().collect();
    assert!(!refused.is_empty() && !taken.is_empty());
    let listed = deadletter("list", &config).success().stdout;
    assert!(listed.starts_with(&format!("siem: {} events in ", refused.len())), "{listed}");
    for id in &refused {
        assert!(listed.contains(id), "{id} is not in {listed}");
    }
    // The receiver has not changed its mind.
    let replayed = deadletter("replay", &config).success().stdout;
    assert!(replayed.contains(&format!("0 delivered, {} still refused", refused.len())));
    drop(picky);
    let Some(mended) = Receiver::start(service.folder(), "none") else { return };
    let config = http_config(&service, "mended.toml", mended.port, "");
    let replayed = deadletter("replay", &config).success().stdout;
    assert!(replayed.contains(&format!("{} delivered, 0 still refused", refused.len())));
    let taken = mended.taken();
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), truth);
    assert!(taken.values().all(|count| *count == 1));
    assert_eq!(deadletter("list", &config).success().stdout, "");
}

#[test]
fn a_sink_that_is_not_there_has_no_dead_letters() {
    let service = Service::start(options());
    let config = http_config(&service, "http.toml", 9, "");
    let mut command = signon(["deadletter", "list", "--sink", "other", "--config"]);
    let finished = Finished::of(command.arg(&config));
    assert!(finished.refusal(2).contains("no sink \"other\""));
}
