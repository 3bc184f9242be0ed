//! `signon report`: what is asked of delivered lines, and that it is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use signon_host::render::Format;
use signon_simulator::Service as Simulated;

use crate::support::{Finished, Service, options_of, repository, run, say, signon};

/// Every service, delivered once into a file of each format.
fn delivered() -> (Service, BTreeMap<&'static str, PathBuf>) {
    let service = Service::start(options_of(&Simulated::ALL));
    let (mut sinks, mut files) = (String::new(), BTreeMap::new());
    for format in Format::ALL {
        let (id, path) = (format.name().replace('.', "_"), service.path(format.name()));
        let _ = writeln!(
            sinks,
            "[sinks.of_{id}]\ntype = \"file\"\ninputs = [\"*\"]\npath = {path:?}\nformat = \"{format}\""
        );
        files.insert(format.name(), path);
    }
    Finished::of(&mut run(&service.config().with(&sinks).write("formats.toml"), true)).success();
    (service, files)
}

fn report<'a>(arguments: impl IntoIterator<Item = &'a str>, file: &Path) -> Finished {
    Finished::of(signon(["report"]).args(arguments).arg(file))
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(finished.stdout.trim()).unwrap()
}

/// The truth of all services.
fn truth(service: &Service) -> BTreeSet<String> {
    Simulated::ALL.iter().flat_map(|of| service.simulator.truth_of(*of)).collect()
}

