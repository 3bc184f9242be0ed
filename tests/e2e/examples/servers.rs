//! Receivers over HTTP: nginx in front of one, and rotel for OTLP.

use std::process::Command;

use super::example;
use super::world::World;
use crate::sinks::Receiver;
use crate::support::{Program, free_port, program, say, wait_until};

/// Waits until somebody listens; false if the program has ended instead.
fn listens(program: &mut Program, port: u16) -> bool {
    let mut ended = false;
    wait_until("a server that listens", || {
        ended = program.has_ended();
        ended || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    !ended
}

#[test]
fn through_nginx_every_event_comes() {
    let Some(nginx) = program("nginx") else { return };
    let world = World::begin();
    let Some(receiver) = Receiver::start(world.service.folder(), "none") else { return };
    let folder = world.folder();
    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let path = |name: &str| world.service.path(name);
    std::fs::write(path("logs.pem"), pair.cert.pem()).unwrap();
    std::fs::write(path("logs.key"), pair.signing_key.serialize_pem()).unwrap();
    std::fs::write(path("siem-token"), "a-token").unwrap();
    let start = |port: u16| {
        let server = example(
            "nginx/signon.conf",
            &[
                ("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl")),
                ("logs.example", "localhost"),
                ("/etc/nginx/tls", &folder),
                ("127.0.0.1:8080", &format!("127.0.0.1:{}", receiver.port)),
            ],
        );
        // One process, so that whoever kills it kills all of it.
        let conf = format!(
            "daemon off; master_process off; pid {folder}/nginx.pid;\n\
             error_log {folder}/error.log; events {{ }}\nhttp {{ access_log off;\n\
             client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; \
             fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n\
             {server} }}\n"
        );
        std::fs::write(path("nginx.conf"), conf).unwrap();
        let mut command = Command::new(&nginx);
        command.arg("-c").arg(path("nginx.conf")).arg("-e").arg(path("error.log"));
        let mut program = Program::start(&mut command);
        listens(&mut program, port).then_some(program)
    };
    let (mut server, port) = loop {
        let port = free_port();
        if let Some(program) = start(port) {
            break (Some(program), port);
        }
    };
    world.takes(
        "nginx/signon.toml",
        &[
            ("logs.example", &format!("localhost:{port}")),
            ("/etc/signon/siem-token", &format!("{folder}/siem-token")),
            ("/etc/signon/logs-ca.pem", &format!("{folder}/logs.pem")),
        ],
    );
    let arrived = || receiver.taken().values().map(|times| *times as usize).sum();
    let told = world.live_through(
        &arrived,
        &arrived,
        Some(&mut || {
            drop(server.take());
            server = Some(start(port).expect("nginx on the port that was its own"));
        }),
    );
    told.judge("nginx", &world, &|| receiver.taken());
}

#[test]
fn through_rotel_every_event_comes_while_it_lives() {
    let named = std::env::var("SIGNON_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let find =
        "import os, rotel; print(os.path.join(os.path.dirname(rotel.__file__), 'rotel-agent'))";
    let found = Command::new(named).args(["-c", find]).output();
    let Some(found) = found.ok().filter(|found| found.status.success()) else {
        return say("skipped: rotel is not installed (cargo xtask test --with-python)");
    };
    let rotel = String::from_utf8(found.stdout).unwrap().trim().to_owned();
    let world = World::begin();
    let Some(receiver) = Receiver::start(world.service.folder(), "none") else { return };
    let (_rotel, port) = loop {
        let (grpc, http) = (free_port(), free_port());
        let mut command = Command::new(&rotel);
        command.env_clear().args(["start", "--otlp-exporter-protocol", "http"]);
        command.arg("--otlp-grpc-endpoint").arg(format!("127.0.0.1:{grpc}"));
        command.arg("--otlp-http-endpoint").arg(format!("127.0.0.1:{http}"));
        let endpoint = format!("http://127.0.0.1:{}", receiver.port);
        command.arg("--otlp-exporter-endpoint").arg(endpoint);
        command.arg("--pid-file").arg(world.service.path("rotel.pid"));
        let mut program = Program::start(&mut command);
        if listens(&mut program, http) {
            break (program, http);
        }
    };
    world.takes(
        "otel-collector/signon.toml",
        &[("http://127.0.0.1:4318", &format!("http://127.0.0.1:{port}"))],
    );
    let arrived = || receiver.taken().values().map(|times| *times as usize).sum();
    // It answers for what is in its memory: killing it loses that.
    let told = world.live_through(&arrived, &arrived, None);
    told.judge("rotel", &world, &|| receiver.taken());
}
