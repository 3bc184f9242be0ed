//! What the state keeps of the records of sources that report the same sign-ons.
//!
//! Invariant: nothing here grows with untrusted input. Ids, users and addresses
//! are kept as digests of fixed length, which is all that comparing them needs.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// SHA-256, cut to 16 bytes, in hexadecimal: two texts that share one by chance would
/// need 2^64 of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fold(String);

impl Fold {
    /// Of a text as it stands.
    pub fn of(text: &str) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(text)[..16]))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A record of a source, by its own id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordKey {
    /// Source id.
    pub source: String,
    /// The record's own id.
    pub id: Fold,
}

impl RecordKey {
    /// One text, unambiguous: no source id holds the separator.
    pub fn text(&self) -> String {
        format!("{}\u{1f}{}", self.source, self.id.as_str())
    }
}

/// An id and what it looks like: ids of one origin look alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownId {
    /// The id.
    pub id: Fold,
    /// The same with every letter and digit alike.
    pub form: Fold,
}

impl KnownId {
    /// Of an id as the source writes it.
    pub fn of(id: &str) -> Self {
        let form: String = id.chars().map(|c| if c.is_alphanumeric() { 'x' } else { c }).collect();
        Self { id: Fold::of(id), form: Fold::of(&form) }
    }
}

/// What a sign-on looks like where no id tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// Correlation, activity and outcome.
    pub key: Fold,
    /// When it happened, Unix milliseconds.
    pub time: i64,
    /// Every name and id of the user.
    pub users: Vec<Fold>,
    /// The identity domain by id, by name and as people call it: of what a source does
    /// not tell nothing.
    pub domain: [Vec<Fold>; 3],
    /// Every address it came from.
    pub addresses: Vec<Fold>,
}

/// The other half of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Which record.
    pub key: RecordKey,
    /// Whether an id told, and not the looks.
    pub by_id: bool,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Delivered; what yielded to it, at most one record of each other source.
    Delivered(Vec<Partner>),
    /// Not delivered, since this one was.
    Yielded(Partner),
}

/// A record that was delivered, or that yielded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOnRecord {
    /// Which record.
    pub key: RecordKey,
    /// What its own id looks like.
    pub form: Fold,
    /// Ids it carries beside its own.
    pub same_as: Vec<KnownId>,
    /// What it looks like; `None` where too little is known to compare.
    pub looks: Option<Looks>,
    /// What became of it.
    pub standing: Standing,
    /// When it was committed, Unix milliseconds: what it is forgotten by.
    pub at: i64,
}

/// Which records are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Those that have or carry an id.
    Id(Fold),
    /// Those that look so, from one time to another, both included.
    Looks {
        /// Correlation, activity and outcome.
        key: Fold,
        /// From, Unix milliseconds.
        from: i64,
        /// To, Unix milliseconds.
        to: i64,
    },
}
