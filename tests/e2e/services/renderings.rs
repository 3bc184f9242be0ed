//! Fusion's answers in every form that its schema allows, in JSON and in XML.
//!
//! Both are read in one run by two sources, each with an output of its own: what
//! they deliver has to be the same.

use signon_simulator::{OamRendering, Options, Service::Oam};

use crate::support::{Output, Service, options_of};

const ROOTS: [&str; 4] = ["plain", "wrapped", "one-object", "wrapped+one-object"];
const NOTHING: [&str; 4] = ["empty-null", "empty-absent", "empty-root", "wrapped+empty-root"];
const VALUES: [&str; 4] = ["nested-attributes", "text-values", "quoted", "bare-count"];
const TIMES: [&str; 4] = ["time-seconds", "time-offset", "time-basic-offset", "time-epoch"];

/// The written source once more, asking for XML.
fn both(service: &Service) -> std::path::PathBuf {
    let json = service
        .config()
        .set_in("oam", "readings", "[\"0s\"]")
        // Ranges and pages so small that some hold one row, and some none.
        .set_in("oam", "longest_range", "\"20m\"")
        .set_in("oam", "page_size", "2");
    let text = json.text();
    let start = text.find("[sources.oam]").unwrap();
    let source = &text[start..text.find("[sinks.file]").unwrap()];
    let xml = source.replace("[sources.oam]", "[sources.oam_xml]\nformat = \"xml\"");
    let path = service.path("xml.ndjson");
    let sink = format!(
        "\n[sinks.xml]\ntype = \"file\"\ninputs = [\"oam_xml\"]\nformat = \"ocsf\"\n\
         path = {path:?}\n"
    );
    json.with(&format!("\n{xml}{sink}")).write("both.toml")
}

fn assert_read(renderings: &[&str]) {
    for rendering in renderings {
        let rendered = format!("oam-rendering={rendering}");
        let options = Options { oam_event_count: 40, ..options_of(&[Oam]) };
        let service = Service::with_faults(options, &[&rendered]);
        let finished = service.once(&both(&service));
        assert_eq!(finished.code, Some(0), "{rendering}: {}", finished.stderr);
        assert_eq!(finished.counted("rejected"), 0, "{rendering}: {}", finished.stderr);
        let truth = service.truth_of(&[Oam]);
        let (json, xml) = (service.events(), service.path("xml.ndjson"));
        for path in [&json, &xml] {
            Output::read(path).assert_holds(&truth);
        }
        assert_eq!(told(&json), told(&xml), "{rendering}");
    }
}

/// What both renderings have to agree upon, by id.
fn told(path: &std::path::Path) -> std::collections::BTreeMap<String, Vec<serde_json::Value>> {
    let pointers = [
        "/time",
        "/activity_id",
        "/status_id",
        "/user/name",
        "/src_endpoint/ip",
        "/is_mfa",
        "/metadata/correlation_uid",
    ];
    let events = Output::read(path).events.into_iter();
    events
        .map(|event| {
            let id = event["metadata"]["uid"].as_str().unwrap().to_owned();
            let values = pointers.map(|pointer| event.pointer(pointer).cloned());
            (id, values.into_iter().map(Option::unwrap_or_default).collect())
        })
        .collect()
}

#[test]
fn roots_lists_and_single_rows_are_read_in_every_form() {
    assert_read(&ROOTS);
}

#[test]
fn nothing_is_read_as_nothing_in_every_form() {
    assert_read(&NOTHING);
}

#[test]
fn values_are_read_in_every_form() {
    assert_read(&VALUES);
}

#[test]
fn times_are_read_in_every_form() {
    assert_read(&TIMES);
}

#[test]
fn no_form_that_the_simulator_knows_is_left_out() {
    let read: Vec<&str> = [ROOTS, NOTHING, VALUES, TIMES].concat();
    for name in OamRendering::NAMES {
        assert!(read.contains(&name), "{name} is not read");
    }
}
