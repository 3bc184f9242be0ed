//! What the guests' tests share: reading to the end, with every batch held to account on
//! the way. Never part of a component: the feature `testing` is for tests alone.
//!
//! Invariant: whoever reads through this knows that no batch lost a record from its count.

pub mod laws;

use crate::contract::{Batch, BatchCounts, BatchLimits, Progress, SignOnEvent, SourceError};
use crate::http::Transport;
use crate::normalizer::{Frames, Normalizer};
use crate::session::{Pages, Reads as _, Session};

/// So few events a batch that a fixture fills several.
pub const LIMITS: BatchLimits =
    BatchLimits { events: 7, bytes: u64::MAX, soft_deadline_ms: u32::MAX };

/// Batches after which a session that has not ended makes no progress.
const MOST_BATCHES: usize = 10_000;

/// Signs of every secret in the forms of `tests/fixtures/redaction`.
const SECRETS: [&str; 12] = [
    "SECRETvalue123",
    "c2lnbmF0dXJlMTIz",
    "eyJhbGci",
    "eyAiYWxn",
    "eyJhIjox",
    "eyJraWQi",
    "ZXlKaGJH",
    "Ym9iOlNF",
    "MIIEvQ",
    "AKIAIOSF",
    "482913",
    "%63%32%6c%6e",
];

/// Records in each file of `tests/fixtures/redaction`.
const RECORDS_WITH_SECRETS: usize = 52;

/// Everything that was read of some bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// What the records became.
    pub events: Vec<SignOnEvent>,
    /// Records framed.
    pub received: u64,
    /// Records that are no sign-ons.
    pub filtered: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Number and reason of those, as far as batches keep them.
    pub rejected: Vec<(u64, String)>,
    /// What was noticed.
    pub findings: Vec<String>,
    /// How many records of which type were passed over.
    pub passed_over: Vec<(String, u64)>,
    /// Why reading ended early.
    pub error: Option<SourceError>,
}

impl Read {
    /// The events' ids.
    pub fn ids(&self) -> Vec<&str> {
        self.events.iter().map(|event| &*event.native_id).collect()
    }

    /// What an operator is told of what could not be read.
    pub fn complaints(&self) -> Vec<String> {
        let error = self.error.iter().map(|error| format!("{error:?}"));
        self.rejected.iter().map(|(_, reason)| reason.clone()).chain(error).collect()
    }
}

/// Reads everything, in chunks of a size.
///
/// # Panics
///
/// When a batch is larger than it may be, or its count does not add up.
pub fn read<F: Frames>(mut normalizer: Normalizer<F>, bytes: &[u8], chunk: usize) -> Read {
    let mut chunks = bytes.chunks(chunk.max(1));
    let mut read = Read::default();
    loop {
        let batch = match normalizer.next(LIMITS) {
            Ok(batch) => batch,
            Err(error) => {
                read.error = Some(error);
                break;
            }
        };
        assert_adds_up(&batch);
        assert!(batch.events.len() <= LIMITS.events as usize, "a batch keeps its limits");
        read.events.extend(batch.events);
        read.received += batch.counts.received;
        read.filtered += batch.counts.filtered;
        read.unreadable += batch.counts.rejected;
        let rejects = batch.rejects.into_iter().map(|reject| (reject.position, reject.reason));
        read.rejected.extend(rejects);
        read.findings.extend(batch.findings.into_iter().map(|finding| finding.problem));
        match batch.progress {
            Progress::Finished => break,
            Progress::More => {}
            Progress::CaughtUp => match chunks.next() {
                Some(chunk) => normalizer.push(chunk),
                None => normalizer.finish(),
            },
        }
    }
    let passed_over = normalizer.passed_over();
    read.passed_over = passed_over.into_iter().map(|of| (of.name, of.count)).collect();
    read
}

/// The ids of a whole reading, and its last batch; with `resume` by a new session for
/// every batch.
///
/// # Panics
///
/// When the session fails, makes no progress, or gives no cursor to go on from.
pub fn read_session<T: Transport, P: Pages>(
    mut open: impl FnMut(Option<&[u8]>) -> Session<T, P>,
    events: u32,
    resume: bool,
) -> (Vec<String>, Batch) {
    let limits = BatchLimits { events, ..LIMITS };
    let mut session = open(None);
    let mut found = Vec::new();
    for _ in 0..MOST_BATCHES {
        let batch = session.next(limits).expect("a service that answers");
        assert_adds_up(&batch);
        found.extend(ids(&batch));
        if batch.progress == Progress::Finished {
            return (found, batch);
        }
        if resume {
            let cursor = batch.cursor.expect("every batch has a cursor");
            assert!(cursor.len() < 4096, "a cursor stands in the state of every stream");
            session = open(Some(&cursor));
        }
    }
    panic!("the session makes no progress");
}

/// The ids of a batch's events.
pub fn ids(batch: &Batch) -> Vec<String> {
    batch.events.iter().map(|event| event.native_id.clone()).collect()
}

/// Every record became exactly one thing.
///
/// # Panics
///
/// When one did not.
pub fn assert_adds_up(batch: &Batch) {
    let BatchCounts { received, filtered, rejected } = batch.counts;
    assert_eq!(received, batch.events.len() as u64 + filtered + rejected);
}

/// None of the secrets that records of `tests/fixtures/redaction` hold is in an event.
///
/// # Panics
///
/// When one is, or when what is no secret was lost with it.
pub fn assert_no_secret_survives(events: Vec<SignOnEvent>) {
    assert_eq!(events.len(), RECORDS_WITH_SECRETS);
    for event in events {
        let said = format!("{event:?}");
        let found: Vec<_> = SECRETS.iter().filter(|secret| said.contains(**secret)).collect();
        assert!(found.is_empty(), "{}: {found:?} in {:?}", event.native_id, event.unmapped);
        assert!(!event.redacted.is_empty(), "{}", event.native_id);
        assert_eq!(event.user.and_then(|user| user.name).as_deref(), Some("user.one"));
    }
}
