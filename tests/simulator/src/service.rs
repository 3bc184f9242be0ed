//! The services there are to simulate.
//!
//! The invariant: a name means the same everywhere: in options, in the written
//! configuration and in messages.

use std::fmt;

/// A service that the simulator can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// OCI Audit, at the root of the simulator's address.
    OciAudit,
    /// `AuditEvents` of an identity domain (IDCS), under `/idcs`.
    Idcs,
    /// The sign-in audit of Oracle Access Manager in Fusion, under `/oam`.
    Oam,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OciAudit, Self::Idcs, Self::Oam];

    /// The name of the source in the written configuration, and its type.
    pub fn name(self) -> &'static str {
        match self {
            Self::OciAudit => "oci_audit",
            Self::Idcs => "idcs",
            Self::Oam => "oam",
        }
    }

    /// The service whose manners an answer on this path has.
    pub(crate) fn of_path(path: &str) -> Self {
        match path.split('/').nth(1) {
            Some("idcs") => Self::Idcs,
            Some("oam") => Self::Oam,
            _ => Self::OciAudit,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
