//! What Oracle does not document about the sign-in audit, as choices.
//!
//! The invariant: each choice is written by a name, and a name that is not
//! known is refused with those that are.

use std::str::FromStr;

/// Which ends of a period belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OamBounds {
    /// Both.
    #[default]
    Inclusive,
    /// The first only.
    HalfOpen,
    /// None.
    Exclusive,
}

impl OamBounds {
    /// Whether the period has room for the time; all in Unix milliseconds.
    pub(crate) fn hold(self, from: i64, to: i64, time: i64) -> bool {
        match self {
            Self::Inclusive => from <= time && time <= to,
            Self::HalfOpen => from <= time && time < to,
            Self::Exclusive => from < time && time < to,
        }
    }
}

impl FromStr for OamBounds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "inclusive" => Ok(Self::Inclusive),
            "half-open" => Ok(Self::HalfOpen),
            "exclusive" => Ok(Self::Exclusive),
            _ => Err("inclusive, half-open or exclusive"),
        }
    }
}

/// In which order the events of a period come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OamOrder {
    /// The oldest first.
    #[default]
    Ascending,
    /// The newest first.
    Descending,
    /// None, but the same on every page.
    Shuffled,
}

impl FromStr for OamOrder {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "ascending" => Ok(Self::Ascending),
            "descending" => Ok(Self::Descending),
            "shuffled" => Ok(Self::Shuffled),
            _ => Err("ascending, descending or shuffled"),
        }
    }
}

/// Where a page number can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OamPageStyle {
    /// `/audit/events?pageNumber=2`
    Query,
    /// `/audit/events/2`
    Path,
    /// Either place.
    Both,
}

impl FromStr for OamPageStyle {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "query" => Ok(Self::Query),
            "path" => Ok(Self::Path),
            "both" => Ok(Self::Both),
            _ => Err("query, path or both"),
        }
    }
}
