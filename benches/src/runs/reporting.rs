//! A question to delivered lines: `signon report`, beside what people ask files of JSON
//! with.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
    let (mut best, answer) = ours()?;
    let peer = |name: &str, command: &mut Command, from: fn(&Value) -> Option<Answer>| {
        let (time, found) = asked(command, from)?;
        match found == answer {
            true => Outcome::Ok(time),
            false => Err(format!("{name} counts otherwise").into()),
        }
    };
    // In turn, and the better of two.
    let duckdb = match python(setting) {
        Some(python) => {
            let command = || peer("DuckDB", Command::new(&python).arg(DUCKDB).arg(file), plain);
            let first = command()?;
            best = best.min(ours()?.0);
            Some(first.min(command()?))
        }
        None => None,
    };
    best = best.min(ours()?.0);
    let jq = match Command::new("jq").arg("--version").stdout(Stdio::null()).status() {
        Ok(_) => Some(peer("jq", Command::new("jq").args(["-n", JQ]).arg(file), plain)?),
        Err(_) => None,
    };
    let bytes = fs::metadata(file)?.len() / 1_000_000;
    let note = format!("{lines} lines of OCSF, {bytes} MB, in the page cache");
    let row = |name: &str, peer: Option<f64>, bound: Option<Bound>| {
        let title = if name == "jq" { format!("{NAME}: beside jq") } else { NAME.to_owned() };
        let Some(time) = peer else {
            return Row::skipped(title, "s", bound, format!("{name} is not here"));
        };
        let row = Row::new(title, best, "s").against(name, time, time / best).noting(note.clone());
        match bound {
            Some(bound) => row.bound(bound),
            None => row,
        }
    };
    Ok(vec![row("DuckDB", duckdb, Some(BOUND)), row("jq", jq, None)])
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

/// Seconds from the start of a command to its end, and its answer.
fn asked(command: &mut Command, from: fn(&Value) -> Option<Answer>) -> Outcome<(f64, Answer)> {
    let (time, output) = timed(|| command.stdin(Stdio::null()).output());
    let output = output?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned().into());
    }
    let answer = from(&serde_json::from_slice(&output.stdout)?).ok_or("no answer")?;
    Ok((time.as_secs_f64(), answer))
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
    let made = normalize.args(["normalize", "--component", "oci-audit"]).arg(&records).output()?;
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
