//! Text that must not be printed.
//!
//! Invariant: the only way to the text is [`Secret::expose`], so that every use can be found by
//! searching for that word; the memory is wiped on drop.

use std::fmt;

use zeroize::Zeroizing;

/// A passphrase or token: printed as `Secret(redacted)`, wiped on drop.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over; the caller's own copies stay the caller's concern.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// What may be shown of a key id: all of an API key's (OCIDs and a fingerprint), nothing of a
/// session token, which is a credential.
pub(crate) fn printable_key_id(key_id: &str) -> &str {
    // Whatever is not plainly `<tenancy>/<user>/<fingerprint>` is treated as a token.
    if key_id.starts_with("ocid1.") && key_id.split('/').count() == 3 { key_id } else { "redacted" }
}
