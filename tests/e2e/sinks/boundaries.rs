//! Files that are not what they should be: full, cut short, or no files at all.

use std::process::Command;

use super::*;
use crate::support::wait_until;

#[test]
fn a_limit_on_file_sizes_is_a_full_disk_and_not_the_end() {
    let service = Service::start(options());
    let config = service.path("signon.toml");
    // 64 KiB in blocks of 512 bytes: less than the state takes, and than the events do.
    let mut limited = Command::new("sh");
    let script = "ulimit -f 128; exec \"$0\" run --once --config \"$1\"";
    limited.args(["-c", script, env!("CARGO_BIN_EXE_signon")]).arg(&config);
    let finished = Finished::of(&mut limited);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("File too large"), "{}", finished.stderr);
    service.collect();
    service.assert_complete();
}

#[test]
fn a_corrupt_dead_letter_is_named_and_hides_no_other() {
    let service = Service::start(options());
    let config = http_config(&service, "http.toml", 9, "");
    let folder = service.path("state/deadletter");
    std::fs::create_dir_all(&folder).unwrap();
    let letter = |id: &str| {
        format!(
            "{{\"refused\":\"2026-01-31T08:00:00Z\",\"sink\":\"siem\",\"source\":\"s\",\
             \"kind\":\"refused\",\"status\":400,\"reason\":\"no\",\"event_id\":\"{id}\",\
             \"time\":0,\"line\":\"{{}}\"}}\n"
        )
    };
    let text = format!("{}{{\"refused\":\n{}", letter("first"), letter("last"));
    std::fs::write(folder.join("siem.ndjson"), &text).unwrap();
    let finished = deadletter("list", &config);
    assert!(finished.stdout.contains("siem: 2 events in "), "{}", finished.stdout);
    assert!(finished.stdout.contains("first") && finished.stdout.contains("last"));
    let told = finished.refusal(1);
    assert!(told.contains("siem.ndjson:2: is no dead letter"), "{told}");
    assert!(!told.contains("disk"), "{told}");
    assert_eq!(std::fs::read_to_string(folder.join("siem.ndjson")).unwrap(), text);
}

#[test]
fn what_is_no_file_in_a_configuration_folder_is_refused_by_name() {
    let service = Service::start(options());
    let folder = service.path("conf.d");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(service.path("signon.toml"), folder.join("a.toml")).unwrap();
    let odd = folder.join("b.toml");
    let pipe = || assert!(Command::new("mkfifo").arg(&odd).status().unwrap().success());
    let device = || std::os::unix::fs::symlink("/dev/zero", &odd).unwrap();
    let kinds: [(&dyn Fn(), &str); 2] = [(&pipe, "is a pipe"), (&device, "is a device")];
    for (make, kind) in kinds {
        make();
        let mut command = signon(["run", "--once", "--config-dir"]);
        let finished = Finished::of(command.arg(&folder));
        let told = finished.refusal(2);
        assert!(told.contains("b.toml: ") && told.contains(kind), "{told}");
        std::fs::remove_file(&odd).unwrap();
    }
}

#[test]
fn a_pipe_named_on_the_command_line_is_read_once_and_a_device_never() {
    let service = Service::start(options());
    let pipe = service.path("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let text = service.config().text();
    let to = pipe.clone();
    let writer = std::thread::spawn(move || std::fs::write(to, text).unwrap());
    let running = crate::support::Running::start(&mut run(&pipe, false));
    writer.join().unwrap();
    wait_until("the events", || {
        crate::support::ids_so_far(&service.events()) == service.simulator.truth()
    });
    // Nobody writes into it any more: the reload is refused, and holds nothing up.
    running.signal("HUP");
    wait_until("the refusal", || running.stderr().contains("is a pipe"));
    running.terminate();
    running.wait().success();
    let finished = Finished::of(&mut signon(["check", "--config", "/dev/zero"]));
    assert!(finished.refusal(2).contains("/dev/zero: cannot read the file: is a device"));
}
