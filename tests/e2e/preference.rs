//! Sources that report the same sign-ons, of which one is kept.

use std::collections::BTreeMap;

use signon_simulator::{Options, Service as Simulated};

use crate::support::{Output, Service, options};

#[test]
fn of_two_sources_that_report_one_sign_on_the_preferred_one_is_kept() {
    let both = Options { services: vec![Simulated::OciAudit, Simulated::Idcs], ..options() };
    let service = Service::start(both);
    let config = service.config().write("both.toml");
    service.once(&config).success();
    let pairs = correlations(&service);
    let shared: Vec<&(String, Vec<String>)> =
        pairs.iter().filter(|(_, sources)| sources.len() > 1).collect();
    assert!(shared.len() > 5, "the simulator's services share sign-ons");

    let both = Options { services: vec![Simulated::OciAudit, Simulated::Idcs], ..options() };
    let service = Service::start(both);
    let config = service.config().set_in("idcs", "prefer", "\"oci_audit\"").write("prefer.toml");
    service.once(&config).success();
    let kept = correlations(&service);
    assert_eq!(kept.len(), pairs.len(), "no sign-on is lost");
    for (correlation, sources) in &kept {
        let before = &pairs.iter().find(|(known, _)| known == correlation).unwrap().1;
        let expected =
            if before.iter().any(|source| source == "oci-audit") { "oci-audit" } else { "idcs" };
        assert_eq!(sources, &[expected], "{correlation}");
    }
    assert_eq!(service.once(&config).success().counted("emitted"), 0);
}

/// Sources by correlation, activity and outcome, of the events that have one.
fn correlations(service: &Service) -> Vec<(String, Vec<String>)> {
    let mut found: BTreeMap<String, Vec<String>> = Default::default();
    for event in Output::read(&service.events()).events {
        let Some(correlation) = event["metadata"]["correlation_uid"].as_str() else { continue };
        let key = format!("{correlation} {} {}", event["activity_id"], event["status_id"]);
        let source = event["metadata"]["source"].as_str().unwrap().to_owned();
        let sources = found.entry(key).or_default();
        if !sources.contains(&source) {
            sources.push(source);
            sources.sort();
        }
    }
    found.into_iter().collect()
}
