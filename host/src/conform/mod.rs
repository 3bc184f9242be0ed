//! Holds a component against the contract, for whoever writes one.
//!
//! Every law is one the collector relies on: if it is broken, events get lost or come
//! twice, and nobody notices. Invariant: each law is told of, as kept, as broken or
//! as not tried with the reason; none is passed over in silence.

mod normalizer;
mod pure;
mod session;
mod settings;

use std::fmt;

use crate::contract::SourceError;
use crate::egress::Egress;
use crate::limits::Limits;
use crate::runtime::{LoadedComponent, Sandbox, SandboxError, describe};

/// What is examined, and with what.
pub struct Subject {
    /// Where it runs.
    pub sandbox: Sandbox,
    /// The component.
    pub component: LoadedComponent,
    /// What it may use.
    pub limits: Limits,
    /// Settings that it should accept, as JSON text.
    pub settings: Option<String>,
    /// Bytes that its normalizer should read.
    pub payload: Option<Vec<u8>>,
    /// A service that it can read.
    pub service: Option<Service>,
}

/// A service to read from.
pub struct Service {
    /// The way to it.
    pub egress: Egress,
    /// How long ago reading begins, in hours.
    pub hours: u32,
    /// What time it is, in milliseconds since 1970.
    pub now_ms: i64,
}

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
enum Trouble {
    Broken(String),
    Untried(&'static str),
}

/// What was measured, or why there is nothing to measure.
type Finding = Result<String, Trouble>;

fn broken<T>(how: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble::Broken(how.into()))
}

impl From<SandboxError> for Trouble {
    fn from(error: SandboxError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// The verdicts, in the order in which they were reached.
#[derive(Default)]
struct Verdicts(Vec<Verdict>);

impl Verdicts {
    fn add(&mut self, law: &'static str, finding: Finding) {
        let outcome = match finding {
            Ok(measured) => Outcome::Pass(measured),
            Err(Trouble::Broken(how)) => Outcome::Fail(how),
            Err(Trouble::Untried(why)) => Outcome::Skipped(why.to_owned()),
        };
        self.0.push(Verdict { law, outcome });
    }
}

/// Tries every law.
///
/// # Errors
///
/// When the component does not even say what it is: nothing can be tried then.
pub async fn examine(subject: Subject) -> Result<Vec<Verdict>, SandboxError> {
    let mut verdicts = Verdicts::default();
    // Others may run the same component in this process; what they do is none of its laws.
    let component = subject.component.counted_apart();
    let subject = &Subject { component, ..subject };
    let descriptor = subject.sandbox.describe(&subject.component, &subject.limits).await?;
    pure::try_all(subject, &descriptor, &mut verdicts).await;
    settings::try_all(subject, &descriptor, &mut verdicts).await;
    let mut peak = normalizer::try_all(subject, &mut verdicts).await;
    let asked = subject.component.asked_in_vain();
    verdicts.add(
        "pure calls and the normalizer make no requests",
        if asked == 0 { Ok(String::new()) } else { broken(format!("{asked} requests were made")) },
    );
    peak = peak.max(session::try_all(subject, &descriptor, &mut verdicts).await);
    verdicts.add("memory stays bounded", bounded(peak));
    Ok(verdicts.0)
}

/// Most memory that reading may take: what the built-in components promise.
const MOST_MEMORY: usize = 32 << 20;

fn bounded(peak: usize) -> Finding {
    let mebibytes = peak.div_ceil(1 << 20);
    match peak {
        0 => Err(Trouble::Untried(NOTHING_TO_READ)),
        _ if peak <= MOST_MEMORY => Ok(format!("{mebibytes} MiB at most")),
        _ => broken(format!("{mebibytes} MiB, more than {} MiB", MOST_MEMORY >> 20)),
    }
}

const NO_SETTINGS: &str = "no settings to try it with; give --settings";
const NO_PAYLOAD: &str = "no bytes to try it with; give --payload";
const NO_SERVICE: &str = "no service to try it with; give --against";
const NOTHING_TO_READ: &str = "nothing was read; give --payload or --against";

/// The component's own error, if that is what ended a call.
fn own(error: SandboxError) -> Result<SourceError, Trouble> {
    match error {
        SandboxError::Source(error) => Ok(error),
        other => Err(Trouble::Broken(other.to_string())),
    }
}

/// An error in words, whatever it is.
fn said(error: &SourceError) -> String {
    describe(error)
}
