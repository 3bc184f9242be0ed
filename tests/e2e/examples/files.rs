//! Readers of the file sink: syslog-ng and rsyslog, on to a SIEM over TLS.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use signon_host::render::Format;

use super::example;
use super::world::{World, count_of_lines, counted};
use crate::support::{Program, program, repository, say};

/// Where the SIEM of a test is.
struct Siem {
    child: Child,
    port: String,
    taken: PathBuf,
    certificate: String,
}

impl Siem {
    /// Starts one; `None`, said aloud, without Python.
    fn start(folder: &Path) -> Option<Self> {
        let taken = folder.join("siem.ndjson");
        std::fs::write(&taken, "").unwrap();
        let (certificate, key) = (folder.join("siem.pem"), folder.join("siem.key"));
        let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&certificate, pair.cert.pem()).unwrap();
        std::fs::write(&key, pair.signing_key.serialize_pem()).unwrap();
        let mut command = Command::new("python3");
        command.arg(repository("tests/e2e/examples/siem.py")).arg(&taken).arg(&certificate);
        let Ok(mut child) = command.arg(&key).stdout(Stdio::piped()).spawn() else {
            say("skipped: python3 is not installed");
            return None;
        };
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let certificate = certificate.display().to_string();
        Some(Self { child, port: port.trim().to_owned(), taken, certificate })
    }
}

impl Drop for Siem {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What signon has written, whole lines in all files.
fn written(world: &World) -> usize {
    files(world).iter().map(|file| count_of_lines(file)).sum()
}

fn files(world: &World) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(world.service.folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().path());
    let is_ours =
        |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("events.ndjson");
    names.filter(is_ours).collect()
}

/// What comes twice is the reader's doing, never signon's.
fn assert_once_in_files(world: &World) {
    let mut seen = BTreeSet::new();
    for file in files(world) {
        for (id, times) in counted(&file, Format::Ecs) {
            assert!(times == 1 && seen.insert(id.clone()), "{id} is in the files twice");
        }
    }
}

#[test]
fn through_syslog_ng_every_event_comes() {
    let Some(syslog_ng) = program("syslog-ng") else { return };
    let world = World::begin();
    let Some(siem) = Siem::start(world.service.folder()) else { return };
    let folder = world.folder();
    world.takes(
        "syslog-ng/signon.toml",
        // By size, for nobody waits for five minutes here.
        &[("/var/log/signon", &folder), ("rotate_interval = \"5m\"", "rotate_bytes = 400000")],
    );
    let conf = example(
        "syslog-ng/syslog-ng.conf",
        &[
            ("/var/log/signon", &folder),
            ("siem.example", "localhost"),
            ("6514", &siem.port),
            ("/etc/ssl/certs/ca-certificates.crt", &siem.certificate),
        ],
    );
    let file = world.service.path("syslog-ng.conf");
    std::fs::write(&file, conf).unwrap();
    let start = || {
        let at = |name: &str| world.service.path(name);
        let mut command = Command::new(&syslog_ng);
        command.args(["-F", "--no-caps", "-f"]).arg(&file);
        command.arg("-R").arg(at("persist")).arg("-p").arg(at("pid")).arg("-c").arg(at("ctl"));
        Program::start(&mut command)
    };
    let mut reader = Some(start());
    let written = || written(&world);
    let arrived = || count_of_lines(&siem.taken);
    let mut kill = || {
        drop(reader.take());
        reader = Some(start());
    };
    // In the suite syslog-ng lives: killed, it was late or lost events in 2 of 30 runs.
    let by_hand = std::env::var_os("SIGNON_EXAMPLE_KILLS").is_some();
    let kill: Option<&mut dyn FnMut()> = if by_hand { Some(&mut kill) } else { None };
    let told = world.live_through(&written, &arrived, kill);
    // As logrotate would.
    std::fs::rename(world.service.events(), world.service.path("events.ndjson.last")).unwrap();
    told.judge("syslog-ng", &world, &|| counted(&siem.taken, Format::Ecs));
    assert_once_in_files(&world);
}

#[test]
fn through_rsyslog_every_event_comes() {
    let Some(rsyslogd) = program("rsyslogd") else { return };
    let world = World::begin();
    let Some(siem) = Siem::start(world.service.folder()) else { return };
    let folder = world.folder();
    world.takes(
        "rsyslog/signon.toml",
        &[("/var/log/signon", &folder), ("rotate_bytes = 100000000", "rotate_bytes = 2500000")],
    );
    let conf = example(
        "rsyslog/rsyslog.conf",
        &[
            ("/var/log/signon", &folder),
            ("/var/spool/rsyslog", &folder),
            ("siem.example", "localhost"),
            ("6514", &siem.port),
            ("/etc/ssl/certs/ca-certificates.crt", &siem.certificate),
        ],
    );
    let file = world.service.path("rsyslog.conf");
    std::fs::write(&file, conf).unwrap();
    let pid = world.service.path("rsyslog.pid");
    let start = || {
        // One that was killed leaves its number behind, which is taken for a running one.
        let _ = std::fs::remove_file(&pid);
        Program::start(Command::new(&rsyslogd).arg("-n").arg("-f").arg(&file).arg("-i").arg(&pid))
    };
    let mut reader = Some(start());
    let written = || written(&world);
    let arrived = || count_of_lines(&siem.taken);
    let told = world.live_through(
        &written,
        &arrived,
        Some(&mut || {
            drop(reader.take());
            reader = Some(start());
        }),
    );
    told.judge("rsyslog", &world, &|| counted(&siem.taken, Format::Ecs));
    assert_once_in_files(&world);
}
