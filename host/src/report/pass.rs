//! One pass over files: one thread reads blocks and cuts them between lines, as many as
//! there are processors count, and the one that called puts their rows in order.
//!
//! Invariants: memory is bounded by [`BLOCKS`] of [`BLOCK`] bytes, whatever is read; rows
//! come in the order of the lines; of input that cannot be read any further what stands
//! before is counted, and the place is told.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};

use super::counting::{Counting, Rows};
use crate::payload::Payload;

/// Bytes of a block: a thousand lines, so that handing it over costs nothing, and small
/// enough to stay in a processor's cache.
const BLOCK: usize = 1 << 20;

/// Blocks under way: some for each of a few threads.
const BLOCKS: usize = 16;

/// Longest line. A line of ours is at most a record of 8 MiB, twice.
const LONGEST_LINE: usize = 64 << 20;

/// Something to read.
pub struct Input {
    /// Its name, for messages.
    pub name: String,
    /// Its bytes, plain or gzip.
    pub reader: Box<dyn Read + Send>,
}

/// Something that could not be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// An input that cannot be read any further, and why.
    Unreadable(String, String),
    /// The first line of an input that is no event, from 1.
    UnknownLine(String, u64),
    /// A line that is too long to be one, from 1.
    TooLong(String, u64),
}

impl Problem {
    /// Whether something was not read that may hold events.
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::UnknownLine(..))
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(name, error) => write!(f, "{name}: {error}"),
            Self::UnknownLine(name, line) => write!(
                f,
                "{name}: line {line} is the first that is no event in a format that signon \
                 writes; it was passed over"
            ),
            Self::TooLong(name, line) => write!(
                f,
                "{name}: line {line} is longer than {} MiB; it was passed over",
                LONGEST_LINE >> 20
            ),
        }
    }
}

/// Reads records as their sources sent them: lines of them in, lines of events out. With
/// no lines it is at its end and gives what it still has.
pub type Normalize<'n> = dyn FnMut(&'static str, &[u8]) -> Result<Vec<u8>, String> + 'n;

/// What the caller does with what comes of a pass.
pub struct Outcome<'o> {
    /// Takes rows as they come; an error ends the pass.
    pub rows: &'o mut dyn FnMut(&str) -> std::io::Result<()>,
    /// Is told how many bytes were read since it was told last.
    pub read: &'o mut dyn FnMut(u64),
    /// Reads raw records.
    pub normalize: &'o mut Normalize<'o>,
}

/// A piece of an input.
struct Block {
    number: u64,
    input: usize,
    bytes: Vec<u8>,
    /// How many of those bytes are lines: a buffer that comes back is not cleared again.
    length: usize,
    /// Bytes of the input, which may have been compressed, since the block before.
    read: u64,
    /// Why nothing of this input follows.
    ends: Option<String>,
    /// A line that began before this block and was left out.
    left_out: bool,
}

/// What became of one.
struct Done {
    block: Block,
    rows: Rows,
}

/// Reads all inputs; `make` makes what a thread counts with.
///
/// # Errors
///
/// When rows cannot be written.
pub fn pass<'q>(
    inputs: Vec<Input>,
    threads: usize,
    make: &(dyn Fn() -> Counting<'q> + Sync),
    mut outcome: Outcome<'_>,
) -> std::io::Result<(Counting<'q>, Vec<Problem>)> {
    let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    let (free, pool) = sync_channel::<Vec<u8>>(BLOCKS);
    for _ in 0..BLOCKS {
        // There is room for all of them.
        let _ = free.send(Vec::new());
    }
    let (hand_over, work) = sync_channel::<Block>(BLOCKS);
    let work = Mutex::new(work);
    let (hand_in, done) = channel::<Done>();
    std::thread::scope(|scope| {
        scope.spawn(move || read_all(inputs, &pool, &hand_over));
        let mut counters = Vec::new();
        for _ in 0..threads.max(1) {
            let (work, hand_in) = (&work, hand_in.clone());
            counters.push(scope.spawn(move || {
                let mut counting = make();
                // Whoever panicked while it had the lock took nothing.
                let next = || work.lock().unwrap_or_else(|e| e.into_inner()).recv();
                while let Ok(block) = next() {
                    let rows = counting.lines(&block.bytes[..block.length]);
                    if hand_in.send(Done { block, rows }).is_err() {
                        break;
                    }
                }
                counting
            }));
        }
        drop(hand_in);
        let mut counting = make();
        let mut order = InOrder::new(&names);
        let mut result = Ok(());
        for finished in &done {
            order.waiting.insert(finished.block.number, finished);
            while result.is_ok()
                && let Some(next) = order.waiting.remove(&order.next)
            {
                order.next += 1;
                result = order.take(next, &mut counting, &mut outcome, &free);
            }
            if result.is_err() {
                break;
            }
        }
        // Whoever reads and counts ends with what it hands over to.
        drop((done, free));
        let ended = result.is_ok();
        for counter in counters {
            let counted = counter.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            counting.merge(counted);
        }
        if ended {
            order.end(&mut counting, &mut outcome)?;
        }
        result.map(|()| (counting, order.problems))
    })
}

