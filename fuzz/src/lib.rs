//! What every fuzz target of a normalizer asks: no panic, no record lost from the
//! count, and the same result however the bytes arrive.

use signon_kit::contract::{BatchLimits, Progress, EventClasses, ReadOptions, SignOnEvent, SourceError};
use signon_kit::normalizer::{Frames, Normalizer};

/// What targets hand to a normalizer.
pub const OPTIONS: ReadOptions = ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };

const LIMITS: BatchLimits = BatchLimits { events: 5, bytes: 1 << 20, soft_deadline_ms: u32::MAX };

/// Everything that was read of some bytes.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    events: Vec<SignOnEvent>,
    received: u64,
    error: Option<SourceError>,
}

/// Reads bytes in chunks and checks each batch's balance.
pub fn read<'b>(
    mut reader: Normalizer<impl Frames>,
    chunks: impl IntoIterator<Item = &'b [u8]>,
) -> Outcome {
    let mut chunks = chunks.into_iter();
    let mut outcome = Outcome { events: Vec::new(), received: 0, error: None };
    loop {
        let batch = match reader.next(LIMITS) {
            Ok(batch) => batch,
            Err(error) => {
                outcome.error = Some(error);
                return outcome;
            }
        };
        let counts = batch.counts;
        let told = batch.events.len() as u64 + counts.filtered + counts.rejected;
        assert_eq!(counts.received, told, "records got lost from the count");
        for event in &batch.events {
            let unmapped: Result<serde_json::Value, _> = serde_json::from_str(&event.unmapped);
            assert!(unmapped.is_ok_and(|value| value.is_object()), "unmapped is no object");
        }
        outcome.received += counts.received;
        outcome.events.extend(batch.events);
        match batch.progress {
            Progress::Finished => return outcome,
            Progress::More => {}
            Progress::CaughtUp => match chunks.next() {
                Some(chunk) => reader.push(chunk),
                None => reader.finish(),
            },
        }
    }
}

/// One law for all: the first byte says how large the chunks are.
pub fn check<F: Frames>(data: &[u8], open: impl Fn(ReadOptions) -> Normalizer<F>) {
    let Some((&size, bytes)) = data.split_first() else {
        return;
    };
    let whole = read(open(OPTIONS), [bytes]);
    let cut = read(open(OPTIONS), bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole, cut, "the result depends on how the bytes arrive");
}
