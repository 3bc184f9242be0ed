//! Servers and readers as distributions ship them. Each test is passed over, aloud,
//! where its program is not installed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::*;
use crate::support::{Output, ids, say, wait_until, whole_lines};

/// A program that ends with its value.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a program is; some distributions keep servers out of users' way.
fn program(name: &str) -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let found =
        folders.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    if found.is_none() {
        say(&format!("skipped: {name} is not installed"));
    }
    found
}

/// A port that nobody uses now. Somebody may before it is bound, and nginx cannot be
/// told to choose: `nginx_on` looks whether it got it.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts nginx in a folder, with what its configuration is made of for a port.
fn nginx_on(nginx: &Path, service: &Service, conf: &dyn Fn(u16) -> String) -> (Program, u16) {
    let (file, pid) = (service.path("nginx.conf"), service.path("nginx.pid"));
    let log = service.path("error.log");
    loop {
        let port = free_port();
        std::fs::write(&file, conf(port)).unwrap();
        let mut command = Command::new(nginx);
        command.arg("-c").arg(&file).arg("-e").arg(&log);
        let mut program =
            Program(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let mut ended = false;
        wait_until("nginx", || {
            ended = program.0.try_wait().unwrap().is_some();
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

#[test]
fn syslog_ng_reads_every_event_of_the_file_sink() {
    let Some(syslog_ng) = program("syslog-ng") else { return };
    let service = Service::start(options());
    std::fs::write(service.events(), "").unwrap();
    let (events, read) = (service.events(), service.path("read.ndjson"));
    let version = Command::new(&syslog_ng).arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let mut words = version.split(|c: char| !c.is_ascii_digit() && c != '.');
    let version = words.find(|word| word.contains('.')).unwrap();
    let version = version.split('.').take(2).collect::<Vec<_>>().join(".");
    let conf = format!(
        "@version: {version}\n\
         source s {{ file({events:?} flags(no-parse) follow-freq(0.1)); }};\n\
         destination d {{ file({read:?} template(\"$MSG\\n\")); }};\n\
         log {{ source(s); destination(d); }};\n\
         options {{ log-msg-size(1048576); }};\n"
    );
    let file = service.path("syslog-ng.conf");
    std::fs::write(&file, conf).unwrap();
    let at = |name: &str| service.path(name);
    let mut command = Command::new(syslog_ng);
    command.args(["-F", "--no-caps", "-f"]).arg(&file);
    command.arg("-R").arg(at("persist")).arg("-p").arg(at("pid")).arg("-c").arg(at("ctl"));
    let _syslog_ng = Program(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    service.collect();
    wait_until("syslog-ng", || {
        let lines = whole_lines(&read).iter().filter(|byte| **byte == b'\n').count();
        lines >= service.simulator.truth().len()
    });
    Output::read(&read).assert_holds(&ids(&service.events()));
    service.assert_complete();
}
