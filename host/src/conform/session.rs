//! Laws of sessions: what the collector builds on when it stops and goes on.

use std::collections::BTreeSet;

use super::subject::{Service, Subject};
use super::verdict::{Finding, NO_SERVICE, NO_SETTINGS, Trouble, Verdicts, broken, own, said};
use crate::contract::{
    BatchLimits, Descriptor, EventClasses, LogStart, Progress, ReadOptions, Selection, Shape,
    SourceError, TimeRange,
};
use crate::runtime::{SandboxError, SessionInstance, SessionRequest};

/// What is asked for unless a law is about it.
const LIMITS: BatchLimits = BatchLimits { events: 500, bytes: 4 << 20, soft_deadline_ms: 60_000 };

/// Events a batch while cursors are gathered: many cursors, most of them in the
/// middle of a page.
const FEW: u32 = 3;

/// Cursors from which reading is resumed. Each is a reading of its own.
const MOST_CURSORS: usize = 40;

/// Calls after which a session that gets no further is given up.
const MOST_CALLS: usize = 100_000;

const HOUR_MS: i64 = 3_600_000;

/// One selection of one stream.
#[derive(Debug, Clone)]
struct Target {
    stream: String,
    selection: Selection,
}

/// What a reading gave.
#[derive(Default)]
struct Read {
    ids: Vec<String>,
    /// Cursors, each with how many ids came before it.
    cursors: Vec<(usize, Vec<u8>)>,
    largest: usize,
}

/// Tries the laws; gives back the most memory that was held, in bytes.
pub(super) async fn try_all(
    subject: &Subject,
    descriptor: &Descriptor,
    verdicts: &mut Verdicts,
) -> usize {
    let mut peak = 0;
    let found = busiest(subject, descriptor, &mut peak).await;
    let target = found.as_ref().map(|(target, _)| target);
    verdicts.add("an unknown stream is refused", unknown(subject, target).await);
    verdicts.add("a cursor of another component is expired", foreign(subject, target).await);
    verdicts.add("a range gives the same ids every time", again(subject, &found, &mut peak).await);
    verdicts.add("a batch of a session keeps its limits", few(subject, &found, &mut peak).await);
    verdicts
        .add("resuming from every cursor loses nothing", resume(subject, &found, &mut peak).await);
    peak
}

/// The trouble of a search that found nothing to try.
fn copy(trouble: &Trouble) -> Trouble {
    match trouble {
        Trouble::Broken(how) => Trouble::Broken(how.clone()),
        Trouble::Untried(why) => Trouble::Untried(why),
    }
}

/// Everything that the settings say, cut into ranges that may be asked for.
async fn targets(subject: &Subject, descriptor: &Descriptor) -> Result<Vec<Target>, Trouble> {
    let Service { hours, now_ms, .. } =
        subject.service.as_ref().ok_or(Trouble::Untried(NO_SERVICE))?;
    let settings = subject.settings.as_deref().ok_or(Trouble::Untried(NO_SETTINGS))?;
    let streams = subject.sandbox.streams(&subject.component, &subject.limits, settings).await?;
    let selections: Vec<Selection> = match &descriptor.shape {
        Shape::Log => vec![Selection::Log(LogStart::Earliest)],
        Shape::Windowed(windowed) => {
            let granularity = i64::from(windowed.granularity_seconds.max(1)) * 1000;
            let longest = i64::from(windowed.longest_range_seconds.max(1)) * 1000;
            let floor = |time: i64| time.div_euclid(granularity) * granularity;
            let end = floor(*now_ms);
            let begin = floor(end - i64::from(*hours) * HOUR_MS);
            (0..)
                .map(|number| begin + number * longest)
                .take_while(|start| *start < end)
                .map(|start| TimeRange { start, end: end.min(start + longest) })
                .map(Selection::Range)
                .collect()
        }
    };
    let pair = |stream: &String, selection: &Selection| Target {
        stream: stream.clone(),
        selection: *selection,
    };
    Ok(streams
        .iter()
        .flat_map(|stream| selections.iter().map(|selection| pair(&stream.id, selection)))
        .collect())
}

/// Reads from `cursor` to the end.
async fn read(
    subject: &Subject,
    target: &Target,
    cursor: Option<Vec<u8>>,
    limits: BatchLimits,
    peak: &mut usize,
) -> Result<Read, Trouble> {
    let mut session = open(subject, target, cursor).await?;
    let mut read = Read::default();
    for _ in 0..MOST_CALLS {
        let batch = session.next(limits).await?;
        *peak = (*peak).max(session.peak_memory());
        read.largest = read.largest.max(batch.events.len());
        read.ids.extend(batch.events.into_iter().map(|event| event.native_id));
        let Some(cursor) = batch.cursor else {
            return broken("a batch of a session has no cursor");
        };
        read.cursors.push((read.ids.len(), cursor));
        if batch.progress != Progress::More {
            return Ok(read);
        }
    }
    broken("a range does not come to an end")
}

