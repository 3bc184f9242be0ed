//! Configurations that are read anew and mean no good: the old one stays, the reason is
//! told, and nothing of theirs is shown.

#![cfg(unix)]

use std::path::Path;

use crate::support::{
    Running, Service, get, ids_so_far, metrics_address, options, run, with_metrics,
};

const CANARY: &str = "c4n4ry-Wagtail";

/// Puts something in the place of a configuration.
type Put = Box<dyn Fn(&Path)>;

fn text(text: String) -> Put {
    Box::new(move |path| std::fs::write(path, &text).unwrap())
}

fn hostile() -> Vec<(&'static str, Put, &'static str)> {
    let link = |to: &'static str| -> Put {
        Box::new(move |path| std::os::unix::fs::symlink(to, path).unwrap())
    };
    let fifo = |path: &Path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let sparse = |path: &Path| {
        std::fs::File::create(path).unwrap().set_len(100 << 20).unwrap();
    };
    vec![
        ("a pipe", Box::new(fifo), "is a pipe"),
        ("a device", link("/dev/zero"), "is a device"),
        ("a folder", Box::new(|path| std::fs::create_dir(path).unwrap()), "is a folder"),
        ("a link to itself", link("watched.toml"), "watched.toml: "),
        ("a link to nothing", link("nowhere"), "watched.toml: "),
        ("100 MB", Box::new(sparse), "more than 16777216 bytes"),
        ("nothing", text(String::new()), "watched.toml"),
        ("no text", Box::new(|path| std::fs::write(path, b"\xff\xfe").unwrap()), "UTF-8"),
        ("deep lists", text(format!("a = {}", "[".repeat(500_000))), "recursion"),
        ("deep tables", text(format!("a = {}", "{a=".repeat(100_000))), "recursion"),
        ("long names", text(format!("{} = 1", ["a"; 100_000].join("."))), "dots"),
        ("half a line", text(format!("[sinks.o]\ntoken = \"{CANARY}")), "watched.toml:2:"),
        ("no such type", text("data_dir = 'd'\n[sources.a]\ntype = 'x'\n".into()), "type"),
        (
            "a secret in a wrong place",
            text(format!(
                "data_dir = 'd'\n[sources.a]\ntype = 'oam'\nbase_url = 'https://u:{CANARY}@h/'\n\
                 credentials = {{ type = 'basic', username = 'u', pasword = '{CANARY}' }}\n\
                 [sinks.o]\ntype = 'stdout'\ninputs = ['a']\n"
            )),
            "watched.toml",
        ),
    ]
}

fn refusals(running: &Running) -> Vec<String> {
    let log = running.stderr();
    let is_refusal = |line: &&str| line.contains("New configuration refused");
    log.lines().filter(is_refusal).map(str::to_owned).collect()
}

#[test]
fn whatever_stands_in_the_place_of_a_configuration_the_old_one_stays_and_the_reason_is_told() {
    let service = Service::start(options());
    let path = with_metrics(&service, &service.config());
    let honest = std::fs::read(&path).unwrap();
    let mut running = Running::start(&mut run(&path, false));
    let address = metrics_address(&mut running);
    for (name, put, reason) in hostile() {
        match path.is_dir() {
            true => std::fs::remove_dir(&path).unwrap(),
            false => std::fs::remove_file(&path).unwrap(),
        }
        put(&path);
        let before = refusals(&running).len();
        running.signal("HUP");
        running.until("the refusal", |running| refusals(running).len() > before);
        let told = refusals(&running).pop().unwrap();
        assert!(told.contains(reason), "{name}: {told}");
        assert!(told.len() < 2_000 && !told.contains(CANARY), "{name}: {told}");
        assert_eq!(get(&address, "/metrics").unwrap().0, 200, "{name}");
    }
    std::fs::write(&path, &honest).unwrap();
    running.signal("HUP");
    running.until("the honest one", |running| {
        running.stderr().contains("Configuration read anew") || running.stderr().contains("anew.")
    });
    let truth = service.simulator.truth().len();
    running.until("all events", |_| ids_so_far(&service.events()).len() == truth);
    running.terminate();
    running.wait().success();
    service.assert_complete();
}
