//! From events to lines, natively as always.

use signon_host::contract::{Progress, SignOnEvent};
use signon_host::render::{Context, Format, render};
use signon_simulator::Service;

use super::{BATCH, Loaded};
use crate::records::{Mix, Records};
use crate::rounds::{alone, computing};
use crate::row::Row;
use crate::{Outcome, Piece, Setting};

const EVENTS: usize = 1_000;

/// The versions of OCSF are one code; the others are their own.
const FORMATS: [Format; 4] = [Format::Ocsf, Format::Ecs, Format::Otel, Format::Raw];

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new("render", measure)]
}

fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let mix = Mix { service: Service::OciAudit, sign_ons: 1.0, records: EVENTS };
    let records = Records::of(setting, mix)?;
    let events = setting.runtime.block_on(events(&records))?;
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
        |event| std::hint::black_box(render(event, &Context::of("oci-audit"), format)).len() + 1;
    events.iter().map(line).sum()
}

/// The events of these records, with the raw record as a source keeps it unless told
/// otherwise.
async fn events(records: &Records) -> Outcome<Vec<SignOnEvent>> {
    let mut normalizer = Loaded::built_in("oci-audit")?.normalizer(true).await?;
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
