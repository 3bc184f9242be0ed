//! What happened in the simulated tenancy.
//!
//! The invariant: all of it follows from the seed and the time. Whether a
//! record is a sign-on is decided first and marked then; the record is written
//! accordingly.

mod domain_event;
mod domain_file;
mod domain_kinds;
mod domain_traffic;
mod file;
mod json;
mod kinds;
mod oam_file;
mod oam_traffic;
mod operations;
mod ordinary;
mod record;
mod records_file;
mod sign_on;
mod story;
mod world;

use crate::identity::Names;
use crate::options::Options;
use crate::prng::Prng;
use crate::record_store::{RecordStore, RecordStoreBuilder};
use crate::truth::Truth;
pub(crate) use domain_file::from_file as domain_from_file;
pub use domain_kinds::IDCS_EVENT_IDS;
pub(crate) use domain_traffic::generate as generate_domain;
pub(crate) use file::{from_file, native_id};
pub use kinds::SIGN_ON_EVENT_NAMES;
pub(crate) use oam_file::from_file as oam_from_file;
pub(crate) use oam_traffic::generate as generate_oam;
use record::Moment;
use sign_on::SignOn;
pub(crate) use story::Story;
use world::World;

/// Records to be served.
pub(crate) struct Traffic {
    /// One for each region.
    pub(crate) stores: Vec<RecordStore>,
    pub(crate) truth: Truth,
    /// Time of the first event, Unix milliseconds; without any, where the span
    /// begins.
    pub(crate) first: i64,
    /// Sign-ons to identity domains that other services may have seen too.
    pub(crate) stories: Vec<Story>,
}

/// Records of a service other than OCI Audit.
pub(crate) struct Records<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) truth: Truth,
    /// Time of the first event, Unix milliseconds.
    pub(crate) first: i64,
}

impl<R> Records<R> {
    /// Of a service that is not served.
    pub(crate) fn none(now: i64) -> Self {
        Self { rows: Vec::new(), truth: Truth::default(), first: now }
    }
}

/// A record to be written.
struct Planned {
    region: usize,
    /// Unix milliseconds.
    processed: i64,
    /// Unix milliseconds.
    happened: i64,
    /// Seeds what the record says.
    index: u64,
    /// Counts the sign-ons; `None` is an ordinary record.
    sign_on: Option<u64>,
}

/// Generates the records that the options ask for, as of `now`, Unix
/// milliseconds.
pub(crate) fn generate(options: &Options, names: &Names, now: i64) -> Traffic {
    let world = World::new(names, &options.regions, options.seed);
    let window = Window::new(options, now, i64::MAX);
    let planned = plan(options, &window);
    let first = planned.iter().map(|record| record.happened).min().unwrap_or(window.start);
    let mut truth = Truth::default();
    let mut stories = story::Collector::new(options);
    let mut stores: Vec<_> =
        options.regions.iter().map(|_| RecordStoreBuilder::default()).collect();
    for record in &planned {
        let mut random = Prng::new(options.seed, record.index);
        let id = random.uuid();
        if record.sign_on.is_some() {
            truth.mark(id.clone());
        }
        let moment = Moment::new(id, record.happened, &mut random);
        stores[record.region].push(record.processed, |out| match record.sign_on {
            Some(ordinal) => {
                let sign_on = SignOn::decide(&world, &mut random, ordinal);
                stories.collect(&sign_on, record.happened, ordinal);
                sign_on::write(out, &world, &mut random, &moment, &sign_on);
            }
            None => ordinary::write(out, &world, &mut random, &moment),
        });
    }
    let stores = stores.into_iter().map(RecordStoreBuilder::finish).collect();
    Traffic { stores, truth, first, stories: stories.finish() }
}

/// When events happen, Unix milliseconds.
struct Window {
    start: i64,
    end: i64,
    /// Nothing may be processed at or after the end.
    quiet: bool,
}

impl Window {
    /// What the options ask for, but not longer than the service keeps events;
    /// milliseconds.
    fn new(options: &Options, now: i64, kept: i64) -> Self {
        let span = i64::try_from(options.span.as_millis()).unwrap_or(i64::MAX);
        let quiet = i64::try_from(options.quiet.as_millis()).unwrap_or(0);
        Self { start: now - span.min(kept), end: now - quiet, quiet: quiet > 0 }
    }

    /// A moment in it.
    fn pick(&self, random: &mut Prng) -> i64 {
        let length = self.end.abs_diff(self.start);
        self.start + i64::try_from(random.below(length)).unwrap_or(0)
    }

    /// When something that happened is processed, so many milliseconds later.
    fn processed(&self, happened: i64, later: i64) -> i64 {
        match self.quiet {
            true => (happened + later).min(self.end - 1),
            false => happened + later,
        }
    }
}

/// Decides when and where every record belongs, in the order of processing.
fn plan(options: &Options, window: &Window) -> Vec<Planned> {
    // Exactly this many, spread evenly over the indexes. A share of a number
    // of records below 2^53 is exact enough.
    let sign_ons = (options.events as f64 * options.sign_on_share).round() as u128;
    let before = |index: u64| u128::from(index) * sign_ons / u128::from(options.events.max(1));
    // Kept apart from the record generators, which use the bare index.
    let mut random = Prng::new(options.seed ^ 0x0091_a400, 0);
    let mut planned: Vec<Planned> = (0..options.events)
        .map(|index| {
            let happened = window.pick(&mut random);
            let processed = window.processed(happened, lag(&mut random));
            let region = random.index(options.regions.len());
            let (ordinal, next) = (before(index), before(index + 1));
            let sign_on = (next > ordinal).then(|| u64::try_from(ordinal).unwrap_or(u64::MAX));
            Planned { region, processed, happened, index, sign_on }
        })
        .collect();
    planned.sort_by_key(|record| (record.processed, record.index));
    planned
}

/// Milliseconds from an event to its processing: 2 to 10 seconds as Oracle's
/// records show, in one of fifty cases up to twelve minutes.
fn lag(random: &mut Prng) -> i64 {
    let milliseconds = match random.one_in(50) {
        true => 60_000 + random.below(660_000),
        false => 2_000 + random.below(8_000),
    };
    i64::try_from(milliseconds).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_sign_ons_is_exact() {
        for (events, share, expected) in
            [(1000, 0.05, 50), (7, 1.0, 7), (7, 0.0, 0), (3, 0.5, 2), (0, 0.5, 0)]
        {
            let options = Options { events, sign_on_share: share, ..Options::default() };
            let window = Window { start: 0, end: 1000, quiet: false };
            let planned = plan(&options, &window);
            let mut ordinals: Vec<_> = planned.iter().filter_map(|one| one.sign_on).collect();
            ordinals.sort_unstable();
            assert_eq!(ordinals, (0..expected).collect::<Vec<_>>());
            assert_eq!(planned.len() as u64, events);
        }
    }

    #[test]
    fn nothing_is_processed_in_the_quiet_time() {
        let options = Options { events: 500, ..Options::default() };
        let window = Window { start: 0, end: 60_000, quiet: true };
        let planned = plan(&options, &window);
        assert!(planned.iter().all(|one| one.processed < 60_000));
        assert!(planned.iter().all(|one| one.happened <= one.processed));
    }
}
