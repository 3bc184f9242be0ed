//! What tells one record from others: its own id, or one made of its content.
//!
//! Invariant: an id never depends on a bound for texts, on how bytes arrive or are
//! paged, or on what was redacted. A digest over a secret would let whoever holds the
//! event try codes and passwords until the digest fits. So records without an id
//! that are equal but for their secrets are numbered instead: nobody can tell such
//! events apart, and a reading of the same records gives the same numbers, in
//! whatever order they come.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::json::{Parsed, push_string, scalar};
use crate::redact::{MARK, redact};
use crate::text::{from_bytes, hex};

/// Label of a record that has no id of its own and got one from its content.
pub const ID_FROM_CONTENT: &str = "id-from-content";

/// Longest id that is carried as it is. Oracle's are below 300 bytes, OCIDs among
/// them; a longer one is somebody's mischief, and told apart by its digest as well.
pub const LONGEST_ID: usize = 1024;

/// Most different records without an id that are told apart by number at once: their
/// keys take about 12 MiB. Oracle's records all have one.
pub const MOST_EQUALS: usize = 1 << 19;

/// How ids begin that are digests.
const DIGEST: &str = "sha256:";

/// The id that a record says it has, whole; of a long one its digest. `None` for what
/// names nothing: blanks, and our own mark for what was taken out.
pub fn own_id(said: &str) -> Option<String> {
    let id = said.trim();
    if id.is_empty() || id == MARK {
        return None;
    }
    // What looks like a digest of ours must not be taken for one.
    if id.len() <= LONGEST_ID && !id.starts_with(DIGEST) {
        return Some(id.to_owned());
    }
    let digest = Sha256::new().chain_update("id").chain_update([0]).chain_update(id).finalize();
    Some(format!("{DIGEST}{}", hex(&digest)))
}

/// Whether a member that says that would keep it when secrets are taken out. Records
/// whose id is one are told apart by their content.
pub fn is_no_secret(said: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    // Nearly all are, and no token is without a dot, a blank or a dollar.
    if said.len() <= 64 && said.bytes().all(is_plain) {
        return true;
    }
    let mut record = "{\"id\":".to_owned();
    push_string(&mut record, said);
    record.push('}');
    Parsed::read(record).is_ok_and(|parsed| redact(parsed, &[]).1.is_empty())
}

/// What a member says that may be an id, of a record that is not parsed: a scalar that
/// is not blank, or an array of just one.
pub fn single_scalar(value: &[u8]) -> Option<Cow<'_, str>> {
    let text = match value.first() {
        Some(b'[') => {
            let parsed = Parsed::read(from_bytes(value)).ok()?;
            Cow::Owned(parsed.root().or_only_element().scalar_text()?.into_owned())
        }
        Some(b'{') | None => return None,
        Some(_) => scalar(value)?,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// Names records without an id by their content, without its secrets, and by how many
/// equal ones were met before.
#[derive(Debug, Clone, Default)]
pub struct Equals(BTreeMap<u64, u32>);

impl Equals {
    /// The id of the next record with that content.
    pub fn name(&mut self, content: impl AsRef<[u8]>) -> String {
        self.number(&hex(&Sha256::digest(content)))
    }

    /// The same, by the content's digest.
    pub fn number(&mut self, digest: &str) -> String {
        let key =
            Sha256::digest(digest).iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte));
        let among = self.0.entry(key).or_default();
        let id = format!("{DIGEST}{digest}.{among}");
        *among = among.saturating_add(1);
        id
    }

    /// Whether no record without an id was met.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether no more can be told apart.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MOST_EQUALS
    }

    /// For an endless stream of records: begins anew when it is full, so that it stays
    /// within bounds. Only a range that is read again needs the same numbers again.
    pub fn make_room(&mut self) {
        if self.is_full() {
            self.0.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_that_differ_anywhere_differ() {
        let long = |end: &str| format!("{}{end}", "M".repeat(20_000));
        let [one, other] = ["a", "b"].map(|end| own_id(&long(end)).unwrap());
        assert_ne!(one, other);
        assert!(one.len() < 80 && other.len() < 80);
        assert_eq!(own_id(" x ").as_deref(), Some("x"));
        let just = "x".repeat(LONGEST_ID);
        assert_eq!(own_id(&just).as_deref(), Some(just.as_str()));
    }

    #[test]
    fn what_names_nothing_is_no_id() {
        for nothing in ["", "  ", MARK] {
            assert_eq!(own_id(nothing), None);
        }
    }

    #[test]
    fn an_id_that_is_a_secret_is_none() {
        for id in ["365a4f97-69c1-4ea6-ab1d-0bc3d7759bb8", "ocid1.user.oc1..aaaa", "a b/c=="] {
            assert!(is_no_secret(id), "{id}");
        }
        for id in ["Bearer x", "ST$eyJr", "eyJhbGciOiJS.eyJzdWIiOiJl.c2ln"] {
            assert!(!is_no_secret(id), "{id}");
        }
    }

    #[test]
    fn nobody_writes_an_id_that_another_record_is_given() {
        let made = Equals::default().name("{}");
        assert_ne!(own_id(&made).unwrap(), made);
        let digest = own_id(&"x".repeat(5000)).unwrap();
        assert_ne!(own_id(&digest).unwrap(), digest);
    }

    #[test]
    fn equals_are_numbered() {
        let mut equals = Equals::default();
        let ids: Vec<String> = ["a", "b", "a"].map(|content| equals.name(content)).into();
        assert!(ids[0].ends_with(".0") && ids[1].ends_with(".0") && ids[2].ends_with(".1"));
        assert_eq!(ids[0].strip_suffix(".0"), ids[2].strip_suffix(".1"));
    }

    #[test]
    fn an_id_is_a_scalar_or_a_list_of_one() {
        let one = [&br#""x""#[..], br#"["x"]"#];
        assert!(one.iter().all(|value| single_scalar(value).as_deref() == Some("x")));
        for none in [&b"null"[..], b"{}", b"[]", br#"["x","y"]"#, br#"" ""#, b""] {
            assert_eq!(single_scalar(none), None);
        }
    }
}
