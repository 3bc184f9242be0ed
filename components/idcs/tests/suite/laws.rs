//! The laws that hold for the rows of every guest.

use idcs::normalizer;
use signon_kit::contract::{EventClasses, ReadOptions};
use signon_kit::testing::laws::{Rows, VALUES};

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 64 };

const ROWS: Rows = Rows {
    read: |bytes, chunk| signon_kit::testing::read(normalizer::open(OPTIONS), bytes, chunk),
    line,
    without_id,
    names: &[
        "id",
        "timestamp",
        "timeStamp",
        "TIMESTAMP",
        "meta",
        "eventId",
        "eventid",
        "totalResults",
        "",
    ],
    values: VALUES,
};

/// A row with everything that a line can be cut in.
fn line(id: &str) -> String {
    format!(
        r#"{{"schemas":["urn:a"],"id":"{id}","timestamp":"2018-06-01T00:04:02.112Z","eventId":"sso.session.create.success","l":[{{"a":[1,{{"b":-1.5e3}}]}},["{{",null],{{}}],"x":"a\\\"]}}","meta":{{"t":true}}}}"#
    )
}

/// A row without an id: what can be seen of it, and a secret in it.
fn without_id((seen, secret): (u8, u8)) -> String {
    format!(
        r#"{{"timestamp":"2018-06-01T00:04:02.112Z","actorName":"{seen}","eventId":"sso.session.create.success","password":"{secret}"}}"#
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
