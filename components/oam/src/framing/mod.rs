//! Cuts the bytes of an answer into rows without reading them, so that of a page
//! only one row is ever held.
//!
//! JSON and XML are told apart by the first byte. Both may wrap the rows: `Events`
//! around `eventData`, either of them alone, or neither. Whatever stands where a
//! row should be is handed out as one, so that it can be counted and rejected by
//! name; the cuts do not depend on how the bytes arrive.

mod xml;

use std::ops::Range;

use signon_kit::framer::{Framed, Framer, FramingError};
use signon_kit::json_framer::{JsonFramer, Wrapping};
use signon_kit::lines::BYTE_ORDER_MARK;

use self::xml::XmlFramer;

/// Most wrappers around rows that are looked through. Three are known: the root,
/// `Events`, and the list `eventData`.
const MOST_WRAPPERS: usize = 6;

/// How a row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a JSON value.
    Json,
    /// As an XML element.
    Xml,
}

/// How JSON wraps rows.
static WRAPPING: Wrapping = Wrapping {
    names: &WRAPPERS,
    row_members: &[
        "eventID",
        "accessTime",
        "userID",
        "ipAddress",
        "mfaUsed",
        "oracleECID",
        "attributeMap",
    ],
    deepest: MOST_WRAPPERS,
};

#[derive(Debug)]
enum State {
    /// Nothing but blanks so far; the first bytes may be a byte order mark.
    Start {
        head: Vec<u8>,
        finished: bool,
        /// Lines that were passed.
        lines: u64,
    },
    Json(JsonFramer),
    Xml(XmlFramer),
}

/// Cuts pushed bytes into rows.
#[derive(Debug)]
pub struct RowFramer {
    state: State,
    by_lines: bool,
}

impl Default for RowFramer {
    fn default() -> Self {
        let state = State::Start { head: Vec::new(), finished: false, lines: 0 };
        Self { state, by_lines: false }
    }
}

impl RowFramer {
    /// For files, which may have been cut in their middle: a row in JSON that is not
    /// whole costs no other one. In a service's answer nothing may be missing, and a cut
    /// is found at its end.
    pub fn by_lines() -> Self {
        Self { by_lines: true, ..Self::default() }
    }

    /// How the rows are written.
    pub fn form(&self) -> Form {
        if matches!(self.state, State::Xml(_)) { Form::Xml } else { Form::Json }
    }

    /// Chooses the framer as soon as the first byte is known.
    fn decide(&mut self) {
        let State::Start { head, finished, lines } = &mut self.state else {
            return;
        };
        let may_be_mark = head.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(head);
        if may_be_mark && !*finished {
            return;
        }
        let (finished, body) = (*finished, head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head));
        let Some(first) = body.iter().position(|byte| !byte.is_ascii_whitespace()) else {
            // Blanks are not kept, but that there was a mark is.
            if head.len() > 64 {
                *lines += signon_kit::lines::count(head);
                head.truncate(BYTE_ORDER_MARK.len());
                head.fill(b' ');
            }
            return;
        };
        let line = 1 + *lines + signon_kit::lines::count(&body[..first]);
        let body = body[first..].to_vec();
        self.state = if body[0] == b'<' {
            State::Xml(XmlFramer::default())
        } else {
            let framer = JsonFramer::of_wrapped(&WRAPPING).from_line(line);
            State::Json(if self.by_lines { framer.by_lines() } else { framer })
        };
        self.push(&body);
        if finished {
            self.finish();
        }
    }
}

impl Framer for RowFramer {
    fn push_with<R>(&mut self, fill: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut chunk = Vec::new();
        match &mut self.state {
            State::Start { head, .. } => {
                let filled = fill(head);
                self.decide();
                filled
            }
            State::Json(framer) => framer.push_with(fill),
            State::Xml(framer) => {
                let filled = fill(&mut chunk);
                framer.push(&chunk);
                filled
            }
        }
    }

    fn finish(&mut self) {
        match &mut self.state {
            State::Start { finished, .. } => {
                *finished = true;
                self.decide();
            }
            State::Json(framer) => framer.finish(),
            State::Xml(framer) => framer.finish(),
        }
    }

