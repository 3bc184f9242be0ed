//! What a source takes that has nothing to do.

use crate::row::Row;
use crate::{Outcome, Piece, Setting, density};

const NAME: &str = "memory of an idle source";

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new(NAME, measure)]
}

fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    if !cfg!(target_os = "linux") {
        return Ok(vec![Row::skipped(NAME, "KiB", None, "known on Linux only")]);
    }
    let sources = if setting.quick { 1_000 } else { density::SOURCES };
    let each = density::kibibytes_of_a_source(&setting.signon, &setting.work, sources)?;
    Ok(vec![Row::new(NAME, each, "KiB").noting(format!("{sources} sources"))])
}
