//! Records of sources that report the same sign-ons, found by id and by looks.
//!
//! Invariant: every record has its rows in the index and among the times, and no row
//! there is without its record.

use std::collections::BTreeMap;

use redb::{ReadTransaction, WriteTransaction};

use super::tables::{Failure, SIGN_ON_INDEX, SIGN_ON_TIMES, SIGN_ONS};
use crate::state::{Commit, Fold, SignOnRecord, Wanted};

fn id_row(id: &Fold) -> String {
    format!("id {}", id.as_str())
}

fn looks_row(key: &Fold) -> String {
    format!("looks {}", key.as_str())
}

/// Where a record stands in the index.
fn rows(record: &SignOnRecord) -> Vec<(String, i64)> {
    let ids = std::iter::once(&record.key.id).chain(record.same_as.iter().map(|known| &known.id));
    let ids = ids.map(|id| (id_row(id), 0));
    let looks = record.looks.as_ref().map(|looks| (looks_row(&looks.key), looks.time));
    ids.chain(looks).collect()
}

pub(super) fn read(
    transaction: &ReadTransaction,
    group: &str,
    wanted: &[Wanted],
) -> Result<Vec<SignOnRecord>, Failure> {
    let index = transaction.open_table(SIGN_ON_INDEX)?;
    let records = transaction.open_table(SIGN_ONS)?;
    let mut found = BTreeMap::new();
    for one in wanted {
        let (what, from, to) = match one {
            Wanted::Id(id) => (id_row(id), 0, 0),
            Wanted::Looks { key, from, to } => (looks_row(key), *from, *to),
        };
        let from = (group, what.as_str(), from, "");
        for entry in index.range(from..)? {
            let (row, _) = entry?;
            let (its_group, its_what, time, key) = row.value();
            if its_group != group || its_what != what || time > to {
                break;
            }
            if found.contains_key(key) {
                continue;
            }
            if let Some(record) = records.get((group, key))? {
                let record: SignOnRecord = serde_json::from_str(record.value())?;
                found.insert(key.to_owned(), record);
            }
        }
    }
    Ok(found.into_values().collect())
}

pub(super) fn write(transaction: &WriteTransaction, commit: &Commit) -> Result<(), Failure> {
    if commit.sign_ons.is_empty() && commit.forget_sign_ons.is_empty() {
        return Ok(());
    }
    let mut records = transaction.open_table(SIGN_ONS)?;
    let mut index = transaction.open_table(SIGN_ON_INDEX)?;
    let mut times = transaction.open_table(SIGN_ON_TIMES)?;
    for (group, record) in &commit.sign_ons {
        let (group, key) = (group.as_str(), record.key.text());
        let text = serde_json::to_string(record)?;
        let before = match records.insert((group, key.as_str()), text.as_str())? {
            Some(before) => Some(serde_json::from_str::<SignOnRecord>(before.value())?),
            None => None,
        };
        if let Some(before) = before {
            times.remove((group, before.at, key.as_str()))?;
            for (what, time) in rows(&before) {
                index.remove((group, what.as_str(), time, key.as_str()))?;
            }
        }
        times.insert((group, record.at, key.as_str()), ())?;
        for (what, time) in rows(record) {
            index.insert((group, what.as_str(), time, key.as_str()), ())?;
        }
    }
    for (group, before) in &commit.forget_sign_ons {
        let old = (group.as_str(), i64::MIN, "")..(group.as_str(), *before, "");
        for entry in times.extract_from_if(old, |_, ()| true)? {
            let (forgotten, _) = entry?;
            let (group, _, key) = forgotten.value();
            let Some(record) = records.remove((group, key))? else { continue };
            let record: SignOnRecord = serde_json::from_str(record.value())?;
            for (what, time) in rows(&record) {
                index.remove((group, what.as_str(), time, key))?;
            }
        }
    }
    Ok(())
}
