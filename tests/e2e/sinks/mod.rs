//! Sinks behind a server, against receivers that share no code with ours.

#[cfg(unix)]
mod boundaries;
mod dead;
mod faults;
mod protocols;
mod real;
mod receiver;
mod rotation;

use crate::support::{Finished, Service, options, run, signon};
pub use receiver::Receiver;

/// The simulator's configuration with its file sink replaced by one for a port.
fn http_config(service: &Service, name: &str, port: u16, keys: &str) -> std::path::PathBuf {
    // A receiver that takes long is none that has failed: what it took would come again.
    let keys =
        format!("type = \"http\"\nuri = \"http://127.0.0.1:{port}/in\"\ntimeout = \"10m\"\n{keys}");
    sink_config(service, name, &keys)
}

/// The simulator's configuration with its file sink replaced by one of these keys.
fn sink_config(service: &Service, name: &str, keys: &str) -> std::path::PathBuf {
    let config = service.config();
    let text = config.text();
    let (head, _) = text.split_once("[sinks.").unwrap();
    let path = service.path(name);
    let sink = format!("[sinks.siem]\ninputs = [\"*\"]\n{keys}\n");
    std::fs::write(&path, head.to_owned() + &sink).unwrap();
    path
}

/// `signon deadletter …` with a configuration.
fn deadletter(command: &str, config: &std::path::Path) -> Finished {
    Finished::of(signon(["deadletter", command, "--config"]).arg(config))
}
