//! What was passed over, by type, so that whoever gets no event sees what was there
//! instead.
//!
//! Invariant: the counts add up to the records that were passed over, in bounded memory,
//! and no name is a secret.

use std::collections::BTreeMap;

use crate::contract::TypeCount;
use crate::record_id::is_no_secret;

/// Most types that are told apart. A tenancy's audit log of a day has some hundred; a
/// person reads a dozen of them.
const MOST_TYPES: usize = 64;

/// Longest name of a type. Oracle's are below 100 bytes.
const LONGEST_NAME: usize = 128;

/// How many records of each type were passed over.
#[derive(Debug, Clone, Default)]
pub struct PassedOver {
    by_type: BTreeMap<String, u64>,
    /// Of types that have no name here.
    others: u64,
}

impl PassedOver {
    /// A record of that type was.
    pub fn add(&mut self, name: &str) {
        let name = name.trim();
        if let Some(count) = self.by_type.get_mut(name) {
            *count += 1;
        } else if self.by_type.len() < MOST_TYPES && is_nameable(name) {
            self.by_type.insert(name.to_owned(), 1);
        } else {
            self.others += 1;
        }
    }

    /// The counts, what has no name here last and under an empty one.
    pub fn counts(&self) -> Vec<TypeCount> {
        let others = (self.others > 0).then_some((String::new(), self.others));
        let named = self.by_type.iter().map(|(name, count)| (name.clone(), *count));
        named.chain(others).map(|(name, count)| TypeCount { name, count }).collect()
    }
}

fn is_nameable(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST_NAME && is_no_secret(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_add_up_however_many_types_there_are() {
        let mut passed_over = PassedOver::default();
        for number in 0..1000 {
            passed_over.add(&format!("com.oraclecloud.type{}", number % 100));
        }
        let counts = passed_over.counts();
        assert_eq!(counts.len(), MOST_TYPES + 1);
        assert_eq!(counts.iter().map(|of| of.count).sum::<u64>(), 1000);
        assert_eq!(counts[MOST_TYPES].name, "");
    }

    #[test]
    fn a_secret_or_a_text_is_no_name() {
        let mut passed_over = PassedOver::default();
        for name in ["Bearer S3CRET", "", &"x".repeat(1000), "eyJhbGciOiJS.eyJzdWIiOiJl.c2ln"] {
            passed_over.add(name);
        }
        assert_eq!(passed_over.counts(), [TypeCount { name: String::new(), count: 4 }]);
    }
}
