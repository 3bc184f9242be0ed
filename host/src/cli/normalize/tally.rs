//! What became of the records of a payload, in one line, so that no line of output
//! explains itself.

use std::fmt;

use signon_host::contract::{BatchCounts, TypeCount};

/// Types that are named; a line of a terminal or two.
const MOST_NAMED: usize = 12;

/// What became of them.
#[derive(Debug, Default)]
pub struct Tally {
    events: usize,
    filtered: u64,
    rejected: u64,
    /// By type.
    pub passed_over: Vec<TypeCount>,
}

impl Tally {
    /// Adds what became of those of a batch.
    pub fn add(&mut self, events: usize, counts: BatchCounts) {
        self.events += events;
        self.filtered += counts.filtered;
        self.rejected += counts.rejected;
    }

    /// How many could not be read.
    pub fn unreadable(&self) -> u64 {
        self.rejected
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, filtered, rejected, passed_over } = self;
        let records = *events as u64 + filtered + rejected;
        write!(f, "{records} records: {events} events, {filtered} passed over")?;
        let mut named: Vec<_> = passed_over.iter().filter(|of| !of.name.is_empty()).collect();
        named.sort_by(|one, other| other.count.cmp(&one.count).then(one.name.cmp(&other.name)));
        named.truncate(MOST_NAMED);
        let mut types: Vec<String> =
            named.iter().map(|of| format!("{} {}", of.count, of.name)).collect();
        let others = filtered.saturating_sub(named.iter().map(|of| of.count).sum());
        match (types.is_empty(), others) {
            (_, 0) | (true, _) => {}
            (false, others) => types.push(format!("{others} of other types")),
        }
        if !types.is_empty() {
            write!(f, " ({})", types.join(", "))?;
        }
        write!(f, ", {rejected} unreadable")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_types_are_named_and_the_counts_add_up() {
        let of = |name: &str, count| TypeCount { name: name.to_owned(), count };
        let mut told =
            Tally { passed_over: vec![of("a", 1), of("b", 3), of("", 2)], ..Tally::default() };
        told.add(4, BatchCounts { received: 12, filtered: 6, rejected: 2 });
        let line = "12 records: 4 events, 6 passed over (3 b, 1 a, 2 of other types), 2 unreadable";
        assert_eq!(told.to_string(), line);
        told.passed_over = (0..20).map(|number| of(&format!("t{number:02}"), 1)).collect();
        told.filtered = 20;
        assert!(told.to_string().contains("1 t11, 8 of other types)"), "{told}");
        assert_eq!(
            Tally::default().to_string(),
            "0 records: 0 events, 0 passed over, 0 unreadable"
        );
    }
}
