//! `signon normalize` over what people have: files of connectors, of the Console and of
//! other programs, and what it says of them at its end.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Finished, Output, repository, signon};

fn normalize(component: &str, input: &Path) -> Finished {
    Finished::of(signon(["normalize", "--component", component]).arg(input))
}

fn fixture(name: &str) -> std::path::PathBuf {
    repository("tests/fixtures/inputs").join(name)
}

/// How many events came, and the last line of what was said.
fn read(finished: &Finished) -> (usize, &str) {
    let said = finished.stderr.lines().find(|line| line.contains(" records: "));
    (Output::parse(&finished.stdout).ids().len(), said.unwrap_or_default())
}

#[test]
fn objects_of_a_connector_are_read_whatever_their_name_says() {
    for (name, events) in [
        ("20260921T130050Z_20260921T130753Z.0.log.gz", 4),
        ("not_gzip_in_spite_of_name.log.gz", 1),
        ("empty_member.0.log.gz", 1),
    ] {
        let finished = normalize("oci_audit", &fixture("gzip-objects").join(name)).success();
        let line =
            format!("signon: {events} records: {events} events, 0 passed over, 0 unreadable");
        assert_eq!(read(&finished), (events, line.as_str()), "{name}");
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    }
}

#[test]
fn of_an_object_that_is_cut_off_the_whole_records_are_read_and_the_place_is_told() {
    let path = fixture("gzip-objects/cut_last_member.0.log.gz");
    let length = std::fs::metadata(&path).unwrap().len();
    let finished = normalize("oci_audit", &path);
    assert_eq!((read(&finished).0, finished.code), (3, Some(1)));
    let place = format!("the gzip data is cut off at byte {length}, in its member");
    assert!(finished.stderr.contains(&place), "{}", finished.stderr);
    assert!(finished.stderr.contains("3 records: 3 events"), "{}", finished.stderr);
}

#[test]
fn objects_come_through_standard_input_one_after_another() {
    let mut command = signon(["normalize", "--component", "oci_audit"]);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for name in ["empty_member.0.log.gz", "20260921T130050Z_20260921T130753Z.0.log.gz"] {
        stdin.write_all(&std::fs::read(fixture("gzip-objects").join(name)).unwrap()).unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("5 records: 5 events"), "{said}");
}

#[test]
fn what_is_passed_over_is_told_by_type() {
    for name in ["values.ndjson", "get_messages.json"] {
        let finished = normalize("oci_audit", &fixture("mixed-stream").join(name)).success();
        let (events, line) = read(&finished);
        assert_eq!(events, 3);
        assert!(line.starts_with("signon: 8 records: 3 events, 5 passed over (1 com."), "{line}");
        assert!(line.contains("1 com.oraclecloud.vcn.flowlogs.DataEvent"), "{line}");
        assert!(line.ends_with(", 0 unreadable"), "{line}");
    }
}

#[test]
fn a_quiet_hour_is_no_failure() {
    for name in ["results_empty.json", "results_null.json"] {
        let finished = normalize("oci_audit", &fixture("search-answers").join(name)).success();
        let line = "signon: 0 records: 0 events, 0 passed over, 0 unreadable";
        assert_eq!(read(&finished), (0, line), "{name}");
    }
    let empty = tempfile::NamedTempFile::new().unwrap();
    assert_eq!(read(&normalize("oci_audit", empty.path()).success()).0, 0);
}

#[test]
fn a_row_that_fails_is_named_by_its_number_and_costs_no_other_one() {
    let finished = normalize("oci_audit", &fixture("search-answers/search_answer.json"));
    assert_eq!((read(&finished).0, finished.code), (3, Some(1)));
    assert!(finished.stderr.contains("record 3: a row without data"), "{}", finished.stderr);
    assert!(finished.stderr.contains("4 records: 3 events, 0 passed over, 1 unreadable"));
}

#[test]
fn every_form_of_the_same_records_is_read() {
    for (name, events) in [
        ("input-forms/oci_cli.json", 1),
        ("input-forms/python_sdk.json", 1),
        ("console-export/bare.json", 2),
        ("console-export/console_export.json", 2),
        ("console-export/mixed.ndjson", 3),
    ] {
        let finished = normalize("oci_audit", &fixture(name)).success();
        assert_eq!(read(&finished).0, events, "{name}: {}", finished.stderr);
    }
    let exported = normalize("oci_audit", &fixture("console-export/console_export.json"));
    assert_eq!(exported.stdout.matches(r#""region":"us-ashburn-1""#).count(), 2);
}

#[test]
fn a_line_cut_in_the_middle_of_a_file_is_named() {
    for (component, name) in [
        ("idcs", "idcs_mid.ndjson"),
        ("oam", "oam_mid.ndjson"),
        ("oci_audit", "mid_outside_string.ndjson"),
    ] {
        let finished = normalize(component, &fixture("input-forms").join(name));
        let (events, _) = read(&finished);
        assert_eq!((events, finished.code), (2, Some(1)), "{name}: {}", finished.stderr);
        assert!(finished.stderr.contains("in line 2"), "{name}: {}", finished.stderr);
    }
}

#[test]
fn what_cannot_be_read_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let said = |component: &str, path: &Path| {
        let finished = normalize(component, path);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
        finished.stderr
    };
    let said_folder = said("oci_audit", folder.path());
    assert!(said_folder.contains("is a directory"), "{said_folder}");
    let file = folder.path().join("powershell.json");
    let utf_16: Vec<u8> = "\u{feff}[]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&file, utf_16).unwrap();
    for component in ["oci_audit", "idcs", "oam"] {
        let said = said(component, &file);
        assert!(said.contains("UTF-16") && said.contains("iconv"), "{said}");
    }
    let rows = r#"{"results":[{"data":{"interval":1789995600000,"cnt":4}}]}"#;
    std::fs::write(&file, rows).unwrap();
    let said = said("oci_audit", &file);
    assert!(said.contains("record 0: a row that `select` or `summarize` made"), "{said}");
}
