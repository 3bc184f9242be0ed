//! Digests by which cursors recognize what was read before.

use sha2::{Digest as _, Sha256};

use crate::text::hex;

/// Digest of record ids in the order received.
#[derive(Debug, Clone, Default)]
pub struct HeadDigest(Sha256);

impl HeadDigest {
    /// Adds the id of the next record; records without one count as empty.
    pub fn add(&mut self, id: &str) {
        self.0.update((id.len() as u64).to_le_bytes());
        self.0.update(id.as_bytes());
    }

    /// The digest so far; 128 bits are plenty against chance.
    pub fn text(&self) -> String {
        hex(&self.0.clone().finalize()[..16])
    }
}

/// Stands in messages for bytes that are not shown.
pub fn content_id(content: impl AsRef<[u8]>) -> String {
    format!("sha256:{}", hex(&Sha256::digest(content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_depends_on_order_and_on_where_ids_end() {
        let digest = |ids: &[&str]| {
            let mut head = HeadDigest::default();
            ids.iter().for_each(|id| head.add(id));
            head.text()
        };
        assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
        assert_ne!(digest(&["ab", ""]), digest(&["a", "b"]));
    }
}
