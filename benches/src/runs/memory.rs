//! A page much larger than its reader.

use std::sync::Arc;
use std::time::Duration;

use signon_host::contract::{
    BatchLimits, EventClasses, Progress, ReadOptions, Selection, TimeRange,
};
use signon_host::credentials::{Credential, OciSignature};
use signon_host::egress::{Egress, Grant};
use signon_host::limits::Limits;
use signon_host::net::{HttpClient, PrivateAddresses};
use signon_host::runtime::{Sandbox, SessionInstance, SessionRequest};

use crate::row::{Bound, Row};
use crate::served::{Served, Traffic};
use crate::{Outcome, Piece, Setting};

/// MiB
const BOUND: Bound = Bound::Below(32.0);

/// Oracle's most in a page: 60 MB.
const RECORDS: usize = 20_000;

const NAME: &str = "memory of a guest at a page of 60 MB";

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new(NAME, measure)]
}

fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let traffic = Traffic {
        records: RECORDS as u64,
        // The largest records, and the most work.
        sign_ons: 1.0,
        hours: 1,
        // One more, so that the page is not full and nothing follows it.
        page: RECORDS + 1,
        latency: 0,
    };
    let served = Served::start(setting.work.join("memory"), traffic)?;
    let (received, peak) = setting.runtime.block_on(read(&served))?;
    if received != RECORDS as u64 {
        return Err(format!("{received} records came, not {RECORDS}").into());
    }
    #[expect(clippy::cast_precision_loss, reason = "some million bytes")]
    let mebibytes = peak as f64 / f64::from(1 << 20);
    Ok(vec![Row::new(NAME, mebibytes, "MiB").bound(BOUND)])
}

/// Records received, and the most linear memory held.
async fn read(served: &Served) -> Outcome<(u64, usize)> {
    let mut session = open(served).await?;
    let limits = BatchLimits { events: 1_000, bytes: 8 << 20, soft_deadline_ms: 2_000 };
    let mut received = 0;
    loop {
        let batch = session.next(limits).await?;
        received += batch.counts.received;
        if batch.progress == Progress::Finished {
            return Ok((received, session.peak_memory()));
        }
    }
}

async fn open(served: &Served) -> Outcome<SessionInstance> {
    let limits = Limits { wall_time: Duration::from_secs(600), ..Limits::default() };
    let sandbox = Sandbox::new(&limits)?;
    let bytes = signon_bundle::find("oci_audit").ok_or("no built-in component oci_audit")?.bytes;
    let component = sandbox.load("oci_audit", bytes)?;
    let config = serde_json::json!({
        "regions": ["us-ashburn-1"],
        "compartments": [served.tenancy],
        "endpoint": format!("http://{}/{{region}}", served.host),
    })
    .to_string();
    let signature = OciSignature::from_profile(&served.path("oci_config"), "DEFAULT", None)?;
    let credential = Arc::new(Credential::Oci(Box::new(signature)));
    let rules = sandbox.access(&component, &limits, &config).await?;
    let grants: Result<Vec<Grant>, _> =
        rules.iter().map(|rule| Grant::new(rule, Some(credential.clone()))).collect();
    let private = PrivateAddresses { everywhere: true, origins: Vec::new() };
    let client = HttpClient::new(HttpClient::trust(None)?, private);
    let egress = Egress::open("bench", grants?, client, limits.clone());
    let mut streams = sandbox.streams(&component, &limits, &config).await?;
    let stream = streams.pop().ok_or("no stream")?.id;
    let (start, end) = served.range;
    let request = SessionRequest {
        config,
        stream,
        selection: Selection::Range(TimeRange { start, end: end - end.rem_euclid(60_000) }),
        cursor: None,
        options: ReadOptions {
            classes: EventClasses::DEFAULT,
            keep_raw: true,
            text_limit: 16 << 10,
        },
    };
    Ok(SessionInstance::open(&sandbox, &component, &limits, egress, &request).await?)
}
