//! Oracle's own SDK for Python, reading the same range.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::client::rfc3339;
use crate::served::Served;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/python/read.py");

/// Records a second, from its first request until it has these.
pub fn run(python: &Path, served: &Served, records: u64) -> Outcome<f64> {
    let output = Command::new(python)
        .arg(PROGRAM)
        .arg(served.path("oci_config"))
        .arg(format!("http://{}/us-ashburn-1", served.host))
        .arg(&served.tenancy)
        .arg(rfc3339(served.range.0)?)
        .arg(rfc3339(served.range.1)?)
        .arg(records.to_string())
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned().into());
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (count, seconds) = said.trim().split_once(' ').ok_or("read.py says nothing")?;
    match count.parse::<u64>()? == records {
        #[expect(clippy::cast_precision_loss, reason = "some hundred thousand records")]
        true => Ok(records as f64 / seconds.parse::<f64>()?),
        false => Err(format!("the SDK sees {count} records, not {records}").into()),
    }
}
