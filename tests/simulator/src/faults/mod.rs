//! What can be made to go wrong, and how it is written.
//!
//! The invariant: each kind of fault is there at most once, so that what a
//! simulator does follows from the set of its faults and not from their order.

mod oam_rendering;
mod oam_variants;
mod specification;

use std::time::Duration;

pub use oam_rendering::OamRendering;
pub(crate) use oam_rendering::{Nothing, Time};
pub use oam_variants::{OamBounds, OamOrder, OamPageStyle};
pub use specification::FaultError;

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
    /// `expire-token=P`: a page token answers 400 `InvalidParameter`, once; an
    /// identity domain takes a bearer token back (401), never twice in a row
    /// at the same place.
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
    /// `html[=MINUTES]`: OCI Audit answers 200 with HTML, as a proxy does; with
    /// minutes only where the range asked for holds the minute that was so long
    /// before the simulator's start.
    Html {
        /// How long before the start; every range if not given.
        minutes: Option<i64>,
    },
    /// `idcs-retired`: the identity domain answers every search with an empty
    /// success, as a domain does whose audit has moved to OCI Audit.
    IdcsRetired,
    /// `idcs-moving`: rows arrive and are purged while they are being read, so
    /// that totals and offsets move. A row arrives before a reader in search of
    /// it passes its place, and goes only some requests after it was served.
    IdcsMoving,
    /// `idcs-same-timestamp[=ROWS]`: so many more rows (1100 unless said
    /// otherwise), all of one single timestamp.
    IdcsSameTimestamp {
        /// How many.
        rows: u64,
    },
    /// `idcs-finer-times`: rows are stored with microseconds, which they are found
    /// and sorted by, and written with milliseconds. Half of them are on the
    /// millisecond all the same.
    IdcsFinerTimes,
    /// `idcs-plain-errors`: errors of the identity domain come without Oracle's
    /// extension of the SCIM error.
    IdcsPlainErrors,
    /// `idcs-least-privilege`: the client has the role Audit Administrator
    /// only, so that `POST .search` and `/Schemas` answer 403.
    IdcsLeastPrivilege,
    /// `oam-rendering=NAME[+NAME...]`: how sign-in audit events are written.
    OamRendering {
        /// The names put together.
        rendering: OamRendering,
    },
    /// `oam-ignore-page[=query|path|both]`: the page number is not understood
    /// where it stands (in the query unless said otherwise): every page is the
    /// first.
    OamIgnorePage {
        /// Where it is not understood.
        style: OamPageStyle,
    },
    /// `oam-bounds=inclusive|half-open|exclusive`: whether events at `fromDate`
    /// and `toDate` belong to the period. Inclusive unless said otherwise.
    OamBounds {
        /// Which ends belong.
        bounds: OamBounds,
    },
    /// `oam-order=ascending|descending|shuffled`: of the events of a period, by
    /// time. Ascending unless said otherwise.
    OamOrder {
        /// Which order.
        order: OamOrder,
    },
    /// `oam-page-limit=ROWS`: no page has more, whatever page size is asked.
    OamPageLimit {
        /// Most rows.
        rows: u64,
    },
    /// `oam-no-ids`: events come without `eventID`.
    OamNoIds,
    /// `oam-no-stats`: there is no `/audit/stats`.
    OamNoStats,
    /// `oam-forbidden`: the user may not read the audit (403).
    OamForbidden,
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
            Self::Html { .. } => "html",
            Self::IdcsRetired => "idcs-retired",
            Self::IdcsMoving => "idcs-moving",
            Self::IdcsSameTimestamp { .. } => "idcs-same-timestamp",
            Self::IdcsFinerTimes => "idcs-finer-times",
            Self::IdcsPlainErrors => "idcs-plain-errors",
            Self::IdcsLeastPrivilege => "idcs-least-privilege",
            Self::OamRendering { .. } => "oam-rendering",
            Self::OamIgnorePage { .. } => "oam-ignore-page",
            Self::OamBounds { .. } => "oam-bounds",
            Self::OamOrder { .. } => "oam-order",
            Self::OamPageLimit { .. } => "oam-page-limit",
            Self::OamNoIds => "oam-no-ids",
            Self::OamNoStats => "oam-no-stats",
            Self::OamForbidden => "oam-forbidden",
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

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    pub(crate) fn find<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(pick)
    }

    pub(crate) fn shuffle(&self) -> bool {
        self.has(Fault::Shuffle)
    }

    pub(crate) fn strict_minutes(&self) -> bool {
        self.has(Fault::StrictMinutes)
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

    /// The minutes whose ranges are answered in HTML, as half-open Unix
    /// milliseconds; `start` is when the simulator started.
    pub(crate) fn html(&self, start: i64) -> Option<(i64, i64)> {
        self.find(|fault| match fault {
            Fault::Html { minutes: None } => Some((i64::MIN, i64::MAX)),
            Fault::Html { minutes: Some(minutes) } => {
                let minute = start.div_euclid(60_000) - minutes;
                Some((minute * 60_000, (minute + 1) * 60_000))
            }
            _ => None,
        })
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