async fn open(
    subject: &Subject,
    target: &Target,
    cursor: Option<Vec<u8>>,
) -> Result<SessionInstance, SandboxError> {
    let request = SessionRequest {
        config: subject.settings.clone().unwrap_or_default(),
        stream: target.stream.clone(),
        selection: target.selection,
        cursor,
        options: ReadOptions { classes: EventClasses::ALL, keep_raw: false, text_limit: 4096 },
    };
    let egress = match &subject.service {
        Some(service) => service.egress.clone(),
        None => crate::egress::Egress::shut(subject.component.name()),
    };
    SessionInstance::open(&subject.sandbox, &subject.component, &subject.limits, egress, &request)
        .await
}

/// The range with the most events.
async fn busiest(
    subject: &Subject,
    descriptor: &Descriptor,
    peak: &mut usize,
) -> Result<(Target, Read), Trouble> {
    let mut most: Option<(Target, Read)> = None;
    for target in targets(subject, descriptor).await? {
        let found = read(subject, &target, None, LIMITS, peak).await?;
        if most.as_ref().is_none_or(|(_, read)| found.ids.len() > read.ids.len()) {
            most = Some((target, found));
        }
    }
    most.ok_or_else(|| Trouble::Broken("these settings have nothing to read".to_owned()))
}

/// An error of the component's own, at its opening or its first reading.
async fn refusal(
    subject: &Subject,
    target: &Target,
    cursor: Option<Vec<u8>>,
) -> Result<SourceError, Trouble> {
    match open(subject, target, cursor).await {
        Err(error) => own(error),
        Ok(mut session) => match session.next(LIMITS).await {
            Err(error) => own(error),
            Ok(_) => broken("it is accepted"),
        },
    }
}

async fn unknown(subject: &Subject, target: Result<&Target, &Trouble>) -> Finding {
    let target = target.map_err(copy)?;
    let target = Target { stream: "no-stream-has-this-id".to_owned(), ..target.clone() };
    match refusal(subject, &target, None).await? {
        SourceError::InvalidConfig(_) => Ok(String::new()),
        other => broken(format!("answer invalid-config, not {}", said(&other))),
    }
}

async fn foreign(subject: &Subject, target: Result<&Target, &Trouble>) -> Finding {
    let target = target.map_err(copy)?;
    for cursor in [&b""[..], b"\xff\0cursor", b"{}", b"[]", br#"{"v":4294967295}"#] {
        match refusal(subject, target, Some(cursor.to_vec())).await? {
            SourceError::CursorExpired(_) => {}
            other => return broken(format!("answer cursor-expired, not {}", said(&other))),
        }
    }
    Ok(String::new())
}

async fn again(
    subject: &Subject,
    found: &Result<(Target, Read), Trouble>,
    peak: &mut usize,
) -> Finding {
    let (target, first) = found.as_ref().map_err(copy)?;
    if first.ids.is_empty() {
        return Err(Trouble::Untried("the service has no event in that time; see --hours"));
    }
    let second = read(subject, target, None, LIMITS, peak).await?;
    difference(&first.ids, &second.ids)?;
    Ok(format!("{} ids", first.ids.len()))
}

/// The ids of one and not of the other.
fn difference(one: &[String], other: &[String]) -> Result<(), Trouble> {
    let (one, other): (BTreeSet<_>, BTreeSet<_>) = (one.iter().collect(), other.iter().collect());
    match one.symmetric_difference(&other).next() {
        None => Ok(()),
        Some(id) => broken(format!(
            "{} ids here, {} there; {id:?} is among one of them only",
            one.len(),
            other.len()
        )),
    }
}

async fn few(
    subject: &Subject,
    found: &Result<(Target, Read), Trouble>,
    peak: &mut usize,
) -> Finding {
    let (target, first) = found.as_ref().map_err(copy)?;
    let limits = BatchLimits { events: FEW, ..LIMITS };
    let read = read(subject, target, None, limits, peak).await?;
    if read.largest > FEW as usize {
        return broken(format!("{} events where at most {FEW} were asked for", read.largest));
    }
    difference(&first.ids, &read.ids)?;
    Ok(String::new())
}

async fn resume(
    subject: &Subject,
    found: &Result<(Target, Read), Trouble>,
    peak: &mut usize,
) -> Finding {
    let (target, first) = found.as_ref().map_err(copy)?;
    let limits = BatchLimits { events: FEW, ..LIMITS };
    let in_pieces = read(subject, target, None, limits, peak).await?;
    let step = in_pieces.cursors.len().div_ceil(MOST_CURSORS).max(1);
    let cursors: Vec<&(usize, Vec<u8>)> = in_pieces.cursors.iter().step_by(step).collect();
    for (before, cursor) in &cursors {
        let rest = read(subject, target, Some(cursor.clone()), LIMITS, peak).await?;
        let mut all = in_pieces.ids[..*before].to_vec();
        all.extend(rest.ids);
        if let Err(Trouble::Broken(how)) = difference(&first.ids, &all) {
            return broken(format!("from behind {before} events on: {how}"));
        }
    }
    Ok(format!("{} cursors", cursors.len()))
}
