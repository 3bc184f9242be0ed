//! Ranges of time as services take them.

use crate::config::invalid;
use crate::contract::{SourceError, TimeRange};
use crate::time;

/// A range whose ends are whole units and that is not empty, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeRange<const UNIT_MS: i64> {
    start: i64,
    end: i64,
}

/// In whole seconds.
pub type SecondRange = WholeRange<1000>;

/// In whole minutes.
pub type MinuteRange = WholeRange<60_000>;

impl<const UNIT_MS: i64> WholeRange<UNIT_MS> {
    /// The first millisecond.
    pub fn start(self) -> i64 {
        self.start
    }

    /// The first millisecond behind it.
    pub fn end(self) -> i64 {
        self.end
    }
}

impl<const UNIT_MS: i64> TryFrom<TimeRange> for WholeRange<UNIT_MS> {
    type Error = SourceError;

    /// # Errors
    ///
    /// `invalid-config` for any other range.
    fn try_from(range: TimeRange) -> Result<Self, SourceError> {
        let TimeRange { start, end } = range;
        if start < end && [start, end].iter().all(|time| time.rem_euclid(UNIT_MS) == 0) {
            return Ok(Self { start, end });
        }
        let unit = if UNIT_MS == 60_000 { "minutes" } else { "seconds" };
        let (start, end) = (time::format(start), time::format(end));
        Err(invalid(
            format!("{start} to {end} is no range of whole {unit}"),
            format!("select a range whose ends are whole {unit}, the end after the start"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_units_and_empty_ranges_are_refused() {
        let minutes = |start, end| MinuteRange::try_from(TimeRange { start, end });
        let seconds = |start, end| SecondRange::try_from(TimeRange { start, end });
        for (start, end) in [(1000, 60_000), (0, 60_001), (60_000, 60_000), (60_000, 0)] {
            assert!(minutes(start, end).is_err());
        }
        for (start, end) in [(1, 1000), (0, 1001), (1000, 1000), (1000, 0)] {
            assert!(seconds(start, end).is_err());
        }
        assert!(seconds(-1000, 1000).is_ok());
    }
}
