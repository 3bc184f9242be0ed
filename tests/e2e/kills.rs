//! The long crash harness, run by `cargo xtask crash`: the command is killed at every
//! commit boundary and at random moments, world after world, over an arrangement of sinks:
//! a rotating file, an HTTP receiver, or two files with an HTTP receiver and one that
//! refuses some events.
//!
//! Truth is the simulator's own. Each world is one service with things going wrong,
//! killed until a run gets to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use signon_simulator::Options;

use crate::sinks::Receiver;
use crate::support::{Output, Running, Service, options, run, say, whole_lines};

/// Places in the program, see `host/src/crash.rs`, and the visit at most at which it
/// is killed: early, so that a world lives through many kills.
const PLACES: [(&str, u64); 10] = [
    ("before-deliver", 4),
    ("file-written", 4),
    ("file-synced", 4),
    ("before-commit", 6),
    ("in-transaction", 6),
    ("after-transaction", 6),
    ("before-settle", 4),
    ("rotation-step", 3),
    ("letter-written", 2),
    ("letter-synced", 2),
];

/// Kills of one world at most; then it is left to finish.
const KILLS_OF_A_WORLD: u64 = 40;

/// Runs of one world at most: it may fail some times without a kill, for much goes
/// wrong at its service, but it comes to its end.
const RUNS_OF_A_WORLD: u64 = 5 * KILLS_OF_A_WORLD;

/// The same moments for the same seed: splitmix64.
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

#[derive(Debug, Default)]
struct Tally {
    worlds: u64,
    kills: BTreeMap<&'static str, u64>,
    runs: u64,
    events: u64,
    torn: u64,
    in_flight_twice: u64,
    dead_letters: u64,
}

impl Tally {
    fn killed(&self) -> u64 {
        self.kills.values().sum()
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
#[ignore = "takes as long as it is told to; cargo xtask crash runs it"]
fn killed_at_every_boundary_nothing_is_lost_and_the_file_repeats_nothing() {
    let wanted = number("SIGNON_CRASH_KILLS", 300);
    let seed = number("SIGNON_CRASH_SEED", 20_260_501);
    let mut tally = Tally::default();
    let started = Instant::now();
    while tally.killed() < wanted {
        let world = tally.worlds;
        live_through(seed.wrapping_add(world * 7_919), &mut tally, wanted);
        say(&format!("{} s: {tally:?}", started.elapsed().as_secs()));
    }
    say(&format!(
        "{:?}, {} s, {} kills; lost 0, twice in a file 0, whole lines removed 0; {tally:?}",
        Arrangement::asked(),
        started.elapsed().as_secs(),
        tally.killed()
    ));
}

/// The sinks of a world's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrangement {
    File,
    Http,
    All,
}

impl Arrangement {
    /// As `cargo xtask crash --sinks` names it.
    fn asked() -> Self {
        match std::env::var("SIGNON_CRASH_SINKS").as_deref() {
            Ok("file") => Self::File,
            Ok("http") => Self::Http,
            Ok("all") | Err(_) => Self::All,
            Ok(other) => panic!("--sinks is file, http or all, not {other}"),
        }
    }

    /// The files that hold everything once.
    fn files(self) -> &'static [&'static str] {
        match self {
            Self::File => &["events.ndjson"],
            Self::Http => &[],
            Self::All => &["events.ndjson", "second.ndjson"],
        }
    }
}

struct World {
    service: Service,
    config: PathBuf,
    arrangement: Arrangement,
    receiver: Receiver,
    /// Refuses some events, which go to the dead letters.
    picky: Receiver,
}

impl World {
    fn begin(seed: u64) -> Option<Self> {
        let busy = Options { events: 1_000, sign_on_share: 0.4, page_size: 20, seed, ..options() };
        let faults =
            ["latency=3", "shuffle", "429=0.03", "5xx=0.03", "cut=0.03", "empty-pages=0.05"];
        let service = Service::with_faults(busy, &faults);
        let other = service.path("picky");
        std::fs::create_dir_all(&other).unwrap();
        let receiver = Receiver::start(service.folder(), "none")?;
        let picky = Receiver::start(&other, "poison")?;
        let sink = |name: &str, port: u16| {
            format!(
                "[sinks.{name}]\ntype = \"http\"\ninputs = [\"*\"]\n\
                 uri = \"http://127.0.0.1:{port}/in\"\nformat = \"ocsf\"\n"
            )
        };
        // Long enough that an event which is refused has siblings: alone it would wait.
        let config = service.config().set("longest_range", "\"30m\"");
        // The file is the last table of what the simulator wrote.
        let rotation = "rotate_bytes = 100000\nrotate_keep = 1000";
        let arrangement = Arrangement::asked();
        let config = match arrangement {
            Arrangement::File => config.with(rotation),
            Arrangement::Http => config.without_last_table().with(&sink("siem", receiver.port)),
            Arrangement::All => {
                let second = service.path("second.ndjson");
                let second = format!(
                    "[sinks.second]\ntype = \"file\"\ninputs = [\"*\"]\npath = {second:?}\n{rotation}"
                );
                let config = config.with(rotation).with(&second);
                config.with(&sink("siem", receiver.port)).with(&sink("picky", picky.port))
            }
        };
        let config = config.write("kills.toml");
        Some(Self { service, config, arrangement, receiver, picky })
    }

