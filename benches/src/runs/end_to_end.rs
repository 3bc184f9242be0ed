//! From the first request to the committed end, over loopback: the command, Oracle's
//! own SDK, and the least that any native client has to do.

use std::time::Duration;

use super::{command, floor, python};
use crate::rounds::{Effort, against};
use crate::row::{Bound, Row};
use crate::served::{Served, Traffic};
use crate::{Outcome, Piece, Setting};

/// Times the records that the SDK reads in the same time.
const BOUND: Bound = Bound::AtLeast(20.0);

/// Of a busy tenancy; a page of Oracle's has up to 20,000, most have fewer.
const PAGE: usize = 1_000;

pub fn pieces() -> Vec<Piece> {
    [("end to end, all sign-ons", 1.0), ("end to end, 1 % sign-ons", 0.01)]
        .into_iter()
        .map(|(name, share)| Piece::new(name, move |setting| measure(setting, name, share)))
        .collect()
}

fn measure(setting: &Setting, name: &str, sign_ons: f64) -> Outcome<Vec<Row>> {
    let records = if setting.quick { 30_000 } else { 120_000 };
    let traffic = Traffic { records, sign_ons, hours: 1, page: PAGE, latency: 0 };
    let served = Served::start(setting.work.join("end_to_end"), traffic)?;
    // One reading, as the others do: by default a run reads what is 20 minutes old
    // a second time.
    let config = served.configuration("once.toml", "readings = [\"0s\"]")?;
    let rounds = Effort { time: Duration::ZERO, rounds: if setting.quick { 2 } else { 3 } };
    let (ours, floor) = against(
        rounds,
        || {
            command::forget(&served)?;
            let time = command::run(setting, &["run", "--once"], &config)?;
            command::check(&served)?;
            Ok(time)
        },
        || floor::run(setting, &served, records),
    )?;
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand records")]
    let rate = |seconds: f64| records as f64 / seconds;
    let mut row = Row::new(name, rate(ours.best()), "records/s").bound(BOUND);
    if let Some(noise) = ours.noise().or(floor.noise()) {
        row = row.noting(noise);
    }
    let row = match &setting.python {
        None => Row::skipped(
            name,
            "records/s",
            Some(BOUND),
            format!("{:.0} without anything to compare: no Python with `oci`", rate(ours.best())),
        ),
        Some(python) => {
            // It takes long enough by itself that a first time is not worth throwing away.
            let times = (0..if setting.quick { 1 } else { 2 })
                .map(|_| python::run(python, &served, records))
                .collect::<Outcome<Vec<f64>>>()?;
            let theirs = rate(times.into_iter().fold(f64::INFINITY, f64::min));
            row.against("Oracle's SDK for Python", theirs, rate(ours.best()) / theirs)
        }
    };
    let (ours, floor) = (rate(ours.best()), rate(floor.best()));
    let against_floor = Row::new(format!("{name}: beside a plain client"), ours, "records/s")
        .against("serde_json, no sandbox, no state", floor, ours / floor);
    Ok(vec![row, against_floor])
}
