//! Every law, one after the other.

use super::subject::Subject;
use super::verdict::{Finding, NOTHING_TO_READ, Trouble, Verdict, Verdicts, broken};
use super::{normalizer, pure, session, settings};
use crate::runtime::SandboxError;

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