    /// What a file and those put aside before it hold in whole lines, and whether the last
    /// line is torn.
    fn file(&self, name: &str) -> (Vec<u8>, bool) {
        let entries = std::fs::read_dir(self.service.folder()).unwrap();
        let aside = format!("{name}.");
        let mut files: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&aside))
            .collect();
        files.sort();
        let mut bytes: Vec<u8> =
            files.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
        let newest = self.service.path(name);
        let whole = whole_lines(&newest);
        let length = std::fs::metadata(&newest).map_or(0, |file| file.len());
        bytes.extend_from_slice(&whole);
        (bytes, (whole.len() as u64) < length)
    }

    /// Fails the test unless everything is where it belongs.
    fn check(&self, tally: &mut Tally, kills: u64) {
        let truth = self.service.simulator.truth();
        for name in self.arrangement.files() {
            let file = String::from_utf8(self.file(name).0).unwrap();
            Output::parse(&file).assert_holds(&truth);
        }
        tally.events += truth.len() as u64;
        if self.arrangement == Arrangement::File {
            return;
        }
        let taken = self.receiver.taken();
        assert_eq!(taken.keys().cloned().collect::<BTreeSet<_>>(), truth, "at the receiver");
        assert!(taken.values().all(|times| u64::from(*times) <= kills + 1));
        tally.in_flight_twice += taken.values().map(|times| u64::from(times - 1)).sum::<u64>();
        if self.arrangement == Arrangement::Http {
            return;
        }
        let letters = self.service.path("state/deadletter/picky.ndjson");
        let letters = std::fs::read_to_string(letters).unwrap_or_default();
        let mut accepted: BTreeSet<String> = self.picky.taken().into_keys().collect();
        for letter in letters.lines() {
            let letter: serde_json::Value = serde_json::from_str(letter).unwrap();
            accepted.insert(letter["event_id"].as_str().unwrap().to_owned());
            tally.dead_letters += 1;
        }
        assert_eq!(accepted, truth, "at the picky receiver and in its dead letters");
    }
}

fn live_through(seed: u64, tally: &mut Tally, wanted: u64) {
    let mut moments = Moments(seed);
    let world = World::begin(seed).expect("the receivers need python3");
    let files = world.arrangement.files();
    let mut kept: Vec<Vec<u8>> = vec![Vec::new(); files.len()];
    let mut kills = 0;
    let begun = tally.runs;
    loop {
        assert!(tally.runs < begun + RUNS_OF_A_WORLD, "a world does not come to its end");
        let mut command = run(&world.config, true);
        let enough = kills >= KILLS_OF_A_WORLD || tally.killed() >= wanted;
        let place = match moments.below(PLACES.len() as u64 + 3) {
            _ if enough => None,
            place => PLACES.get(usize::try_from(place).unwrap()),
        };
        if let Some((name, visits)) = place {
            command.env("SIGNON_CRASH_AT", format!("{name}:{}", 1 + moments.below(*visits)));
        }
        tally.runs += 1;
        let mut running = Running::start(&mut command);
        let finished = if place.is_none() && !enough {
            let until = Duration::from_millis(200 + moments.below(1_500));
            let begun = Instant::now();
            while begun.elapsed() < until && !running.has_ended() {
                std::thread::sleep(Duration::from_millis(1));
            }
            if running.has_ended() {
                Some(running.wait())
            } else {
                running.kill();
                None
            }
        } else {
            Some(running.wait())
        };
        for (name, kept) in files.iter().zip(&mut kept) {
            let (whole, torn) = world.file(name);
            assert!(whole.starts_with(kept), "{name}: a whole line is gone or changed");
            *kept = whole;
            tally.torn += u64::from(torn);
        }
        match finished.map(|finished| (finished.code, finished.stderr)) {
            Some((Some(0), _)) => break,
            // So much went wrong at the service that it gave up; that is no crash.
            Some((Some(1), stderr)) => assert!(!stderr.contains("panicked"), "{stderr}"),
            Some((Some(code), stderr)) => panic!("exit status {code}: {stderr}"),
            Some((None, _)) => {
                kills += 1;
                *tally.kills.entry(place.map_or("?", |(name, _)| name)).or_default() += 1;
            }
            None => {
                kills += 1;
                *tally.kills.entry("at a random moment").or_default() += 1;
            }
        }
    }
    world.check(tally, kills);
    tally.worlds += 1;
}
