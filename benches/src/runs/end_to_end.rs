//! From the first request to the committed end, over loopback: the command, Oracle's
//! own SDK, and the least that any native client has to do.

use super::{command, floor, python};
use crate::row::{Bound, Row};
use crate::served::{Served, Traffic};
use crate::{Outcome, Piece, Setting};

/// Times the records that the SDK reads in the same time.
const BOUND: Bound = Bound::AtLeast(20.0);

/// Of a busy tenancy; a page of Oracle's has up to 20,000, most have fewer.
const PAGE: usize = 1_000;

/// Of each side the best round counts.
const ROUNDS: usize = 3;

pub fn pieces() -> Vec<Piece> {
    [("end to end, all sign-ons", 1.0), ("end to end, 1 % sign-ons", 0.01)]
        .into_iter()
        .map(|(name, share)| Piece::new(name, move |setting| measure(setting, name, share)))
        .collect()
}

fn measure(setting: &Setting, name: &str, sign_ons: f64) -> Outcome<Vec<Row>> {
    let (listed, records) = match (setting.quick, sign_ons < 0.5) {
        (true, false) => (30_000, 30_000),
        (true, true) => (30_000, 120_000),
        (false, false) => (120_000, 120_000),
        (false, true) => (120_000, 480_000),
    };
    // What is passed over goes by faster; it takes more of it to outlast the start. The
    // SDK is as slow with all records and reads a part of them.
    let traffic = Traffic { records, sign_ons, hours: 1, page: PAGE, latency: 0 };
    let served = Served::start(setting.work.join("end_to_end"), traffic)?;
    // One reading, as the others do: by default a run reads what is 20 minutes old
    // a second time.
    let config = served.configuration("once.toml", "readings = [\"0s\"]")?;
    let ours = || {
        command::forget(&served)?;
        let time = command::run(setting, &["run", "--once"], &config)?;
        command::check(&served)?;
        Outcome::Ok(time.as_secs_f64())
    };
    // Compiles the component, which is kept from then on.
    ours()?;
    let (mut our, mut floor, mut sdk) = (f64::INFINITY, f64::INFINITY, 0.0_f64);
    for round in 0..ROUNDS {
        our = our.min(ours()?);
        floor = floor.min(floor::run(setting, &served, records)?.as_secs_f64());
        // It takes several times as long as the others together.
        if let Some(python) = setting.python.as_ref().filter(|_| round == 0 || !setting.quick) {
            sdk = sdk.max(python::run(python, &served, listed)?);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand records")]
    let rate = |seconds: f64| records as f64 / seconds;
    let (our, floor) = (rate(our), rate(floor));
    let row = match setting.python {
        Some(_) => Row::new(name, our, "records/s")
            .against("Oracle's SDK for Python", sdk, our / sdk)
            .bound(BOUND),
        None => Row::skipped(
            name,
            "records/s",
            Some(BOUND),
            format!("{our:.0} without anything to compare: no Python with `oci`"),
        ),
    };
    let beside = Row::new(format!("{name}: beside a plain client"), our, "records/s").against(
        "serde_json, no sandbox, no state",
        floor,
        our / floor,
    );
    Ok(vec![row, beside])
}
