//! Parts of batches: which are tried next, and what they are called.

use std::ops::Range;

use data_encoding::HEXLOWER;
use http::HeaderValue;
use rand_core::{OsRng, RngCore as _};
use sha2::{Digest as _, Sha256};

use crate::sinks::Line;
use crate::sinks::remote::unacknowledged_ids::key;

/// Two halves, the first one next.
pub fn halve_in_order(range: Range<usize>, work: &mut Vec<Range<usize>>) {
    let middle = range.start + range.len() / 2;
    work.extend([middle..range.end, range.start..middle]);
}

/// Two halves, the one to be tried next chosen by chance.
fn halve(range: Range<usize>, work: &mut Vec<Range<usize>>) {
    let middle = range.start + range.len() / 2;
    let (first, second) = (range.start..middle, middle..range.end);
    work.extend(if OsRng.next_u32() & 1 == 0 { [first, second] } else { [second, first] });
}

/// The culprit apart from what is before and behind it; halves if it is not known.
pub fn split(range: Range<usize>, culprit: Option<usize>, work: &mut Vec<Range<usize>>) {
    match culprit.filter(|index| *index < range.len()) {
        None => halve(range, work),
        Some(index) => {
            let at = range.start + index;
            // The others first: they prove the server.
            work.extend([at..at + 1, at + 1..range.end, range.start..at]);
        }
    }
}

/// The same for the same events in the same order.
pub fn batch_id(lines: &[&Line]) -> HeaderValue {
    let mut digest = Sha256::new();
    for line in lines {
        digest.update(key(line));
    }
    let text = HEXLOWER.encode(&digest.finalize()[..16]);
    HeaderValue::from_str(&text).expect("hex digits are visible ASCII")
}
