//! Times whole runs of the command, and weighs the components.
//!
//! The figures are those of this machine at this moment, with the simulator in
//! the same process: they compare one change with another on one machine, and
//! nothing else. The middle of several runs is given.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use guest_toolchain::GUESTS;

use crate::shell::{Failure, cannot_run, cargo, run, say, target};
use crate::{components, setup};

/// What a component may weigh: more would be felt by whoever loads it from a
/// network or a page.
const MOST_COMPONENT_BYTES: u64 = 1 << 20;

/// A figure of the table.
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

struct Options {
    events: u64,
    runs: usize,
    profile: String,
    json: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut options =
            Self { events: 100_000, runs: 3, profile: "release".to_owned(), json: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments.next().ok_or_else(|| Failure::usage(format!("{argument} needs a value")))
            };
            match argument.as_str() {
                "--events" => options.events = number(argument, value()?)?,
                "--runs" => options.runs = number(argument, value()?)?,
                "--profile" => options.profile = value()?.clone(),
                "--json" => options.json = true,
                other => return Err(Failure::usage(format!("bench does not know {other}"))),
            }
        }
        if options.runs == 0 || !["release", "dev"].contains(&options.profile.as_str()) {
            return Err(Failure::usage("--runs is at least 1, --profile is release or dev"));
        }
        Ok(options)
    }
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::usage(format!("{name} needs a number, not {text}")))
}

/// `cargo xtask bench`.
pub fn command(arguments: &[String]) -> Result<(), Failure> {
    let options = Options::read(arguments)?;
    setup::guests()?;
    let profile = ["build", "--package", "signon-host", "--bin", "signon", "--profile"];
    run(cargo(&profile).arg(&options.profile))?;
    let folder = if options.profile == "dev" { "debug" } else { "release" };
    let signon = target().join(folder).join(format!("signon{}", std::env::consts::EXE_SUFFIX));
    let work = target().join("bench");
    fs::create_dir_all(&work)
        .map_err(|error| Failure::new(format!("{}: {error}", work.display())))?;

    let mut figures = collecting(&signon, &work, &options)?;
    figures.extend(normalizing(&signon, &work, &options)?);
    let (weights, heavy) = weigh()?;
    figures.extend(weights);
    if options.json {
        print_json(&figures, &options)
    } else {
        print_table(&figures, &options)
    }
    if heavy.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "over {MOST_COMPONENT_BYTES} bytes, the most a component may weigh: {}",
        heavy.join(", ")
    )))
}

/// From request to committed file: what `signon demo` says about itself.
fn collecting(signon: &Path, work: &Path, options: &Options) -> Result<Vec<Figure>, Failure> {
    let (mut records, mut sign_ons, mut pages) = (Vec::new(), Vec::new(), Vec::new());
    let events = options.events.to_string();
    for turn in 1..=options.runs {
        say(format!("demo, {events} records, run {turn} of {}", options.runs));
        let output = work.join("records.ndjson");
        let report = timed(
            Command::new(signon).args(["demo", "--format", "raw", "--events", &events]),
            &output,
        )?
        .1;
        let read = |words: &str| {
            before(&report, words)
                .ok_or_else(|| Failure::new(format!("demo does not tell its {words}:\n{report}")))
        };
        let seconds = read("s:")?;
        records.push(read("records in")? / seconds);
        sign_ons.push(read("sign-ons written")? / seconds);
        pages.push(read("pages through")? / seconds);
    }
    Ok(vec![
        figure("collect: records received", middle(records), "records/s"),
        figure("collect: sign-ons delivered", middle(sign_ons), "sign-ons/s"),
        figure("collect: signed requests for pages", middle(pages), "pages/s"),
    ])
}

