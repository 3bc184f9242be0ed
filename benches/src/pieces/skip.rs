//! Passing over what is no sign-on, in the sandbox, beside a parser that looks at
//! nothing.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, SeqAccess, Visitor};
use signon_simulator::Service;

use super::Loaded;
use super::normalize::sandboxed;
use crate::records::{Mix, Records};
use crate::rounds::{against, computing};
use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

/// What passing over may cost beyond that.
const BOUND: Bound = Bound::AtMost(1.5);

/// About 5 MB, as for normalizing.
const RECORDS: usize = 2_000;

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new("skip oci_audit", measure)]
}

fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let mix = Mix { service: Service::OciAudit, sign_ons: 0.0, records: RECORDS };
    let records = Records::of(setting, mix)?;
    let loaded = Loaded::built_in("oci_audit")?;
    let (ours, ignoring) = against(
        setting.effort(),
        || sandboxed(setting, &loaded, &records, false),
        || {
            let (time, count) = computing(|| count(&records.bytes));
            match count? == records.count {
                true => Ok(time),
                false => Err("serde_json counts other records".into()),
            }
        },
    )?;
    let megabytes = records.megabytes();
    let mut row = Row::new("skip oci_audit", megabytes / ours.best(), "MB/s")
        .against("serde_json, ignoring", megabytes / ignoring.best(), ours.best() / ignoring.best())
        .bound(BOUND);
    if let Some(noise) = ours.noise().or(ignoring.noise()) {
        row = row.noting(noise);
    }
    Ok(vec![row])
}

/// Counts the records of an array without making anything of them.
fn count(bytes: &[u8]) -> Outcome<usize> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let count = deserializer.deserialize_seq(Counter)?;
    deserializer.end()?;
    Ok(std::hint::black_box(count))
}

struct Counter;

impl<'de> Visitor<'de> for Counter {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while records.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}
