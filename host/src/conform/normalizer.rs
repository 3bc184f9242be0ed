//! Laws of the normalizer: bytes in, the same events out, however they arrive.

use super::subject::Subject;
use super::verdict::{Finding, NO_PAYLOAD, Trouble, Verdicts, broken, own, said};
use crate::contract::{
    BatchCounts, BatchLimits, EventClasses, Progress, ReadOptions, SignOnEvent, SourceError,
};
use crate::runtime::{NormalizerInstance, SandboxError};

/// What is asked for unless a law is about it.
const LIMITS: BatchLimits = BatchLimits { events: 500, bytes: 4 << 20, soft_deadline_ms: u32::MAX };

/// Bytes handed in at once, unless a law is about it.
const CHUNK: usize = 256 << 10;

/// Calls after which a normalizer that gets no further is given up.
const MOST_CALLS: usize = 1_000_000;

/// Places at which a payload is cut off.
const CUTS: usize = 16;

/// Everything that became of some bytes.
#[derive(Debug, PartialEq)]
struct Read {
    events: Vec<SignOnEvent>,
    received: u64,
    filtered: u64,
    rejected: u64,
    largest: usize,
    error: Option<SourceError>,
}

/// Tries the laws; gives back the most memory that was held, in bytes.
pub(super) async fn try_all(subject: &Subject, verdicts: &mut Verdicts) -> usize {
    let mut peak = 0;
    verdicts.add("the normalizer reads the same way every time", same(subject, &mut peak).await);
    verdicts.add("chunk boundaries do not matter", chunks(subject, &mut peak).await);
    verdicts.add("a batch of the normalizer keeps its limits", limits(subject, &mut peak).await);
    verdicts.add("every event has an id, and its own", ids(subject, &mut peak).await);
    verdicts.add("bytes cut off anywhere end in no trap", cuts(subject).await);
    verdicts.add("bytes that make no sense end in no trap", garbage(subject).await);
    peak
}

fn payload(subject: &Subject) -> Result<&[u8], Trouble> {
    subject.payload.as_deref().ok_or(Trouble::Untried(NO_PAYLOAD))
}

/// Reads bytes to their end or to an error of the component's own.
async fn read(
    subject: &Subject,
    bytes: &[u8],
    chunk: usize,
    limits: BatchLimits,
    peak: &mut usize,
) -> Result<Read, Trouble> {
    let options = ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };
    let opened =
        NormalizerInstance::open(&subject.sandbox, &subject.component, &subject.limits, options);
    let mut normalizer = opened.await?;
    let mut read =
        Read { events: Vec::new(), received: 0, filtered: 0, rejected: 0, largest: 0, error: None };
    let mut chunks = bytes.chunks(chunk);
    for _ in 0..MOST_CALLS {
        let next = normalizer.next(limits).await;
        *peak = (*peak).max(normalizer.peak_memory());
        let batch = match next {
            Ok(batch) => batch,
            Err(error @ SandboxError::Source(_)) => {
                read.error = Some(own(error)?);
                return Ok(read);
            }
            Err(error) => return Err(error.into()),
        };
        let BatchCounts { received, filtered, rejected } = batch.counts;
        read.received += received;
        read.filtered += filtered;
        read.rejected += rejected;
        read.largest = read.largest.max(batch.events.len());
        read.events.extend(batch.events);
        match batch.progress {
            Progress::More => {}
            Progress::Finished => return Ok(read),
            Progress::CaughtUp => match chunks.next() {
                Some(chunk) => normalizer.push(chunk).await?,
                None => normalizer.finish().await?,
            },
        }
    }
    broken("it does not come to an end")
}

/// Reads the payload, which has to be readable.
async fn whole(subject: &Subject, peak: &mut usize) -> Result<Read, Trouble> {
    let read = read(subject, payload(subject)?, CHUNK, LIMITS, peak).await?;
    if let Some(error) = &read.error {
        return broken(format!("the payload cannot be read: {}", said(error)));
    }
    if read.events.is_empty() {
        return Err(Trouble::Untried("the payload holds no event"));
    }
    Ok(read)
}

async fn same(subject: &Subject, peak: &mut usize) -> Finding {
    let (one, other) = (whole(subject, peak).await?, whole(subject, peak).await?);
    if one != other {
        return broken("two readings of the same bytes differ");
    }
    let Read { received, filtered, rejected, .. } = one;
    let events = one.events.len();
    Ok(format!("{received} records: {events} events, {filtered} passed over, {rejected} rejected"))
}

async fn chunks(subject: &Subject, peak: &mut usize) -> Finding {
    let expected = whole(subject, peak).await?;
    let bytes = payload(subject)?;
    // Byte by byte where that takes no minutes.
    let smallest = if bytes.len() <= 32 << 10 { 1 } else { 61 };
    for size in [smallest, 7.max(smallest + 1), 1000, 4099] {
        let mut read = read(subject, bytes, size, LIMITS, peak).await?;
        // How full batches are may depend on it.
        read.largest = expected.largest;
        if read != expected {
            return broken(format!("chunks of {size} bytes give other events, or other counts"));
        }
    }
    Ok(String::new())
}

async fn limits(subject: &Subject, peak: &mut usize) -> Finding {
    let expected = whole(subject, peak).await?;
    for events in [1, 3] {
        let limits = BatchLimits { events, ..LIMITS };
        let read = read(subject, payload(subject)?, CHUNK, limits, peak).await?;
        if read.largest > events as usize {
            return broken(format!(
                "{} events where at most {events} were asked for",
                read.largest
            ));
        }
        if read.events != expected.events {
            return broken(format!("batches of {events} give other events"));
        }
    }
    let tiny = BatchLimits { bytes: 1, ..LIMITS };
    let read = read(subject, payload(subject)?, CHUNK, tiny, peak).await?;
    if read.events == expected.events {
        return Ok(String::new());
    }
    broken("batches of one byte give other events")
}

async fn ids(subject: &Subject, peak: &mut usize) -> Finding {
    let read = whole(subject, peak).await?;
    let mut ids: Vec<&str> = read.events.iter().map(|event| event.native_id.as_str()).collect();
    if ids.iter().any(|id| id.is_empty()) {
        return broken("an event has an empty native-id; make one of the record's content");
    }
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]);
    // The same record may stand in the payload twice.
    Ok(twice
        .map(|pair| format!("{:?} is there twice; is the record?", pair[0]))
        .unwrap_or_default())
}

async fn cuts(subject: &Subject) -> Finding {
    let bytes = payload(subject)?;
    for cut in 0..CUTS {
        let end = bytes.len() * cut / CUTS;
        read(subject, &bytes[..end], CHUNK, LIMITS, &mut 0).await?;
    }
    Ok(String::new())
}

/// Among it a record of 12 MB: what memory that takes is for the limits to say.
async fn garbage(subject: &Subject) -> Finding {
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let every: Vec<u8> = (0..=u8::MAX).cycle().take(4096).collect();
    let long = [b"[{\"id\":\"".to_vec(), b"x".repeat(12 << 20), b"\"}]".to_vec()].concat();
    let all: [&[u8]; 8] = [
        b"",
        b"\0",
        b"null",
        b"[null,1,\"x\",[],{}]",
        b"{\"id\":1e999,\"time\":\"x\"}",
        &deep,
        &every,
        &long,
    ];
    for bytes in all {
        read(subject, bytes, CHUNK, LIMITS, &mut 0).await?;
    }
    Ok(String::new())
}
