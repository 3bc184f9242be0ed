//! What a server took of one delivery and has not called safe yet.
//!
//! "Number 0 is safe" is worth something only together with the channel and the life
//! of the server in which the number was given: a server that starts anew counts from
//! 0 again, and nothing in its answers names its life. Therefore a channel belongs to
//! one delivery at a time, and whatever does not fit an undisturbed life voids all that
//! is open on it: a number that does not rise, a request without an answer, an answer
//! that only says how the server is. What is void is sent again on a new channel.
//!
//! Invariant: a number that is asked for stands for one request. Within a life numbers
//! rise; the first request of another life either gets a number that does not, or no
//! answer, and both void what was open.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use data_encoding::HEXLOWER;
use http::HeaderValue;
use rand_core::{OsRng, RngCore as _};

/// Times that a number may come again before each request waits for its own
/// acknowledgement: one restart in mid-delivery is no reason, a server that never
/// counts on is (several of them behind one address, say).
const REPEATS: u32 = 2;

/// Channels on which nothing is open. They are used again, since servers keep what they
/// know of a channel for long.
#[derive(Debug, Default)]
pub struct Channels {
    free: Mutex<Vec<HeaderValue>>,
}

impl Channels {
    fn take(&self) -> HeaderValue {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(new_channel)
    }

    fn give_back(&self, channel: HeaderValue) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(channel);
    }
}

/// A name that no other sender has: a random GUID (UUID version 4).
pub fn new_channel() -> HeaderValue {
    let mut bytes = [0; 16];
    OsRng.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = HEXLOWER.encode(&bytes);
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    HeaderValue::from_str(&parts.join("-")).expect("hex digits and hyphens are visible ASCII")
}

/// The requests of a delivery that are taken and not safe, as ranges of its events.
#[derive(Debug)]
pub struct Unconfirmed<'c> {
    channels: &'c Channels,
    channel: HeaderValue,
    /// By the numbers given on the channel, rising.
    open: Vec<(u64, Range<usize>)>,
    newest: Option<u64>,
    void: Vec<Range<usize>>,
    repeats: u32,
    /// What voided the last of them.
    problem: String,
}

impl<'c> Unconfirmed<'c> {
    pub fn new(channels: &'c Channels) -> Self {
        Self {
            channels,
            channel: channels.take(),
            open: Vec::new(),
            newest: None,
            void: Vec::new(),
            repeats: 0,
            problem: String::new(),
        }
    }

    pub fn channel(&self) -> &HeaderValue {
        &self.channel
    }

    /// Numbers to ask for on the channel.
    pub fn numbers(&self) -> Vec<u64> {
        self.open.iter().map(|(number, _)| *number).collect()
    }

    /// Whether to wait for what is open before more is sent.
    pub fn is_full(&self) -> bool {
        self.repeats >= REPEATS && !self.open.is_empty()
    }

    /// A request got a number.
    pub fn took(&mut self, number: u64, range: Range<usize>) {
        let is_repeat = self.newest.is_some_and(|newest| number <= newest);
        self.newest = Some(number);
        self.open.push((number, range));
        if is_repeat {
            self.repeats += 1;
            self.doubt("gave a number twice, as after a restart");
        }
    }

    /// What is open may stand for something else by now.
    pub fn doubt(&mut self, problem: &str) {
        self.void.extend(self.open.drain(..).map(|(_, range)| range));
        self.newest = None;
        // Nothing is ever asked on the old one again, and a request that was given up
        // may still get a number there.
        self.channel = new_channel();
        self.problem = problem.to_owned();
    }

    /// Takes out what is safe.
    pub fn settle(&mut self, is_safe: impl Fn(u64) -> bool) -> Vec<Range<usize>> {
        let (safe, open) =
            std::mem::take(&mut self.open).into_iter().partition(|(number, _)| is_safe(*number));
        self.open = open;
        safe.into_iter().map(|(_, range): (u64, Range<usize>)| range).collect()
    }

    /// Takes out what is to be sent again, with what voided it.
    pub fn take_void(&mut self) -> (Vec<Range<usize>>, &str) {
        (std::mem::take(&mut self.void), &self.problem)
    }

    /// Everything is safe: the channel can serve another delivery.
    pub fn finish(self) {
        if self.open.is_empty() {
            self.channels.give_back(self.channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_does_not_rise_voids_what_was_open_and_changes_the_channel() {
        for number in [0, 1] {
            let channels = Channels::default();
            let mut unconfirmed = Unconfirmed::new(&channels);
            let first = unconfirmed.channel().clone();
            unconfirmed.took(0, 0..1);
            unconfirmed.took(1, 1..2);
            unconfirmed.took(number, 2..3);
            assert!(unconfirmed.numbers().is_empty());
            assert_ne!(unconfirmed.channel(), first);
            assert_eq!(unconfirmed.take_void().0, [0..1, 1..2, 2..3]);
        }
    }

    #[test]
    fn a_channel_is_used_again_only_after_an_undisturbed_delivery() {
        let channels = Channels::default();
        let unconfirmed = Unconfirmed::new(&channels);
        let first = unconfirmed.channel().clone();
        let second = Unconfirmed::new(&channels);
        assert_ne!(second.channel(), first);
        unconfirmed.finish();
        // Given up in mid-delivery.
        drop(second);
        assert_eq!(Unconfirmed::new(&channels).channel(), first);
        let mut third = Unconfirmed::new(&channels);
        assert_ne!(third.channel(), first);
        third.took(0, 0..1);
        third.finish();
        assert!(channels.free.lock().unwrap().is_empty());
    }
}
