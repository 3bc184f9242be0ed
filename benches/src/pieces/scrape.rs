//! What it takes to be watched: one answer for a monitoring system, of many tenants.

use std::hint::black_box;
use std::time::Duration;

use signon_host::ledger::Counts;
use signon_host::state::StreamKey;
use signon_host::status::{StatusRegistry, exposition};
use signon_host::telemetry::{BatchCommitted, Telemetry};

use crate::rounds::{alone, timed};
use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

/// As many as one process is to watch over.
const TENANTS: usize = 2_000;

/// Series of a tenant, and those that are nobody's.
const SERIES: Bound = Bound::AtMost(15_000.0);

/// Some day in 2025, Unix milliseconds.
const NOW: i64 = 1_764_000_000_000;

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new("a scrape", measure)]
}

#[expect(clippy::cast_precision_loss, reason = "some thousands, and some millions of bytes")]
fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let (telemetry, statuses) = tenants();
    let text = exposition::metrics(&telemetry, &statuses, NOW);
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    let times = alone(setting.effort(), || {
        let (took, text) = timed(|| exposition::metrics(&telemetry, &statuses, NOW));
        black_box(text);
        Ok(took)
    })?;
    Ok(vec![
        Row::new("a scrape", times.best() * 1e3, "ms"),
        Row::new("a scrape: series", series as f64, "").bound(SERIES),
        Row::new("a scrape: size", text.len() as f64 / 1024.0, "KiB"),
    ])
}

fn tenants() -> (Telemetry, StatusRegistry) {
    let (telemetry, statuses) = (Telemetry::default(), StatusRegistry::default());
    let counts =
        Counts { received: 123_456, emitted: 1_234, filtered: 122_222, ..Counts::default() };
    for number in 0..TENANTS {
        let (source, tenant) = (format!("tenant_{number:05}_oci"), format!("tenant-{number:05}"));
        let told = telemetry.source(&source, &tenant, "oci_audit");
        let ages = [Duration::from_secs(70)].into_iter();
        BatchCommitted { stream: "us-ashburn-1", counts, ages }.emit(&told);
        let key = StreamKey { source, fingerprint: String::new(), stream: "us-ashburn-1".into() };
        statuses.enter(&key, &tenant);
        statuses.tell(&key, |status| {
            status.read_until_ms = Some(NOW - 60_000);
            status.counts = counts;
        });
    }
    (telemetry, statuses)
}
