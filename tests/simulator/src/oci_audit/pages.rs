//! Readings and page tokens.
//!
//! The invariant: a token carries all that is needed to answer its page, is
//! bound to its query, and cannot be made up. The server forgets nothing,
//! because it remembers nothing but which late records have come to light.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::query::ListEvents;
use crate::answer::Refusal;
use crate::lateness::Lateness;
use crate::prng::{Prng, mix};
use crate::record_store::RecordStore;

/// Orders kept for readings under way; others are worked out again.
const KEPT_ORDERS: usize = 16;

/// A place in a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageToken {
    /// What was asked ([`ListEvents::digest`]).
    query: u64,
    /// The reading's number; later readings have larger ones.
    reading: u64,
    /// Records processed from this time on were not there yet when the reading
    /// began.
    cutoff: i64,
    /// Records before this place.
    pub(super) offset: usize,
    /// Empty pages directly before this place.
    pub(super) empty_pages: u8,
}

impl PageToken {
    pub(super) fn at(self, offset: usize) -> Self {
        Self { offset, empty_pages: 0, ..self }
    }

    pub(super) fn after_empty_page(self) -> Self {
        Self { empty_pages: self.empty_pages.saturating_add(1), ..self }
    }

    /// The same for every reading of the same query that got this far.
    pub(super) fn place(&self) -> u64 {
        mix(self.query, self.offset as u64)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, self.empty_pages];
        for number in [self.query, self.reading, self.cutoff.cast_unsigned(), self.offset as u64] {
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, numbers) = bytes.split_at_checked(2)?;
        let (numbers, rest) = numbers.as_chunks::<8>();
        let [query, reading, cutoff, offset] = numbers else {
            return None;
        };
        (head[0] == VERSION && rest.is_empty()).then_some(())?;
        Some(Self {
            query: u64::from_be_bytes(*query),
            reading: u64::from_be_bytes(*reading),
            cutoff: i64::from_be_bytes(*cutoff),
            offset: usize::try_from(u64::from_be_bytes(*offset)).ok()?,
            empty_pages: head[1],
        })
    }
}

/// First byte of a token's content.
const VERSION: u8 = 1;
/// Bytes of a seal: enough that a made-up token never passes by chance, and such
/// that tokens end in `==`, as Oracle's do, and must be percent-encoded.
const SEAL: usize = 6;

/// Seals positions into tokens and opens them again.
pub(super) struct TokenKey([u8; 8]);

impl TokenKey {
    pub(super) fn new(seed: u64) -> Self {
        // A token of the same seed survives a restart, as Oracle's would.
        Self(mix(seed, 0x70ce).to_be_bytes())
    }

    pub(super) fn seal(&self, position: &PageToken) -> String {
        let mut bytes = position.encode();
        bytes.extend(self.digest(&bytes));
        URL_SAFE.encode(bytes)
    }

    /// The position in a token that belongs to this query.
    pub(super) fn open(&self, token: &str, query: u64) -> Result<PageToken, Refusal> {
        let position = self
            .unseal(token)
            .ok_or_else(|| Refusal::invalid_parameter("page: not a page token"))?;
        if position.query != query {
            return Err(Refusal::invalid_parameter(
                "page: this page token belongs to another compartment, region or time range",
            ));
        }
        Ok(position)
    }

    fn unseal(&self, token: &str) -> Option<PageToken> {
        let bytes = URL_SAFE.decode(token).ok()?;
        let (content, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        (self.digest(content) == seal).then(|| PageToken::decode(content))?
    }

    fn digest(&self, content: &[u8]) -> Vec<u8> {
        let hash = Sha256::new().chain_update(self.0).chain_update(content);
        hash.finalize()[..SEAL].to_vec()
    }
}

/// A number that stands for a token.
pub(super) fn fingerprint(token: &str) -> u64 {
    super::first_eight(&Sha256::digest(token.as_bytes()))
}

/// The records of a reading, in the order in which it shows them.
pub(super) enum Order {
    Run(Range<usize>),
    List(Arc<[u32]>),
}

impl Order {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Run(range) => range.len(),
            Self::List(list) => list.len(),
        }
    }

    pub(super) fn body(&self, store: &RecordStore, part: Range<usize>) -> Vec<Bytes> {
        match self {
            Self::Run(range) => store.body(range.start + part.start..range.start + part.end),
            Self::List(list) => store.body(list[part].iter().map(|index| *index as usize)),
        }
    }
}

