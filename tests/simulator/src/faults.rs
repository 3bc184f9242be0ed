//! What can be made to go wrong, and how it is written.
//!
//! The invariant: a specification is either understood whole or refused with
//! the list of what is known; nothing is guessed.

use std::str::FromStr;
use std::time::Duration;

/// The known specifications, for error messages and help texts.
pub(crate) const KNOWN: &str = "429=P[:SECONDS], 5xx=P, cut=P, slow=BYTES_PER_SECOND, \
    empty-pages=P, shuffle, late=P, expire-token=P, skew=SECONDS, latency=MS, strict-minutes \
    (P is a probability from 0 to 1)";

/// Longest skew in either direction: ten years, so that no date leaves the
/// calendar.
const MOST_SKEW_SECONDS: i64 = 10 * 366 * 86_400;

/// One thing that goes wrong on purpose. `share` is a probability, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// `429=P[:SECONDS]`: throttled, with a `Retry-After` if seconds are given.
    Throttle {
        /// Probability.
        share: f64,
        /// Value of `Retry-After`, seconds.
        retry_after: Option<u64>,
    },
    /// `5xx=P`: 500, 502, 503 or 504, some with a body that is no JSON.
    ServerError {
        /// Probability.
        share: f64,
    },
    /// `cut=P`: the connection ends in the middle of the body.
    Cut {
        /// Probability.
        share: f64,
    },
    /// `slow=BYTES_PER_SECOND`: bodies trickle.
    Slow {
        /// Pace of every body.
        bytes_per_second: u64,
    },
    /// `empty-pages=P`: a page without records, but with a page token.
    EmptyPages {
        /// Probability.
        share: f64,
    },
    /// `shuffle`: every reading (first-page request) has its own record order.
    Shuffle,
    /// `late=P`: this share of the records stays hidden until a reading that
    /// covers them was served to its last page.
    Late {
        /// Share of the records.
        share: f64,
    },
    /// `expire-token=P`: a page token answers 400 `InvalidParameter`, once.
    ExpireToken {
        /// Probability.
        share: f64,
    },
    /// `skew=SECONDS`: the simulator's clock is ahead (or, negative, behind).
    Skew {
        /// Seconds ahead.
        seconds: i64,
    },
    /// `latency=MS`: every answer waits.
    Latency {
        /// How long.
        milliseconds: u64,
    },
    /// `strict-minutes`: times that are no whole minutes answer 400, as the
    /// documentation says (the service itself is lenient).
    StrictMinutes,
}

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

impl Fault {
    /// The name by which the fault is written.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Throttle { .. } => "429",
            Self::ServerError { .. } => "5xx",
            Self::Cut { .. } => "cut",
            Self::Slow { .. } => "slow",
            Self::EmptyPages { .. } => "empty-pages",
            Self::Shuffle => "shuffle",
            Self::Late { .. } => "late",
            Self::ExpireToken { .. } => "expire-token",
            Self::Skew { .. } => "skew",
            Self::Latency { .. } => "latency",
            Self::StrictMinutes => "strict-minutes",
        }
    }
}

/// All the faults of one simulator; each kind at most once. Default: none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Reads specifications such as `429=0.1:2` or `shuffle`.
    ///
    /// # Errors
    /// An unknown, malformed or repeated specification, with the known ones.
    pub fn parse_all<S: AsRef<str>>(
        specifications: impl IntoIterator<Item = S>,
    ) -> Result<Self, FaultError> {
        let mut faults = Self::default();
        for specification in specifications {
            faults.add(specification.as_ref().parse()?)?;
        }
        Ok(faults)
    }

    /// Adds one fault.
    ///
    /// # Errors
    /// [`FaultError::Duplicate`] if that kind is there already.
    pub fn add(&mut self, fault: Fault) -> Result<(), FaultError> {
        if self.0.iter().any(|known| known.name() == fault.name()) {
            return Err(FaultError::Duplicate(fault.name().to_owned()));
        }
        self.0.push(fault);
        Ok(())
    }

    /// The faults, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    fn find<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(pick)
    }

    pub(crate) fn shuffle(&self) -> bool {
        self.0.contains(&Fault::Shuffle)
    }

    pub(crate) fn strict_minutes(&self) -> bool {
        self.0.contains(&Fault::StrictMinutes)
    }

    pub(crate) fn late(&self) -> f64 {
        self.find(|fault| match fault {
            Fault::Late { share } => Some(*share),
            _ => None,
        })
        .unwrap_or(0.0)
    }

    pub(crate) fn skew_milliseconds(&self) -> i64 {
        self.find(|fault| match fault {
            Fault::Skew { seconds } => Some(seconds * 1000),
            _ => None,
        })
        .unwrap_or(0)
    }

    pub(crate) fn latency(&self) -> Option<Duration> {
        self.find(|fault| match fault {
            Fault::Latency { milliseconds } => Some(Duration::from_millis(*milliseconds)),
            _ => None,
        })
    }

    pub(crate) fn bytes_per_second(&self) -> Option<u64> {
        self.find(|fault| match fault {
            Fault::Slow { bytes_per_second } => Some(*bytes_per_second),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
