//! What a sink has taken of batches that were not committed.
//!
//! A batch may fail half way, at another sink of its source or at the commit, and
//! comes again. What was taken of it must not go out twice while this process
//! lives. Invariant: an id is here from when its batch failed until a batch with it
//! is committed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::sinks::{Line, Receipt};

/// Most ids remembered: beyond it, events of failed batches go out twice, with
/// the same id, rather than memory growing. 16 bytes each and their table.
const MOST: usize = 1_000_000;

/// An event, whoever delivers it.
pub type Key = [u8; 16];

/// The key of a line.
pub fn key(line: &Line) -> Key {
    let mut digest = Sha256::new();
    digest.update(line.owner.source.as_bytes());
    digest.update([0]);
    digest.update(line.id.as_bytes());
    let mut key = Key::default();
    key.copy_from_slice(&digest.finalize()[..16]);
    key
}

/// How an event was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By the server.
    Server,
    /// By the dead letters.
    DeadLetters,
}

/// The ids taken and not committed.
#[derive(Debug, Clone, Default)]
pub struct UnacknowledgedIds {
    taken: Arc<Mutex<HashMap<Key, By>>>,
}

impl UnacknowledgedIds {
    fn taken(&self) -> MutexGuard<'_, HashMap<Key, By>> {
        // A map is whole whatever panicked beside it.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn of(&self, key: &Key) -> Option<By> {
        self.taken().get(key).copied()
    }

    fn remember(&self, keys: &[(Key, By)]) {
        let mut taken = self.taken();
        let room = MOST.saturating_sub(taken.len());
        taken.extend(keys.iter().take(room).copied());
    }
}

/// What is taken of a batch. Dropped unsettled, also in mid-delivery, it is
/// remembered.
#[derive(Debug)]
pub struct Taken {
    memory: UnacknowledgedIds,
    keys: Vec<(Key, By)>,
}

impl Taken {
    pub fn new(memory: &UnacknowledgedIds) -> Self {
        Self { memory: memory.clone(), keys: Vec::new() }
    }

    pub fn add(&mut self, keys: impl IntoIterator<Item = Key>, by: By) {
        self.keys.extend(keys.into_iter().map(|key| (key, by)));
    }
}

impl Receipt for Taken {
    fn settle(mut self: Box<Self>) {
        let mut taken = self.memory.taken();
        for (key, _) in &self.keys {
            taken.remove(key);
        }
        drop(taken);
        self.keys.clear();
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.memory.remember(&self.keys);
    }
}
