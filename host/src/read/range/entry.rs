//! What is noted of a reading, and what the ledger keeps of it.

use super::Reader;
use crate::contract::{Batch, Severity};
use crate::ledger::{LedgerEntry, ReadingEntry};
use crate::pipeline::Slot;
use crate::read::context::rfc3339;
use crate::runtime::describe_finding;
use crate::state::ReadingState;
use crate::telemetry;

/// Most findings of a reading that are kept: a component must not fill the ledger.
const MOST_FINDINGS: usize = 20;

impl Reader<'_> {
    /// Logs what could not be read and what was found, each finding once a reading.
    pub(super) fn note(&mut self, batch: &Batch) {
        let source = &self.context.telemetry;
        for reject in &batch.rejects {
            telemetry::RecordRejected { reason: &reject.reason }.emit(source);
        }
        let current = &mut self.current;
        for finding in &batch.findings {
            let text = describe_finding(finding);
            if finding.severity == Severity::Error && current.doubt.is_none() {
                current.doubt = Some(text.clone());
            }
            if !current.findings.contains(&text) && current.findings.len() < MOST_FINDINGS {
                telemetry::SourceFinding { finding: &text }.emit(source);
                current.findings.push(text);
            }
        }
        current.source_total = batch.source_total.or(current.source_total);
        let start = current.reading.covers.start;
        if let Some(earliest) = batch.earliest_available.filter(|earliest| *earliest > start) {
            let earliest = rfc3339(earliest);
            current.doubt.get_or_insert(format!("the source holds nothing before {earliest}"));
        }
    }

    /// The ledger's entry for the finished reading.
    pub(super) fn entry(&self) -> LedgerEntry {
        let ReadingState { reading, counts, received, late, findings, doubt, source_total, .. } =
            self.current.clone();
        let schedule = &self.context.schedule;
        let now = self.now();
        let range = reading.covers;
        let short = || {
            let total = source_total.filter(|total| *total > received)?;
            Some(format!("the source tells of {total} records, {received} came"))
        };
        let empty = || {
            let is_old = range.end < now - self.context.smallest_retention;
            (received == 0 && is_old).then(|| {
                let days = self.context.smallest_retention / 86_400_000;
                format!("empty, and older than the {days} days that are surely kept")
            })
        };
        let vanishing = || {
            let earliest = schedule.earliest(now);
            (range.start < earliest)
                .then(|| "vanished from the source while it was read".to_owned())
        };
        let unproven = || {
            (self.slot == Slot::Unproven)
                .then(|| "later than the service's own clock says it is".to_owned())
        };
        let doubt = doubt.or_else(short).or_else(empty).or_else(vanishing).or_else(unproven);
        let entry =
            ReadingEntry { range, counts, late, source_total, doubt, findings, read_at: now };
        match schedule.closes(&reading) && self.slot != Slot::Unproven {
            true => LedgerEntry::Close(entry),
            false => LedgerEntry::Open(entry),
        }
    }
}
