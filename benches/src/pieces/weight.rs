//! What a component weighs: felt by whoever loads it from a network or a page.

use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

/// KiB
const BOUND: Bound = Bound::Below(1_024.0);

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new("size", measure)]
}

#[expect(clippy::cast_precision_loss, reason = "less than a million bytes")]
fn measure(_: &Setting) -> Outcome<Vec<Row>> {
    let row = |built_in: &signon_bundle::BuiltIn| {
        let kibibytes = built_in.bytes.len() as f64 / 1024.0;
        Row::new(format!("size of {}", built_in.name), kibibytes, "KiB").bound(BOUND)
    };
    Ok(signon_bundle::BUILT_INS.iter().map(row).collect())
}
