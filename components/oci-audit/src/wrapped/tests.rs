//! Laws of looking through wrappers.

use super::*;

fn reasons(text: &str) -> Vec<(u64, String)> {
    let pieces = open(text.as_bytes()).pieces;
    let reason = |piece: Piece| (piece.lines, piece.refused.unwrap_or_else(|| "read".to_owned()));
    pieces.into_iter().map(reason).collect()
}

fn reason(text: &str) -> String {
    let mut reasons = reasons(text);
    assert_eq!(reasons.len(), 1, "{text}: {reasons:?}");
    reasons.remove(0).1
}

#[test]
fn a_search_that_found_nothing_holds_nothing() {
    for none in [
        r#"{"results":null,"fields":null,"summary":{"resultCount":0}}"#,
        r#"{"results":[],"summary":{}}"#,
        r#"{"data":{"results":[]}}"#,
        r#"{"data":[]}"#,
        r#"{"data":{"items":[]}}"#,
    ] {
        assert_eq!(reasons(none), [], "{none}");
    }
}

#[test]
fn what_holds_no_record_is_refused_by_the_name_of_what_it_is() {
    for (text, name) in [
        (r#"{"results":[{"data":{"interval":1789995600000,"cnt":4}}]}"#, "summarize"),
        (r#"{"results":[{"data":{"datetime":1,"who":"ada"}}]}"#, "select"),
        (r#"{"data":{"count":3}}"#, "summarize"),
        (r#"{"data":{"results":[{"data":{"count":3}}]}}"#, "summarize"),
        (r#"{"results":[{"data":null}]}"#, "without data"),
        (r#"{"results":[null]}"#, "without data"),
        (r#"{"datetime":1,"logContent":null}"#, "without data"),
        (r#"{"partition":"0","offset":1,"value":"%%"}"#, "no base64"),
        (r#"{"partition":"0","offset":1,"value":null}"#, "without a value"),
        (r#"{"partition":"0","offset":1,"value":""}"#, "without a value"),
        (r#"{"partition":"0","offset":1,"value":"H4sIAAAA"}"#, "gzip"),
        (r#"{"schemas":["urn"],"eventId":"sso.session.create.success"}"#, "component idcs"),
        (r#"{"a":1}"#, "no eventType"),
        (r#"{"id":"x","time":"y","data":{"eventName":"InteractiveLogin"}}"#, "no eventType"),
    ] {
        assert!(reason(text).contains(name), "{text}: {}", reason(text));
    }
    let deep = format!("{}1{}", r#"{"logContent":"#.repeat(20), "}".repeat(20));
    assert!(reason(&deep).contains("too many times"));
}

#[test]
fn each_row_has_the_line_on_which_it_begins() {
    let text = "{\"results\":[\n{\"data\":null},\n\n{\"data\":\n{\"logContent\":{\"type\":\"x\"}}},{\"data\":null}\n,{\"data\":null}]}";
    let lines: Vec<u64> = reasons(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [1, 4, 4, 5]);
}

#[test]
fn a_page_that_is_not_the_last_is_told() {
    let findings = |next: &str| open(format!(r#"{{"data":[],"opc-next-page":{next}}}"#).as_bytes());
    assert_eq!(findings(r#""x""#).findings.len(), 1);
    assert_eq!(findings("null").findings.len(), 0);
}
