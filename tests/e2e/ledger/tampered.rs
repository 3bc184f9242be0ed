//! A ledger in which somebody wrote who can write the state: what a head proves is found
//! missing, whatever was done.

use std::path::Path;

use redb::{Database, ReadableTable as _, TableDefinition};
use signon_host::ledger::{genesis, link};

use super::{closing, heads_in, split};
use crate::support::{ConfigFile, Service, options};

const LEDGER: TableDefinition<'_, (&str, u64), (&str, &str)> = TableDefinition::new("ledger");

/// What is said where entries are fewer than the stream's position tells of, or, where it
/// tells of none, where the head is in none.
const AT_ITS_END_OR_HEAD: &str = "entries are missing at its end|no ledger holds the head";

/// An entry as it is stored: stream, number, hash, text.
type Entry = (String, u64, String, String);

/// Writes the ledger anew, by way of the database: what is changed beside it is found
/// by its checksums.
fn rewrite(path: &Path, change: impl FnOnce(&mut Vec<Entry>)) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut ledger = transaction.open_table(LEDGER).unwrap();
        let mut entries: Vec<Entry> = Vec::new();
        for found in ledger.iter().unwrap() {
            let (key, value) = found.unwrap();
            let (stream, number) = key.value();
            let (hash, text) = value.value();
            entries.push((stream.to_owned(), number, hash.to_owned(), text.to_owned()));
        }
        ledger.retain(|_, _| false).unwrap();
        change(&mut entries);
        for (stream, number, hash, text) in &entries {
            ledger.insert((stream.as_str(), *number), (hash.as_str(), text.as_str())).unwrap();
        }
    }
    transaction.commit().unwrap();
}

/// Makes the chain fit its entries again, as whoever knows how it is made can.
fn rechain(entries: &mut [Entry]) {
    let mut tip = genesis(&entries[0].0);
    for (_, number, hash, text) in entries {
        tip = link(tip, text);
        (*number, *hash) = (tip.number, tip.hash.to_string());
    }
}

/// A run with several closed entries, and the heads that its sink has.
fn collected() -> (Service, ConfigFile, Vec<String>) {
    let service = Service::start(options());
    let config = heads_in(&service, closing(&service)).set("longest_range", "\"1h\"");
    service.once(&config.write("heads.toml")).success();
    let (heads, _) = split(&service);
    assert!(!heads.is_empty());
    (service, config, heads)
}

#[test]
fn whatever_is_done_to_its_entries_a_ledger_is_not_taken_for_the_one_a_head_is_of() {
    let (service, config, heads) = collected();
    let (config, newest) = (config.write("heads.toml"), heads.last().unwrap());
    let state = service.path("state/state.redb");
    let sound = std::fs::read(&state).unwrap();
    service.coverage(&config, &["--verify", "--head", newest]).success();
    type Change = fn(&mut Vec<Entry>);
    let cases: [(&str, Change, &str); 9] = [
        ("the first entry cut", |all| drop(all.remove(0)), "entry 1 is missing"),
        ("one in the middle cut", |all| drop(all.remove(1)), "entry 2 is missing"),
        ("the last cut", |all| drop(all.pop()), "entries are missing at its end"),
        ("all cut", Vec::clear, AT_ITS_END_OR_HEAD),
        (
            "two exchanged",
            |all| {
                let (first, second) = (all[0].3.clone(), all[1].3.clone());
                (all[0].3, all[1].3) = (second, first);
            },
            "entry 1 was changed",
        ),
        (
            "two exchanged with their hashes",
            |all| {
                all.swap(0, 1);
                (all[0].1, all[1].1) = (1, 2);
            },
            "entry 1 was changed",
        ),
        (
            "one changed and all chained anew",
            |all| {
                all[0].3 = all[0].3.replacen("\"closed_at\":", "\"closed_at\":1", 1);
                rechain(all);
            },
            "no ledger holds the head",
        ),
        (
            "one cut and all chained anew",
            |all| {
                all.remove(0);
                rechain(all);
            },
            AT_ITS_END_OR_HEAD,
        ),
        (
            "counts that do not add up, chained anew",
            |all| {
                all[0].3 = all[0].3.replacen("\"received\":", "\"received\":1", 1);
                rechain(all);
            },
            "counts do not add up",
        ),
    ];
    for (name, change, expected) in cases {
        std::fs::write(&state, &sound).unwrap();
        rewrite(&state, |entries| {
            assert!(entries.len() > 2, "{entries:?}");
            let before = entries.clone();
            change(entries);
            assert_ne!(&before, entries, "{name}");
        });
        let refused = service.coverage(&config, &["--verify", "--head", newest]);
        let is_told = expected.split('|').any(|expected| refused.refusal(1).contains(expected));
        assert!(is_told, "{name}: {}", refused.stderr);
    }
}

#[test]
fn a_state_that_is_cut_or_of_a_newer_version_is_named_by_every_command() {
    const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
    let (service, config, heads) = collected();
    let (config, head) = (config.write("heads.toml"), heads.last().unwrap());
    let state = service.path("state/state.redb");
    let sound = std::fs::read(&state).unwrap();
    let both = |expected: &str| {
        for finished in
            [service.coverage(&config, &["--verify", "--head", head]), service.once(&config)]
        {
            let message = finished.refusal(1);
            assert!(message.contains("state.redb") && message.contains(expected), "{message}");
        }
    };
    for length in [1, 100, 4096, sound.len() / 2] {
        std::fs::write(&state, &sound[..length]).unwrap();
        both("move it away");
    }
    std::fs::write(&state, &sound).unwrap();
    let database = Database::open(&state).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(META).unwrap().insert("format", 99).unwrap();
    transaction.commit().unwrap();
    drop(database);
    both("has format 99");
}

#[test]
fn an_older_copy_in_the_place_of_a_state_does_not_hold_the_newest_head() {
    let (service, config, heads) = collected();
    let state = service.path("state/state.redb");
    let config = config.write("heads.toml");
    let older = std::fs::read(&state).unwrap();
    rewrite(&state, |entries| {
        let mut more = entries.last().unwrap().clone();
        more.3 = more.3.replacen("\"closed_at\":", "\"closed_at\":1", 1);
        entries.push(more);
        rechain(entries);
    });
    let text = service.coverage(&config, &["--json"]).success().stdout;
    let report: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let newest = report["tip"]["hash"].as_str().unwrap().to_owned();
    assert_ne!(heads.last(), Some(&newest));
    service.coverage(&config, &["--verify", "--head", &newest]).success();
    std::fs::write(&state, older).unwrap();
    let refused = service.coverage(&config, &["--verify", "--head", &newest]);
    assert!(refused.refusal(1).contains("no ledger holds the head"), "{}", refused.stderr);
}
