//! Measuring on a machine that does other things, too.
//!
//! Invariant: the two sides of a ratio are measured in turn, round by round, so that
//! whatever else the machine does meanwhile does it to both. What only computes is
//! measured in time of computing, which does not pass while others have the core. Of
//! each side the best round counts: what disturbs makes slower, never faster.

use std::time::{Duration, Instant};

use crate::Outcome;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rounds go on until this much time was spent.
    pub time: Duration,
    /// And until there were this many.
    pub rounds: usize,
}

/// Beyond this difference between the best and the middle round something else was
/// going on, and a reader should know.
const NOISY: f64 = 0.10;

/// What came of the rounds of one side, seconds.
#[derive(Debug, Clone)]
pub struct Times(Vec<f64>);

impl Times {
    /// The least disturbed round.
    pub fn best(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// How far the middle round is above the best, if that is worth telling.
    pub fn noise(&self) -> Option<String> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let noise = sorted.get(sorted.len() / 2)? / self.best() - 1.0;
        (noise > NOISY)
            .then(|| format!("noisy: the middle round took {:.0} % longer", noise * 100.0))
    }
}

/// Runs one side by itself.
///
/// # Errors
///
/// Whatever a round says.
pub fn alone(effort: Effort, mut one: impl FnMut() -> Outcome<Duration>) -> Outcome<Times> {
    Ok(in_turn(effort, &mut [&mut one])?.remove(0))
}

/// Runs two sides in turn.
///
/// # Errors
///
/// Whatever a round says.
pub fn against(
    effort: Effort,
    mut one: impl FnMut() -> Outcome<Duration>,
    mut other: impl FnMut() -> Outcome<Duration>,
) -> Outcome<(Times, Times)> {
    let mut both = in_turn(effort, &mut [&mut one, &mut other])?;
    let other = both.remove(1);
    Ok((both.remove(0), other))
}

/// Runs any number of sides in turn; every other round in reverse order, so that none
/// is always the first after another.
fn in_turn(
    effort: Effort,
    sides: &mut [&mut dyn FnMut() -> Outcome<Duration>],
) -> Outcome<Vec<Times>> {
    let mut times = vec![Vec::new(); sides.len()];
    // Fills caches and pools; counts for nothing.
    for side in sides.iter_mut() {
        side()?;
    }
    let started = Instant::now();
    let mut round = 0;
    while round < effort.rounds || started.elapsed() < effort.time {
        for turn in 0..sides.len() {
            let side = if round % 2 == 0 { turn } else { sides.len() - 1 - turn };
            times[side].push(sides[side]()?.as_secs_f64());
        }
        round += 1;
    }
    Ok(times.into_iter().map(Times).collect())
}

/// Time for which this process has computed, on all its threads.
pub fn computed() -> Duration {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
        seconds + Duration::from_nanos(time.tv_nsec.unsigned_abs())
    }
    // Elsewhere what others do is measured, too.
    #[cfg(not(unix))]
    {
        static STARTED: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
        STARTED.elapsed()
    }
}

/// For how long something computed, and what came of it.
pub fn computing<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = computed();
    let result = work();
    (computed().saturating_sub(started), result)
}

/// How long something took, and what came of it.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed(), result)
}

/// Of many short calls: the middle, the 99th of a hundred, the longest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Half are shorter.
    pub p50: Duration,
    /// One in a hundred is longer.
    pub p99: Duration,
    /// None is longer.
    pub max: Duration,
}

impl Spread {
    /// Of these; all zero without any.
    pub fn of(mut calls: Vec<Duration>) -> Self {
        calls.sort_unstable();
        let at = |hundredths: usize| {
            let place = (calls.len() * hundredths).div_ceil(100).max(1) - 1;
            calls.get(place).copied().unwrap_or_default()
        };
        Self { p50: at(50), p99: at(99), max: at(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_take_turns_and_begin_in_turn() {
        let order = std::cell::RefCell::new(String::new());
        let side = |name: char, seconds: u64| {
            order.borrow_mut().push(name);
            Ok(Duration::from_secs(seconds))
        };
        let effort = Effort { time: Duration::ZERO, rounds: 3 };
        let (one, other) = against(effort, || side('a', 1), || side('b', 2)).unwrap();
        assert_eq!(*order.borrow(), "ababbaab");
        assert_eq!((one.best(), other.best()), (1.0, 2.0));
        assert_eq!(one.noise(), None);
    }

    #[test]
    fn the_best_round_counts_and_a_restless_machine_is_told_of() {
        let times = Times(vec![1.5, 1.0, 1.6]);
        assert_eq!(times.best(), 1.0);
        assert!(times.noise().unwrap().contains("50 %"));
    }

    #[test]
    fn one_in_a_hundred_is_longer_than_the_99th() {
        let calls: Vec<Duration> = (1..=200).rev().map(Duration::from_micros).collect();
        let micros = Duration::from_micros;
        let spread = Spread { p50: micros(100), p99: micros(198), max: micros(200) };
        assert_eq!(Spread::of(calls), spread);
        assert_eq!(Spread::of(Vec::new()).max, Duration::ZERO);
    }
}
