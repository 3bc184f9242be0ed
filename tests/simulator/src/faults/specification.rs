//! Reading fault specifications.
//!
//! The invariant: a specification is either understood whole or refused with
//! the list of what is known; nothing is guessed.

use std::str::FromStr;

use super::Fault;
use super::oam_variants::OamPageStyle;

/// The known specifications, for error messages and help texts.
pub(crate) const KNOWN: &str = "429=P[:SECONDS], 5xx=P, cut=P, slow=BYTES_PER_SECOND, \
    empty-pages=P, shuffle, late=P, expire-token=P, skew=SECONDS, latency=MS, strict-minutes, \
    html[=MINUTES], \
    idcs-retired, idcs-moving, idcs-same-timestamp[=ROWS], idcs-finer-times, \
    idcs-plain-errors, idcs-least-privilege, oam-rendering=NAME[+NAME...], oam-ignore-page[=query|path|both], \
    oam-bounds=inclusive|half-open|exclusive, oam-order=ascending|descending|shuffled, \
    oam-page-limit=ROWS, oam-no-ids, oam-no-stats, oam-forbidden \
    (P is a probability from 0 to 1)";

/// Longest skew in either direction: ten years, so that no date leaves the
/// calendar.
const MOST_SKEW_SECONDS: i64 = 10 * 366 * 86_400;

/// Rows of one single time unless said otherwise: more than the thousand that
/// the service puts on one page at most.
const SAME_TIMESTAMP_ROWS: u64 = 1100;
/// Most rows of one single time; like every record each takes memory.
const MOST_SAME_TIMESTAMP_ROWS: u64 = 1_000_000;

/// Why a fault specification was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// No fault has this name.
    #[error("unknown fault `{0}`; known are {KNOWN}")]
    Unknown(String),
    /// The fault needs a value.
    #[error("fault `{0}` needs a value; known are {KNOWN}")]
    MissingValue(String),
    /// The fault takes no value.
    #[error("fault `{0}` takes no value; known are {KNOWN}")]
    UnexpectedValue(String),
    /// The value cannot be read.
    #[error("fault `{name}`: `{value}` is not {expected}")]
    InvalidValue {
        /// The fault.
        name: String,
        /// What was given.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The same fault was given twice.
    #[error("fault `{0}` is given twice, keep one")]
    Duplicate(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let text = text.trim();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text, None),
        };
        let valued = || value.ok_or_else(|| FaultError::MissingValue(name.to_owned()));
        let bare = |fault| match value {
            None => Ok(fault),
            Some(_) => Err(FaultError::UnexpectedValue(name.to_owned())),
        };
        let share = || {
            let expected = "a probability from 0 to 1";
            number::<f64>(name, valued()?, expected, |share| (0.0..=1.0).contains(share))
        };
        match name {
            "429" => throttle(name, valued()?),
            "5xx" => Ok(Self::ServerError { share: share()? }),
            "cut" => Ok(Self::Cut { share: share()? }),
            "empty-pages" => Ok(Self::EmptyPages { share: share()? }),
            "late" => Ok(Self::Late { share: share()? }),
            "expire-token" => Ok(Self::ExpireToken { share: share()? }),
            "shuffle" => bare(Self::Shuffle),
            "strict-minutes" => bare(Self::StrictMinutes),
            "slow" => Ok(Self::Slow {
                bytes_per_second: number(name, valued()?, "a number of bytes above 0", |n| *n > 0)?,
            }),
            "skew" => Ok(Self::Skew {
                seconds: number(
                    name,
                    valued()?,
                    "a number of seconds within ten years",
                    |n: &i64| n.unsigned_abs() <= MOST_SKEW_SECONDS.unsigned_abs(),
                )?,
            }),
            "latency" => Ok(Self::Latency {
                milliseconds: number(name, valued()?, "a number of milliseconds", |_| true)?,
            }),
            "html" => Ok(Self::Html {
                minutes: match value {
                    None => None,
                    Some(value) => {
                        let within = |n: &i64| (0..=MOST_SKEW_SECONDS / 60).contains(n);
                        Some(number(name, value, "a number of minutes within ten years", within)?)
                    }
                },
            }),
            "idcs-retired" => bare(Self::IdcsRetired),
            "idcs-moving" => bare(Self::IdcsMoving),
            "idcs-finer-times" => bare(Self::IdcsFinerTimes),
            "idcs-plain-errors" => bare(Self::IdcsPlainErrors),
            "idcs-least-privilege" => bare(Self::IdcsLeastPrivilege),
            "idcs-same-timestamp" => Ok(Self::IdcsSameTimestamp {
                rows: match value {
                    None => SAME_TIMESTAMP_ROWS,
                    Some(value) => number(name, value, "a number of rows up to 1000000", |n| {
                        (1..=MOST_SAME_TIMESTAMP_ROWS).contains(n)
                    })?,
                },
            }),
            "oam-rendering" => Ok(Self::OamRendering { rendering: choice(name, valued()?)? }),
            "oam-ignore-page" => Ok(Self::OamIgnorePage {
                style: value.map_or(Ok(OamPageStyle::Query), |value| choice(name, value))?,
            }),
            "oam-bounds" => Ok(Self::OamBounds { bounds: choice(name, valued()?)? }),
            "oam-order" => Ok(Self::OamOrder { order: choice(name, valued()?)? }),
            "oam-page-limit" => Ok(Self::OamPageLimit {
                rows: number(name, valued()?, "a number of rows above 0", |n| *n > 0)?,
            }),
            "oam-no-ids" => bare(Self::OamNoIds),
            "oam-no-stats" => bare(Self::OamNoStats),
            "oam-forbidden" => bare(Self::OamForbidden),
            _ => Err(FaultError::Unknown(text.to_owned())),
        }
    }
}

