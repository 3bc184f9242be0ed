//! The start: whoever is ready reads, whoever is not keeps nobody waiting, and the end is
//! heard meanwhile.

use std::process::Command;

use signon_simulator::Service as Simulated;

use crate::support::{ConfigFile, Running, Service, ids_so_far, options_of, run, signon};

const BOTH: &[Simulated] = &[Simulated::OciAudit, Simulated::Oam];

/// What a source says that did not start, or has stopped trying to.
const NOT_STARTED: &str = "Source not started";

/// The password of one source comes from a command that ends when it is told to.
fn slow(service: &Service, sources: &[&str]) -> ConfigFile {
    let go = service.path("go");
    let script = format!(
        "until [ -e {0:?} ]; do sleep 0.05; done; cat {1:?}",
        go,
        service.path("oam_password")
    );
    let user = service.simulator.oam_username();
    let credentials = format!(
        "{{ type = \"basic\", username = {user:?}, password_command = [\"sh\", \"-c\", {script:?}] }}"
    );
    sources
        .iter()
        .fold(service.config(), |config, source| config.set_in(source, "credentials", &credentials))
}

#[test]
fn a_source_that_takes_long_to_start_keeps_no_other_waiting() {
    let service = Service::start(options_of(BOTH));
    let config = slow(&service, &["oam"]).write("slow.toml");
    let mut running = Running::start(&mut run(&config, false));
    let ready = service.truth_of(&[Simulated::OciAudit]).len();
    running.until("the events of who is ready", |running| {
        assert!(!running.stderr().contains(NOT_STARTED), "{}", running.stderr());
        ids_so_far(&service.events()).len() == ready
    });
    std::fs::write(service.path("go"), "").unwrap();
    let all = service.truth_of(BOTH).len();
    running.until("all events", |_| ids_so_far(&service.events()).len() == all);
    running.terminate();
    running.wait().success();
    service.assert_holds(BOTH);
}

#[test]
fn a_process_that_is_starting_hears_that_it_is_to_end() {
    let service = Service::start(options_of(&[Simulated::Oam]));
    let config = slow(&service, &["oam"]).write("slow.toml");
    let mut running = Running::start(&mut run(&config, false));
    running.until("the command that gives the secret", |running| {
        let children = Command::new("pgrep").arg("-P").arg(running.id().to_string()).output();
        children.is_ok_and(|found| !found.stdout.is_empty())
    });
    running.terminate();
    let ended = running.wait().success();
    assert!(ended.stderr.contains("Ending after the batch in hand"), "{}", ended.stderr);
    assert!(!ended.stderr.contains(NOT_STARTED), "it waited for the start: {}", ended.stderr);
}

#[test]
fn a_limit_of_open_files_that_is_low_for_the_configuration_is_told() {
    let service = Service::start(options_of(&[Simulated::OciAudit]));
    let config = service.path("signon.toml");
    for (files, is_told) in [(200, true), (1_024, false)] {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        let run = signon(["run", "--once", "--config"]);
        command.arg("-c").arg(script).arg(run.get_program()).args(run.get_args()).arg(&config);
        let finished = crate::support::Finished::of(&mut command).success();
        let told = finished.stderr.contains("The limit of open files is low");
        assert_eq!(told, is_told, "{files}: {}", finished.stderr);
    }
}
