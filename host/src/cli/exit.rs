//! The only way out to people: everything that the command writes to its standard output
//! and standard error, the log and a panic included, goes through here.
//!
//! Most of what is written was written by others: services, components, receivers,
//! records. Invariants: one call writes one line, whatever is in it; no character of it is
//! one that a terminal obeys; no value that a variable put into the configuration is in it.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::sync::{PoisonError, RwLock};

use serde::Serialize;
use signon_host::config::Hidden;
use signon_host::shown;

use super::failure::Failure;

/// What every configuration of this process hides. One that was read anew does not make
/// the values of the one before known.
static HIDDEN: RwLock<Option<Hidden>> = RwLock::new(None);

/// Hides the values of a configuration's variables from now on.
pub fn hide(more: &Hidden) {
    let mut hidden = HIDDEN.write().unwrap_or_else(PoisonError::into_inner);
    hidden.get_or_insert_default().extend(more);
}

/// A text without the values of variables.
fn covered(text: &str) -> String {
    match &*HIDDEN.read().unwrap_or_else(PoisonError::into_inner) {
        Some(hidden) => hidden.shown(text).into_owned(),
        None => text.to_owned(),
    }
}

/// A text as one line for people.
pub fn one_line(text: &str) -> String {
    shown::line(&covered(text)).into_owned()
}

/// Writes one line to standard output.
pub fn say(text: impl Display) -> Result<(), Failure> {
    write(&one_line(&text.to_string()))
}

/// Writes one line to standard error.
pub fn complain(text: impl Display) {
    let line = one_line(&text.to_string());
    super::progress::beside(|| {
        // Whoever closed it has the exit status.
        let _ = writeln!(std::io::stderr(), "{line}");
    });
}

/// Says on standard error why a command failed.
pub fn fail(failure: Failure) -> ExitCode {
    let (lines, status) = failure.into_parts();
    lines.into_iter().for_each(complain);
    ExitCode::from(status)
}

/// Writes a value as one line of JSON to standard output.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut value = serde_json::to_value(value).map_err(Failure::failed)?;
    shown::each_text(&mut value, &mut |text| *text = covered(text));
    write(&shown::json(&value.to_string()))
}

/// Writes an event, which is JSON and data: nothing of it is hidden.
pub fn event(line: &str) -> Result<(), Failure> {
    write(&shown::json(line))
}

/// Writes lines that were made here out of data, with what a terminal obeys written out
/// already: many at once, as there may be millions.
pub fn block(lines: &str) -> Result<(), Failure> {
    write(lines.strip_suffix('\n').unwrap_or(lines))
}

/// Whoever reads may have seen enough, which is no failure: nothing more is written then.
fn write(line: &str) -> Result<(), Failure> {
    static CLOSED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    use std::sync::atomic::Ordering::Relaxed;
    if CLOSED.load(Relaxed) {
        return Ok(());
    }
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            CLOSED.store(true, Relaxed);
            Ok(())
        }
        Err(error) => Err(Failure::failed(format!("standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// What the log is written to: whoever writes hands over a whole entry at once.
#[derive(Debug, Clone, Copy)]
pub struct Log;

impl Write for Log {
    fn write(&mut self, entry: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(entry);
        complain(text.strip_suffix('\n').unwrap_or(&text));
        Ok(entry.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Lets panics out here, too: their messages may quote what was worked on.
pub fn take_panics() {
    std::panic::set_hook(Box::new(|panic| {
        complain(panic);
        let trace = std::backtrace::Backtrace::capture();
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            trace.to_string().lines().for_each(complain);
        }
    }));
}
