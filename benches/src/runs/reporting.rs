//! A question to delivered lines: `signon report`, beside what people ask files of JSON
//! with.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use signon_simulator::Service;

use crate::records::{Mix, Records};
use crate::rounds::timed;
use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

const NAME: &str = "report, sign-ons by user";

/// Faster than DuckDB is what was asked for.
const BOUND: Bound = Bound::AtLeast(1.0);

/// Different lines; the file repeats them, each time by other users.
const LINES: usize = 2_000;

/// The answer: events, successes and failures of each user.
type Answer = BTreeMap<String, (u64, u64, u64)>;

const DUCKDB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/python/report.py");

/// The same question to jq. OCSF's activity 1 is a sign-on unless another word stands beside.
const JQ: &str = r#"reduce (inputs | select(.class_uid == 3002 and .activity_id == 1
    and (.unmapped.signon.activity == null
      or (.unmapped.signon.activity == "federated-attempt" and .status_id == 2)))) as $e
  ({}; .[$e.user.name] |= [(.[0] // 0) + 1,
    (.[1] // 0) + (if $e.status_id == 1 then 1 else 0 end),
    (.[2] // 0) + (if $e.status_id == 2 then 1 else 0 end)])"#;

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new(NAME, measure)]
}

fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let lines = if setting.quick { 100_000 } else { 1_000_000 };
    let file = write(setting, lines)?;
    let rows = ask(setting, &file, lines);
    fs::remove_file(&file)?;
    rows
}

fn ask(setting: &Setting, file: &Path, lines: usize) -> Outcome<Vec<Row>> {
    let ours = || asked(&mut signon(setting, file), from_signon);
    let Asked { time: mut best, memory, answer } = ours()?;
    let peer = |name: &str, command: &mut Command| {
        let found = asked(command, plain)?;
        match found.answer == answer {
            true => Outcome::Ok(found),
            false => Err(format!("{name} counts otherwise").into()),
        }
    };
    // In turn, and the better of each.
    let duckdb = match python(setting) {
        Some(python) => {
            let ask = || peer("DuckDB", Command::new(&python).arg(DUCKDB).arg(file));
            let first = ask()?;
            best = best.min(ours()?.time);
            let second = ask()?;
            Some(if first.time < second.time { first } else { second })
        }
        None => None,
    };
    best = best.min(ours()?.time);
    let jq = match Command::new("jq").arg("--version").stdout(Stdio::null()).status() {
        Ok(_) => Some(peer("jq", Command::new("jq").args(["-n", JQ]).arg(file))?),
        Err(_) => None,
    };
    let bytes = fs::metadata(file)?.len() / 1_000_000;
    let row = |title: String, name: &str, peer: Option<Asked>, bound: Option<Bound>| {
        let Some(peer) = peer else {
            return Row::skipped(title, "s", bound, format!("{name} is not here"));
        };
        let row = Row::new(title, best, "s").against(name, peer.time, peer.time / best);
        let row = row.noting(format!(
            "{lines} lines of OCSF, {bytes} MB, in the page cache; {memory} MB of memory, {name} {}",
            peer.memory
        ));
        match bound {
            Some(bound) => row.bound(bound),
            None => row,
        }
    };
    Ok(vec![
        row(NAME.to_owned(), "DuckDB", duckdb, Some(BOUND)),
        row(format!("{NAME}: beside jq"), "jq", jq, None),
    ])
}

fn signon(setting: &Setting, file: &Path) -> Command {
    let mut command = Command::new(&setting.signon);
    command.args(["report", "--report", "users", "--output", "json"]).arg(file);
    command
}

/// A Python that has DuckDB.
fn python(setting: &Setting) -> Option<PathBuf> {
    let known = setting.python.clone().into_iter().chain([PathBuf::from("python3")]);
    known.into_iter().find(|python| {
        let look =
            Command::new(python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
        look.is_ok_and(|status| status.success())
    })
}

/// What came of asking.
struct Asked {
    /// Seconds from the start of the process to its end.
    time: f64,
    /// The most memory that was resident, megabytes; 0 where the system does not tell.
    memory: u64,
    answer: Answer,
}

fn asked(command: &mut Command, from: fn(&Value) -> Option<Answer>) -> Outcome<Asked> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (time, output) = timed(|| {
        let child = command.spawn()?;
        let id = child.id();
        let memory = std::thread::spawn(move || memory(id));
        Outcome::Ok((child.wait_with_output()?, memory))
    });
    let (output, memory) = output?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned().into());
    }
    let answer = from(&serde_json::from_slice(&output.stdout)?).ok_or("no answer")?;
    Ok(Asked { time: time.as_secs_f64(), memory: memory.join().unwrap_or(0), answer })
}

/// The most memory of a process, as Linux tells it until the end.
fn memory(process: u32) -> u64 {
    let mut most = 0;
    let path = format!("/proc/{process}/status");
    let now = || -> Option<u64> {
        let status = fs::read_to_string(&path).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().split(' ').next()?.parse().ok()
    };
    while let Some(kilobytes) = now() {
        most = most.max(kilobytes / 1_000);
        std::thread::sleep(Duration::from_millis(10));
    }
    most
}

fn from_signon(answer: &Value) -> Option<Answer> {
    let rows = answer["reports"]["users"]["rows"].as_array()?;
    let number = |row: &Value, name: &str| row[name].as_u64();
    rows.iter()
        .map(|row| {
            let counts =
                (number(row, "events")?, number(row, "successes")?, number(row, "failures")?);
            Some((row["user"].as_str()?.to_owned(), counts))
        })
        .collect()
}

/// An object of lists of three numbers.
fn plain(answer: &Value) -> Option<Answer> {
    let users = answer.as_object()?;
    users
        .iter()
        .map(|(user, counts)| {
            let number = |at: usize| counts[at].as_u64();
            Some((user.clone(), (number(0)?, number(1)?, number(2)?)))
        })
        .collect()
}

/// Writes the file: what the command makes of records, again and again by other users.
fn write(setting: &Setting, lines: usize) -> Outcome<PathBuf> {
    const USER: &str = "\"user\":{\"name\":\"";
    let mix = Mix { service: Service::OciAudit, sign_ons: 1.0, records: LINES };
    let records = setting.work.join("report.records.json");
    fs::write(&records, &Records::of(setting, mix)?.bytes)?;
    let mut normalize = Command::new(&setting.signon);
    let made = normalize.args(["normalize", "--component", "oci_audit"]).arg(&records).output()?;
    fs::remove_file(&records)?;
    let made = String::from_utf8(made.stdout)?;
    let made: Vec<&str> = made.lines().collect();
    if made.is_empty() {
        return Err("no lines".into());
    }
    let path = setting.work.join("report.ndjson");
    let mut file = BufWriter::new(File::create(&path)?);
    for (number, line) in made.iter().cycle().take(lines).enumerate() {
        let round = number / made.len();
        let line = line.replacen(USER, &format!("{USER}u{round}."), 1);
        file.write_all(line.as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.into_inner()?.sync_all()?;
    Ok(path)
}
