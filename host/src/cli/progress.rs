//! How far a long command is, on a line of its own below what it says.
//!
//! Invariants: where standard error is no terminal, nothing of it is written; the line
//! goes before anything else is written to standard error, and when the work ends.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Least time between two drawings: eyes see no more.
const LEAST: Duration = Duration::from_millis(100);

/// Characters of a bar.
const WIDTH: usize = 30;

/// What is drawn at the moment; empty for nothing.
static SHOWN: Mutex<String> = Mutex::new(String::new());

/// Progress of one piece of work.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    drawn: Option<Instant>,
    began: Instant,
    shows: bool,
}

impl Progress {
    /// Of work that begins now.
    pub fn begin(what: &'static str) -> Self {
        let shows = std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { what, drawn: None, began: Instant::now(), shows }
    }

    /// So much of so much is done; the words are ours, not a record's.
    pub fn tell(&mut self, done: u64, of: Option<u64>, words: &str) {
        if !self.shows || self.drawn.is_some_and(|drawn| drawn.elapsed() < LEAST) {
            return;
        }
        self.drawn = Some(Instant::now());
        let fraction = of.filter(|of| *of > 0).map(|of| done as f64 / of as f64);
        draw(line(self.what, fraction, self.began.elapsed(), words));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shows {
            draw(String::new());
        }
    }
}

/// Shows progress that is looked for again and again, until it is dropped or `look` finds
/// no more of it. What is done, of how much, and words.
pub fn watch(
    what: &'static str,
    mut look: impl FnMut() -> Option<(u64, Option<u64>, String)> + Send + 'static,
) -> Watch {
    let mut progress = Progress::begin(what);
    if !progress.shows {
        return Watch(None);
    }
    Watch(Some(tokio::spawn(async move {
        while let Some((done, of, words)) = look() {
            progress.tell(done, of, &words);
            tokio::time::sleep(2 * LEAST).await;
        }
    })))
}

/// Ends the showing when it is dropped.
#[derive(Debug)]
pub struct Watch(Option<tokio::task::JoinHandle<()>>);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
            // The task may be dropped later than what is said at the end.
            draw(String::new());
        }
    }
}

/// The line.
fn line(what: &str, fraction: Option<f64>, elapsed: Duration, words: &str) -> String {
    let Some(fraction) = fraction else {
        return format!("{what}  {words}  {:.0} s", elapsed.as_secs_f64());
    };
    let fraction = fraction.clamp(0.0, 1.0);
    let filled = (fraction * WIDTH as f64) as usize;
    let left = match fraction > 0.02 {
        true => {
            let seconds = elapsed.as_secs_f64() * (1.0 - fraction) / fraction;
            format!("  {} left", span(seconds))
        }
        false => String::new(),
    };
    format!(
        "{what} [{}{}] {:3.0} %  {words}{left}",
        "#".repeat(filled),
        ".".repeat(WIDTH - filled),
        fraction * 100.0
    )
}

fn span(seconds: f64) -> String {
    match seconds as u64 {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5_999 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

/// Back to the start of the line, and what stands there away.
const AWAY: &str = "\r\u{1b}[2K";

fn draw(line: String) {
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever closed it does not see it.
    let _ = write!(std::io::stderr(), "{AWAY}{line}");
    *shown = line;
}

/// Takes the line away while something else is written to standard error.
pub fn beside(write: impl FnOnce()) {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if shown.is_empty() {
        return write();
    }
    let _ = write!(std::io::stderr(), "{AWAY}");
    write();
    let _ = write!(std::io::stderr(), "{shown}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_and_fits_a_terminal() {
        let at = |fraction| line("report", fraction, Duration::from_secs(10), "1 GB");
        assert_eq!(at(Some(0.5)), "report [###############...............]  50 %  1 GB  10 s left");
        assert_eq!(at(Some(7.0)), "report [##############################] 100 %  1 GB  0 s left");
        assert_eq!(at(None), "report  1 GB  10 s");
        assert!(at(Some(0.001)).len() < 80);
    }
}