/// Which records a reading shows, and in which order.
pub(super) struct Readings {
    seed: u64,
    shuffle: bool,
    /// Numbers readings and the moments when late records come to light.
    sequence: AtomicU64,
    /// Late records by region, empty where none are late.
    late: Vec<Lateness>,
    orders: Mutex<VecDeque<(u64, Arc<[u32]>)>>,
}

impl Readings {
    pub(super) fn new(stores: &[RecordStore], seed: u64, shuffle: bool, share: f64) -> Self {
        let chosen = mix(seed, 0x1a7e);
        let late = |(region, store): (usize, &RecordStore)| {
            Lateness::new(mix(chosen, region as u64), store.len(), share)
        };
        Self {
            seed,
            shuffle,
            sequence: AtomicU64::new(1),
            late: stores.iter().enumerate().map(late).collect(),
            orders: Mutex::new(VecDeque::new()),
        }
    }

    /// The start of a new reading.
    pub(super) fn begin(&self, query: u64, now: i64) -> PageToken {
        PageToken {
            query,
            reading: self.sequence.fetch_add(1, Ordering::AcqRel),
            cutoff: now,
            offset: 0,
            empty_pages: 0,
        }
    }

    /// The records that the reading shows.
    pub(super) fn order(
        &self,
        store: &RecordStore,
        region: usize,
        query: &ListEvents,
        position: &PageToken,
    ) -> Order {
        let range = visible(store, query, position);
        let late = self.late_of(store, region);
        if late.is_none() && !self.shuffle {
            return Order::Run(range);
        }
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, order)) = orders.iter().find(|(known, _)| *known == position.reading) {
            return Order::List(Arc::clone(order));
        }
        let order = self.arrange(range, late, position.reading);
        if orders.len() == KEPT_ORDERS {
            orders.pop_front();
        }
        orders.push_back((position.reading, Arc::clone(&order)));
        Order::List(order)
    }

    fn arrange(&self, range: Range<usize>, late: Option<&Lateness>, reading: u64) -> Arc<[u32]> {
        let mut list: Vec<u32> = range
            .filter(|record| late.is_none_or(|late| !late.hides_from(*record, reading)))
            .filter_map(|record| u32::try_from(record).ok())
            .collect();
        if self.shuffle {
            // Fisher-Yates, from the last place to the second.
            let mut random = Prng::new(mix(self.seed, 0x5487), reading);
            for last in (1..list.len()).rev() {
                list.swap(last, random.index(last + 1));
            }
        }
        list.into()
    }

    /// The reading was served to its last page: the late records that it
    /// covered show from now on, in readings that begin from now on.
    pub(super) fn served(
        &self,
        store: &RecordStore,
        region: usize,
        query: &ListEvents,
        position: &PageToken,
    ) {
        let Some(late) = self.late_of(store, region) else {
            return;
        };
        let since = self.sequence.fetch_add(1, Ordering::AcqRel);
        for record in visible(store, query, position) {
            late.reveal_at(record, since);
        }
    }

    /// Which of the store's records are late, if any are; none are of the compartment
    /// without any.
    fn late_of(&self, store: &RecordStore, region: usize) -> Option<&Lateness> {
        self.late.get(region).filter(|late| !late.is_empty() && store.len() > 0)
    }
}

fn visible(store: &RecordStore, query: &ListEvents, position: &PageToken) -> Range<usize> {
    store.between(query.start, query.end.min(position.cutoff))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSITION: PageToken =
        PageToken { query: 1, reading: 2, cutoff: -3, offset: 4, empty_pages: 5 };

    #[test]
    fn a_token_opens_for_its_own_query_only() {
        let key = TokenKey::new(1);
        let token = key.seal(&POSITION);
        assert!(
            token.ends_with("==")
                && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte)),
            "{token}"
        );
        assert_eq!(key.open(&token, 1), Ok(POSITION));
        let refusal = key.open(&token, 2).unwrap_err();
        assert!(refusal.message.contains("another"), "{}", refusal.message);
    }

    #[test]
    fn a_token_that_was_tampered_with_is_no_token() {
        let key = TokenKey::new(1);
        let token = key.seal(&POSITION);
        for index in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            assert!(key.open(&forged, 1).is_err(), "{forged}");
        }
        for garbage in ["", "A", "AAAA", "not a token", &token[4..], "=="] {
            assert!(key.open(garbage, 1).is_err(), "{garbage}");
        }
        assert!(TokenKey::new(2).open(&token, 1).is_err());
    }
}
