//! The least that a client has to do: sign, fetch, parse, pick, write. Without a
//! sandbox, a state, a ledger or a mapping.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

use crate::client::{Caller, Client};
use crate::served::Served;
use crate::{Outcome, Setting};

/// Reads the range once.
pub fn run(setting: &Setting, served: &Served, records: u64) -> Outcome<Duration> {
    let started = Instant::now();
    let (mut seen, mut picked) = (0, 0);
    let mut file = BufWriter::new(File::create(served.path("floor.ndjson"))?);
    setting.runtime.block_on(async {
        let caller = Caller::read(&served.folder, &served.host)?;
        let mut client = Client::connect(&served.host).await?;
        let page = |page: Bytes| {
            let page: Vec<Value> = serde_json::from_slice(&page)?;
            seen += page.len();
            for record in page.iter().filter(|record| is_sign_on(record)) {
                picked += 1;
                serde_json::to_writer(&mut file, record)?;
                file.write_all(b"\n")?;
            }
            Ok(())
        };
        caller.list(&mut client, served.range, page).await
    })?;
    file.into_inner()?.sync_all()?;
    let time = started.elapsed();
    match (seen as u64, picked) == (records, served.truth.len()) {
        true => Ok(time),
        false => Err(format!("the plain client saw {seen} records, {picked} sign-ons").into()),
    }
}

fn is_sign_on(record: &Value) -> bool {
    let kind = record["eventType"].as_str().unwrap_or_default();
    kind.to_ascii_lowercase().contains("identitysignon")
}
