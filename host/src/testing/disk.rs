//! A disk that can lose power and fill up.
//!
//! Invariant: what was synced survives; of what was written since, each write may
//! survive whole, in some of its sectors, or not at all, whatever became of the others.

use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// What a disk writes whole or not at all, in bytes.
const SECTOR: u64 = 512;

/// Numbers that are the same in every run of a test: splitmix64.
#[derive(Debug, Clone)]
pub struct Moments(pub u64);

impl Moments {
    /// The next number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, data) => write(bytes, *at, data),
            Self::Length(length) => bytes.resize(usize::try_from(*length).unwrap(), 0),
        }
    }
}

#[derive(Debug, Default)]
struct Inner {
    /// What a reader sees.
    bytes: Vec<u8>,
    /// What survives for sure.
    synced: Vec<u8>,
    /// What was done since.
    unsynced: Vec<Change>,
    /// Most bytes it holds.
    room: Option<u64>,
}

/// What several files share: changes and syncs so far, and at which of them it goes.
#[derive(Debug, Default)]
struct Power {
    operations: u64,
    cut_at: Option<u64>,
}

/// A file on such a disk. Cheap to clone; clones are the same file.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    inner: Arc<Mutex<Inner>>,
    power: Arc<Mutex<Power>>,
}

impl Disk {
    /// A file that holds these bytes, synced.
    pub fn holding(bytes: Vec<u8>) -> Self {
        let inner = Inner { synced: bytes.clone(), bytes, ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)), power: Arc::default() }
    }

    /// Another file, on the same power.
    pub fn beside(mut self, other: &Self) -> Self {
        self.power = other.power.clone();
        self
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a reader sees.
    pub fn bytes(&self) -> Vec<u8> {
        self.inner().bytes.clone()
    }

    /// Changes and syncs so far.
    pub fn operations(&self) -> u64 {
        self.power().operations
    }

    fn power(&self) -> MutexGuard<'_, Power> {
        self.power.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn operate(&self) -> Result<()> {
        let mut power = self.power();
        if power.cut_at.is_some_and(|at| power.operations >= at) {
            return Err(Error::other("the power is gone"));
        }
        power.operations += 1;
        Ok(())
    }

    /// Lets the power go at an operation: it and all behind it fail.
    pub fn cut_power_at(&self, operation: u64) {
        self.power().cut_at = Some(operation);
    }

    /// Takes no more than that many bytes.
    pub fn limit(&self, room: Option<u64>) {
        self.inner().room = room;
    }

    /// The power comes back: what it holds now.
    pub fn restore(&self, moments: &mut Moments) -> Self {
        let inner = self.inner();
        let mut bytes = inner.synced.clone();
        // All, none, or each as chance has it.
        let mood = moments.below(4);
        for change in &inner.unsynced {
            let fate = match mood {
                0 => 0,
                1 => 1,
                _ => moments.below(3),
            };
            match (change, fate) {
                (_, 0) => {}
                (Change::Write(at, data), 2) => torn(&mut bytes, *at, data, moments),
                (change, _) => change.apply(&mut bytes),
            }
        }
        Self::holding(bytes)
    }

    fn change(&self, change: Change) -> Result<()> {
        self.operate()?;
        let mut inner = self.inner();
        let end = match &change {
            Change::Write(at, data) => at + data.len() as u64,
            Change::Length(length) => *length,
        };
        if inner.room.is_some_and(|room| end > room && end > inner.bytes.len() as u64) {
            return Err(ErrorKind::StorageFull.into());
        }
        change.apply(&mut inner.bytes);
        inner.unsynced.push(change);
        Ok(())
    }
}

/// Some sectors of a write are there, whichever; the others are as before.
fn torn(bytes: &mut Vec<u8>, at: u64, data: &[u8], moments: &mut Moments) {
    let mut from = 0;
    while from < data.len() {
        let place = at + from as u64;
        let sector = usize::try_from(SECTOR - place % SECTOR).unwrap();
        let end = (from + sector).min(data.len());
        if moments.below(2) == 0 {
            write(bytes, place, &data[from..end]);
        }
        from = end;
    }
}

fn write(bytes: &mut Vec<u8>, at: u64, data: &[u8]) {
    let at = usize::try_from(at).unwrap();
    if bytes.len() < at + data.len() {
        bytes.resize(at + data.len(), 0);
    }
    bytes[at..at + data.len()].copy_from_slice(data);
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        Ok(self.inner().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let inner = self.inner();
        let start = usize::try_from(offset).unwrap();
        let part = inner.bytes.get(start..start + out.len());
        out.copy_from_slice(part.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.change(Change::Length(len))
    }

    fn sync_data(&self) -> Result<()> {
        self.operate()?;
        let mut inner = self.inner();
        let Inner { synced, unsynced, .. } = &mut *inner;
        for change in unsynced.drain(..) {
            change.apply(synced);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.change(Change::Write(offset, data.to_vec()))
    }
}
