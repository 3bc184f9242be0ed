//! What happened in the simulated tenancy.
//!
//! The invariant: all of it follows from the seed and the time. Whether a
//! record is a sign-on is decided first and marked then; the record is written
//! accordingly.

mod file;
mod json;
mod kinds;
mod operations;
mod ordinary;
mod people;
mod record;
mod sign_on;

use crate::identity::Names;
use crate::oci_audit::{Shelf, ShelfBuilder};
use crate::options::Options;
use crate::prng::Prng;
use crate::truth::Truth;
pub(crate) use file::{from_file, native_id};
pub use kinds::SIGN_ON_EVENT_NAMES;
use people::World;
use record::Moment;
pub use record::SECRET_MARKER;

/// Records to be served.
pub(crate) struct Traffic {
    /// One for each region.
    pub(crate) shelves: Vec<Shelf>,
    pub(crate) truth: Truth,
    /// Time of the first event, Unix milliseconds; without any, where the span
    /// begins.
    pub(crate) first: i64,
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
    let span = i64::try_from(options.span.as_millis()).unwrap_or(i64::MAX);
    let quiet = i64::try_from(options.quiet.as_millis()).unwrap_or(0);
    let window = Window { start: now - span, end: now - quiet, quiet: quiet > 0 };
    let planned = plan(options, &window);
    let first = planned.iter().map(|record| record.happened).min().unwrap_or(window.start);
    let mut truth = Truth::default();
    let mut shelves: Vec<_> = options.regions.iter().map(|_| ShelfBuilder::default()).collect();
    for record in &planned {
        let mut random = Prng::new(options.seed, record.index);
        let id = random.uuid();
        if record.sign_on.is_some() {
            truth.mark(id.clone());
        }
        let moment = Moment::new(id, record.happened, &mut random);
        shelves[record.region].push(record.processed, |out| match record.sign_on {
            Some(ordinal) => sign_on::write(out, &world, &mut random, &moment, ordinal),
            None => ordinary::write(out, &world, &mut random, &moment),
        });
    }
    Traffic { shelves: shelves.into_iter().map(ShelfBuilder::finish).collect(), truth, first }
}

/// When events happen, Unix milliseconds.
struct Window {
    start: i64,
    end: i64,
    /// Nothing may be processed at or after the end.
    quiet: bool,
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
            let length = window.end.abs_diff(window.start);
            let happened = window.start + i64::try_from(random.below(length)).unwrap_or(0);
            let mut processed = happened + lag(&mut random);
            if window.quiet {
                processed = processed.min(window.end - 1);
            }
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