/// Puts what the threads did in the order of the lines.
struct InOrder<'n> {
    names: &'n [String],
    next: u64,
    waiting: BTreeMap<u64, Done>,
    input: usize,
    /// Lines of the input so far.
    lines: u64,
    /// Whether an unknown line of the input was told.
    told: bool,
    components: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'n> InOrder<'n> {
    fn new(names: &'n [String]) -> Self {
        Self {
            names,
            next: 0,
            waiting: BTreeMap::new(),
            input: 0,
            lines: 0,
            told: false,
            components: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn take(
        &mut self,
        done: Done,
        counting: &mut Counting<'_>,
        outcome: &mut Outcome<'_>,
        free: &SyncSender<Vec<u8>>,
    ) -> std::io::Result<()> {
        let Done { block, rows } = done;
        if block.input != self.input {
            (self.input, self.lines, self.told) = (block.input, 0, false);
        }
        let name = &self.names[block.input];
        if block.left_out {
            self.lines += 1;
            counting.unreadable(1);
            self.problems.push(Problem::TooLong(name.clone(), self.lines));
        }
        if let Some(first) = rows.first_unknown.filter(|_| !self.told) {
            self.told = true;
            self.problems.push(Problem::UnknownLine(name.clone(), self.lines + first + 1));
        }
        self.lines += rows.lines;
        if let Some(error) = block.ends {
            self.problems.push(Problem::Unreadable(name.clone(), error));
        }
        // One that a long line made long is not kept; the reader may be at its end already.
        let kept = if block.bytes.len() > 2 * BLOCK { Vec::new() } else { block.bytes };
        let _ = free.try_send(kept);
        (outcome.read)(block.read);
        if !rows.text.is_empty() {
            (outcome.rows)(&rows.text)?;
        }
        for (component, records) in rows.raw {
            if !self.components.contains(&component) {
                self.components.push(component);
            }
            self.normalize(component, &records, counting, outcome)?;
        }
        Ok(())
    }

    fn normalize(
        &mut self,
        component: &'static str,
        records: &[u8],
        counting: &mut Counting<'_>,
        outcome: &mut Outcome<'_>,
    ) -> std::io::Result<()> {
        match (outcome.normalize)(component, records) {
            Ok(lines) => {
                let rows = counting.events_of_raw(&lines);
                if rows.text.is_empty() { Ok(()) } else { (outcome.rows)(&rows.text) }
            }
            Err(error) => {
                let name = self.names.get(self.input).cloned().unwrap_or_default();
                self.problems.push(Problem::Unreadable(name, error));
                Ok(())
            }
        }
    }

    /// What components still have.
    fn end(
        &mut self,
        counting: &mut Counting<'_>,
        outcome: &mut Outcome<'_>,
    ) -> std::io::Result<()> {
        for component in std::mem::take(&mut self.components) {
            self.normalize(component, &[], counting, outcome)?;
        }
        Ok(())
    }
}

/// Cuts inputs into blocks of whole lines.
fn read_all(inputs: Vec<Input>, pool: &Receiver<Vec<u8>>, hand_over: &SyncSender<Block>) {
    let mut number = 0;
    for (input, Input { reader, .. }) in inputs.into_iter().enumerate() {
        let read = Arc::new(AtomicU64::new(0));
        let mut reading = Reading {
            payload: Payload::new(Counted { reader, bytes: read.clone() }),
            read,
            carried: Vec::new(),
            skipping: false,
        };
        loop {
            let Ok(buffer) = pool.recv() else { return };
            let (mut block, ended) = reading.next(buffer);
            (block.number, block.input) = (number, input);
            number += 1;
            if hand_over.send(block).is_err() {
                return;
            }
            if ended {
                break;
            }
        }
    }
}

struct Reading {
    payload: Payload<Counted>,
    /// Bytes read since it was last told.
    read: Arc<AtomicU64>,
    /// The start of a line whose end was not read yet.
    carried: Vec<u8>,
    /// Whether that line is too long and is left out.
    skipping: bool,
}

impl Reading {
    /// The next block, in a buffer that was used before, and whether it is the last.
    fn next(&mut self, mut bytes: Vec<u8>) -> (Block, bool) {
        let mut ends = None;
        let mut left_out = false;
        let mut ended = false;
        let mut length = self.carried.len();
        if bytes.len() < length + BLOCK {
            bytes.resize(length + BLOCK, 0);
        }
        bytes[..length].copy_from_slice(&self.carried);
        self.carried.clear();
        loop {
            while length < bytes.len() && !ended {
                match self.payload.read(&mut bytes[length..]) {
                    Ok(0) => ended = true,
                    Ok(read) => length += read,
                    Err(error) => {
                        ends = Some(error.to_string());
                        ended = true;
                    }
                }
            }
            if self.skipping {
                let end = memchr::memchr(b'\n', &bytes[..length]);
                let rest = end.map_or(length, |end| end + 1);
                bytes.copy_within(rest..length, 0);
                length -= rest;
                left_out |= end.is_some() || ended;
                self.skipping = end.is_none();
            }
            let last = memchr::memrchr(b'\n', &bytes[..length]).map(|at| at + 1);
            match last {
                _ if ended => break,
                Some(end) => {
                    self.carried.extend(&bytes[end..length]);
                    length = end;
                    break;
                }
                None if length > LONGEST_LINE => {
                    length = 0;
                    self.skipping = true;
                }
                None if length == bytes.len() => bytes.resize(2 * length, 0),
                None => {}
            }
        }
        let read = self.read.swap(0, Relaxed);
        (Block { number: 0, input: 0, bytes, length, read, ends, left_out }, ended)
    }
}

/// Counts what is read, before it is decompressed.
struct Counted {
    reader: Box<dyn Read + Send>,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}
