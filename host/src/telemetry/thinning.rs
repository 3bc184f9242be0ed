//! Log lines of one kind about one thing, thinned: a service must not choose how long the
//! log is, nor what else is found in it.
//!
//! Invariant: the first lines are written as they come; nothing is left out without being
//! counted, in a counter and in `more` of the next line of its kind.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::field::DisplayValue;

/// Lines of one kind about one thing in a minute: what somebody reads who looks for a
/// fault, and what a slow one writes.
const LINES: u32 = 20;

const MINUTE: Duration = Duration::from_secs(60);

/// Things that are told apart. Sources, streams and sinks come from the configuration,
/// so there are never more; if there are, they share what is left.
const MOST_THINGS: usize = 10_000;

#[derive(Debug)]
struct Window {
    began: Instant,
    written: u32,
    left_out: u64,
}

type Windows = HashMap<(&'static str, Vec<String>), Window>;

/// What was written of late.
#[derive(Debug, Default)]
pub(super) struct Thinning(Mutex<Windows>);

/// The end of a line: how many like it were left out since the last. Nothing where none
/// was.
pub type More = Option<DisplayValue<String>>;

impl Thinning {
    /// Whether a line of a kind about a thing is written, and what it says about those that
    /// were not.
    pub(super) fn pass(&self, kind: &'static str, about: &[&str]) -> Option<More> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left_out = pass(&mut windows, kind, about, Instant::now())?;
        let more = (left_out > 0).then(|| format!("and {left_out} more like it"));
        Some(more.map(tracing::field::display))
    }
}

/// The same with the time brought along: how many were left out before this line, or
/// `None` where it is left out itself.
fn pass(windows: &mut Windows, kind: &'static str, about: &[&str], now: Instant) -> Option<u64> {
    let mut about: Vec<String> = about.iter().map(|&text| text.to_owned()).collect();
    if windows.len() >= MOST_THINGS {
        about.clear();
    }
    let fresh = || Window { began: now, written: 0, left_out: 0 };
    let window = windows.entry((kind, about)).or_insert_with(fresh);
    if now.duration_since(window.began) >= MINUTE {
        window.began = now;
        window.written = 0;
    }
    if window.written >= LINES {
        window.left_out += 1;
        return None;
    }
    window.written += 1;
    Some(std::mem::take(&mut window.left_out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_alike_are_thinned_with_a_count_and_others_are_not() {
        let (mut windows, now) = (Windows::default(), Instant::now());
        let mut ask = |about: &str, after| pass(&mut windows, "kind", &[about], now + after);
        let written = (0..10_000).filter(|_| ask("a", Duration::ZERO).is_some()).count();
        assert_eq!(written, 20);
        assert_eq!(ask("b", Duration::ZERO), Some(0));
        assert_eq!(ask("a", MINUTE), Some(9_980));
        assert_eq!(ask("a", MINUTE), Some(0));
    }

    #[test]
    fn names_without_end_do_not_fill_the_memory() {
        let (mut windows, now) = (Windows::default(), Instant::now());
        for number in 0..3 * MOST_THINGS {
            pass(&mut windows, "kind", &[&number.to_string()], now);
        }
        assert!(windows.len() <= MOST_THINGS + 1);
    }
}
