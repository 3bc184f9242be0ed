//! From events to lines, natively as always.

use signon_host::contract::{Progress, SignOnEvent};
use signon_host::render::{Context, Format, Keep, Owner, render};
use signon_simulator::Service;

use super::{BATCH, Loaded};
use crate::records::{Mix, Records};
use crate::rounds::{alone, computing};
use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

const EVENTS: usize = 1_000;

/// The versions of OCSF are one code; the others are their own.
const FORMATS: [Format; 4] = [Format::Ocsf, Format::Ecs, Format::Otel, Format::Raw];

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new("render", measure), Piece::new("line weight", weigh)]
}

/// Times its record that a line weighs at most.
const MOST: Bound = Bound::AtMost(1.8);

/// What the demo collects: one in twenty of the cloud's records is a sign-on.
const DEMO: [(&str, Mix); 3] = [
    ("oci_audit", Mix { service: Service::OciAudit, sign_ons: 0.05, records: 4_000 }),
    ("idcs", Mix { service: Service::Idcs, sign_ons: 1.0, records: 150 }),
    ("oam", Mix { service: Service::Oam, sign_ons: 1.0, records: 100 }),
];

/// Lines as a sink has them unless told otherwise, beside their records.
fn weigh(setting: &Setting) -> Outcome<Vec<Row>> {
    let mut all = Vec::new();
    for (component, mix) in DEMO {
        let records = Records::of(setting, mix)?;
        let events = setting.runtime.block_on(events(component, &records))?;
        all.extend(events.into_iter().map(|event| (component, event)));
    }
    let bytes = |format, keep| -> usize {
        let line = |(component, event): &(&str, SignOnEvent)| {
            let owner = Owner { tenant: "demo".to_owned(), ..Owner::of_source(component) };
            render(event, &Context { component, owner: &owner, keep }, format).len()
        };
        all.iter().map(line).sum()
    };
    #[expect(clippy::cast_precision_loss, reason = "a few million bytes")]
    let row = |format, keep| {
        let (line, record) = (bytes(format, keep), bytes(Format::Raw, keep));
        Row::new(format!("line weight {format}"), line as f64 / record as f64, "records")
            .noting(format!("{} of {} bytes", line / all.len(), record / all.len()))
    };
    Ok(FORMATS
        .into_iter()
        .filter(|format| *format != Format::Raw)
        .map(|format| row(format, Keep::DEFAULT).bound(MOST))
        .collect())
}

fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let mix = Mix { service: Service::OciAudit, sign_ons: 1.0, records: EVENTS };
    let records = Records::of(setting, mix)?;
    let events = setting.runtime.block_on(events("oci_audit", &records))?;
    let mut rows = Vec::new();
    for format in FORMATS {
        let mut bytes = 0;
        let times = alone(setting.effort(), || {
            let (time, length) = computing(|| lines(&events, format));
            bytes = length;
            Ok(time)
        })?;
        #[expect(clippy::cast_precision_loss, reason = "a few million bytes")]
        let (count, megabytes) = (events.len() as f64, bytes as f64 / 1e6);
        let mut row = Row::new(format!("render {format}"), count / times.best(), "events/s");
        if let Some(noise) = times.noise() {
            row = row.noting(noise);
        }
        rows.push(row);
        rows.push(Row::new(format!("render {format}: bytes"), megabytes / times.best(), "MB/s"));
    }
    Ok(rows)
}

fn lines(events: &[SignOnEvent], format: Format) -> usize {
    let line =
        |event| std::hint::black_box(render(event, &Context::of("oci_audit"), format)).len() + 1;
    events.iter().map(line).sum()
}

/// The events of these records, with the raw record.
async fn events(component: &str, records: &Records) -> Outcome<Vec<SignOnEvent>> {
    let mut normalizer = Loaded::built_in(component)?.normalizer(true).await?;
    normalizer.push(&records.bytes).await?;
    normalizer.finish().await?;
    let mut events = Vec::new();
    loop {
        let batch = normalizer.next(BATCH).await?;
        events.extend(batch.events);
        if batch.progress == Progress::Finished {
            return Ok(events);
        }
    }
}
