//! What can be wrong with `~/.oci/config`, each with its place and the fix.
//!
//! Invariant: messages quote names of profiles and known keys, never values.

use thiserror::Error;

use crate::FingerprintError;

/// What is wrong with the file. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OciConfigError {
    /// A setting before the first `[profile]`.
    #[error("line {line}: setting before the first profile; put a line like [DEFAULT] above it")]
    BeforeProfile {
        /// Where.
        line: usize,
    },
    /// Neither a comment, nor a profile, nor a setting.
    #[error("line {line}: expected `key=value`; comment lines start with # or ;")]
    NoEquals {
        /// Where.
        line: usize,
    },
    /// Nothing before the `=`.
    #[error("line {line}: no key before the `=`")]
    NoKey {
        /// Where.
        line: usize,
    },
    /// A `[` without its `]`, an empty name, or text after the `]`.
    #[error("line {line}: expected a profile's name in brackets, like [DEFAULT]")]
    BadProfileLine {
        /// Where.
        line: usize,
    },
    /// The same key twice in one profile.
    #[error("line {line}: this key was already set on line {first}; remove one of them")]
    DuplicateKey {
        /// Where.
        line: usize,
        /// Where it was set before.
        first: usize,
    },
    /// The same profile twice.
    #[error("line {line}: profile [{name}] already started on line {first}; join the two")]
    DuplicateProfile {
        /// Where.
        line: usize,
        /// Where it started before.
        first: usize,
        /// Its name.
        name: String,
    },
    /// No such profile.
    #[error("no profile [{name}]; the file has {existing}")]
    UnknownProfile {
        /// What was asked for.
        name: String,
        /// The profiles that exist, as a phrase.
        existing: String,
    },
    /// A required key is in neither the profile nor `DEFAULT`, or it is empty.
    #[error("profile [{profile}] has no `{key}`, and does not inherit one from [DEFAULT]")]
    MissingKey {
        /// Which profile.
        profile: String,
        /// Which key.
        key: &'static str,
    },
    /// A value that does not look like an OCID.
    #[error(
        "line {line}: `{key}` of profile [{profile}] is not an OCID; expected text like \
         ocid1.{key}.oc1..aaaa"
    )]
    NotAnOcid {
        /// Where.
        line: usize,
        /// Which profile.
        profile: String,
        /// Which key.
        key: &'static str,
    },
    /// A value that is no fingerprint.
    #[error("line {line}: `fingerprint` of profile [{profile}]: {problem}")]
    Fingerprint {
        /// Where.
        line: usize,
        /// Which profile.
        profile: String,
        /// The expected form.
        problem: FingerprintError,
    },
    /// A setting that changes who signs, and that is not supported: ignoring it would sign as
    /// somebody else.
    #[error("line {line}: profile [{profile}] sets `{key}`: {problem}")]
    Unsupported {
        /// Where.
        line: usize,
        /// Which profile.
        profile: String,
        /// Which key.
        key: &'static str,
        /// Why not, and what to do.
        problem: &'static str,
    },
    /// `~`, and the caller knows no home directory.
    #[error("a path starts with ~, but no home directory is known; set HOME or write it in full")]
    NoHome,
    /// `~name`.
    #[error("a path starts with ~ and a user's name; write the path in full")]
    HomeOfAnotherUser,
}
