//! What it takes to have a component at all: loading it, an instance, the first
//! result.

use std::time::{Duration, Instant};

use signon_host::contract::{Progress, Selection, TimeRange};
use signon_host::egress::Egress;
use signon_host::runtime::{Sandbox, SessionInstance, SessionRequest};
use signon_simulator::Service;

use super::{BATCH, Loaded, bytes_of, options};
use crate::records::{Mix, Records};
use crate::rounds::{Effort, Spread, alone, timed};
use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

const COMPONENT: &str = "oci_audit";

/// What opening one more session may take, microseconds.
const BOUND: Bound = Bound::Below(100.0);

pub fn pieces() -> Vec<Piece> {
    vec![
        Piece::new("instantiate and an empty call", |setting| {
            let rows = spread(setting, "instantiate and an empty call", |loaded| async move {
                // Opening a normalizer computes next to nothing.
                loaded.normalizer(true).await.map(drop)
            })?;
            Ok(bound_p99(rows))
        }),
        Piece::new("instantiate and describe", |setting| {
            spread(setting, "instantiate and describe", |loaded| async move {
                loaded.sandbox.describe(&loaded.component, &loaded.limits).await?;
                Ok(())
            })
        }),
        Piece::new("a call of an instance", call),
        Piece::new("open a session", |setting| {
            let request = request();
            spread(setting, "open a session", move |loaded| {
                let request = request.clone();
                async move {
                    let Loaded { sandbox, component, limits } = &loaded;
                    let egress = Egress::shut(COMPONENT);
                    SessionInstance::open(sandbox, component, limits, egress, &request).await?;
                    Ok(())
                }
            })
        }),
        Piece::new("first event", first_event),
        Piece::new("load", load),
    ]
}

/// Calls enough for the 99th of a hundred to be a figure.
fn calls(setting: &Setting) -> usize {
    if setting.quick { 500 } else { 3_000 }
}

/// Times something that begins with a component that is loaded and ends with an
/// instance that is gone.
fn spread<F>(
    setting: &Setting,
    name: &str,
    once: impl Fn(Loaded) -> F + Send + 'static,
) -> Outcome<Vec<Row>>
where
    F: Future<Output = Outcome<()>> + Send,
{
    let (loaded, calls) = (Loaded::built_in(COMPONENT)?, calls(setting));
    let times = setting.runtime.block_on(setting.runtime.spawn(async move {
        let mut times = Vec::with_capacity(calls);
        // The first ones fault their memory in.
        for call in 0..calls + 20 {
            let loaded = loaded.clone();
            let started = Instant::now();
            once(loaded).await?;
            if call >= 20 {
                times.push(started.elapsed());
            }
        }
        Outcome::Ok(times)
    }))??;
    Ok(rows(name, times))
}

fn rows(name: &str, times: Vec<Duration>) -> Vec<Row> {
    let Spread { p50, p99, max } = Spread::of(times);
    [("p50", p50), ("p99", p99), ("max", max)]
        .map(|(which, time)| Row::new(format!("{name}: {which}"), time.as_secs_f64() * 1e6, "us"))
        .into()
}

fn bound_p99(mut rows: Vec<Row>) -> Vec<Row> {
    for row in &mut rows {
        if row.name.ends_with("p99") {
            row.bound = Some(BOUND);
        }
    }
    rows
}

/// One call of an instance that is there: the way in and out.
fn call(setting: &Setting) -> Outcome<Vec<Row>> {
    let (loaded, calls) = (Loaded::built_in(COMPONENT)?, calls(setting));
    let times = setting.runtime.block_on(setting.runtime.spawn(async move {
        let mut normalizer = loaded.normalizer(true).await?;
        let mut times = Vec::with_capacity(calls);
        for _ in 0..calls {
            let started = Instant::now();
            normalizer.next(BATCH).await?;
            times.push(started.elapsed());
        }
        Outcome::Ok(times)
    }))??;
    Ok(rows("a call of an instance", times))
}

fn request() -> SessionRequest {
    let compartment = "ocid1.tenancy.oc1..aaaaaaaabench";
    SessionRequest {
        config: format!(r#"{{"regions":["us-ashburn-1"],"compartments":["{compartment}"]}}"#),
        stream: format!("us-ashburn-1/{compartment}"),
        selection: Selection::Range(TimeRange { start: 0, end: 3_600_000 }),
        cursor: None,
        options: options(true),
    }
}

/// From a loaded component to the first event.
fn first_event(setting: &Setting) -> Outcome<Vec<Row>> {
    let mix = Mix { service: Service::OciAudit, sign_ons: 1.0, records: 1 };
    let record = Records::of(setting, mix)?.bytes;
    spread(setting, "first event", move |loaded| {
        let record = record.clone();
        async move {
            let mut normalizer = loaded.normalizer(true).await?;
            normalizer.push(&record).await?;
            normalizer.finish().await?;
            let batch = normalizer.next(BATCH).await?;
            match (batch.events.len(), batch.progress) {
                (1, Progress::Finished | Progress::More) => Ok(()),
                other => Err(format!("not one event but {other:?}").into()),
            }
        }
    })
}

/// Compiling a component, and reading what was compiled before.
fn load(setting: &Setting) -> Outcome<Vec<Row>> {
    let effort = |rounds| Effort { time: Duration::ZERO, rounds };
    let limits = signon_host::limits::Limits::default();
    let bytes = bytes_of(COMPONENT)?;
    let compiled = alone(effort(if setting.quick { 1 } else { 3 }), || {
        let sandbox = Sandbox::new(&limits)?;
        let (time, loaded) = timed(|| sandbox.load(COMPONENT, bytes));
        loaded?;
        Ok(time)
    })?;
    let folder = setting.work.join("compiled");
    let cached = alone(effort(20), || {
        let sandbox = Sandbox::new(&limits)?.with_cache(&folder);
        let (time, loaded) = timed(|| sandbox.load(COMPONENT, bytes));
        loaded?;
        Ok(time)
    })?;
    Ok(vec![
        Row::new("load: compiled", compiled.best() * 1e3, "ms"),
        Row::new("load: from the cache", cached.best() * 1e3, "ms"),
    ])
}
