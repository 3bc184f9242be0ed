//! A server that has limits of its own, as distributions ship it. Passed over, aloud,
//! where it is not installed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::support::{Program, free_port, program, wait_until, whole_lines};

/// Starts nginx in a folder, with what its configuration is made of for a port.
fn nginx_on(nginx: &Path, service: &Service, conf: &dyn Fn(u16) -> String) -> (Program, u16) {
    let (file, pid) = (service.path("nginx.conf"), service.path("nginx.pid"));
    let log = service.path("error.log");
    loop {
        let port = free_port();
        std::fs::write(&file, conf(port)).unwrap();
        let mut command = Command::new(nginx);
        command.arg("-c").arg(&file).arg("-e").arg(&log);
        let mut program = Program::start(&mut command);
        let mut ended = false;
        wait_until("nginx", || {
            ended = program.has_ended();
            // It writes its number when it listens.
            ended || !whole_lines(&pid).is_empty()
        });
        if !ended {
            return (program, port);
        }
        let log = std::fs::read_to_string(&log).unwrap();
        assert!(log.contains("Address already in use"), "{log}");
    }
}

#[test]
fn nginx_with_its_own_limit_gets_every_event() {
    let Some(nginx) = program("nginx") else { return };
    let service = Service::start(options());
    let Some(receiver) = Receiver::start(service.folder(), "none") else { return };
    let folder = service.folder().display().to_string();
    // Everything on, as it is shipped, but for the paths and a body limit that is
    // in the way.
    let conf = |port| {
        format!(
            "daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n\
             events {{ }}\nhttp {{ access_log {folder}/access.log; client_max_body_size 16k;\n\
             client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; \
             fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n\
             server {{ listen 127.0.0.1:{port}; location /in {{ \
             proxy_pass http://127.0.0.1:{}; }} }} }}\n",
            receiver.port
        )
    };
    let (_nginx, port) = nginx_on(&nginx, &service, &conf);
    let config = http_config(&service, "http.toml", port, "");
    service.once(&config).success();
    let taken = receiver.taken();
    assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), service.simulator.truth());
    assert!(taken.values().all(|count| *count == 1));
    // nginx writes of an answer after it has given it.
    wait_until("an answer 413 to a body beyond the limit", || {
        String::from_utf8_lossy(&whole_lines(&service.path("access.log"))).contains(" 413 ")
    });
}
