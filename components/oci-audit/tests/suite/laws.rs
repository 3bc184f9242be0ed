//! Laws of what is a record, which one it is, and that it is a sign-on: for whatever
//! else stands in it or beside it.
use std::collections::BTreeSet;

use oci_audit::config::Config;
use oci_audit::normalizer;
use oci_audit::session::Reading;
use proptest::prelude::*;
use signon_kit::contract::{EventClasses, ReadOptions, TimeRange};
use signon_kit::http::scripted::{Answer, Scripted};
use signon_kit::http::{Request, TransportError};
use signon_kit::session::Session;
use signon_kit::source::Settings as _;
use signon_kit::testing::laws::Rows;
use signon_kit::testing::{self, Read};

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::DEFAULT, keep_raw: true, text_limit: 64 };
const RANGE: TimeRange = TimeRange { start: 1_714_521_600_000, end: 1_714_525_200_000 };

const DOMAIN: &str = include_str!(
    "../../../../tests/fixtures/oci/identitysignon-interactivelogin-success-identitydomain.logging.json"
);

const RECORDS: Rows = Rows {
    read,
    line,
    without_id,
    names: &[
        "eventType",
        "type",
        "eventTime",
        "time",
        "eventId",
        "id",
        "eventID",
        "data",
        "results",
        "logContent",
        "EVENTTYPE",
        "source",
        "specversion",
        "event\\u0054ype",
        "",
    ],
    values: &[
        "null",
        "7",
        "\"\"",
        "\"com.oraclecloud.Other.Thing\"",
        "\"x\"",
        "{}",
        "[]",
        "[{}]",
        "{\"type\":\"com.oraclecloud.Other.Thing\"}",
        "[\"a\",\"b\"]",
        "true",
        "1e999",
    ],
};

fn read(bytes: &[u8], chunk: usize) -> Read {
    testing::read(normalizer::open(OPTIONS), bytes, chunk)
}

/// A record with everything that a line can be cut in.
fn line(id: &str) -> String {
    format!(
        r#"{{"eventType":"com.oraclecloud.IdentitySignOn.InteractiveLogin","eventId":"{id}","eventTime":"2024-05-01T00:00:01Z","l":[{{"a":[1,{{"b":-1.5e3}}]}},["{{",null],{{}}],"data":{{"x":"a\\\"]}}\u00e4","identity":{{"principalName":"ada"}},"t":true}}}}"#
    )
}

#[test]
fn a_cut_line_costs_that_line_and_is_named_by_its_number() {
    RECORDS.a_cut_line_costs_itself();
}

#[test]
fn every_record_has_an_id_of_its_own_in_whatever_order() {
    RECORDS.every_row_has_an_id_of_its_own();
}

#[test]
fn no_member_more_makes_a_sign_on_something_else() {
    RECORDS.no_member_more_costs_a_row(&[DOMAIN.trim().to_owned(), line("x")]);
}

proptest! {
    #[test]
    fn a_document_on_many_lines_is_one_record(chunk in 1usize..300, indent in 0usize..3) {
        let text = on_many_lines(&line("x"), &" ".repeat(indent)).into_bytes();
        let twice = [&text[..], b"\n", &text].concat();
        for layout in [twice, [b"[", &text[..], b",\n", &text, b"]"].concat()] {
            let read = read(&layout, chunk);
            prop_assert_eq!(read.ids(), ["x", "x"]);
            prop_assert!(read.rejected.is_empty() && read.error.is_none());
        }
    }
}

/// The same JSON, every value and bracket on a line of its own.
fn on_many_lines(json: &str, indent: &str) -> String {
    let (mut text, mut in_string, mut escaped) = (String::new(), false, false);
    for character in json.chars() {
        let is_closing = !in_string && matches!(character, '}' | ']');
        if is_closing {
            text.push_str(&format!("\n{indent}"));
        }
        text.push(character);
        if !in_string && matches!(character, '{' | '[' | ',' | ':') {
            text.push_str(&format!("\n{indent}"));
        }
        in_string ^= character == '"' && !escaped;
        escaped = in_string && character == '\\' && !escaped;
    }
    text
}

/// A sign-on without an id: what can be seen of it, and a secret in it.
fn without_id((seen, secret): (u8, u8)) -> String {
    format!(
        r#"{{"eventType":"com.oraclecloud.IdentitySignOn.InteractiveLogin","eventTime":"2024-05-01T00:00:01Z","data":{{"request":{{"headers":{{"Authorization":["Bearer {secret}"]}}}},"identity":{{"principalName":"{seen}"}}}}}}"#
    )
}

fn serve(pages: &[Vec<String>], request: &Request) -> Answer {
    let number: usize = match request.target.split_once("&page=") {
        Some((_, token)) => token.trim_start_matches("p").parse().unwrap(),
        None => 0,
    };
    let answer = Answer::ok(format!("[{}]", pages[number].join(",")));
    match number + 1 < pages.len() {
        true => answer.header("opc-next-page", &format!("p{}", number + 1)),
        false => answer,
    }
}

fn open<F>(answer: F, cursor: Option<&[u8]>) -> Session<Scripted<F>, Reading>
where
    F: FnMut(&Request) -> Result<Answer, TransportError>,
{
    let config =
        Config::parse(r#"{"regions":["phx"],"compartments":["ocid1.tenancy.oc1..a"]}"#).unwrap();
    let target = config.targets().next().unwrap();
    Session::new(Scripted::new(answer), Reading::open(target, RANGE, cursor, OPTIONS).unwrap())
}

/// Ids of a whole reading; with `resume` by a new session for every batch.
fn ids(pages: &[Vec<String>], size: u32, resume: bool) -> Vec<String> {
    let answer = |request: &Request| Ok(serve(pages, request));
    testing::read_session(|cursor| open(answer, cursor), size, resume).0
}

proptest! {
    #[test]
    fn every_record_has_an_id_of_its_own_however_it_is_paged_shuffled_and_resumed(
        records in prop::collection::vec((0u8..3, 0u8..3), 1..12),
        order in any::<prop::sample::Index>(),
        sizes in (1usize..5, 1usize..5), batch in 1u32..4, resume in any::<bool>(),
    ) {
        let mut texts: Vec<String> = records.into_iter().map(without_id).collect();
        texts.insert(0, line("own"));
        texts.push(line(&format!("{}a", "M".repeat(20_000))));
        texts.push(line(&format!("{}b", "M".repeat(20_000))));
        let page = |texts: &[String], size| texts.chunks(size).map(<[String]>::to_vec).collect::<Vec<_>>();
        let first = ids(&page(&texts, sizes.0), batch, resume);
        let set: BTreeSet<_> = first.iter().cloned().collect();
        prop_assert_eq!((first.len(), set.len()), (texts.len(), texts.len()));
        let by = order.index(texts.len());
        texts.rotate_left(by);
        let again = ids(&page(&texts, sizes.1), 100, false);
        prop_assert_eq!(again.iter().cloned().collect::<BTreeSet<_>>(), set);
    }
}

#[test]
fn a_secret_is_no_id_and_cannot_be_tried_by_the_id() {
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2ln";
    let texts = [line(&format!("{token}1")), line(&format!("{token}2"))];
    let found = read(texts.join("\n").as_bytes(), 1000);
    assert_ne!(found.ids()[0], found.ids()[1]);
    let one = read(without_id((1, 1)).as_bytes(), 1000);
    let other = read(without_id((1, 2)).as_bytes(), 1000);
    assert_eq!(one.ids(), other.ids());
}
