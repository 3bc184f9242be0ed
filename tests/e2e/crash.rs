//! A run that is killed, again and again, and started again.
//!
//! Three kinds of moments: while it starts, somewhere in its work, and the instant
//! its file grows, which is between writing a batch and committing it.

use std::time::{Duration, Instant};

use signon_host::state::{EmbeddedState, State as _};
use signon_simulator::Options;

use crate::support::{Running, Service, options, run, say, whole_lines};

const KILLS: u32 = 30;

/// The same moments in every run of the test: splitmix64.
struct Moments(u64);

impl Moments {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What the kills hit.
#[derive(Debug, Default)]
struct Hits {
    /// The process was running and had asked the service for something.
    in_mid_run: u32,
    /// Lines were in the file that no commit knew of.
    uncommitted: u32,
    /// The last line was torn.
    torn: u32,
    /// Runs that were done before they could be killed.
    too_late: u32,
}

#[test]
fn a_run_that_is_killed_and_started_again_misses_nothing_and_repeats_nothing() {
    let busy = Options { events: 2_400, sign_on_share: 0.4, page_size: 10, ..options() };
    let service = Service::with_faults(busy, &["latency=20", "shuffle"]);
    let config = service.config().set("longest_range", "\"4m\"").write("crash.toml");
    let mut moments = Moments(20_260_501);
    let mut hits = Hits::default();
    let mut kept: Vec<u8> = Vec::new();
    for kill in 0..KILLS {
        let asked = service.simulator.statistics().requests;
        let mut running = Running::start(&mut run(&config, true));
        wait_for_the_moment(kill, &service, &mut running, &mut moments);
        let alive = running.kill();
        hits.too_late += u32::from(!alive);
        hits.in_mid_run += u32::from(alive && service.simulator.statistics().requests > asked);
        look_at(&service, &mut hits);
        let whole = whole_lines(&service.events());
        assert!(whole.starts_with(&kept), "kill {kill}: a whole line is gone or changed");
        kept = whole;
    }
    service.once(&config).success();
    assert!(whole_lines(&service.events()).starts_with(&kept), "a whole line is gone or changed");
    service.assert_complete();
    say(&format!("{KILLS} kills, of which: {hits:?}"));
    assert!(hits.in_mid_run >= KILLS / 2, "{hits:?}");
    assert!(hits.too_late <= KILLS / 4, "{hits:?}");
}

fn wait_for_the_moment(kill: u32, service: &Service, running: &mut Running, moments: &mut Moments) {
    let started = Instant::now();
    let wait = |running: &mut Running, happened: &dyn Fn() -> bool| {
        while !happened() && !running.has_ended() && started.elapsed().as_secs() < 20 {
            // Short beside a commit's sync, and no processor is kept from the run.
            std::thread::sleep(Duration::from_micros(100));
        }
    };
    match kill % 6 {
        // Starting: loading the component, opening the state, sorting out the file.
        0 => std::thread::sleep(Duration::from_millis(moments.below(600))),
        1 | 2 => {
            let asked = service.simulator.statistics().requests;
            wait(running, &|| service.simulator.statistics().requests > asked);
            std::thread::sleep(Duration::from_millis(moments.below(400)));
        }
        _ => {
            for _ in 0..=moments.below(3) {
                let length = length(service);
                wait(running, &|| self::length(service) != length);
            }
            std::thread::sleep(Duration::from_micros(moments.below(3) * 500));
        }
    }
}

fn length(service: &Service) -> u64 {
    std::fs::metadata(service.events()).map_or(0, |metadata| metadata.len())
}

/// Compares file and state as the kill left them; a copy of the state, for opening
/// mends it.
fn look_at(service: &Service, hits: &mut Hits) {
    let whole = whole_lines(&service.events()).len() as u64;
    hits.torn += u32::from(whole < length(service));
    let copy = tempfile::tempdir().unwrap();
    if std::fs::copy(service.path("state/state.redb"), copy.path().join("state.redb")).is_err() {
        return;
    }
    // A kill while the database is made leaves one that only a new start mends.
    if let Ok(state) = EmbeddedState::open(copy.path()) {
        let committed = state.sink_length("file").unwrap().unwrap_or(0);
        hits.uncommitted += u32::from(committed < whole);
    }
}
