//! Who may deliver an event: in memory, an id is free, or claimed by one batch.
//!
//! Two readings may meet the same event at the same time: the live edge and a backfill,
//! or two sources that report the same sign-ons. The first claims it; the other waits
//! for that batch alone, and then finds it committed or claims it itself. No lock of a
//! stream is held while a sink is awaited.
//!
//! Invariants: a claim is asked for all at once and granted in the order of asking, so
//! that nobody waits for somebody who waits for her; and between the grant and its end
//! no other claim holds any of its keys.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// What is claimed, as a hash with a key of this process: where two things share one by
/// chance, one batch waits for another, and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimKey(u64);

type Ticket = u64;

#[derive(Debug, Default)]
struct Table {
    tickets: Ticket,
    /// Who holds a key.
    held: HashMap<ClaimKey, Ticket>,
    /// Who waits for a key, in the order of asking.
    waiting: HashMap<ClaimKey, VecDeque<Ticket>>,
    /// For each who waits, for how many keys, and how it is woken.
    waiters: HashMap<Ticket, (usize, oneshot::Sender<()>)>,
}

/// The claims of a process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    table: Arc<Mutex<Table>>,
    hasher: Arc<RandomState>,
}

/// Keys that are held, or waited for, until this is dropped.
#[derive(Debug)]
pub struct Claim {
    claims: Claims,
    ticket: Ticket,
    keys: Vec<ClaimKey>,
}

impl Claims {
    /// The key of a thing; what tells kinds of things apart is part of it.
    pub fn key(&self, thing: impl Hash) -> ClaimKey {
        ClaimKey(self.hasher.hash_one(thing))
    }

    /// Waits until all the keys are free, and holds them.
    pub async fn claim(&self, keys: impl IntoIterator<Item = ClaimKey>) -> Claim {
        let keys: BTreeSet<ClaimKey> = keys.into_iter().collect();
        let (claim, granted) = self.enroll(keys.into_iter().collect());
        if let Some(granted) = granted {
            // The sender lives in the table until the claim is dropped.
            let _ = granted.await;
        }
        claim
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No call that could panic leaves it half changed.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enroll(&self, keys: Vec<ClaimKey>) -> (Claim, Option<oneshot::Receiver<()>>) {
        let mut table = self.table();
        table.tickets += 1;
        let ticket = table.tickets;
        let mut missing = 0;
        for key in &keys {
            if table.held.contains_key(key) {
                table.waiting.entry(*key).or_default().push_back(ticket);
                missing += 1;
            } else {
                table.held.insert(*key, ticket);
            }
        }
        let claim = Claim { claims: self.clone(), ticket, keys };
        if missing == 0 {
            return (claim, None);
        }
        let (wake, granted) = oneshot::channel();
        table.waiters.insert(ticket, (missing, wake));
        (claim, Some(granted))
    }
}

impl Table {
    /// Hands a key on to whoever waits for it longest.
    fn release(&mut self, key: ClaimKey) {
        let Some(queue) = self.waiting.get_mut(&key) else {
            self.held.remove(&key);
            return;
        };
        // A queue is taken away with its last waiter.
        let next = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&key);
        }
        let Some(next) = next else { return };
        self.held.insert(key, next);
        if let Some((missing, _)) = self.waiters.get_mut(&next) {
            *missing -= 1;
            if *missing == 0
                && let Some((_, wake)) = self.waiters.remove(&next)
            {
                // Who does not wait any more gives everything back with its claim.
                let _ = wake.send(());
            }
        }
    }
}

impl Claim {
    /// Whether it holds all of these.
    pub fn holds(&self, keys: &[ClaimKey]) -> bool {
        keys.iter().all(|key| self.keys.binary_search(key).is_ok())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut table = self.claims.table();
        table.waiters.remove(&self.ticket);
        for key in &self.keys {
            if table.held.get(key) == Some(&self.ticket) {
                table.release(*key);
            } else if let Some(queue) = table.waiting.get_mut(key) {
                queue.retain(|ticket| *ticket != self.ticket);
                if queue.is_empty() {
                    table.waiting.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
