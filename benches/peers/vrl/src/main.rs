//! Runs a VRL program over records, one a line, on one thread.
//!
//! ```text
//! signon-bench-vrl PROGRAM.vrl RECORDS.ndjson MILLISECONDS [OUTPUT.ndjson]
//! ```
//!
//! Each record goes in as text, as `.message`, and `.` comes out as text, as in Vector:
//! `parse_json` and the mapping are the program's. Passes over all records are made until the time
//! is up; the nanoseconds a record took in the best of them go to stdout, and what the
//! program made of the records into the file, if one is named.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use vrl::compiler::runtime::Runtime;
use vrl::compiler::{Program, TargetValue, TimeZone};
use vrl::value::{Secrets, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, records, milliseconds, output @ ..] = arguments.as_slice() else {
        return Err("usage: signon-bench-vrl PROGRAM RECORDS MILLISECONDS [OUTPUT]".into());
    };
    let compiled = vrl::compiler::compile(&std::fs::read_to_string(program)?, &vrl::stdlib::all());
    let program = compiled.map_err(|errors| format!("{program}: {errors:?}"))?.program;
    let text = std::fs::read_to_string(records)?;
    let records: Vec<&str> = text.lines().collect();
    let patience = Duration::from_millis(milliseconds.parse()?);

    if let [output] = output {
        let mut file = std::io::BufWriter::new(std::fs::File::create(output)?);
        let mut runtime = Runtime::default();
        for record in &records {
            writeln!(file, "{}", run(&mut runtime, &program, record)?)?;
        }
        file.flush()?;
    }

    // Time of computing: what others do on the machine is not in it.
    let (mut best, started) = (Duration::MAX, computed());
    let mut runtime = Runtime::default();
    while best == Duration::MAX || computed() - started < patience {
        let pass = computed();
        for record in &records {
            std::hint::black_box(run(&mut runtime, &program, record)?);
        }
        best = best.min(computed() - pass);
    }
    println!("{}", best.as_nanos() / records.len().max(1) as u128);
    Ok(())
}

fn computed() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn run(runtime: &mut Runtime, program: &Program, record: &str) -> Result<String, Box<dyn Error>> {
    let mut event = BTreeMap::new();
    event.insert("message".into(), Value::from(record));
    let mut target = TargetValue {
        value: Value::Object(event),
        metadata: Value::Object(BTreeMap::new()),
        secrets: Secrets::default(),
    };
    let made = runtime.resolve(&mut target, program, &TimeZone::default());
    runtime.clear();
    made.map_err(|error| error.to_string())?;
    Ok(serde_json::to_string(&target.value)?)
}
