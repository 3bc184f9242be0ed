//! Searches, alerts and panels for other programs: every name in them is one that is
//! written here.

use std::collections::BTreeSet;

use serde_json::Value;

/// What the golden lines of a format hold, and lines with what they lack.
fn fields(format: super::Format, golden: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let more: String = events().iter().map(|event| super::line(event, format) + "\n").collect();
    for line in golden.lines().chain(more.lines()) {
        flatten(&serde_json::from_str(line).unwrap(), "", &mut paths);
    }
    paths
}

/// Events of kinds that the golden lines have not.
fn events() -> Vec<super::SignOnEvent> {
    use super::*;
    let event = || sign_on("joe", "192.0.2.1", 0, Outcome::Success);
    let app = Some(Named { name: some("CLI"), uid: some("cli-1"), kind: None });
    vec![
        SignOnEvent { activity: Activity::SupportAccount, ..event() },
        SignOnEvent { activity: Activity::AppAccess, app, ..event() },
        SignOnEvent {
            activity: Activity::PasswordReset,
            class: EventClass::Account,
            actor: Some(user("admin")),
            ..event()
        },
    ]
}

/// The path of every member, as searches name them: lists have no numbers.
fn flatten(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(value, &path, paths);
            }
        }
        Value::Array(items) => {
            paths.insert(path.to_owned());
            items.iter().for_each(|item| flatten(item, path, paths));
        }
        _ => {
            paths.insert(path.to_owned());
        }
    }
}

/// The searches of a page: what stands in fences of that language.
fn searches<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let begin = format!("```{language}\n");
    let parts = page.split(begin.as_str()).skip(1);
    parts.map(|part| part.split("```").next().unwrap()).collect()
}

/// A word of a search, and what follows it.
struct Word<'s> {
    text: &'s str,
    after: &'s str,
}

