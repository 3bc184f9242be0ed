//! The audit events of an identity domain, and searching them.
//!
//! The invariant: a row is served as it was made or read, byte for byte,
//! unless a part of it is asked for. A row shows once it was stored, which is
//! some time after it happened.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::presence::{Page, Presence};
use super::search::{Search, Shown, Sort};
use super::view::View;
use crate::prng::mix;
use crate::record_store::{RecordStore, RecordStoreBuilder};

/// One row, as it is handed over.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) timestamp: DateTime<Utc>,
    /// When it can be found, Unix milliseconds.
    pub(crate) stored: i64,
    /// JSON.
    pub(crate) text: Vec<u8>,
}

/// The same rows, stored with microseconds that their texts do not show. Half of
/// them are on the millisecond all the same.
pub(super) fn finer(mut rows: Vec<Row>, seed: u64) -> Vec<Row> {
    for (index, row) in rows.iter_mut().enumerate() {
        let chance = mix(seed, index as u64);
        if chance.is_multiple_of(2) {
            let micros = i64::try_from(1 + chance / 2 % 999).unwrap_or_default();
            row.timestamp += chrono::TimeDelta::microseconds(micros);
        }
    }
    rows
}

struct Known {
    id: String,
    timestamp: DateTime<Utc>,
    stored: i64,
}

/// All rows, in the order in which they were stored.
pub(super) struct Rows {
    store: RecordStore,
    known: Vec<Known>,
    /// Indexes in the order of the timestamps; among equal ones in no
    /// particular order.
    by_time: Vec<usize>,
    /// The same, with the rows of one time together.
    by_age: Vec<Vec<usize>>,
    presence: Presence,
}

impl Rows {
    pub(super) fn new(mut rows: Vec<Row>, seed: u64, late: f64, moving: bool) -> Self {
        rows.sort_by_key(|row| row.stored);
        let mut store = RecordStoreBuilder::default();
        let mut known = Vec::with_capacity(rows.len());
        for row in rows {
            store.push(row.stored, |out| out.extend_from_slice(&row.text));
            known.push(Known { id: row.id, timestamp: row.timestamp, stored: row.stored });
        }
        let mut by_time: Vec<usize> = (0..known.len()).collect();
        by_time.sort_by_key(|row| (known[*row].timestamp, mix(seed, *row as u64)));
        let by_age = by_time
            .chunk_by(|one, other| known[*one].timestamp == known[*other].timestamp)
            .map(<[usize]>::to_vec)
            .collect();
        let presence = Presence::new(seed, known.len(), late, moving);
        Self { store: store.finish(), known, by_time, by_age, presence }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn ids(&self) -> BTreeSet<String> {
        self.known.iter().map(|row| row.id.clone()).collect()
    }

    /// The row with this id; `now` in Unix milliseconds.
    pub(super) fn get(&self, id: &str, now: i64) -> Option<Bytes> {
        let row = self.known.iter().position(|row| row.id.eq_ignore_ascii_case(id))?;
        let there = self.known[row].stored <= now && self.presence.there(row);
        there.then(|| self.store.record(row))
    }

    /// The page that a search asks for, as of `now`, Unix milliseconds.
    pub(super) fn search(&self, search: &Search, now: i64) -> Page {
        let matching = self.matching(search, now);
        match search.shown {
            Shown::Number => self.presence.page(&matching, 0, 0),
            _ => self.presence.page(&matching, search.start - 1, search.count),
        }
    }

    /// The page was served whole.
    pub(super) fn served(&self, page: &Page) {
        self.presence.served(page, &self.by_age);
    }

    fn matching(&self, search: &Search, now: i64) -> Vec<usize> {
        let found = |row: &usize| {
            self.known[*row].stored <= now
                && search.filter.as_ref().is_none_or(|filter| {
                    let text = self.store.record(*row);
                    filter.matches(&View::new(&text, Some(self.known[*row].timestamp)))
                })
        };
        let Some(Sort { by, descending }) = search.sort else {
            return (0..self.len()).filter(found).collect();
        };
        let mut rows: Vec<usize> = self.by_time.iter().copied().filter(found).collect();
        if by.name == "timestamp" {
            if descending {
                rows.reverse();
            }
            return rows;
        }
        let key = |row: &usize| {
            let text = self.store.record(*row);
            View::new(&text, Some(self.known[*row].timestamp)).sort_key(&by)
        };
        match descending {
            false => rows.sort_by_cached_key(key),
            true => rows.sort_by_cached_key(|row| Reverse(key(row))),
        }
        rows
    }

    /// A JSON array of these rows, or of what is to be shown of them.
    pub(super) fn body(&self, rows: &[usize], shown: &Shown) -> Vec<Bytes> {
        if *shown == Shown::Whole {
            return self.store.body(rows.iter().copied());
        }
        let parts: Vec<String> =
            rows.iter().map(|row| part(&self.store.record(*row), shown)).collect();
        vec![Bytes::from(format!("[{}]", parts.join(",")))]
    }
}

/// What is to be shown of a row; always with its id.
pub(super) fn part(row: &[u8], shown: &Shown) -> String {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(row).unwrap_or_default();
    let members = members.into_iter().filter_map(|(name, value)| {
        let value = shown_of(&name, value.get(), shown)?;
        Some(format!("{}:{value}", super::error::quoted(&name)))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn shown_of(name: &str, value: &str, shown: &Shown) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let whole = || Some(value.to_owned());
    if lower == "id" {
        return whole();
    }
    match shown {
        Shown::Whole | Shown::Number => whole(),
        Shown::Without(names) => match names.contains(&lower) {
            true => None,
            false => whole(),
        },
        Shown::Only(names) if names.contains(&lower) => whole(),
        Shown::Only(names) => {
            let parts: Vec<&str> = names
                .iter()
                .filter_map(|path| path.strip_prefix(&*lower)?.strip_prefix('.'))
                .collect();
            let members: BTreeMap<String, &RawValue> = match parts.is_empty() {
                true => return None,
                false => serde_json::from_str(value).ok()?,
            };
            let members: Vec<String> = members
                .iter()
                .filter(|(name, _)| parts.contains(&&*name.to_ascii_lowercase()))
                .map(|(name, value)| format!("{}:{value}", super::error::quoted(name)))
                .collect();
            Some(format!("{{{}}}", members.join(",")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &[u8] =
        br#"{"schemas":["urn:x"],"id":"a1","clientIp":"::1","quotaCount":12345678901234567890123,
        "meta":{"created":"2018","location":"here"}}"#;

    #[test]
    fn attributes_show_alone_but_for_the_id() {
        let only = |names: &[&str]| {
            part(ROW, &Shown::Only(names.iter().map(|name| (*name).to_owned()).collect()))
        };
        assert_eq!(only(&["clientip"]), r#"{"clientIp":"::1","id":"a1"}"#);
        assert_eq!(only(&[]), r#"{"id":"a1"}"#);
        assert_eq!(only(&["meta.created", "who"]), r#"{"id":"a1","meta":{"created":"2018"}}"#);
        assert_eq!(only(&["quotacount"]), r#"{"id":"a1","quotaCount":12345678901234567890123}"#);
    }

    #[test]
    fn excluded_attributes_are_left_out_but_for_the_id() {
        let shown = Shown::Without(vec!["id".into(), "meta".into(), "quotacount".into()]);
        assert_eq!(part(ROW, &shown), r#"{"clientIp":"::1","id":"a1","schemas":["urn:x"]}"#);
    }
}
