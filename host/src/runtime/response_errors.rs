//! Holds what a component answered against the limits and against the contract,
//! once, so that nothing behind the sandbox has to doubt it.

use wasmtime::component::ResourceAny;

use super::error::SandboxError;
use super::event_text::each_text;
use super::failure::Called;
use crate::contract::{
    AccessRule, Batch, Finding, Progress, Reject, SignOnEvent, SourceError, Stream,
};

/// Text of one answer that is held against what was sent, in bytes; the host does that
/// work, so that a component must not choose how much it is. Far more than anybody
/// reads.
const CLEANED_BYTES: usize = 1 << 20;

/// What stands for text beyond that.
const UNREAD: &str = "[not shown: the answer has more than 1 MiB of text]";

/// Texts of an answer that reach a log or a terminal.
pub trait GuestTexts {
    /// Calls `change` with each.
    fn each_text(&mut self, change: &mut dyn FnMut(&mut String));

    /// Takes out of them what `clean` takes out.
    fn clean(&mut self, clean: impl Fn(&str) -> String) {
        let mut left = CLEANED_BYTES;
        self.each_text(&mut |text| match left.checked_sub(text.len()) {
            Some(less) => {
                left = less;
                *text = clean(text);
            }
            None => UNREAD.clone_into(text),
        });
    }
}

impl GuestTexts for Vec<Finding> {
    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        for finding in self {
            change(&mut finding.path);
            change(&mut finding.problem);
            change(&mut finding.fix);
        }
    }
}

/// Of a batch what is told about it; its events are records, which the components
/// redact.
impl GuestTexts for Batch {
    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        self.findings.each_text(change);
        for reject in &mut self.rejects {
            change(&mut reject.reason);
        }
    }
}

impl GuestTexts for SourceError {
    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        match self {
            Self::InvalidConfig(findings) => findings.each_text(change),
            Self::Throttled(throttle) => change(&mut throttle.message),
            Self::Unauthorized(text)
            | Self::Forbidden(text)
            | Self::CursorExpired(text)
            | Self::Retired(text)
            | Self::Unavailable(text)
            | Self::Malformed(text) => change(text),
        }
    }
}

/// These come of a configuration alone: nothing was sent.
impl GuestTexts for Vec<AccessRule> {
    fn each_text(&mut self, _change: &mut dyn FnMut(&mut String)) {}
}

/// As are these.
impl GuestTexts for Vec<Stream> {
    fn each_text(&mut self, _change: &mut dyn FnMut(&mut String)) {}
}

impl GuestTexts for ResourceAny {
    fn each_text(&mut self, _change: &mut dyn FnMut(&mut String)) {}
}

/// Longest id of a stream in bytes, by the contract.
const STREAM_ID_BYTES: u64 = 512;

type Checked = Result<(), SandboxError>;

