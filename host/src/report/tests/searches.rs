//! Searches of a configuration: read, and asked.

use super::super::{Counting, Output, Question};
use super::*;
use crate::config::{Config, Syntax};

const AROUND: &str = "data_dir = 'd'\nsources.a = { type = 'oci_audit' }\n\
                      sinks.o = { type = 'stdout', inputs = ['*'] }\n";

fn config(searches: &str) -> Result<Config, String> {
    Config::parse(&format!("{AROUND}{searches}"), "f", Syntax::Toml, &|_| None)
        .map_err(|error| error.to_string())
}

fn asked(search: &str, events: &[SignOnEvent]) -> (String, String) {
    let config = config(&format!("[searches.s]\n{search}")).unwrap();
    let questions = [Question::search(&config.searches[0], 1_767_312_000_000)];
    let mut counting = Counting::new(&questions, (None, None), Output::Columns);
    let rows = counting.lines(lines(events, Format::Ocsf).as_bytes()).text;
    let (_, tables) = counting.answers(None);
    (rows, tables.iter().map(|table| super::super::csv(table, true)).collect())
}

fn events() -> Vec<SignOnEvent> {
    let mut domain = sign_on("zoe", "192.0.2.3", 2, Outcome::Success);
    domain.user = Some(Identity { domain: some("Other"), ..user("zoe") });
    vec![
        sign_on("joe", "192.0.2.1", 0, Outcome::Failure),
        sign_on("joe", "192.0.2.2", 1, Outcome::Success),
        domain,
        sign_on("rats_monitor", "192.0.2.4", 3, Outcome::Success),
    ]
}

#[test]
fn a_search_lists_or_groups_what_its_filters_take() {
    let events = events();
    let list = |search: &str| asked(search, &events).0;
    assert_eq!(
        list("columns = ['user', 'outcome']\nexclude = { users = ['rats_*'] }"),
        "joe|failure\njoe|success\nzoe|success\n"
    );
    assert_eq!(list("columns = ['user']\ninclude = { domains = ['other'] }"), "zoe\n");
    assert_eq!(
        list("columns = ['user']\ninclude = { domains = ['idcs-0123*'], outcomes = ['failure'] }"),
        "joe\n"
    );
    assert_eq!(list("columns = ['user']\nclasses = ['account']"), "");
    assert_eq!(
        list("columns = ['user']\nfrom = '2026-01-01T00:01:00Z'\nto = '2026-01-01T00:03:00Z'"),
        "joe\nzoe\n"
    );
    // Asked a day after the first.
    assert_eq!(list("columns = ['user']\nfrom = '1438m ago'"), "zoe\nrats_monitor\n");
    let groups = |search: &str| asked(search, &events).1;
    assert_eq!(
        groups("group_by = ['user', 'domain']\ncolumns = ['events', 'failures']\ntop = 2"),
        "user|domain|events|failures\njoe|Default|2|1\nrats_monitor|Default|1|0\n"
    );
}

#[test]
fn filters_take_here_what_they_take_in_a_source() {
    use crate::config::FilterConfig;
    use crate::contract::EventClasses;
    use crate::pipeline::Filter;

    let patterns = [
        "joe",
        "JOE",
        "j?e",
        "*",
        "ocid1.user*",
        "sso.*",
        "InteractiveLogin",
        "Default",
        "partners",
        "idcs-*",
        "failure",
        "com.oraclecloud.*",
        "none",
    ];
    for pattern in patterns {
        let list = || vec![pattern.to_owned()];
        for filter in [
            FilterConfig { users: list(), ..FilterConfig::default() },
            FilterConfig { events: list(), ..FilterConfig::default() },
            FilterConfig { domains: list(), ..FilterConfig::default() },
            FilterConfig { outcomes: list(), ..FilterConfig::default() },
            FilterConfig { emails: list(), ..FilterConfig::default() },
            FilterConfig { display_names: list(), ..FilterConfig::default() },
        ] {
            let none = FilterConfig::default();
            for (include, exclude) in [(&filter, &none), (&none, &filter)] {
                let of_source = Filter::new(EventClasses::ALL, include, exclude);
                let here = super::super::selection::Selection::filtered(
                    include,
                    exclude,
                    EventClasses::ALL,
                );
                for event in &events() {
                    for format in FORMATS {
                        let line = line(event, format);
                        let mut reader = super::super::line::Reader::new(&[], true);
                        let super::super::line::Line::Event(record) = reader.read(&line) else {
                            panic!("{line}");
                        };
                        assert_eq!(
                            here.takes(&record, None),
                            of_source.wants(event),
                            "{format} {filter:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_search_that_cannot_be_asked_is_refused_with_place_and_fix() {
    for (search, told) in [
        (
            "",
            "4:11: searches.s.columns: missing key; add columns = [\"time\", \"user\", \"outcome\"], or group_by = [\"user\"]",
        ),
        (
            "columns = ['usr']",
            "5:12: searches.s.columns[0]: unknown column \"usr\"; did you mean \"user\"?",
        ),
        (
            "group_by = ['user']\ncolumns = ['evnts']",
            "6:12: searches.s.columns[0]: unknown figure of a group \"evnts\"; did you mean \"events\"?",
        ),
        ("columns = ['user', 'user']", "5:20: searches.s.columns[1]: \"user\" is named twice"),
        ("columns = []", "5:11: searches.s.columns: names 0 columns; name 1 to 32"),
        (
            "group_by = ['time']",
            "5:12: searches.s.group_by: groups by the time itself, so that each event is a group; leave it",
        ),
        (
            "group_by = ['user', 'address', 'domain', 'factor', 'event']",
            "5:12: searches.s.group_by: groups by 5 columns; at most 4 are taken",
        ),
        (
            "columns = ['user']\ntop = 0",
            "6:7: searches.s.top: expected a whole number of rows, at least 1, like 20, found a whole number",
        ),
        (
            "columns = ['user']\nfilter = {}",
            "6:1: searches.s.filter: unknown key; known keys: title, include, exclude, classes, from, to, group_by, columns, top",
        ),
        (
            "columns = ['user']\ninclude = { user = ['a'] }",
            "6:13: searches.s.include.user: unknown key; did you mean \"users\"?",
        ),
        ("columns = ['user']\nfrom = 'yesterday'", "6:8: searches.s.from: expected \"now\""),
        (
            "columns = ['user']\nfrom = '2026-01-02T00:00:00Z'\nto = '2026-01-01T00:00:00Z'",
            "7:6: searches.s.to: is not later than `from`; nothing lies between them",
        ),
    ] {
        let error = config(&format!("[searches.s]\n{search}")).unwrap_err();
        assert!(error.starts_with(&format!("f:{told}")), "{search} gave {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let twice = config("[searches.a]\ncolumns = ['user']\n[searches.A]\ncolumns = ['user']");
    assert!(twice.unwrap_err().contains("an id has 1 to 64 characters"));
}
