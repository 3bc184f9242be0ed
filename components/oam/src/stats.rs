//! The service's own count of a range. Its shape is documented nowhere, so every
//! answer is accepted in which one number can only be the count.

use signon_kit::contract::{Finding, Severity, SourceError};
use signon_kit::http::{Body, Response, Transport, TransportError};
use signon_kit::json::{Node, Parsed};

use crate::config::Config;
use crate::query::{self, Asked};
use crate::response_errors;
use crate::xml::Item;

/// How much of an answer is looked at; a count fits many times.
const LONGEST: usize = 16 * 1024;

/// Names of a count, lower case, in case there is more than one number.
const NAMES: [&str; 6] =
    ["count", "total", "totalcount", "totalresults", "eventcount", "eventscount"];

/// Asks for the count. Without one the finding says why: the events can be read
/// all the same, only nothing proves that they are all.
///
/// # Errors
///
/// What would stop the events too: a refused credential, too many requests, a
/// service that is down for a while.
pub fn ask<T: Transport>(
    transport: &mut T,
    config: &Config,
    asked: Asked,
) -> Result<Result<u64, Finding>, SourceError> {
    let response = transport.send(&query::stats(config, asked)).map_err(response_errors::transport);
    let mut response = match response {
        Ok(response) => response,
        Err(SourceError::Forbidden(text)) => return Ok(Err(missing(&text))),
        Err(error) => return Err(error),
    };
    match response.status {
        200 => {
            let total = read(&mut response).map_err(response_errors::transport)?;
            Ok(total.ok_or_else(|| missing("the answer holds no single number")))
        }
        401 | 429 | 500 | 502 | 503 | 504 => Err(response_errors::error(response, config)),
        status => Ok(Err(missing(&format!("the service answered {status}")))),
    }
}

fn missing(why: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        path: String::new(),
        problem: format!("/audit/stats gives no count of the events: {why}"),
        fix: "events are read all the same, but nothing proves that they are all; \
              allow GET on /audit/stats, or tell us what it answers"
            .to_owned(),
    }
}

/// Reads to the end: of a count that was cut off a smaller number is left.
fn read<B: Body>(response: &mut Response<B>) -> Result<Option<u64>, TransportError> {
    let mut body = Vec::new();
    while response.body.read(&mut body)? {
        if body.len() > LONGEST {
            return Ok(None);
        }
    }
    Ok(total(&String::from_utf8_lossy(&body)))
}

/// The count in an answer, if it can only be one.
pub fn total(body: &str) -> Option<u64> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let json = match body.strip_prefix("<?xml") {
        Some(rest) => Item::parse(rest.split_once("?>")?.1.trim()).ok()?.to_json_value(),
        None if body.starts_with('<') => Item::parse(body).ok()?.to_json_value(),
        None => body.to_owned(),
    };
    let mut numbers = Vec::new();
    collect(Parsed::read(json).ok()?.root(), "", &mut numbers);
    let named: Vec<u64> = numbers
        .iter()
        .filter(|(name, _)| NAMES.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(_, number)| *number)
        .collect();
    match (named.as_slice(), numbers.as_slice()) {
        ([number], _) | ([], [(_, number)]) => Some(*number),
        _ => None,
    }
}

/// Every whole number, native or quoted, under the name it has.
fn collect(node: Node<'_>, name: &str, numbers: &mut Vec<(String, u64)>) {
    if let Some(number) = node.scalar_text().and_then(|text| text.trim().parse().ok()) {
        numbers.push((name.to_owned(), number));
    }
    for child in node.children() {
        match child.key_as_written() {
            Some(_) => collect(child, &child.key(), numbers),
            None => collect(child, name, numbers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_the_count_however_it_is_wrapped() {
        for body in [
            "42",
            " \"42\"\n",
            r#"{"count":42}"#,
            r#"{"Stats":{"count":"42","from":"2024-05-01T00:00:00Z"}}"#,
            r#"{"events":42}"#,
            r#"[42]"#,
            r#"{"retentionDays":7,"Count":42}"#,
            "<count>42</count>",
            "<?xml version=\"1.0\"?>\n<Stats xmlns='x'><eventCount> 42 </eventCount></Stats>",
            "<Stats count='42'/>",
        ] {
            assert_eq!(total(body), Some(42), "{body}");
        }
    }

    #[test]
    fn anything_else_is_no_count() {
        for body in [
            "",
            "{}",
            "null",
            "-1",
            "4.2",
            "[1,2]",
            r#"{"a":1,"b":2}"#,
            r#"{"count":1,"total":2}"#,
            "<html>Sign in</html>",
            "<!DOCTYPE x><count>1</count>",
            "<a>",
            "99999999999999999999",
        ] {
            assert_eq!(total(body), None, "{body}");
        }
    }
}
