//! `backfill = { from = "earliest", parallel = 4 }`: the past of a source.

use std::num::NonZeroUsize;

use super::document::Value;
use super::duration::{self, Start};
use super::reader::{Field, Problems};

const KEYS: &[&str] = &["from", "to", "parallel"];

/// Ranges read at once unless said otherwise.
pub const DEFAULT_PARALLEL: NonZeroUsize = NonZeroUsize::new(4).expect("four is not zero");

/// More than this at once no service grants.
const MOST_PARALLEL: i64 = 64;

/// Which past to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillConfig {
    /// From where on; what the source no longer holds is left out.
    pub from: Start,
    /// Up to where, Unix milliseconds; by default to where the live edge began.
    pub to: Option<i64>,
    /// How many ranges at once.
    pub parallel: NonZeroUsize,
}

/// Reads the table.
pub(super) fn backfill(field: &Field<'_>, problems: &mut Problems) -> Option<BackfillConfig> {
    let mut table = field.table(problems, KEYS)?;
    let from = table
        .require(problems, "from", "from = \"earliest\" or from = \"2026-01-01T00:00:00Z\"")
        .and_then(|from| duration::start(&from, problems));
    let to = match table.get("to") {
        None => Some(None),
        Some(to) => match duration::start(&to, problems) {
            Some(Start::At(time)) => Some(Some(time)),
            Some(_) => {
                to.expected(problems, "a time like \"2026-01-01T00:00:00Z\"");
                None
            }
            None => None,
        },
    };
    let parallel = match table.get("parallel") {
        None => Some(DEFAULT_PARALLEL),
        Some(field) => parallel(&field, problems),
    };
    table.finish(problems);
    Some(BackfillConfig { from: from?, to: to?, parallel: parallel? })
}

fn parallel(field: &Field<'_>, problems: &mut Problems) -> Option<NonZeroUsize> {
    let number = match field.node.value {
        Value::Integer(number @ 1..=MOST_PARALLEL) => usize::try_from(number).ok(),
        _ => None,
    };
    if number.is_none() {
        field.expected(problems, "a whole number from 1 to 64");
    }
    number.and_then(NonZeroUsize::new)
}
