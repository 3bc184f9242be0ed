//! One batch on its way to a server.

use std::ops::Range;

use super::unconfirmed::{Channels, Unconfirmed};
use crate::sinks::Line;
use crate::sinks::remote::unacknowledged_ids::{By, Key, Taken};

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The server has it.
    Accepted,
    /// The server refuses it; status and start of the answer.
    Refused(u16, String),
    /// It was not decided, since the delivery failed.
    Open,
}

/// A delivery under way.
#[derive(Debug)]
pub struct Delivery<'l> {
    pub lines: Vec<&'l Line>,
    pub keys: Vec<Key>,
    pub fates: Vec<Fate>,
    pub taken: Taken,
    /// What the server took and did not call safe yet.
    pub unconfirmed: Unconfirmed<'l>,
    /// Whether the server accepted an event of this batch, now or when it came before.
    pub is_proved: bool,
    pub refusals: u32,
    /// Answer to the last refusal.
    pub answer: String,
}

impl<'l> Delivery<'l> {
    pub fn new(lines: Vec<&'l Line>, keys: Vec<Key>, taken: Taken, channels: &'l Channels) -> Self {
        Self {
            fates: vec![Fate::Open; lines.len()],
            lines,
            keys,
            taken,
            unconfirmed: Unconfirmed::new(channels),
            is_proved: false,
            refusals: 0,
            answer: String::new(),
        }
    }

    /// How many events the server has.
    pub fn safe(&self) -> usize {
        self.fates.iter().filter(|fate| **fate == Fate::Accepted).count()
    }

    pub fn accept(&mut self, range: Range<usize>) {
        self.taken.add(self.keys[range.clone()].iter().copied(), By::Server);
        self.fates[range].fill(Fate::Accepted);
        self.is_proved = true;
    }
}
