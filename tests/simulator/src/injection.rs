//! Deciding, request by request, what goes wrong.
//!
//! The invariant: the same place (query and offset) is struck at most
//! [`MOST_IN_A_ROW`] times in a row, whatever the probabilities, so that a
//! client that retries, or that reads the range again, always finishes.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::faults::{Fault, Faults};
use crate::prng::Prng;

/// Three, because the official SDKs give up after eight attempts and careful
/// clients after fewer.
pub(crate) const MOST_IN_A_ROW: u8 = 3;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InjectedFault {
    Throttle { retry_after: Option<u64> },
    ServerError { status: u16, json: bool },
    Cut,
    ExpireToken,
}

/// A number that stands for a place (or anything else) that these texts name.
pub(crate) fn place_of(texts: &[&[u8]]) -> u64 {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[derive(Debug)]
pub(crate) struct Injector {
    faults: Faults,
    seed: u64,
    requests: AtomicU64,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    /// Strikes in a row, by place. An entry goes when the place was served.
    struck: HashMap<u64, u8>,
    /// Page tokens that were declared expired: that happens to each once.
    expired: HashSet<u64>,
}

impl Injector {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        Self { faults, seed, requests: AtomicU64::new(0), places: Mutex::new(Places::default()) }
    }

    /// The generator of one more request, seeded by its number.
    pub(crate) fn request(&self) -> Prng {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        // Kept apart from the record generators, which use the bare index.
        Prng::new(self.seed ^ 0xfa17, number)
    }

    /// What happens to a request for this place, continued with this token.
    pub(crate) fn strike(
        &self,
        random: &mut Prng,
        place: u64,
        token: Option<u64>,
    ) -> Option<InjectedFault> {
        let strike = self.roll(random, token.is_some());
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let strike = strike.filter(|strike| match (strike, token) {
            (InjectedFault::ExpireToken, Some(token)) => !places.expired.contains(&token),
            _ => true,
        });
        let row = places.struck.get(&place).copied().unwrap_or(0);
        let Some(strike) = strike.filter(|_| row < MOST_IN_A_ROW) else {
            places.struck.remove(&place);
            return None;
        };
        places.struck.insert(place, row + 1);
        if let (InjectedFault::ExpireToken, Some(token)) = (strike, token) {
            places.expired.insert(token);
        }
        Some(strike)
    }

    /// What happens to a request for this place that authenticates itself with
    /// a token. Taking the token back is one of the things that happen, but
    /// never twice in a row at the same place: a client that renews its token
    /// once must get through.
    pub(crate) fn strike_bearer(
        &self,
        random: &mut Prng,
        place: u64,
        token: u64,
    ) -> Option<InjectedFault> {
        let strike = self.strike(random, place, Some(token))?;
        if strike == InjectedFault::ExpireToken {
            self.exhaust(place);
        }
        Some(strike)
    }

    /// Whether the token was taken back; if so, the place is not struck next
    /// time, whoever it was that lost the token.
    pub(crate) fn taken_back(&self, place: u64, token: u64) -> bool {
        let expired = {
            let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places.expired.contains(&token)
        };
        if expired {
            self.exhaust(place);
        }
        expired
    }

    fn exhaust(&self, place: u64) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.struck.insert(place, MOST_IN_A_ROW);
    }

    /// Whether this page is to be empty; `before` counts the empty pages that
    /// directly precede it.
    pub(crate) fn empty_page(&self, random: &mut Prng, before: u8) -> bool {
        before < MOST_IN_A_ROW
            && self.faults.iter().any(|fault| match fault {
                Fault::EmptyPages { share } => random.chance(*share),
                _ => false,
            })
    }

    fn roll(&self, random: &mut Prng, continued: bool) -> Option<InjectedFault> {
        self.faults.iter().find_map(|fault| match *fault {
            Fault::Throttle { share, retry_after } => {
                random.chance(share).then_some(InjectedFault::Throttle { retry_after })
            }
            Fault::ServerError { share } => {
                random.chance(share).then(|| InjectedFault::ServerError {
                    status: *random.pick(&[500, 502, 503, 504]),
                    // A proxy in between answers in HTML, if at all.
                    json: !random.one_in(3),
                })
            }
            Fault::Cut { share } => random.chance(share).then_some(InjectedFault::Cut),
            Fault::ExpireToken { share } => {
                (continued && random.chance(share)).then_some(InjectedFault::ExpireToken)
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injector(specifications: &[&str]) -> Injector {
        Injector::new(Faults::parse_all(specifications).unwrap(), 1)
    }

    fn strike(injector: &Injector, place: u64, token: Option<u64>) -> Option<InjectedFault> {
        injector.strike(&mut injector.request(), place, token)
    }

    #[test]
    fn a_place_is_struck_at_most_three_times_in_a_row() {
        let injector = injector(&["429=1:7", "cut=1"]);
        for place in [1, 2] {
            for _ in 0..2 {
                for _ in 0..MOST_IN_A_ROW {
                    assert_eq!(
                        strike(&injector, place, None),
                        Some(InjectedFault::Throttle { retry_after: Some(7) })
                    );
                }
                assert_eq!(strike(&injector, place, None), None);
            }
        }
    }

    #[test]
    fn a_token_expires_once_and_a_place_not_for_ever() {
        let injector = injector(&["expire-token=1"]);
        assert_eq!(strike(&injector, 1, None), None);
        assert_eq!(strike(&injector, 1, Some(10)), Some(InjectedFault::ExpireToken));
        assert_eq!(strike(&injector, 1, Some(10)), None);
        for token in 11..14 {
            assert_eq!(strike(&injector, 1, Some(token)), Some(InjectedFault::ExpireToken));
        }
        assert_eq!(strike(&injector, 1, Some(14)), None);
    }

    #[test]
    fn a_bearer_token_is_taken_back_once_and_the_next_one_gets_through() {
        let injector = injector(&["expire-token=1"]);
        let strike = |token| injector.strike_bearer(&mut injector.request(), 1, token);
        assert!(!injector.taken_back(1, 10));
        assert_eq!(strike(10), Some(InjectedFault::ExpireToken));
        assert!(injector.taken_back(1, 10));
        assert_eq!(strike(11), None);
        assert_eq!(strike(11), Some(InjectedFault::ExpireToken));
        // Elsewhere, someone else finds the token gone and then gets through.
        assert!(injector.taken_back(2, 11));
        assert_eq!(injector.strike_bearer(&mut injector.request(), 2, 12), None);
    }

    #[test]
    fn server_errors_are_of_all_four_kinds_and_some_are_no_json() {
        let injector = injector(&["5xx=1"]);
        let mut seen = HashSet::new();
        for place in 0..100 {
            match strike(&injector, place, None) {
                Some(InjectedFault::ServerError { status, json }) => seen.insert((status, json)),
                other => panic!("{other:?}"),
            };
        }
        assert_eq!(seen.len(), 8, "{seen:?}");
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let strikes = || {
            let injector = injector(&["429=0.3", "5xx=0.3"]);
            (0..50).map(|place| strike(&injector, place, None)).collect::<Vec<_>>()
        };
        assert_eq!(strikes(), strikes());
    }

    #[test]
    fn empty_pages_end_after_three() {
        let injector = injector(&["empty-pages=1"]);
        let mut random = injector.request();
        assert!(injector.empty_page(&mut random, 0));
        assert!(injector.empty_page(&mut random, 2));
        assert!(!injector.empty_page(&mut random, MOST_IN_A_ROW));
    }
}
