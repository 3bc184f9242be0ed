//! Ids as packed runs: a row for each commit, and one that says in which range they were
//! fetched.
//!
//! Invariant: every run has its row among the ids, and no row there is without its run.

use redb::{ReadableTable as _, WriteTransaction};

use super::tables::{Failure, META, RUN_IDS, RUNS};
use crate::state::seen::SeenKey;
use crate::state::{Commit, SeenId};

pub(super) fn write(
    transaction: &WriteTransaction,
    stream: &str,
    commit: &Commit,
    seen: &SeenKey,
) -> Result<(), Failure> {
    if commit.delivered.is_empty() && commit.forget.is_empty() {
        return Ok(());
    }
    let mut runs = transaction.open_table(RUNS)?;
    let mut packed = transaction.open_table(RUN_IDS)?;
    if !commit.delivered.is_empty() {
        let mut ids: Vec<SeenId> =
            commit.delivered.iter().map(|id| seen.of_text(stream, id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let number = next_number(transaction)?;
        let bytes: Vec<u8> = ids.iter().flat_map(|id| *id.bytes()).collect();
        packed.insert(number, bytes.as_slice())?;
        let range = commit.fetched;
        let row = (range.start, ids.len() as u64);
        runs.insert((stream, range.end, number), row)?;
    }
    for range in &commit.forget {
        let old = (stream, range.start, 0)..(stream, range.end, 0);
        for entry in runs.extract_from_if(old, |_, _| true)? {
            let (forgotten, _) = entry?;
            packed.remove(forgotten.value().2)?;
        }
    }
    Ok(())
}

fn next_number(transaction: &WriteTransaction) -> Result<u64, Failure> {
    let mut meta = transaction.open_table(META)?;
    let number = meta.get("runs")?.map_or(0, |number| number.value()) + 1;
    meta.insert("runs", number)?;
    Ok(number)
}