    fn next(&mut self) -> Result<Framed, FramingError> {
        match &mut self.state {
            State::Start { finished: true, .. } => Ok(Framed::End),
            State::Start { .. } => Ok(Framed::NeedMore),
            State::Json(framer) => framer.next(),
            State::Xml(framer) => framer.next(),
        }
    }

    fn bytes(&self, row: Range<usize>) -> &[u8] {
        match &self.state {
            State::Start { .. } => &[],
            State::Json(framer) => framer.bytes(row),
            State::Xml(framer) => framer.bytes(row),
        }
    }

    fn in_list(&self) -> bool {
        match &self.state {
            State::Start { .. } => false,
            State::Json(framer) => framer.in_list(),
            State::Xml(framer) => framer.is_listed(),
        }
    }

    fn is_blank(&self) -> bool {
        matches!(self.state, State::Start { .. })
    }

    fn line(&self) -> Option<u64> {
        match &self.state {
            State::Json(framer) => framer.line(),
            _ => None,
        }
    }
}

/// Element and member names around rows, in any case.
const WRAPPERS: [&str; 2] = ["Events", ROW];

/// The name of a row.
const ROW: &str = "eventData";

fn is_wrapper(name: &str) -> bool {
    WRAPPERS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn is_row(name: &str) -> bool {
    name.eq_ignore_ascii_case(ROW)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &[u8], size: usize) -> Result<Vec<String>, FramingError> {
        let mut framer = RowFramer::default();
        let mut chunks = text.chunks(size);
        let mut found = Vec::new();
        loop {
            match framer.next()? {
                Framed::Row(row) => {
                    found.push(String::from_utf8_lossy(framer.bytes(row)).into_owned());
                }
                Framed::TooLong(length) => found.push(format!("too long: {length}")),
                Framed::Envelope => {}
                Framed::Broken(_) => panic!("not read by lines"),
                Framed::End => return Ok(found),
                Framed::NeedMore => match chunks.next() {
                    Some(chunk) => framer.push(chunk),
                    None => framer.finish(),
                },
            }
        }
    }

    /// However the bytes arrive.
    fn rows(text: &str) -> Vec<String> {
        let whole = read_all(text.as_bytes(), usize::MAX).unwrap();
        for size in 1..text.len() {
            assert_eq!(read_all(text.as_bytes(), size).unwrap(), whole, "{text} by {size}");
        }
        whole
    }

    fn problem(text: &str) -> FramingError {
        let whole = read_all(text.as_bytes(), usize::MAX).expect_err(text);
        for size in 1..text.len() {
            let other = read_all(text.as_bytes(), size).unwrap_err();
            assert_eq!(other.is_cut, whole.is_cut, "{text} by {size}");
        }
        whole
    }

    #[test]
    fn every_json_wrapping_gives_the_same_rows() {
        for text in [
            r#"{"Events":{"eventData":[{"eventID":1},{"eventID":2}]}}"#,
            r#"{"count":2, "x":{"eventData":[{}]}, "eventData" : [ {"eventID":1} , {"eventID":2} ] , "y":"]}"}"#,
            r#"{"Events":[{"eventData":{"eventID":1}},{"eventData":{"eventID":2}}]}"#,
            r#"{"Events":[{"eventID":1},{"eventID":2}]}"#,
            r#"[{"eventID":1},{"eventID":2}]"#,
            "\u{feff} {\"eventID\":1}\n{\"eventID\":2}",
            "\u{feff}{\"eventID\":1}\n\u{feff}{\"eventID\":2}",
            r#"{"eventData":{"eventID":1}} {"events":{"EventData":{"eventID":2}}}"#,
        ] {
            assert_eq!(rows(text), [r#"{"eventID":1}"#, r#"{"eventID":2}"#], "{text}");
        }
    }

    #[test]
    fn nothing_is_no_row_in_any_rendering() {
        for text in [
            "",
            " \n ",
            "{}",
            "[]",
            r#"{"Events":null}"#,
            r#"{"Events":""}"#,
            r#"{"Events":{}}"#,
            r#"{"Events":{"@xmlns":"x"}}"#,
            r#"{"Events":{"eventData":null}}"#,
            r#"{"eventData":[]}"#,
            r#"{"eventData":{}}"#,
            "<Events/>",
            "<?xml version='1.0'?><!-- none -->\n<Events xmlns='x'> </Events>\n",
            "<Events><eventData/><eventData> </eventData></Events>",
        ] {
            assert!(rows(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_stands_for_a_row_is_counted_as_one() {
        assert_eq!(
            rows(r#"{"eventData":[null,1,"a]",[{}],{}, {"a":"\"}"}]}"#),
            ["null", "1", "\"a]\"", "[{}]", "{}", r#"{"a":"\"}"}"#]
        );
        assert_eq!(rows("oops\n{\"a\":1}"), ["oops", r#"{"a":1}"#]);
        assert_eq!(rows(r#"{"Events":{"eventData":7}}"#), ["7"]);
        assert_eq!(rows(r#"{"Events":{eventData:1}}"#), ["{eventData:1}"]);
        assert_eq!(rows("<Events><odd>1</odd></Events>"), ["<odd>1</odd>"]);
    }

    #[test]
    fn a_row_that_has_a_member_named_like_a_wrapper_stays_whole() {
        let row = r#"{"eventID":1,"eventData":[{"a":1}]}"#;
        assert_eq!(rows(&format!("[{row}]")), [row]);
    }

    #[test]
    fn every_xml_wrapping_gives_the_same_rows() {
        const ROW: &str =
            "<eventData a='>'><!-- </eventData> --><t><![CDATA[</eventData>]]></t></eventData>";
        for text in [
            format!("<?xml version=\"1.0\"?>\n<Events>{ROW}\n{ROW}</Events>"),
            format!("{ROW}{ROW}"),
            format!("<ns2:Events xmlns:ns2='x'>{ROW}<!-- x -->{ROW}</ns2:Events>"),
            format!("\u{feff}<Events><eventData>{ROW}{ROW}</eventData></Events>"),
        ] {
            assert_eq!(rows(&text), [ROW, ROW], "{text}");
        }
    }

    #[test]
    fn dtds_and_entities_between_rows_are_refused() {
        for text in [
            "<!DOCTYPE Events [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Events>&x;</Events>",
            "<!DOCTYPE Events SYSTEM 'http://example.com/x.dtd'><Events/>",
            "<Events>&x;<eventData/></Events>",
            "<Events>text</Events>",
            "<html><body>Sign in</body></html>",
            "</Events>",
            "<Events/><!x>",
        ] {
            assert!(!problem(text).is_cut || text.ends_with("<!x>"), "{text}");
        }
        assert!(problem("<!DOCTYPE x").problem.contains("DTD"));
    }

    #[test]
    fn bytes_that_end_too_early_are_cut() {
        for text in [
            r#"{"Events""#,
            r#"{"Events":"#,
            r#"{"Events":{"eventData":[{"a":1}"#,
            r#"{"a":"#,
            "[",
            "[1",
            "<Events>",
            "<Events><eventData><a>",
            "<Events><eventDa",
            "<Events><eventData><![CDATA[x",
        ] {
            assert!(problem(text).is_cut, "{text}");
        }
        assert!(!problem(r#"{"Events" 1}"#).is_cut);
    }

    #[test]
    fn a_row_too_long_is_passed_over_in_bounded_memory() {
        for (before, after, end) in [
            ("{\"eventData\":[{\"a\":\"", "\"},", "{\"b\":1}]}"),
            ("<Events><eventData><a>", "</a></eventData>", "<x>1</x></Events>"),
        ] {
            let mut framer = RowFramer::default();
            framer.push(before.as_bytes());
            for _ in 0..20 {
                assert_eq!(framer.next().unwrap(), Framed::NeedMore);
                framer.push(&vec![b'x'; 1 << 20]);
            }
            framer.push(after.as_bytes());
            framer.push(end.as_bytes());
            framer.finish();
            assert!(matches!(framer.next().unwrap(), Framed::TooLong(length) if length > 20 << 20));
            assert!(matches!(framer.next().unwrap(), Framed::Row(_)));
            let last = framer.next().unwrap();
            let last = if last == Framed::Envelope { framer.next().unwrap() } else { last };
            assert_eq!(last, Framed::End);
        }
    }

    #[test]
    fn deep_nesting_overflows_nothing() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read_all(deep.as_bytes(), 4096).unwrap().len(), 1);
        let deep = format!("<Events>{}{}</Events>", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert_eq!(read_all(deep.as_bytes(), 4096).unwrap().len(), 1);
    }
}
