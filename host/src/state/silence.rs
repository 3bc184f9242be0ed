//! When events come, so that a source which falls silent is told from one that
//! never said much.
//!
//! Measured on the source's own times, never on ours: an outage of ours is no
//! silence of theirs. Whoever notes them bounds them by the range they were found in: one
//! event of the year 9999, or of 1970, must not be the last or the longest pause for good.

use serde::{Deserialize, Serialize};

/// Fewer events than this make no habit.
const ENOUGH_EVENTS: u64 = 20;

/// A pause has to be this many times the longest one seen.
const TIMES_LONGEST: i64 = 3;

/// No pause shorter than this is a silence, whatever the habit: six hours.
const SHORTEST_SILENCE_MS: i64 = 6 * 3_600_000;

/// The habit of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SilenceDetection {
    /// Events seen.
    pub events: u64,
    /// Time of the newest event, Unix milliseconds.
    pub newest: Option<i64>,
    /// Longest pause between two events, milliseconds.
    pub longest_pause: i64,
}

impl SilenceDetection {
    /// Takes in the times of new events.
    pub fn note(&mut self, times: impl IntoIterator<Item = i64>) {
        let mut times: Vec<i64> = times.into_iter().collect();
        times.sort_unstable();
        for time in times {
            self.events += 1;
            match self.newest {
                Some(newest) if time > newest => {
                    self.longest_pause = self.longest_pause.max(time - newest);
                    self.newest = Some(time);
                }
                // What comes late was no pause.
                Some(_) => {}
                None => self.newest = Some(time),
            }
        }
    }

    /// For how long the stream has been silent against its habit, if it is. `read`
    /// is the time up to which it was read.
    pub fn silent_for(&self, read: i64) -> Option<i64> {
        let silence = read - self.newest?;
        let bound = (self.longest_pause * TIMES_LONGEST).max(SHORTEST_SILENCE_MS);
        (self.events >= ENOUGH_EVENTS && silence > bound).then_some(silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn hourly(events: i64) -> SilenceDetection {
        let mut silence = SilenceDetection::default();
        silence.note((0..events).map(|event| event * HOUR));
        silence
    }

    #[test]
    fn a_stream_that_spoke_every_hour_is_silent_after_six() {
        let silence = hourly(30);
        assert_eq!(silence.silent_for(29 * HOUR + 6 * HOUR), None);
        assert_eq!(silence.silent_for(29 * HOUR + 7 * HOUR), Some(7 * HOUR));
    }

    #[test]
    fn a_stream_that_pauses_over_the_weekend_may_do_so_again() {
        let mut silence = hourly(30);
        silence.note([29 * HOUR + 60 * HOUR]);
        assert_eq!(silence.silent_for(29 * HOUR + 60 * HOUR + 100 * HOUR), None);
        assert!(silence.silent_for(29 * HOUR + 60 * HOUR + 200 * HOUR).is_some());
    }

    #[test]
    fn a_stream_without_a_habit_is_never_silent() {
        assert_eq!(hourly(5).silent_for(1_000 * HOUR), None);
        assert_eq!(SilenceDetection::default().silent_for(1_000 * HOUR), None);
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let mut turned = SilenceDetection::default();
        turned.note((0..30).rev().map(|event| event * HOUR));
        assert_eq!(turned, hourly(30));
    }
}
