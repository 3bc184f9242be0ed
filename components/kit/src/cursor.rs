//! Cursors as guests write them: JSON with a version, which nobody but the same version
//! of the same component reads.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::contract::SourceError;

#[derive(Deserialize)]
struct Version {
    v: u32,
}

/// Writes a cursor, of a structure with at least one member.
pub fn encode(version: u32, content: &impl Serialize) -> Vec<u8> {
    // Plain texts and numbers always serialize.
    let mut cursor = serde_json::to_vec(content).unwrap_or_default();
    cursor.splice(..1, format!("{{\"v\":{version},").into_bytes());
    cursor
}

/// Reads a cursor.
///
/// # Errors
///
/// `cursor-expired` when it is not one of this version: the host then reads the range
/// again from its start.
pub fn decode<T: DeserializeOwned>(
    component: &str,
    version: u32,
    cursor: &[u8],
) -> Result<T, SourceError> {
    serde_json::from_slice::<Version>(cursor)
        .ok()
        .filter(|found| found.v == version)
        .and_then(|_| serde_json::from_slice(cursor).ok())
        .ok_or_else(|| expired(component))
}

/// The error for a cursor of somebody else.
pub fn expired(component: &str) -> SourceError {
    SourceError::CursorExpired(format!(
        "the cursor was not written by this version of {component}; the range is read again"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Page {
        n: u64,
    }

    #[test]
    fn a_cursor_reads_back_in_its_own_version_only() {
        let cursor = encode(2, &Page { n: 7 });
        assert_eq!(cursor, br#"{"v":2,"n":7}"#);
        assert_eq!(decode::<Page>("x", 2, &cursor).unwrap(), Page { n: 7 });
        for (version, foreign) in [(1, &cursor[..]), (2, b""), (2, b"{\"v\":2}"), (2, b"\xff")] {
            let read = decode::<Page>("x", version, foreign);
            assert!(matches!(read, Err(SourceError::CursorExpired(_))), "{read:?}");
        }
    }
}
