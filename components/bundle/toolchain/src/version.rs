//! Versions of compilers, as far as they decide whether one will do.

use std::fmt;

/// A release of Rust: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

/// The oldest compiler that builds this workspace: its `rust-version`.
pub fn needed() -> Version {
    Version::read(env!("CARGO_PKG_RUST_VERSION")).unwrap_or(Version(1, 0, 0))
}

impl Version {
    /// Reads the version `text` begins with: `1.95`, `1.97.0-nightly`,
    /// `1.96.0+dfsg1-1~deb12u2`.
    pub fn read(text: &str) -> Option<Self> {
        let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
        let mut numbers = text[..end].split('.').map(str::parse);
        let major = numbers.next()?.ok()?;
        let minor = numbers.next()?.ok()?;
        let patch = numbers.next().and_then(Result::ok).unwrap_or(0);
        Some(Self(major, minor, patch))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_compilers_and_distributions_write_them() {
        for (text, version) in [
            ("1.95", Some(Version(1, 95, 0))),
            ("1.97.0-nightly", Some(Version(1, 97, 0))),
            ("1.96.0+dfsg1-1~deb12u2", Some(Version(1, 96, 0))),
            ("(none)", None),
            ("", None),
        ] {
            assert_eq!(Version::read(text), version, "{text}");
        }
    }

    #[test]
    fn an_older_release_is_the_lesser_one() {
        assert!(Version(1, 63, 0) < Version(1, 95, 0));
        assert!(Version(1, 96, 0) > needed() && Version(1, 85, 0) < needed());
    }
}
