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

/// Kills at the least, each at a rotation or shortly after it.
const KILLS: u32 = 12;

/// Each takes some fifteen rotations.
const MOST_WORLDS: u64 = 12;

#[test]
fn a_file_that_is_rotated_holds_every_event_once_however_often_it_is_killed() {
    let mut kills = 0;
    let mut random: u64 = 20_260_501;
    for world in 1..=MOST_WORLDS {
        live_through(world, &mut random, &mut kills);
        // A run is done before its kill where we come late, on a machine that others use.
        if kills >= KILLS {
            return;
        }
    }
    panic!("{kills} kills only in {MOST_WORLDS} worlds");
}

fn live_through(seed: u64, random: &mut u64, kills: &mut u32) {
    let busy = Options { events: 2_400, sign_on_share: 0.4, page_size: 10, seed, ..options() };
    let service = Service::with_faults(busy, &["latency=10"]);
    let config = service.config().set("longest_range", "\"4m\"");
    // The sink is the last table of the file.
    let config = config.with("rotate_bytes = 65536\nrotate_keep = 1000").write("rotating.toml");
    let mut done = false;
    while !done && *kills < KILLS {
        *random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut running = Running::start(&mut run(&config, true));
        let before = files(&service).len();
        // At the instant of a rotation, or a little later.
        let look = std::time::Duration::from_micros(100);
        running.ends_before_look(look, "a rotation", |_| files(&service).len() != before);
        std::thread::sleep(std::time::Duration::from_micros(*random >> 40 & 0x1fff));
        done = !running.kill();
        *kills += u32::from(!done);
    }
    service.once(&config).success();
    let files = files(&service);
    let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let all = Output::parse(&texts.collect::<String>());
    let truth: BTreeSet<String> = service.simulator.truth();
    all.assert_holds(&truth);
    say(&format!("{kills} kills, {} files, {} events", files.len(), truth.len()));
    assert!(files.len() > 3);
}
