//! Who may read what the command writes.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Finished, Running, Service, options, run, wait_until};

fn modes(folder: &Path, found: &mut BTreeMap<PathBuf, (bool, u32)>) {
    let metadata = std::fs::metadata(folder).unwrap();
    found.insert(folder.to_owned(), (metadata.is_dir(), metadata.permissions().mode() & 0o7777));
    if metadata.is_dir() {
        for entry in std::fs::read_dir(folder).unwrap() {
            modes(&entry.unwrap().path(), found);
        }
    }
}

/// The same command under another umask.
fn under(umask: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("umask {umask}; exec \"$0\" \"$@\""));
    shell.arg(command.get_program()).args(command.get_args());
    shell.stdin(std::process::Stdio::null());
    shell
}

#[test]
fn state_is_this_users_alone_and_events_are_the_groups_whatever_the_umask() {
    for umask in ["000", "022", "077"] {
        let service = Service::start(options());
        let config = service
            .config()
            .set("data_dir", "\"deep/state\"")
            .replace("events.ndjson", "out/put/events.ndjson")
            .with(
                "[sinks.far]\ntype = \"splunk_hec\"\ninputs = [\"*\"]\n\
                 endpoint = \"http://127.0.0.1:9\"\ntoken = \"x\"\nretry_for = \"1s\"\n",
            )
            .write("modes.toml");
        let running = Running::start(&mut under(umask, &run(&config, false)));
        let state = service.path("deep/state");
        // Who is told before it listens ends.
        wait_until("the events", || service.path("out/put/events.ndjson").exists());
        wait_until("the backup", || {
            running.signal("USR1");
            state.join("state.backup.redb").exists()
        });
        running.terminate();
        let _ = running.wait();
        let mut found = BTreeMap::new();
        modes(&service.path("deep"), &mut found);
        assert!(found.keys().any(|path| path.ends_with("compiled")), "{found:?}");
        for (path, (is_folder, mode)) in &found {
            let expected = if *is_folder { 0o700 } else { 0o600 };
            assert_eq!(*mode, expected, "umask {umask}: {} is {mode:o}", path.display());
        }
        let mut found = BTreeMap::new();
        modes(&service.path("out"), &mut found);
        assert_eq!(found.len(), 3);
        for (path, (is_folder, mode)) in &found {
            let expected = if *is_folder { 0o750 } else { 0o640 };
            assert_eq!(*mode, expected, "umask {umask}: {} is {mode:o}", path.display());
        }
    }
}

#[test]
fn a_folder_of_state_that_is_open_is_told_with_the_fix() {
    let service = Service::start(options());
    let state = service.path("open");
    std::fs::create_dir(&state).unwrap();
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = service.config().set("data_dir", "\"open\"").write("open.toml");
    let ran = Finished::of(&mut run(&config, true)).success();
    assert!(ran.stderr.contains("chmod 700") && ran.stderr.contains("0755"), "{}", ran.stderr);
    let mut check = crate::support::signon(["check", "--config"]);
    let checked = Finished::of(check.arg(&config)).success();
    assert!(checked.stdout.contains("chmod 700"), "{}", checked.stdout);
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o700)).unwrap();
    let again = Finished::of(&mut run(&config, true)).success();
    assert!(!again.stderr.contains("chmod 700"), "{}", again.stderr);
}