fn throttle(name: &str, value: &str) -> Result<Fault, FaultError> {
    let expected = "a probability from 0 to 1, or one with seconds as in 0.1:5";
    let (share, seconds) = match value.split_once(':') {
        Some((share, seconds)) => (share, Some(seconds)),
        None => (value, None),
    };
    Ok(Fault::Throttle {
        share: number(name, share, expected, |share: &f64| (0.0..=1.0).contains(share))?,
        retry_after: seconds
            .map(|seconds| number(name, seconds, expected, |_| true))
            .transpose()?,
    })
}

/// A value out of a list, which its type knows.
fn choice<C: FromStr<Err = &'static str>>(name: &str, value: &str) -> Result<C, FaultError> {
    value.parse().map_err(|expected| FaultError::InvalidValue {
        name: name.to_owned(),
        value: value.to_owned(),
        expected,
    })
}

fn number<N: FromStr>(
    name: &str,
    value: &str,
    expected: &'static str,
    fits: impl Fn(&N) -> bool,
) -> Result<N, FaultError> {
    value.parse().ok().filter(fits).ok_or_else(|| FaultError::InvalidValue {
        name: name.to_owned(),
        value: value.to_owned(),
        expected,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::faults::Faults;

    #[test]
    fn every_known_fault_is_read() {
        let all = [
            "429=0.1:5",
            "5xx=0.2",
            "cut=0.05",
            "slow=1000",
            "empty-pages=1",
            "shuffle",
            "late=0.25",
            "expire-token=0",
            "skew=-400",
            "latency=20",
            "strict-minutes",
            "html=90",
            "idcs-retired",
            "idcs-moving",
            "idcs-same-timestamp=20",
            "idcs-finer-times",
            "idcs-plain-errors",
            "idcs-least-privilege",
            "oam-rendering=wrapped+quoted",
            "oam-ignore-page=both",
            "oam-bounds=exclusive",
            "oam-order=descending",
            "oam-page-limit=7",
            "oam-no-ids",
            "oam-no-stats",
            "oam-forbidden",
        ];
        let faults = Faults::parse_all(all).unwrap();
        assert_eq!(faults.iter().count(), all.len());
        for (fault, text) in faults.iter().zip(all) {
            assert!(text.starts_with(fault.name()));
            assert!(KNOWN.contains(fault.name()));
        }
        assert_eq!(faults.skew_milliseconds(), -400_000);
        assert_eq!(faults.late(), 0.25);
        assert_eq!(faults.latency(), Some(Duration::from_millis(20)));
        assert_eq!(faults.bytes_per_second(), Some(1000));
        assert!(faults.shuffle() && faults.strict_minutes());
        let specified = KNOWN.split(", ").count();
        assert_eq!(specified, all.len(), "the list in messages is complete");
        assert_eq!(
            "oam-ignore-page".parse(),
            Ok(Fault::OamIgnorePage { style: OamPageStyle::Query })
        );
        assert_eq!("429=1".parse(), Ok(Fault::Throttle { share: 1.0, retry_after: None }));
    }

    #[test]
    fn an_unknown_fault_is_refused_with_the_known_ones() {
        for text in ["", "explode", "4xx=0.1", "Shuffle"] {
            let message = text.parse::<Fault>().unwrap_err().to_string();
            assert!(message.contains("unknown fault"), "{message}");
            assert!(message.contains("expire-token=P"), "{message}");
        }
    }

    #[test]
    fn a_malformed_value_is_refused_by_name() {
        for text in [
            "429",
            "429=",
            "429=0.1:",
            "429=0.1:x",
            "429=1.5",
            "5xx=-0.1",
            "cut=NaN",
            "cut=inf",
            "slow=0",
            "slow=fast",
            "shuffle=1",
            "strict-minutes=yes",
            "skew=99999999999",
            "latency=-1",
            "late=",
            "idcs-retired=1",
            "idcs-same-timestamp=0",
            "oam-rendering=",
            "oam-rendering=upside-down",
            "oam-ignore-page=body",
            "oam-bounds",
            "oam-order=newest",
            "oam-page-limit=0",
            "oam-no-ids=true",
        ] {
            let message = text.parse::<Fault>().unwrap_err().to_string();
            let name = text.split('=').next().unwrap();
            assert!(message.contains(&format!("`{name}`")), "{text}: {message}");
        }
    }

    #[test]
    fn a_fault_given_twice_is_refused() {
        assert_eq!(
            Faults::parse_all(["cut=0.1", "cut=0.2"]),
            Err(FaultError::Duplicate("cut".to_owned()))
        );
    }
}
