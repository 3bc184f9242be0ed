//! The transform alone, on one core: from a record's text to a line of OCSF. Ours runs
//! in the sandbox and is rendered behind it; the peer is the Vector Remap Language,
//! natively, with `peers/vrl/ocsf.vrl`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use signon_host::contract::Progress;
use signon_host::render::{Context, Format, render};
use signon_simulator::Service;

use super::{BATCH, CHUNK, Loaded};
use crate::records::{Mix, Records};
use crate::rounds::{Effort, against, alone, computed};
use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

/// Times the records that VRL does in the same time.
const BOUND: Bound = Bound::AtLeast(3.0);

const NAME: &str = "transform to OCSF";

const RECORDS: usize = 2_000;

/// How much of our lines the peer has to make, too, to be one.
const LEAST_ALIKE: f64 = 0.9;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/vrl/ocsf.vrl");

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new(NAME, measure)]
}

fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let mix = Mix { service: Service::OciAudit, sign_ons: 1.0, records: RECORDS };
    let records = Records::of(setting, mix)?;
    let loaded = Loaded::built_in("oci_audit")?;
    let input = setting.work.join("transform.ndjson");
    std::fs::write(&input, records.texts()?.join("\n") + "\n")?;
    let mut lines = Vec::new();
    ours(setting, &loaded, &records, Some(&mut lines))?;
    let ours = || ours(setting, &loaded, &records, None);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand records")]
    let nanoseconds = |seconds: f64| seconds * 1e9 / records.count as f64;
    let Some(vrl) = &setting.vrl else {
        let alone = nanoseconds(alone(setting.effort(), ours)?.best());
        let why = format!("{alone:.0} ns/record without anything to compare: no VRL");
        return Ok(vec![Row::skipped(NAME, "ns/record", Some(BOUND), why)]);
    };
    let output = setting.work.join("transform.vrl.ndjson");
    theirs(vrl, &input, Duration::ZERO, Some(&output))?;
    let made = std::fs::read_to_string(&output)?;
    std::fs::write(setting.work.join("transform.signon.ndjson"), lines.join("\n") + "\n")?;
    let alike = alike(&lines, made.lines())?;
    let effort = Effort { time: setting.effort().time, rounds: 3 };
    let span = Duration::from_millis(if setting.quick { 300 } else { 1_000 });
    let count = u32::try_from(records.count)?;
    let (ours, theirs) = against(effort, ours, || Ok(theirs(vrl, &input, span, None)? * count))?;
    let ratio = theirs.best() / ours.best();
    let row = Row::new(NAME, nanoseconds(ours.best()), "ns/record")
        .against("VRL, natively", nanoseconds(theirs.best()), ratio)
        .bound(BOUND)
        .noting(format!("VRL's lines have {:.1} % of what is in ours", alike * 100.0));
    let row = match ours.noise().or(theirs.noise()) {
        Some(noise) => row.noting(noise),
        None => row,
    };
    match alike >= LEAST_ALIKE {
        true => Ok(vec![row]),
        false => Err(format!("VRL makes only {:.1} % of our lines", alike * 100.0).into()),
    }
}

/// All records once, from text to lines.
fn ours(
    setting: &Setting,
    loaded: &Loaded,
    records: &Records,
    keep: Option<&mut Vec<String>>,
) -> Outcome<Duration> {
    let (loaded, bytes, keeps) = (loaded.clone(), records.bytes.clone(), keep.is_some());
    let work = setting.runtime.spawn(async move {
        let started = computed();
        let (mut count, mut kept) = (0, Vec::new());
        let mut normalizer = loaded.normalizer(false).await?;
        let mut chunks = bytes.chunks(CHUNK);
        let mut progress = Progress::CaughtUp;
        while progress != Progress::Finished {
            if progress == Progress::CaughtUp {
                match chunks.next() {
                    Some(chunk) => normalizer.push(chunk).await?,
                    None => normalizer.finish().await?,
                }
            }
            let batch = normalizer.next(BATCH).await?;
            for event in &batch.events {
                let line =
                    std::hint::black_box(render(event, &Context::of("oci_audit"), Format::Ocsf));
                count += 1;
                if keeps {
                    kept.push(line);
                }
            }
            progress = batch.progress;
        }
        drop(normalizer);
        Outcome::Ok((computed().saturating_sub(started), count, kept))
    });
    let (time, count, kept) = setting.runtime.block_on(work)??;
    if count != records.events {
        return Err(format!("{count} lines of {} sign-ons", records.events).into());
    }
    if let Some(keep) = keep {
        *keep = kept;
    }
    Ok(time)
}

/// What a record takes at best.
fn theirs(vrl: &Path, input: &Path, span: Duration, output: Option<&Path>) -> Outcome<Duration> {
    let mut command = Command::new(vrl);
    command.arg(PROGRAM).arg(input).arg(span.as_millis().to_string()).args(output);
    let done = command.output()?;
    if !done.status.success() {
        std::io::stderr().write_all(&done.stderr)?;
        return Err("VRL failed".into());
    }
    Ok(Duration::from_nanos(String::from_utf8_lossy(&done.stdout).trim().parse()?))
}

/// The share of the members of these lines that the others have with the same value.
fn alike<'a>(ours: &[String], theirs: impl Iterator<Item = &'a str>) -> Outcome<f64> {
    let (mut same, mut all) = (0, 0);
    for (one, other) in ours.iter().zip(theirs) {
        let (one, other) = (members(one)?, members(other)?);
        same += one.intersection(&other).count();
        all += one.len();
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand members")]
    Ok(same as f64 / all.max(1) as f64)
}

fn members(line: &str) -> Outcome<BTreeSet<String>> {
    fn walk(place: &str, value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => members
                .iter()
                .for_each(|(name, value)| walk(&format!("{place}.{name}"), value, into)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(place_in, value)| walk(&format!("{place}[{place_in}]"), value, into)),
            plain => {
                into.insert(format!("{place} = {plain}"));
            }
        }
    }
    let mut members = BTreeSet::new();
    walk("", &serde_json::from_str(line)?, &mut members);
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_alike_by_their_members_in_whatever_order() {
        let ours = [r#"{"a":{"b":1,"c":[1,2]},"d":"x"}"#.to_owned()];
        let share = |theirs: &str| alike(&ours, std::iter::once(theirs)).unwrap();
        assert_eq!(share(r#"{"d":"x","a":{"c":[1,2],"b":1},"e":1}"#), 1.0);
        assert_eq!(share(r#"{"a":{"b":1,"c":[2,1]},"d":"x"}"#), 0.5);
        assert_eq!(share("{}"), 0.0);
    }
}
