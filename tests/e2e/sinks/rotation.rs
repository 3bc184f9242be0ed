//! A file that is rotated while the process is killed again and again.

use std::collections::BTreeSet;
use std::path::PathBuf;

use signon_simulator::Options;

use super::*;
use crate::support::{Output, Running, say};

/// Every file of the sink, oldest first.
fn files(service: &Service) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(service.folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().path());
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        name.starts_with("events.ndjson.")
    };
    let mut files: Vec<PathBuf> = names.filter(is_ours).collect();
    files.sort();
    files.push(service.events());
    files
}

#[test]
fn a_file_that_is_rotated_holds_every_event_once_however_often_it_is_killed() {
    let busy = Options { events: 2_400, sign_on_share: 0.4, page_size: 10, ..options() };
    let service = Service::with_faults(busy, &["latency=10"]);
    let config = service.config().set("longest_range", "\"4m\"");
    // The sink is the last table of the file.
    let config = config.with("rotate_bytes = 65536\nkeep = 1000").write("rotating.toml");
    let mut kills = 0;
    let mut seed: u64 = 20_260_501;
    for _ in 0..20 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let running = Running::start(&mut run(&config, true));
        let before = files(&service).len();
        let started = std::time::Instant::now();
        // At the instant of a rotation, or a little later.
        while files(&service).len() == before && started.elapsed().as_millis() < 1_500 {
            std::thread::sleep(std::time::Duration::from_micros(100));
        }
        std::thread::sleep(std::time::Duration::from_micros(seed >> 40 & 0x1fff));
        kills += u32::from(running.kill());
    }
    service.once(&config).success();
    let files = files(&service);
    let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let all = Output::parse(&texts.collect::<String>());
    let truth: BTreeSet<String> = service.simulator.truth();
    all.assert_holds(&truth);
    say(&format!("{kills} kills, {} files, {} events", files.len(), truth.len()));
    assert!(files.len() > 3 && kills > 3);
}
