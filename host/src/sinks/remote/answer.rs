//! What a receiver answered, as far as it matters.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{DATE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode, Uri};

use crate::credentials::Redactor;

/// Characters of an answer that are shown: its first sentence.
const SHOWN: usize = 200;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    /// Start of the body.
    pub body: Bytes,
    /// Whether that is all of it.
    pub is_whole: bool,
    /// Status and start of the body, fit to be shown.
    pub shown: String,
    redactor: Redactor,
}

impl Answer {
    /// Keeps what matters of a response.
    pub fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: Bytes,
        is_whole: bool,
        redactor: Redactor,
    ) -> Self {
        let mut shown = format!("answered {}", status.as_u16());
        if status.is_redirection()
            && let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok())
        {
            // Only what an operator has to write into the configuration.
            let target: Option<Uri> = location.parse().ok();
            if let Some(target) = target {
                let _ = write!(shown, " to {}", redactor.clean(&super::shown(&target)));
            }
        }
        // Cut from what was cleaned, never the other way: half a secret is one, too.
        let text = plain(&redactor.clean(&String::from_utf8_lossy(&body)));
        if !text.is_empty() {
            let _ = write!(shown, ": {text}");
        }
        Self { status, retry_after: retry_after(headers), body, is_whole, shown, redactor }
    }

    /// A part of the answer, fit to be shown.
    pub fn clean(&self, text: &str) -> String {
        plain(&self.redactor.clean(text))
    }
}

/// The first characters of a text, on one line and without control characters.
fn plain(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let words = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// Seconds, or a point in time by the receiver's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    let now = headers
        .get(DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| DateTime::parse_from_rfc2822(date).ok())
        .map_or_else(Utc::now, |date| date.with_timezone(&Utc));
    (until.with_timezone(&Utc) - now).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(http::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn an_answer_is_shown_on_one_line_and_not_at_length() {
        assert_eq!(plain("a\r\n\u{1b}[31mb\t c"), "a [31mb c");
        assert_eq!(plain(&"ä".repeat(300)).chars().count(), SHOWN + 1);
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date_of_the_receivers_clock() {
        let seconds = headers(&[(RETRY_AFTER, "7")]);
        assert_eq!(retry_after(&seconds), Some(Duration::from_secs(7)));
        let date = headers(&[
            (RETRY_AFTER, "Wed, 21 Oct 2015 07:28:30 GMT"),
            (DATE, "Wed, 21 Oct 2015 07:28:00 GMT"),
        ]);
        assert_eq!(retry_after(&date), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "soon")])), None);
    }
}
