//! Two normalizers at once beside one: whether a second core is a second core.
//!
//! Invariant: each computes for so long that it has to take turns with the other, as
//! tenants do that have much to read; both read the same bytes.

use std::time::{Duration, Instant};

use signon_simulator::Service;

use super::Loaded;
use super::normalize::{check, in_sandbox};
use crate::records::{Mix, Records};
use crate::rounds::{Effort, against};
use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

const NAME: &str = "two threads of normalizers";

/// What the second one adds, of what the first does.
const BOUND: Bound = Bound::AtLeast(1.7);

/// A second and a half of computing: five times what nobody waits for a turn for.
const RECORDS: usize = 40_000;

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new(NAME, measure)]
}

fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cores < 2 {
        return Ok(vec![Row::skipped(NAME, "records/s", Some(BOUND), "there is one core")]);
    }
    let mix = Mix { service: Service::OciAudit, sign_ons: 1.0, records: RECORDS };
    let records = Records::of(setting, mix)?;
    let loaded = Loaded::built_in("oci-audit")?;
    let effort = Effort { time: Duration::ZERO, rounds: if setting.quick { 2 } else { 5 } };
    let (two, one) = against(
        effort,
        || at_once(setting, &loaded, &records, 2),
        || at_once(setting, &loaded, &records, 1),
    )?;
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand records")]
    let count = records.count as f64;
    let (two_rate, one_rate) = (2.0 * count / two.best(), count / one.best());
    let mut row = Row::new(NAME, two_rate, "records/s")
        .against("one", one_rate, two_rate / one_rate)
        .bound(BOUND);
    if let Some(noise) = two.noise().or(one.noise()) {
        row = row.noting(noise);
    }
    Ok(vec![row])
}

/// How long so many take that begin together.
fn at_once(
    setting: &Setting,
    loaded: &Loaded,
    records: &Records,
    normalizers: usize,
) -> Outcome<Duration> {
    let started = Instant::now();
    let counted = setting.runtime.block_on(async {
        let normalizers: Vec<_> = (0..normalizers)
            .map(|_| {
                let (loaded, bytes) = (loaded.clone(), records.bytes.clone());
                setting.runtime.spawn(async move { in_sandbox(&loaded, &bytes, false).await })
            })
            .collect();
        let mut counted = Vec::new();
        for normalizer in normalizers {
            counted.push(normalizer.await?);
        }
        Outcome::Ok(counted)
    })?;
    let took = started.elapsed();
    counted.into_iter().try_for_each(|counted| check(records, counted?))?;
    Ok(took)
}
