//! The past, many ranges at once, beside one after another.

use std::time::Duration;

use super::command;
use crate::client::rfc3339;
use crate::row::{Bound, Row};
use crate::served::{Served, Traffic};
use crate::{Outcome, Piece, Setting};

/// How many times faster at a tenth of a second away.
const BOUND: Bound = Bound::AtLeast(8.0);

/// Simulated round trips, milliseconds.
const ROUND_TRIPS: [u64; 3] = [0, 20, 100];

/// The round trip for which there is a bound: from one continent to another.
const FAR: u64 = 100;

/// Ranges read at once.
const PARALLEL: u64 = 16;

/// Records an hour, which is the range that is read at once: three pages, the last of
/// them empty.
const RECORDS: u64 = 1_000;
const PAGE: usize = 500;

pub fn pieces() -> Vec<Piece> {
    ROUND_TRIPS
        .into_iter()
        .map(|latency| Piece::new(name(latency), move |setting| measure(setting, latency)))
        .collect()
}

fn name(latency: u64) -> String {
    format!("backfill, {latency} ms away")
}

fn measure(setting: &Setting, latency: u64) -> Outcome<Vec<Row>> {
    let hours = if setting.quick { 32 } else { 96 };
    let traffic = Traffic { records: hours * RECORDS, sign_ons: 0.05, hours, page: PAGE, latency };
    let served = Served::start(setting.work.join("backfill"), traffic)?;
    let sessions = format!("limits = {{ sessions = {PARALLEL} }}");
    let now = served.configuration("now.toml", &format!("readings = [\"0s\"]\n{sessions}"))?;
    // Where collecting began is where the past ends.
    let text = std::fs::read_to_string(&now)?;
    let start = text.lines().find(|line| line.starts_with("start = ")).ok_or("no start")?;
    std::fs::write(&now, text.replacen(start, "start = \"now\"", 1))?;
    let from = rfc3339(served.range.0)?;
    let backfill = |parallel: u64| {
        command::forget(&served)?;
        command::run(setting, &["run", "--once"], &now)?;
        let parallel = parallel.to_string();
        let arguments =
            ["backfill", "--source", "oci_audit", "--from", &from, "--parallel", &parallel];
        let time = command::run(setting, &arguments, &now)?;
        command::check(&served)?;
        Outcome::<Duration>::Ok(time)
    };
    // One after another takes long enough that what else goes on evens out.
    let (mut parallel, sequential) = (backfill(PARALLEL)?, backfill(1)?);
    parallel = parallel.min(backfill(PARALLEL)?);
    let (parallel, sequential) = (parallel.as_secs_f64(), sequential.as_secs_f64());
    let row = Row::new(name(latency), parallel, "s")
        .against("one range at a time", sequential, sequential / parallel)
        .noting(format!(
            "{hours} ranges of an hour, {PARALLEL} at once, limits.sessions = {PARALLEL}"
        ));
    Ok(vec![if latency == FAR { row.bound(BOUND) } else { row }])
}
