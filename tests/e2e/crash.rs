//! A run that is killed, again and again, and started again.
//!
//! Three kinds of moments: while it starts, somewhere in its work, and the instant
//! its file grows, which is between writing a batch and committing it. What a kill hits
//! is chance; the verdict is that of every moment.

use std::time::Duration;

use signon_host::state::{EmbeddedState, State as _};
use signon_simulator::Options;

use crate::support::{Running, Service, options, run, say, whole_lines};

/// Kills that hit a run at work, at the least.
const KILLS: u32 = 24;

/// Each kills a run that has a world of its own to get through, a few times over.
const MOST_WORLDS: u64 = 20;

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
    /// Services that were collected from to the end.
    worlds: u64,
    /// The process was running.
    kills: u32,
    /// It had asked the service for something.
    in_mid_run: u32,
    /// Lines were in the file that no commit knew of.
    uncommitted: u32,
    /// The last line was torn.
    torn: u32,
}

#[test]
fn a_run_that_is_killed_and_started_again_misses_nothing_and_repeats_nothing() {
    let mut moments = Moments(20_260_501);
    let mut hits = Hits::default();
    // A run is done before its kill where we come late, on a machine that others use:
    // then the next world begins.
    while hits.in_mid_run < KILLS {
        assert!(hits.worlds < MOST_WORLDS, "hardly a run could be killed: {hits:?}");
        live_through(&mut moments, &mut hits);
        hits.worlds += 1;
    }
    say(&format!("{hits:?}"));
}

/// Kills one service's runs until one is done or enough were killed, and looks at what
/// a last run leaves.
fn live_through(moments: &mut Moments, hits: &mut Hits) {
    let seed = hits.worlds + 1;
    let busy = Options { events: 2_400, sign_on_share: 0.4, page_size: 10, seed, ..options() };
    let service = Service::with_faults(busy, &["latency=20", "shuffle"]);
    let config = service.config().set("longest_range", "\"4m\"").write("crash.toml");
    let mut kept: Vec<u8> = Vec::new();
    let mut alive = true;
    while alive && hits.in_mid_run < KILLS {
        let asked = service.simulator.statistics().requests;
        let mut running = Running::start(&mut run(&config, true));
        wait_for_the_moment(hits.kills, &service, &mut running, moments);
        alive = running.kill();
        hits.kills += u32::from(alive);
        hits.in_mid_run += u32::from(alive && service.simulator.statistics().requests > asked);
        look_at(&service, hits);
        let whole = whole_lines(&service.events());
        assert!(whole.starts_with(&kept), "{hits:?}: a whole line is gone or changed");
        kept = whole;
    }
    service.once(&config).success();
    assert!(whole_lines(&service.events()).starts_with(&kept), "a whole line is gone or changed");
    service.assert_complete();
}

fn wait_for_the_moment(kill: u32, service: &Service, running: &mut Running, moments: &mut Moments) {
    // Short beside a commit's sync, and no processor is kept from the run.
    let look = Duration::from_micros(100);
    match kill % 6 {
        // Starting: loading the component, opening the state, sorting out the file.
        0 => std::thread::sleep(Duration::from_millis(moments.below(600))),
        1 | 2 => {
            let asked = service.simulator.statistics().requests;
            running.ends_before_look(look, "a request", |_| {
                service.simulator.statistics().requests > asked
            });
            std::thread::sleep(Duration::from_millis(moments.below(400)));
        }
        _ => {
            for _ in 0..=moments.below(3) {
                let length = length(service);
                running
                    .ends_before_look(look, "a longer file", |_| self::length(service) != length);
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
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let committed = runtime.block_on(state.sink_length("file")).unwrap().unwrap_or(0);
        hits.uncommitted += u32::from(committed < whole);
    }
}