/// From a file of sign-on records to events on stdout. The start of the command,
/// most of it compiling the component, is measured alone and taken off.
fn normalizing(signon: &Path, work: &Path, options: &Options) -> Result<Vec<Figure>, Failure> {
    let (records, nothing) = (work.join("records.ndjson"), work.join("nothing.ndjson"));
    let file = |path: &Path, error| Failure::new(format!("{}: {error}", path.display()));
    fs::write(&nothing, "[]").map_err(|error| file(&nothing, error))?;
    let text = fs::read_to_string(&records).map_err(|error| file(&records, error))?;
    let normalize = |input: &Path| {
        let mut command = Command::new(signon);
        command.args(["normalize", "--component", GUESTS[0]]).arg(input);
        timed(&mut command, &work.join("events.ndjson")).map(|(seconds, _)| seconds)
    };
    let (mut starts, mut rates) = (Vec::new(), Vec::new());
    for turn in 1..=options.runs {
        say(format!("normalize, {} bytes, run {turn} of {}", text.len(), options.runs));
        let start = normalize(&nothing)?;
        // A run shorter than its own start tells nothing; it counts as a microsecond.
        rates.push(1.0 / (normalize(&records)? - start).max(1e-6));
        starts.push(start);
    }
    let per_second = middle(rates);
    #[expect(clippy::cast_precision_loss, reason = "sizes of files, far below 2^52")]
    let (bytes, lines) = (text.len() as f64, text.lines().count() as f64);
    Ok(vec![
        figure("start of the command", middle(starts) * 1e3, "ms"),
        figure("normalize: sign-ons", lines * per_second, "sign-ons/s"),
        figure("normalize: bytes", bytes * per_second / 1e6, "MB/s"),
    ])
}

/// What each component weighs, and which weigh too much.
fn weigh() -> Result<(Vec<Figure>, Vec<&'static str>), Failure> {
    let folder = components::default_folder();
    components::write(&folder, Stdio::null())?;
    let (mut figures, mut heavy) = (Vec::new(), Vec::new());
    for guest in GUESTS {
        let path = folder.join(format!("{guest}.wasm"));
        let bytes = fs::metadata(&path)
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?
            .len();
        if bytes > MOST_COMPONENT_BYTES {
            heavy.push(guest);
        }
        #[expect(clippy::cast_precision_loss, reason = "the size of a file, far below 2^52")]
        figures.push(figure(
            format!("component {guest} (at most 1024)"),
            bytes as f64 / 1024.0,
            "KiB",
        ));
    }
    Ok((figures, heavy))
}

/// Runs `command` with its stdout in a file: its seconds, and what it said.
fn timed(command: &mut Command, output: &Path) -> Result<(f64, String), Failure> {
    let file = File::create(output)
        .map_err(|error| Failure::new(format!("{}: {error}", output.display())))?;
    let started = Instant::now();
    let done = command
        .stdin(Stdio::null())
        .stdout(file)
        .output()
        .map_err(|error| cannot_run(command, &error))?;
    let seconds = started.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok((seconds, said)) } else { Err(Failure::new(said.trim_end())) }
}

/// The number that stands before `words`.
fn before(text: &str, words: &str) -> Option<f64> {
    text.match_indices(&format!(" {words}"))
        .find_map(|(at, _)| text[..at].rsplit(char::is_whitespace).next()?.parse().ok())
}

fn figure(name: impl Into<String>, value: f64, unit: &'static str) -> Figure {
    Figure { name: name.into(), value, unit }
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn print_table(figures: &[Figure], options: &Options) {
    println!("{} build, the middle of {} runs", options.profile, options.runs);
    for Figure { name, value, unit } in figures {
        println!("{name:<42} {value:>12.1} {unit}");
    }
}

fn print_json(figures: &[Figure], options: &Options) {
    let members: Vec<String> = figures
        .iter()
        .map(|Figure { name, value, unit }| {
            format!(r#"{{"name":"{name}","value":{value:.3},"unit":"{unit}"}}"#)
        })
        .collect();
    println!(
        r#"{{"profile":"{}","runs":{},"events":{},"figures":[{}]}}"#,
        options.profile,
        options.runs,
        options.events,
        members.join(",")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_a_demo_is_read_by_the_words_behind_its_numbers() {
        let report = "42 signed requests, 4000 records in 40 pages through the sandbox in 1.25 s: \
                      200 sign-ons written and committed";
        assert_eq!(before(report, "records in"), Some(4000.0));
        assert_eq!(before(report, "s:"), Some(1.25));
        assert_eq!(before(report, "sign-ons written"), Some(200.0));
        assert_eq!(before(report, "pears"), None);
    }

    #[test]
    fn one_slow_run_does_not_move_the_figure() {
        assert!((middle(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}