/// How many lines of OCSF say this, by user; counted without our reader.
fn by_user(lines: &Path, counts: impl Fn(&Value) -> bool) -> BTreeMap<String, u64> {
    let mut users = BTreeMap::new();
    for line in std::fs::read_to_string(lines).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if counts(&event) {
            *users.entry(event["user"]["name"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    users
}

#[test]
fn every_format_gives_the_same_report_of_every_event_that_there_was() {
    let (service, files) = delivered();
    let truth = truth(&service);
    let ask = |file: &Path| {
        let tables = report(["--output", "json"], file).success();
        assert_eq!(tables.stderr, "");
        // Several sources write to several files, each in an order of its own.
        let columns = report(["--output", "columns"], file).success().stdout;
        let mut lines: Vec<String> = columns.lines().map(str::to_owned).collect();
        lines[1..].sort_unstable();
        (tables.stdout, lines)
    };
    let first = ask(&files["ocsf"]);
    for (format, file) in &files {
        assert_eq!(first, ask(file), "{format}");
    }
    let answer: Value = serde_json::from_str(first.0.trim()).unwrap();
    assert_eq!(answer["events"], truth.len());
    assert_eq!(answer["unknown_lines"], 0);
    assert_eq!(first.1.len(), truth.len() + 1);
    assert!(answer["reports"]["passwords"]["rows"].as_array().unwrap().len() > 1, "{answer}");

    // The same sums, without our reader.
    let is_sign_on = |event: &Value| {
        let other = &event["unmapped"]["signon"]["activity"];
        event["class_uid"] == 3002
            && event["activity_id"] == 1
            && (other.is_null() || (other == "federated-attempt" && event["status_id"] == 2))
    };
    let users = by_user(&files["ocsf"], is_sign_on);
    let failed = by_user(&files["ocsf"], |event| is_sign_on(event) && event["status_id"] == 2);
    let rows = answer["reports"]["users"]["rows"].as_array().unwrap();
    let found: BTreeMap<String, u64> = rows
        .iter()
        .map(|row| (row["user"].as_str().unwrap().to_owned(), row["events"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, users);
    for row in rows {
        let user = row["user"].as_str().unwrap();
        assert_eq!(row["failures"].as_u64().unwrap(), failed.get(user).copied().unwrap_or(0));
    }

    // Ids, by a search of the configuration, out of gzip, from standard input.
    let search = "[searches.ids]\ncolumns = [\"id\"]\n";
    let config = service.config().with(search).write("searches.toml");
    let gzip = gzip_of(&std::fs::read(&files["ecs"]).unwrap());
    let mut command = signon(["report", "--search", "ids", "--output", "columns", "--config"]);
    command.arg(&config).arg("-");
    let found = piped(&mut command, &gzip).success().stdout;
    let ids: BTreeSet<String> = found.lines().skip(1).map(str::to_owned).collect();
    assert_eq!(ids, truth);
}

fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    // The command line tool, so that another than our library compresses.
    let mut gzip =
        Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = gzip.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let output = gzip.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}

/// What a command makes of what it is given on standard input.
fn piped(command: &mut Command, bytes: &[u8]) -> Finished {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    Finished::of(command.stdin(file))
}

#[test]
fn the_csv_is_read_by_python_and_no_cell_is_a_formula() {
    let hostile = ["=1+1", "@SUM(A1)", "-2", "a,\"b\"\nc", "<script>", "plain|bar", "\u{202e}evil"];
    let folder = tempfile::tempdir().unwrap();
    let lines: String = hostile
        .iter()
        .map(|name| {
            let event = serde_json::json!({
                "metadata": { "version": "1.8.0", "uid": "1" }, "time": 1, "class_uid": 3002,
                "activity_id": 1, "status_id": 2, "user": { "name": name },
            });
            format!("{event}\n")
        })
        .collect();
    let file = folder.path().join("hostile.ndjson");
    std::fs::write(&file, lines).unwrap();
    let csv = report(["--report", "users", "--output", "csv"], &file).success().stdout;
    let mut cells = Vec::new();
    for expected in
        ["'=1+1", "'@SUM(A1)", "'-2", "a,\"b\"\\u{a}c", "<script>", "plain|bar", "\\u{202e}evil"]
    {
        cells.push(expected.to_owned());
    }
    let path = folder.path().join("users.csv");
    std::fs::write(&path, &csv).unwrap();
    let script = "import csv,json,sys\n\
                  rows=list(csv.reader(open(sys.argv[1],newline='',encoding='utf-8'),strict=True))\n\
                  json.dump(rows,sys.stdout)";
    let output = Command::new("python3").args(["-c", script]).arg(&path).output();
    let Ok(output) = output else {
        return say("skipped: the CSV was not read by Python, there is no python3");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0], ["user", "events", "successes", "failures", "first", "last"]);
    let mut found: Vec<String> = rows[1..].iter().map(|row| row[0].clone()).collect();
    found.sort();
    cells.sort();
    assert_eq!(found, cells);
    assert!(rows.iter().all(|row| row.len() == 6));
}

#[test]
fn the_fifteen_columns_are_those_of_the_record() {
    let record =
        std::fs::read_to_string(repository("tests/fixtures/golden/listed-fields.record.json"));
    let record: Value = serde_json::from_str(&record.unwrap()).unwrap();
    let line = format!("{record}\n").into_bytes();
    let mut command = signon(["report", "--output", "columns", "-"]);
    let said = piped(&mut command, &line).success().stdout;
    let data = &record["data"];
    let (details, identity) = (&data["additionalDetails"], &data["identity"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |from: &Value, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| text(&from[*name])).collect()
    };
    let mut expected = of(
        details,
        &[
            "actorName",
            "eventId",
            "httpResponseStatus",
            "ssoLocalIp",
            "domainDisplayName",
            "domainName",
            "actorType",
        ],
    );
    expected.push(text(&data["message"]));
    expected.extend(of(
        identity,
        &[
            "userAgent",
            "authType",
            "callerId",
            "callerName",
            "credentials",
            "ipAddress",
            "principalName",
        ],
    ));
    assert_eq!(said.lines().nth(1).unwrap(), expected.join("|"));
}

#[test]
fn the_page_is_written_once_and_holds_nothing_that_runs_or_loads() {
    let (service, files) = delivered();
    let page = service.path("report.html");
    let page_name = page.to_str().unwrap();
    let ask = || report(["--output", "html", "--out", page_name], &files["otel"]);
    assert_eq!(ask().success().stdout, "");
    let html = std::fs::read_to_string(&page).unwrap();
    for wanted in ["<svg", "Content-Security-Policy", "Sign-ons by user", "prefers-color-scheme"] {
        assert!(html.contains(wanted), "{wanted}");
    }
    for unwanted in ["<script", "http://", "https://", "src="] {
        assert!(!html.contains(unwanted), "{unwanted}");
    }
    let again = ask();
    assert!(again.refusal(1).contains("is there already; name another file"));
}

#[test]
fn a_question_that_cannot_be_asked_is_refused_with_those_that_can() {
    let file = Path::new("/dev/null");
    for (arguments, told) in [
        (&["--report", "usres"][..], "no report \"usres\"; there are: users"),
        (&["--search", "a"], "--config"),
        (&["--output", "csv", "--report", "users", "--report", "domains"], "one table"),
        (&["--output", "html", "--report", "export"], "ask for it alone"),
        (&["--report", "users", "--report", "users"], "asked twice"),
        (&["--output", "pdf"], "use one of text, csv, json, columns, html"),
        (&["--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"], "--to is not later"),
    ] {
        let finished = report(arguments.iter().copied(), file);
        assert_eq!(finished.code, Some(2), "{arguments:?}");
        assert!(finished.stderr.contains(told), "{arguments:?}: {}", finished.stderr);
    }
    let config = repository("examples/searches/signon.toml");
    let config = config.to_str().unwrap();
    let told = Finished::of(
        signon(["report", "--search", "none", "--config", config]).arg(file).env("HOME", "/root"),
    );
    assert!(
        told.refusal(2).contains("no search \"none\"; the configuration has: failures, partners"),
        "{}",
        told.stderr
    );
}

#[test]
fn lines_that_are_no_events_are_told_and_are_no_failure_but_a_file_cut_off_is() {
    let folder = tempfile::tempdir().unwrap();
    let (file, cut) = (folder.path().join("a"), folder.path().join("b"));
    let event = "{\"metadata\":{\"version\":\"1.8.0\"},\"class_uid\":3002,\"time\":1}\n";
    std::fs::write(&file, format!("{event}no event\n{event}")).unwrap();
    let finished = report(["--output", "json"], &file).success();
    assert_eq!(json(&finished)["events"], 2);
    assert!(finished.stderr.contains("1 of 3 lines are no events"), "{}", finished.stderr);
    assert!(finished.stderr.contains("line 2 is the first"), "{}", finished.stderr);

    let gzip = gzip_of(event.repeat(1000).as_bytes());
    std::fs::write(&cut, &gzip[..gzip.len() - 9]).unwrap();
    let finished = report(["--output", "json"], &cut);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("cut off"), "{}", finished.stderr);
    assert!(json(&finished)["events"].as_u64().unwrap() > 0);
}

#[test]
fn where_nobody_looks_nothing_is_drawn() {
    let (service, files) = delivered();
    let config = service.path("formats.toml");
    let config = config.to_str().unwrap();
    let quiet = |finished: Finished| {
        let finished = finished.success();
        for text in [&finished.stdout, &finished.stderr] {
            assert!(!text.contains(['\r', '\u{1b}']), "{text:?}");
        }
        finished
    };
    quiet(report(["--report", "users"], &files["ocsf"]));
    quiet(Finished::of(&mut signon(["backfill", "--source", "oci_audit", "--config", config])));
    let coverage = quiet(Finished::of(&mut signon(["coverage", "--config", config])));
    assert!(!coverage.stdout.contains("###"), "{}", coverage.stdout);
}
