//! Takes secrets out of the text that comes back.
//!
//! Services repeat what they were sent: in error bodies, in headers, in the words of a
//! component that passes them on. Invariant: every secret that goes out is known to the
//! [`Redactor`] of whoever shows what comes back, and is taken out in every form in
//! which services repeat things: as it is, percent-encoded, escaped as in JSON or HTML,
//! in base64 or hexadecimal, within more of the same, in other case, cut off.
//!
//! So that no form is forgotten, texts are compared by their letters and digits alone,
//! decoded as often as they can be; of a long secret a part is enough.

mod forms;

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use zeroize::Zeroizing;

use self::forms::{Forms, Letters};

/// Shortest secret that is looked for: shorter ones would blank out words that mean
/// nothing.
const LEAST_SECRET: usize = 4;

/// Secrets that are remembered, the newest. A session sends one to three with each
/// request; what a service repeats is what it was sent last.
const MOST_SECRETS: usize = 16;

/// What stands in a secret's place.
const REDACTED: &str = "[secret]";

/// Takes the secrets it knows out of texts.
#[derive(Default)]
pub struct Redactor {
    secrets: Vec<Zeroizing<String>>,
    /// Made when the first text is cleaned; few ever are.
    forms: OnceLock<Forms>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// A secret goes out.
    pub fn know(&mut self, secret: &str) {
        let is_known = self.secrets.iter().any(|known| known.as_str() == secret);
        if secret.len() < LEAST_SECRET || is_known {
            return;
        }
        if self.secrets.len() >= MOST_SECRETS {
            self.secrets.remove(0);
        }
        self.secrets.push(Zeroizing::new(secret.to_owned()));
        self.forms = OnceLock::new();
    }

    /// What is secret in the value of an `Authorization` goes out. The names in it are
    /// not: who a request is from may be told.
    pub fn know_authorization(&mut self, value: &str) {
        let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
        match scheme {
            "Signature" => {
                for part in rest.split(',') {
                    match part.split_once('=') {
                        Some(("signature", value)) => self.know(value.trim_matches('"')),
                        // That of a session token is the token.
                        Some(("keyId", value)) => {
                            if let Some(token) = value.trim_matches('"').strip_prefix("ST$") {
                                self.know(token);
                            }
                        }
                        _ => {}
                    }
                }
            }
            "Basic" => {
                self.know(rest);
                let pair = STANDARD.decode(rest).map(Zeroizing::new).unwrap_or_default();
                let pair = Zeroizing::new(String::from_utf8_lossy(&pair).into_owned());
                if let Some((_, password)) = pair.split_once(':') {
                    self.know(password);
                }
            }
            _ => self.know(rest),
        }
    }

    /// What is secret in an address goes out: its query, and who it names.
    pub fn know_address(&mut self, uri: &Uri) {
        for pair in uri.query().unwrap_or_default().split('&') {
            self.know(pair.split_once('=').map_or(pair, |(_, value)| value));
        }
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if let Some((user, _)) = authority.rsplit_once('@') {
            self.know(user.split_once(':').map_or(user, |(_, password)| password));
        }
    }

    /// The text without them.
    pub fn clean(&self, text: &str) -> String {
        self.cleaned(text).unwrap_or_else(|| text.to_owned())
    }

    /// The text without them; `None` where there are none in it.
    pub fn cleaned(&self, text: &str) -> Option<String> {
        if self.secrets.is_empty() || text.len() < LEAST_SECRET {
            return None;
        }
        let forms = self.forms.get_or_init(|| Forms::of(&self.secrets));
        let mut found = Vec::new();
        let mut letters = Some(Letters::of(text));
        while let Some(reading) = letters {
            reading.find(forms, &mut found);
            letters = reading.decoded();
        }
        (!found.is_empty()).then(|| without(text, found))
    }
}

/// A text with these ranges of bytes replaced.
fn without(text: &str, mut ranges: Vec<(usize, usize)>) -> String {
    ranges.sort_unstable();
    let mut cleaned = String::with_capacity(text.len());
    let mut end = 0;
    for (from, to) in ranges {
        let (from, to) = (text.floor_char_boundary(from), text.ceil_char_boundary(to));
        if from > end || (from == 0 && cleaned.is_empty()) {
            cleaned.push_str(&text[end..from]);
            cleaned.push_str(REDACTED);
        }
        end = end.max(to);
    }
    cleaned.push_str(&text[end..]);
    cleaned
}

/// An address as it may be shown: without whom it names and without its query.
pub fn shown(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| {
        let text = authority.as_str();
        text.rsplit_once('@').map_or(text, |(_, host)| host)
    });
    match uri.scheme_str() {
        Some(scheme) => format!("{scheme}://{authority}{}", uri.path()),
        None => uri.path().to_owned(),
    }
}

#[cfg(test)]
mod tests;
