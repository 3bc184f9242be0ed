//! The laws that hold for the rows of every guest.

use oam::normalizer;
use signon_kit::contract::{EventClasses, ReadOptions};
use signon_kit::testing::laws::{Rows, VALUES};

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 64 };

const ROWS: Rows = Rows {
    read: |bytes, chunk| signon_kit::testing::read(normalizer::open(OPTIONS), bytes, chunk),
    line,
    without_id,
    names: &["eventID", "accessTime", "type", "status", "userID", "events_", "attributeMap", ""],
    values: VALUES,
};

/// A row with everything that a line can be cut in.
fn line(id: &str) -> String {
    format!(
        r#"{{"eventID":"{id}","accessTime":"2025-11-21T10:00:01.123Z","type":"AuthN","l":[{{"a":[1,{{"b":-1.5e3}}]}},["{{",null],{{}}],"x":"a\\\"]}}","userID":{{"loginID":"ada","t":true}}}}"#
    )
}

/// A row without an id: what can be seen of it, and a secret in it.
fn without_id((seen, secret): (u8, u8)) -> String {
    format!(
        r#"{{"accessTime":"2025-11-21T10:00:01.123Z","ipAddress":"{seen}","type":"AuthN","password":"{secret}"}}"#
    )
}

#[test]
fn a_cut_line_costs_that_line_and_is_named_by_its_number() {
    ROWS.a_cut_line_costs_itself();
}

#[test]
fn every_row_has_an_id_of_its_own_in_whatever_order() {
    ROWS.every_row_has_an_id_of_its_own();
}

#[test]
fn no_member_more_costs_a_row() {
    ROWS.no_member_more_costs_a_row(&[line("x")]);
}