impl Called<'_> {
    fn bound(&self, limit: &'static str, most: u64, found: usize) -> Checked {
        if found as u64 > most { Err(self.exceeded(limit)) } else { Ok(()) }
    }

    fn text(&self, text: &str) -> Checked {
        self.bound("text_bytes", self.limits.text_bytes, text.len())
    }

    /// Rules of `access`.
    pub fn check_rules(&self, rules: &[AccessRule]) -> Checked {
        self.bound("list_items", self.limits.list_items, rules.len())?;
        rules.iter().try_for_each(|rule| {
            self.bound("list_items", self.limits.list_items, rule.methods.len())?;
            self.text(&rule.origin)?;
            self.text(&rule.path_prefix)
        })
    }

    /// Streams of `streams`.
    pub fn check_streams(&self, streams: &[Stream]) -> Checked {
        self.bound("list_items", self.limits.list_items, streams.len())?;
        for stream in streams {
            self.text(&stream.label)?;
            if stream.id.len() as u64 > STREAM_ID_BYTES {
                return Err(self.malformed(format!(
                    "names a stream with an id of {} bytes; {STREAM_ID_BYTES} are allowed",
                    stream.id.len()
                )));
            }
        }
        Ok(())
    }

    /// Findings of `check` or a batch.
    pub fn check_findings(&self, findings: &[Finding]) -> Checked {
        self.bound("findings", self.limits.findings, findings.len())?;
        findings.iter().try_for_each(|finding| {
            self.text(&finding.path)?;
            self.text(&finding.problem)?;
            self.text(&finding.fix)
        })
    }

    /// What an error of the component's own carries.
    pub fn check_error(&self, error: SourceError) -> SandboxError {
        let checked = match &error {
            SourceError::InvalidConfig(findings) => self.check_findings(findings),
            SourceError::Throttled(throttle) => self.text(&throttle.message),
            SourceError::Unauthorized(text)
            | SourceError::Forbidden(text)
            | SourceError::CursorExpired(text)
            | SourceError::Retired(text)
            | SourceError::Unavailable(text)
            | SourceError::Malformed(text) => self.text(text),
        };
        checked.err().unwrap_or(SandboxError::Source(error))
    }

    /// A batch of `next`; `has_end` when it is of a range.
    pub fn check_batch(&self, batch: &Batch, has_end: bool) -> Checked {
        let limits = self.limits;
        if has_end && batch.progress == Progress::CaughtUp {
            // Only a log is read on at its end: a range would be asked for ever.
            return Err(self.malformed("answered caught-up for a range of time".to_owned()));
        }
        self.bound("cursor_bytes", limits.cursor_bytes, batch.cursor.as_ref().map_or(0, Vec::len))?;
        self.bound("batch_events", limits.batch_events, batch.events.len())?;
        self.bound("batch_events", limits.batch_events, batch.rejects.len())?;
        self.check_findings(&batch.findings)?;
        let mut bytes = 0;
        for event in &batch.events {
            bytes += self.check_event(event)?;
        }
        for reject in &batch.rejects {
            bytes += self.check_reject(reject)?;
        }
        self.bound("batch_bytes", limits.batch_bytes, bytes)?;
        self.check_counts(batch)
    }

    /// Gives back the bytes of its text.
    fn check_event(&self, event: &SignOnEvent) -> Result<usize, SandboxError> {
        let record_bytes = self.limits.record_bytes;
        self.bound("record_bytes", record_bytes, event.unmapped.len())?;
        self.bound("record_bytes", record_bytes, event.raw.as_ref().map_or(0, String::len))?;
        let mut bytes = event.unmapped.len() + event.raw.as_ref().map_or(0, String::len);
        let mut longest = 0;
        each_text(event, &mut |text| {
            bytes += text.len();
            longest = longest.max(text.len());
        });
        self.bound("text_bytes", self.limits.text_bytes, longest)?;
        Ok(bytes)
    }

    fn check_reject(&self, reject: &Reject) -> Result<usize, SandboxError> {
        let text = reject.text.as_ref().map_or(0, String::len);
        self.bound("record_bytes", self.limits.record_bytes, text)?;
        self.text(&reject.reason)?;
        self.text(&reject.digest)?;
        Ok(text + reject.reason.len() + reject.digest.len())
    }

    /// What a guest says about its own counts is held against the law.
    fn check_counts(&self, batch: &Batch) -> Checked {
        let counts = batch.counts;
        let told = (batch.events.len() as u64)
            .checked_add(counts.filtered)
            .and_then(|sum| sum.checked_add(counts.rejected));
        if told == Some(counts.received) {
            return Ok(());
        }
        Err(self.malformed(format!(
            "received {} records, but told of {} events, {} filtered and {} rejected",
            counts.received,
            batch.events.len(),
            counts.filtered,
            counts.rejected
        )))
    }

    fn malformed(&self, what: String) -> SandboxError {
        SandboxError::Source(SourceError::Malformed(format!(
            "component {}: {what}; this is a bug in the component",
            self.component
        )))
    }
}
