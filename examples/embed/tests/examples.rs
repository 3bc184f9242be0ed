//! Both examples, run against the simulator: what they print is what there is.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use signon_host::render::{Format, event_id};
use signon_simulator::{Options, Simulator};
use tempfile::TempDir;
use tokio::runtime::Runtime;

struct World {
    simulator: Simulator,
    folder: TempDir,
    _runtime: Runtime,
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let options = Options {
            events: 200,
            sign_on_share: 0.2,
            span: Duration::from_secs(1800),
            quiet: Duration::from_secs(120),
            ..Options::default()
        };
        let simulator = runtime.block_on(Simulator::start(options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        simulator.write_config(folder.path()).unwrap();
        let bytes = signon_bundle::BUILT_INS.iter().find(|b| b.name == "oci_audit").unwrap().bytes;
        std::fs::write(folder.path().join("oci-audit.wasm"), bytes).unwrap();
        Self { simulator, folder, _runtime: runtime }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ids(text: &str) -> BTreeSet<String> {
        text.lines().map(|line| event_id(line, Format::Ocsf).unwrap()).collect()
    }
}

fn output(program: &str, arguments: &[&Path]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_session_example_reads_an_hour_of_events() {
    let world = World::new();
    // The simulator's settings for components that sign for themselves, without that.
    let text = std::fs::read_to_string(world.path("oci_audit.settings.json")).unwrap();
    let mut settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    settings.as_object_mut().unwrap().remove("auth");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let minute = i64::try_from(now.as_secs()).unwrap() / 60;
    let start = (minute - 58) * 60_000;
    let printed = output(
        env!("CARGO_BIN_EXE_embed"),
        &[
            &world.path("oci-audit.wasm"),
            &world.path("oci_config"),
            Path::new(&settings.to_string()),
            Path::new(&start.to_string()),
            Path::new("--private"),
        ],
    );
    assert_eq!(World::ids(&printed), world.simulator.truth());
}

#[test]
fn the_collector_example_delivers_every_event_once() {
    let world = World::new();
    let arguments = [&*world.path("signon.toml"), &*world.path("oci-audit.wasm")];
    let truth = world.simulator.truth();
    let program = env!("CARGO_BIN_EXE_collector");
    assert_eq!(output(program, &arguments), format!("{} events delivered\n", truth.len()));
    assert_eq!(output(program, &arguments), "0 events delivered\n");
    let delivered = std::fs::read_to_string(world.path("events.ndjson")).unwrap();
    assert_eq!(delivered.lines().count(), truth.len());
    assert_eq!(World::ids(&delivered), truth);
}
