//! The unchanged built-in components in other people's runtimes, signing for
//! themselves: what they deliver there is what the host delivers.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use signon_simulator::Service as Simulated;

use crate::support::{Finished, Service, ids, options_of, repository, say, whole_lines};

/// The simulated hours and one more.
const HOURS: &str = "7";

/// The native ids in lines of neutral events, none of them twice.
fn native_ids(stdout: &str, member: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in stdout.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = event[member].as_str().unwrap_or_else(|| panic!("no {member}: {line}"));
        assert!(found.insert(id.to_owned()), "{id} is there twice");
    }
    found
}

/// Runs an example against each service and compares it with the host; `member` is
/// how the example spells the id.
fn compare(runtime: &dyn Fn() -> Command, member: &str) {
    let service = Service::start(options_of(&Simulated::ALL));
    let mut delivered = BTreeSet::new();
    for simulated in Simulated::ALL {
        let name = simulated.name();
        let component = service.path(&format!("{name}.wasm"));
        std::fs::write(&component, signon_bundle::find(name).unwrap().bytes).unwrap();
        let settings = service.path(&format!("{name}.settings.json"));
        let finished = Finished::of(runtime().arg(&component).arg(&settings).arg(HOURS)).success();
        assert_eq!(finished.stderr, "", "{name}");
        let found = native_ids(&finished.stdout, member);
        // The examples ask for sign-ons and accounts; an identity domain writes more.
        let truth = service.truth_of(&[simulated]);
        assert!(!found.is_empty() && found.is_subset(&truth), "{name}");
        assert!(simulated == Simulated::Idcs || found == truth, "{name}");
        delivered.extend(found);
    }
    let config = service.config().set_in("idcs", "classes", "[\"sign-on\", \"account\"]");
    service.once(&config.write("classes.toml")).success();
    assert!(!whole_lines(&service.events()).is_empty());
    assert_eq!(delivered, ids(&service.events()));
    let rejected = service.simulator.statistics().rejected;
    assert!(rejected.is_empty(), "{rejected:?}");

    // A secret that is wrong is refused, told, and not shown.
    let settings = service.path("oam.settings.json");
    let text = std::fs::read_to_string(&settings).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&text).unwrap();
    changed["auth"]["password"] = "mistaken-secret".into();
    std::fs::write(&settings, changed.to_string()).unwrap();
    let refused = Finished::of(runtime().arg(service.path("oam.wasm")).arg(&settings).arg(HOURS));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("401"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("mistaken-secret"), "{}", refused.stderr);
    assert_eq!(service.simulator.statistics().rejected.get(&401), Some(&1));
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn node_delivers_what_the_host_delivers() {
    let folder = repository("examples/node");
    let is_new = "process.exit(Number(process.versions.node.split('.')[0]) >= 20 ? 0 : 1)";
    let has_packages = folder.join("node_modules/@bytecodealliance/jco-transpile").is_dir();
    if !has_packages || !succeeds(Command::new("node").args(["-e", is_new])) {
        return say("skipped: the components in Node; it needs Node 20 and its packages \
                    (cargo xtask test --with-node)");
    }
    compare(&|| script("node", &folder.join("collect.mjs")), "nativeId");
}

#[test]
fn python_delivers_what_the_host_delivers() {
    let named = std::env::var("SIGNON_TEST_PYTHON").ok();
    let interpreter = named.unwrap_or_else(|| "python3".to_owned());
    // Another version may give other functions.
    let has_package = "import importlib.metadata as m; assert m.version('wasmtime') >= '50'";
    if !succeeds(Command::new(&interpreter).args(["-c", has_package])) {
        return say(&format!(
            "skipped: the components in Python; {interpreter} lacks wasmtime 50 \
             (cargo xtask test --with-python)"
        ));
    }
    compare(&|| script(&interpreter, &repository("examples/python/collect.py")), "native-id");
}

fn script(interpreter: &str, path: &Path) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(path);
    command
}
