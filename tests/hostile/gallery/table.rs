//! The table of attacks in the documentation tells of tests that there are, and
//! leaves out no limit.

use std::collections::BTreeSet;
use std::path::Path;

use signon_host::limits::Limits;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// Names of the tests of this gallery.
fn tests() -> BTreeSet<String> {
    let rooms = [
        "addresses",
        "answers",
        "declared",
        "echoes",
        "floods",
        "headers",
        "machine",
        "many",
        "responses",
    ];
    let mut tests = BTreeSet::new();
    for room in rooms {
        let text = read(&format!("tests/hostile/gallery/{room}.rs"));
        let after = text.split("#[test]\nfn ").skip(1);
        tests.extend(after.map(|text| text.split('(').next().unwrap().to_owned()));
    }
    tests
}

#[test]
fn every_attack_of_the_table_has_its_test_and_every_test_its_attack() {
    let page = read("docs/sandbox.md");
    let attacks = page.split("## Attacks").nth(1).unwrap();
    let rows =
        attacks.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 5);
    let last_cells = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit('|').next());
    let told: BTreeSet<String> =
        last_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    assert_eq!(told, tests());
}

#[test]
fn every_limit_is_in_the_documentation_with_its_default() {
    let page = read("docs/sandbox.md");
    let limits = Limits::default();
    for name in Limits::NAMES {
        let row = format!("| `{name}` | {} |", limits.shown(name).trim_matches('"'));
        assert!(page.contains(&row), "docs/sandbox.md has no row {row}");
    }
}
