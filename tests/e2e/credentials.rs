//! Keys, tokens and passwords from wherever they are kept: replaced without a
//! restart, given by a command, put into the environment by Oracle's services; and
//! gone with the process, whatever ends it.

mod instance;

use signon_simulator::Service::{Idcs, Oam};

use crate::support::{
    Finished, Running, Service, ids_so_far, options, options_of, run, whole_lines,
};

/// The configuration with the session token of the profile.
fn with_session(service: &Service) -> std::path::PathBuf {
    let profile = "{ type = \"oci_api_key\", config_file = \"oci_config\", profile = \"SESSION\" }";
    service.config().set("credentials", profile).write("session.toml")
}

#[test]
fn a_session_token_that_was_replaced_is_used_without_a_restart() {
    let service = Service::start(options());
    let file = service.path("session_token");
    let token = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "a.token.of-yesterday").unwrap();
    // A profile of a session needs its key beside it.
    let mut running = Running::start(&mut run(&with_session(&service), false));
    running.until("the refusal", |running| running.stderr().contains("unauthorized"));
    assert!(whole_lines(&service.events()).is_empty());
    // At once, as those do who write it: half a token would be refused, too.
    let whole = service.path("session_token.new");
    std::fs::write(&whole, token).unwrap();
    std::fs::rename(&whole, &file).unwrap();
    let truth = service.simulator.truth().len();
    running.until("all events", |_| ids_so_far(&service.events()).len() == truth);
    running.terminate();
    running.wait().success();
    service.assert_complete();
}

#[test]
fn a_resource_principal_is_taken_from_the_environment() {
    let service = Service::start(options());
    let config = service
        .config()
        .set("credentials", "{ type = \"oci_resource_principal\" }")
        .write("resource.toml");
    let missing = Finished::of(&mut run(&config, true));
    let message = missing.refusal(1);
    assert!(message.contains("OCI_RESOURCE_PRINCIPAL_VERSION"), "{message}");

    let key = std::fs::read_to_string(service.path("oci_key.pem")).unwrap();
    let mut command = run(&config, true);
    // The token by its file, the key by its text.
    command
        .env("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2")
        .env("OCI_RESOURCE_PRINCIPAL_RPST", service.path("session_token"))
        .env("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", &key)
        .env("OCI_RESOURCE_PRINCIPAL_REGION", "us-ashburn-1");
    let finished = Finished::of(&mut command).success();
    assert!(!finished.stderr.contains(key.lines().nth(1).unwrap()));
    service.assert_complete();
}

#[cfg(unix)]
#[test]
fn secrets_come_from_a_command_too() {
    let service = Service::start(options_of(&[Idcs, Oam]));
    let client = service.simulator.idcs_client_id();
    let idcs = format!(
        "{{ type = \"oauth2_client_credentials\", client_id = {client:?}, \
         client_secret_command = [\"cat\", {:?}] }}",
        service.path("idcs_client_secret")
    );
    let user = service.simulator.oam_username();
    let oam = format!(
        "{{ type = \"basic\", username = {user:?}, password_command = [\"cat\", {:?}] }}",
        service.path("oam_password")
    );
    let config = service.config().set_in("idcs", "credentials", &idcs);
    let config = config.set_in("oam", "credentials", &oam);
    service.once(&config.write("commands.toml")).success();
    service.assert_holds(&[Idcs, Oam]);

    let both =
        idcs.replace("client_secret_command", "client_secret = \"x\", client_secret_command");
    let config = config.clone().set_in("idcs", "credentials", &both).write("both.toml");
    let finished = service.once(&config);
    assert!(finished.refusal(2).contains("goes with no client_secret"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_abort_leaves_no_core() {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Command, Stdio};
    let service = Service::start(options());
    let config = service.path("signon.toml");
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -c unlimited; exec \"$0\" run --config \"$1\""])
        .args([env!("CARGO_BIN_EXE_signon").as_ref(), config.as_os_str()])
        .current_dir(service.folder())
        .stdin(Stdio::null());
    let mut running = Running::start(&mut command);
    running.until("the first events", |_| !whole_lines(&service.events()).is_empty());
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
    running.signal("ABRT");
    let status = running.wait().status;
    assert_eq!(status.signal(), Some(6), "{status}");
    assert!(!status.core_dumped(), "a core was written");
    let left = std::fs::read_dir(service.folder()).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.starts_with("core")), "a core file");
}
