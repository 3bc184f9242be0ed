//! `signon inspect`: what a component is, before anybody runs it.

use std::process::Command;

use crate::support::{Finished, root, say, signon};

/// The lines of a section of the output.
fn section<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    let title = format!("{title}:");
    let below = text.lines().skip_while(|line| *line != title).skip(1);
    below.take_while(|line| line.starts_with("  ")).map(str::trim).collect()
}

fn assert_asks_for_nothing_but_requests_time_and_randomness(text: &str) {
    let imports = section(text, "imports");
    assert!(!imports.is_empty(), "{text}");
    for import in &imports {
        let allowed = ["wasi:http/", "wasi:io/", "wasi:clocks/", "wasi:random/"];
        assert!(allowed.iter().any(|package| import.starts_with(package)), "{import}");
        assert!(import.contains("@0.2."), "{import}");
    }
    let exports = section(text, "exports");
    assert!(exports.contains(&"signon:source/source@0.1.0"), "{exports:?}");
}

#[test]
fn the_built_in_asks_for_requests_time_and_randomness_alone() {
    let text = Finished::of(&mut signon(["inspect", "oci_audit"])).success().stdout;
    assert_asks_for_nothing_but_requests_time_and_randomness(&text);
    assert!(text.starts_with("oci_audit "), "{text}");
    assert!(text.contains("shape: windowed, ranges of 60 s to 3600 s"), "{text}");
    let schema = text.split_once("configuration schema:\n").unwrap().1;
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    assert!(schema["properties"]["regions"].is_object());
}

#[test]
fn settings_show_which_requests_they_would_make() {
    let settings = r#"{"regions":["us-ashburn-1","eu-frankfurt-1"],
                       "compartments":["ocid1.tenancy.oc1..aaaa"]}"#;
    let mut command = signon(["inspect", "oci_audit", "--settings", settings]);
    let text = Finished::of(&mut command).success().stdout;
    assert_eq!(
        section(&text, "access rules"),
        [
            "GET https://audit.us-ashburn-1.oraclecloud.com/20190901/auditEvents",
            "GET https://audit.eu-frankfurt-1.oraclecloud.com/20190901/auditEvents",
        ]
    );
    assert_eq!(
        section(&text, "streams"),
        ["us-ashburn-1/ocid1.tenancy.oc1..aaaa", "eu-frankfurt-1/ocid1.tenancy.oc1..aaaa"]
    );
}

#[test]
fn settings_that_cannot_work_are_told_with_all_that_is_wrong() {
    let settings = r#"{"regions":["nowhere"],"compartment":[]}"#;
    let finished = Finished::of(&mut signon(["inspect", "oci_audit", "--settings", settings]));
    let message = finished.refusal(2);
    for word in ["/regions/0", "nowhere", "/compartment", "did you mean"] {
        assert!(message.contains(word), "{word} is missing: {message}");
    }
}

#[test]
fn cargo_component_builds_the_same_kind_of_component() {
    let version = Command::new("cargo").args(["component", "--version"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        say("skipped: a build with `cargo component`, which is not installed");
        return;
    }
    let target = tempfile::tempdir().unwrap();
    let built = Command::new("cargo")
        .args(["component", "build", "--release", "--target", "wasm32-unknown-unknown"])
        .args(["--target-dir".as_ref(), target.path().as_os_str()])
        .current_dir(root().join("components/oci-audit"))
        // What `cargo test` sets is meant for this package, not for that one.
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let component = target.path().join("wasm32-unknown-unknown/release/oci_audit.wasm");
    let text = Finished::of(signon(["inspect"]).arg(component)).success().stdout;
    assert_asks_for_nothing_but_requests_time_and_randomness(&text);
}
