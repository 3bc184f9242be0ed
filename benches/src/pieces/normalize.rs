//! From a service's bytes to events: the component in the sandbox, and its library
//! compiled for this machine.
//!
//! Invariant: both sides get the same bytes in the same pieces with the same limits,
//! and give the same number of events, or there is no figure.

use std::time::Duration;

use bytes::Bytes;
use signon_host::contract::Progress;
use signon_kit::contract as kit;
use signon_kit::normalizer::{Frames, Normalizer};
use signon_simulator::Service;

use super::{BATCH, CHUNK, Loaded, TEXT_LIMIT};
use crate::records::{Mix, Records};
use crate::rounds::{against, computed, computing};
use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

/// What the sandbox may cost.
const BOUND: Bound = Bound::AtMost(1.25);

/// 4 to 8 MB of each source: more than any cache near a core holds.
const OCI_RECORDS: usize = 2_000;
const IDCS_RECORDS: usize = 3_000;
const OAM_RECORDS: usize = 6_000;

pub fn pieces() -> Vec<Piece> {
    let oci = |sign_ons| Mix { service: Service::OciAudit, sign_ons, records: OCI_RECORDS };
    let idcs = Mix { service: Service::Idcs, sign_ons: 1.0, records: IDCS_RECORDS };
    let oam = Mix { service: Service::Oam, sign_ons: 1.0, records: OAM_RECORDS };
    [
        ("normalize oci_audit, all sign-ons", oci(1.0), false),
        ("normalize oci_audit, all sign-ons, raw kept", oci(1.0), true),
        ("normalize oci_audit, 1 % sign-ons", oci(0.01), false),
        ("normalize idcs", idcs, false),
        ("normalize oam", oam, false),
    ]
    .into_iter()
    .map(|(name, mix, raw)| Piece::new(name, move |setting| measure(setting, name, mix, raw)))
    .collect()
}

fn measure(setting: &Setting, name: &str, mix: Mix, keep_raw: bool) -> Outcome<Vec<Row>> {
    let records = Records::of(setting, mix)?;
    let loaded = Loaded::built_in(mix.service.name().replace('_', "-").as_str())?;
    let (inside, outside) = against(
        setting.effort(),
        || sandboxed(setting, &loaded, &records, keep_raw),
        || {
            let (time, counted) = computing(|| natively(mix.service, &records.bytes, keep_raw));
            check(&records, counted?)?;
            Ok(time)
        },
    )?;
    let megabytes = records.megabytes();
    let ratio = inside.best() / outside.best();
    let mut row = Row::new(name, megabytes / inside.best(), "MB/s")
        .against("natively", megabytes / outside.best(), ratio)
        .bound(BOUND);
    if let Some(noise) = inside.noise().or(outside.noise()) {
        row = row.noting(noise);
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand records")]
    let per_second = |seconds: f64| records.count as f64 / seconds;
    let rate = Row::new(format!("{name}: records"), per_second(inside.best()), "records/s")
        .against("natively", per_second(outside.best()), ratio);
    Ok(vec![row, rate])
}

/// Records and events.
pub type Counted = (u64, usize);

pub fn check(records: &Records, counted: Counted) -> Outcome<()> {
    let expected = (records.count as u64, records.events);
    match counted == expected {
        true => Ok(()),
        false => Err(format!("{counted:?} records and events, not {expected:?}").into()),
    }
}

/// One time in the sandbox, from an instance of its own to the last event.
pub fn sandboxed(
    setting: &Setting,
    loaded: &Loaded,
    records: &Records,
    keep_raw: bool,
) -> Outcome<Duration> {
    let (loaded, bytes) = (loaded.clone(), records.bytes.clone());
    // On a thread of the runtime, where the command has it.
    let (time, counted) = setting.runtime.block_on(setting.runtime.spawn(async move {
        let started = computed();
        let counted = in_sandbox(&loaded, &bytes, keep_raw).await;
        (computed().saturating_sub(started), counted)
    }))?;
    check(records, counted?)?;
    Ok(time)
}

pub async fn in_sandbox(loaded: &Loaded, bytes: &Bytes, keep_raw: bool) -> Outcome<Counted> {
    let mut normalizer = loaded.normalizer(keep_raw).await?;
    let mut counted = (0, 0);
    let mut chunks = bytes.chunks(CHUNK);
    loop {
        match chunks.next() {
            Some(chunk) => normalizer.push(chunk).await?,
            None => normalizer.finish().await?,
        }
        loop {
            let batch = normalizer.next(BATCH).await?;
            counted.0 += batch.counts.received;
            counted.1 += std::hint::black_box(batch.events).len();
            match batch.progress {
                Progress::More => {}
                Progress::CaughtUp => break,
                Progress::Finished => return Ok(counted),
            }
        }
    }
}

fn natively(service: Service, bytes: &[u8], keep_raw: bool) -> Outcome<Counted> {
    let options =
        kit::ReadOptions { classes: kit::EventClasses::DEFAULT, keep_raw, text_limit: TEXT_LIMIT };
    match service {
        Service::OciAudit => drain(oci_audit::normalizer::open(options), bytes),
        Service::Idcs => drain(idcs::normalizer::open(options), bytes),
        Service::Oam => drain(oam::normalizer::open(options), bytes),
    }
}

/// The same as [`in_sandbox`], with the types of the other side.
fn drain<F: Frames>(mut normalizer: Normalizer<F>, bytes: &[u8]) -> Outcome<Counted> {
    let limits = kit::BatchLimits {
        events: BATCH.events,
        bytes: BATCH.bytes,
        soft_deadline_ms: BATCH.soft_deadline_ms,
    };
    let mut counted = (0, 0);
    let mut chunks = bytes.chunks(CHUNK);
    loop {
        match chunks.next() {
            Some(chunk) => normalizer.push(chunk),
            None => normalizer.finish(),
        }
        loop {
            let batch = normalizer.next(limits).map_err(|error| format!("{error:?}"))?;
            counted.0 += batch.counts.received;
            counted.1 += std::hint::black_box(batch.events).len();
            match batch.progress {
                kit::Progress::More => {}
                kit::Progress::CaughtUp => break,
                kit::Progress::Finished => return Ok(counted),
            }
        }
    }
}
