//! What became of a law.

use std::fmt;

use crate::contract::SourceError;
use crate::runtime::{SandboxError, describe};

/// What became of one law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The law.
    pub law: &'static str,
    /// Whether it is kept.
    pub outcome: Outcome,
}

/// Whether a law is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is; what was measured, if anything.
    Pass(String),
    /// It is not, and how that showed.
    Fail(String),
    /// It was not tried, and why.
    Skipped(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, said) = match &self.outcome {
            Outcome::Pass(said) => ("pass", said),
            Outcome::Fail(said) => ("FAIL", said),
            Outcome::Skipped(said) => ("skip", said),
        };
        write!(f, "{word}  {}", self.law)?;
        if said.is_empty() { Ok(()) } else { write!(f, ": {said}") }
    }
}

/// Why a law is not kept, or not tried.
pub enum Trouble {
    Broken(String),
    Untried(&'static str),
}

/// What was measured, or why there is nothing to measure.
pub type Finding = Result<String, Trouble>;

pub fn broken<T>(how: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::Broken(how.into()))
}

impl From<SandboxError> for Trouble {
    fn from(error: SandboxError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// The verdicts, in the order in which they were reached.
#[derive(Default)]
pub struct Verdicts(pub Vec<Verdict>);

impl Verdicts {
    pub fn add(&mut self, law: &'static str, finding: Finding) {
        let outcome = match finding {
            Ok(measured) => Outcome::Pass(measured),
            Err(Trouble::Broken(how)) => Outcome::Fail(how),
            Err(Trouble::Untried(why)) => Outcome::Skipped(why.to_owned()),
        };
        self.0.push(Verdict { law, outcome });
    }
}

pub const NO_SETTINGS: &str = "no settings to try it with; give --settings";
pub const NO_PAYLOAD: &str = "no bytes to try it with; give --payload";
pub const NO_SERVICE: &str = "no service to try it with; give --against";
pub const NOTHING_TO_READ: &str = "nothing was read; give --payload or --against";

/// The component's own error, if that is what ended a call.
pub fn own(error: SandboxError) -> Result<SourceError, Trouble> {
    match error {
        SandboxError::Source(error) => Ok(error),
        other => Err(Trouble::Broken(other.to_string())),
    }
}

/// An error in words, whatever it is.
pub fn said(error: &SourceError) -> String {
    describe(error)
}