/// The words of a search outside of texts in those quotes.
fn words<'s>(search: &'s str, quotes: &[char]) -> Vec<Word<'s>> {
    let of_word = |c: char| c.is_alphanumeric() || "_@.{}".contains(c);
    let (mut found, mut rest) = (Vec::new(), search);
    while let Some(first) = rest.chars().next() {
        if quotes.contains(&first) {
            let end = rest[1..].find(first).expect("a text that ends");
            rest = &rest[end + 2..];
        } else if first.is_alphabetic() || "_@".contains(first) {
            let end = rest.find(|c| !of_word(c)).unwrap_or(rest.len());
            found.push(Word { text: &rest[..end], after: rest[end..].trim_start() });
            rest = &rest[end..];
        } else if first.is_numeric() {
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            rest = &rest[end..];
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

/// Every word is one of the language's, one that the search names itself, or a field.
fn check(
    page: &str,
    language: &str,
    quotes: &[char],
    of_language: &str,
    is_field: &dyn Fn(&str) -> bool,
) {
    let searches = searches(page, language);
    assert_eq!(searches.len(), 12, "{language}");
    let keywords: BTreeSet<&str> = of_language.split_whitespace().collect();
    for search in searches {
        let mut names = BTreeSet::new();
        for line in search.lines() {
            let words = words(line, quotes);
            let makes = line.contains("STATS") || line.contains("EVAL") || line.contains("eval ");
            for (at, word) in words.iter().enumerate() {
                let is_named = at > 0 && words[at - 1].text.eq_ignore_ascii_case("as");
                let is_made = makes
                    && word.after.starts_with('=')
                    && !word.after.starts_with("==")
                    && !word.text.contains('.');
                if is_named || is_made {
                    names.insert(word.text);
                }
            }
        }
        for word in words(search, quotes) {
            let word = word.text;
            let known = keywords.contains(word) || names.contains(word) || is_field(word);
            assert!(known, "{language}: {word} is no field that is written: {search}");
        }
    }
}

const OCSF: &str = include_str!("../../../../tests/fixtures/golden/render.ocsf.ndjson");
const ECS: &str = include_str!("../../../../tests/fixtures/golden/render.ecs.ndjson");

#[test]
fn the_searches_of_splunk_name_fields_of_ocsf() {
    let fields = fields(super::Format::Ocsf, OCSF);
    let page = include_str!("../../../../examples/searches/splunk.md");
    check(
        page,
        "spl",
        &['"'],
        "index signon NOT OR AND IN AS BY sort stats count eval table dc earliest eventstats min \
         where streamstats reset_after time_window spath path output _time 15m",
        &|word| fields.contains(&word.replace("{}", "")),
    );
}

#[test]
fn the_searches_of_elasticsearch_name_fields_of_ecs() {
    let fields = fields(super::Format::Ecs, ECS);
    check(
        include_str!("../../../../examples/searches/elasticsearch.md"),
        "esql",
        &['"'],
        "FROM signon WHERE SORT DESC KEEP OR AND STATS COUNT BY COUNT_DISTINCT IS NOT NULL IN EVAL \
         COALESCE MIN MAX INLINE DATE_TRUNC minutes",
        &|word| fields.contains(word),
    );
}

#[test]
fn the_searches_of_opensearch_name_fields_of_ecs() {
    let fields = fields(super::Format::Ecs, ECS);
    check(
        include_str!("../../../../examples/searches/opensearch.md"),
        "ppl",
        &['\''],
        "source signon where or and sort fields eval case else stats count sum as by \
         distinct_count isnotnull in ifnull min eventstats span",
        &|word| fields.contains(word),
    );
}

#[test]
fn the_searches_of_logging_name_fields_of_records() {
    let mut fields = BTreeSet::new();
    for record in [
        include_str!("../../../../tests/fixtures/golden/listed-fields.record.json"),
        include_str!(
            "../../../../tests/fixtures/oci/identitysignon-interactivelogin-success-identitydomain.logging.json"
        ),
    ] {
        flatten(&serde_json::from_str(record).unwrap(), "", &mut fields);
    }
    check(
        include_str!("../../../../examples/searches/oci-logging-search.md"),
        "logging",
        &['\'', '"'],
        "search where upper in sort by datetime desc summarize count as min rounddown select",
        &|word| fields.contains(word),
    );
}

#[test]
fn the_searches_of_log_analytics_name_fields_whose_paths_are_of_ocsf() {
    let page = include_str!("../../../../examples/searches/oci-log-analytics.md");
    let written = fields(super::Format::Ocsf, OCSF);
    let mut fields: BTreeSet<&str> = ["Log Source", "Time"].into();
    for row in page.lines().filter(|line| line.contains("`$.")) {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (Some(name), Some(path)) = (cells.next(), cells.next()) else { continue };
        let path = path.trim_matches('`').trim_start_matches("$.").replace("[0]", "");
        assert!(written.contains(&path), "{path} is no field that is written");
        fields.insert(name);
    }
    assert!(fields.len() > 20, "{fields:?}");
    let searches = searches(page, "la");
    assert_eq!(searches.len(), 12);
    for search in searches {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let parts: Vec<&str> = search.split('\'').collect();
        for pair in parts.chunks_exact(2) {
            let (before, name) = (pair[0].trim_end(), pair[1]);
            // What stands behind a comparison is a value.
            if before.ends_with('=') {
                continue;
            }
            if before.ends_with(" as") || before.ends_with("eval") {
                names.insert(name);
            }
            let known = fields.contains(name) || names.contains(name);
            assert!(known, "{name} is no field: {search}");
        }
    }
}

#[test]
fn the_named_searches_of_the_example_can_be_asked() {
    let text = include_str!("../../../../examples/searches/signon.toml");
    let config =
        crate::config::Config::parse(text, "signon.toml", crate::config::Syntax::Toml, &|name| {
            (name == "HOME").then(|| "/root".to_owned())
        });
    let config = config.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(config.searches.len(), 3);
}

/// The names of all metrics, as the page lists them; another test holds that list against
/// what `/metrics` writes.
fn metrics() -> BTreeSet<String> {
    let page = include_str!("../../../../docs/operation.md");
    let names = page.lines().filter_map(|line| line.strip_prefix("| `signon_")?.split('`').next());
    names.map(|name| format!("signon_{name}")).collect()
}

/// The names of metrics in an expression: all of ours begin with the same word.
fn named(text: &str) -> BTreeSet<String> {
    const OURS: &str = "signon_";
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(OURS) {
        let name = &text[at..];
        let end =
            name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
        names.insert(name[..end].to_owned());
    }
    names
}

const ALERTS: &str = include_str!("../../../../examples/prometheus/alerts.yml");
const DASHBOARD: &str = include_str!("../../../../examples/grafana/dashboard.json");

#[test]
fn alerts_and_panels_name_metrics_that_are_written() {
    let metrics = metrics();
    for text in [ALERTS, DASHBOARD] {
        let named = named(text);
        assert!(named.len() > 8, "{named:?}");
        for name in named {
            assert!(metrics.contains(&name), "{name} is no metric: {metrics:?}");
        }
    }
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 10);
}

#[test]
fn promtool_takes_the_alerts() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/prometheus/alerts.yml");
    match std::process::Command::new("promtool").args(["check", "rules", file]).output() {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        // It is in Debian's package `prometheus`; the names are held above all the same.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}

#[test]
fn the_page_about_reports_names_all_that_can_be_asked() {
    use crate::config::{Column, Figure};
    let page = include_str!("../../../../docs/report.md");
    let columns = Column::ALL.iter().map(|column| column.name());
    let figures = Figure::ALL.iter().map(|figure| figure.name());
    for name in columns.chain(figures).chain(super::super::names()) {
        assert!(page.contains(&format!("`{name}`")), "{name} is not in docs/report.md");
    }
}
