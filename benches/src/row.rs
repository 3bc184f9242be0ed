//! A row of the table: what was measured, against what, and whether that is good
//! enough.
//!
//! Invariant: a row that has a bound and no figure did not meet it, unless it says
//! that there was nothing to measure against on this machine.

use std::fmt;

/// What a row has to keep: its ratio, or its value where it has no ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// At most this.
    AtMost(f64),
    /// Less than this.
    Below(f64),
    /// At least this.
    AtLeast(f64),
}

impl Bound {
    /// Whether a figure keeps it. No number keeps none.
    pub fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::Below(limit) => figure < limit,
            Self::AtLeast(least) => figure >= least,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::AtMost(number) => format!("<= {number}"),
            Self::Below(number) => format!("< {number}"),
            Self::AtLeast(number) => format!(">= {number}"),
        };
        f.pad(&text)
    }
}

/// What stands beside a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Against {
    /// What it is.
    pub name: String,
    /// Its figure, in the unit of the row.
    pub value: f64,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// The figure; none where it could not be had.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: &'static str,
    /// What it is measured against.
    pub against: Option<Against>,
    /// How the two stand to one another; the README says which way round.
    pub ratio: Option<f64>,
    /// What has to hold.
    pub bound: Option<Bound>,
    /// What else is to be said.
    pub note: Option<String>,
    /// What is missing here, so that nothing could be measured.
    pub skipped: bool,
}

impl Row {
    /// A figure by itself.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value: Some(value),
            unit,
            against: None,
            ratio: None,
            bound: None,
            note: None,
            skipped: false,
        }
    }

    /// What could not be measured because this machine lacks something.
    pub fn skipped(
        name: impl Into<String>,
        unit: &'static str,
        bound: Option<Bound>,
        why: impl Into<String>,
    ) -> Self {
        let row = Self::new(name, 0.0, unit).noting(why);
        Self { value: None, bound, skipped: true, ..row }
    }

    /// What went wrong instead of giving a figure.
    pub fn failed(name: impl Into<String>, why: impl fmt::Display) -> Self {
        Self { value: None, ..Self::new(name, 0.0, "").noting(format!("failed: {why}")) }
    }

    /// Beside it, and how the two stand to one another.
    #[must_use]
    pub fn against(self, name: impl Into<String>, value: f64, ratio: f64) -> Self {
        let against = Some(Against { name: name.into(), value });
        Self { against, ratio: Some(ratio), ..self }
    }

    /// With what has to hold.
    #[must_use]
    pub fn bound(self, bound: Bound) -> Self {
        Self { bound: Some(bound), ..self }
    }

    /// With something to be said; added to what was said before.
    #[must_use]
    pub fn noting(self, note: impl Into<String>) -> Self {
        let note = note.into();
        let note = match self.note {
            Some(before) => format!("{before}; {note}"),
            None => note,
        };
        Self { note: Some(note), ..self }
    }

    /// Whether the bound is kept. `None` where there is none, or nothing to hold
    /// against it; a row that failed kept nothing.
    pub fn is_kept(&self) -> Option<bool> {
        match (self.value, self.bound) {
            _ if self.skipped => None,
            (None, _) => Some(false),
            (Some(_), None) => None,
            (Some(value), Some(bound)) => Some(bound.holds(self.ratio.unwrap_or(value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_holds_up_to_itself_and_below_means_below() {
        for (bound, kept, missed) in [
            (Bound::AtMost(1.25), 1.25, 1.26),
            (Bound::Below(100.0), 99.9, 100.0),
            (Bound::AtLeast(20.0), 20.0, 19.9),
        ] {
            assert!(bound.holds(kept) && !bound.holds(missed), "{bound}");
            assert!(!bound.holds(f64::NAN), "{bound}");
        }
        assert_eq!(Bound::AtMost(1.25).to_string(), "<= 1.25");
    }

    #[test]
    fn the_ratio_is_judged_where_there_is_one_and_else_the_value() {
        let row = Row::new("a", 300.0, "MB/s");
        assert_eq!(row.is_kept(), None);
        assert_eq!(row.clone().bound(Bound::Below(100.0)).is_kept(), Some(false));
        let row = row.against("b", 200.0, 1.5);
        assert_eq!(row.clone().bound(Bound::AtMost(1.5)).is_kept(), Some(true));
        assert_eq!(row.bound(Bound::AtLeast(3.0)).is_kept(), Some(false));
    }

    #[test]
    fn what_is_missing_here_is_no_failure_and_what_failed_is() {
        let bound = Some(Bound::AtLeast(20.0));
        assert_eq!(Row::skipped("a", "records/s", bound, "no Python").is_kept(), None);
        assert_eq!(Row::failed("a", "it fell").is_kept(), Some(false));
    }
}
