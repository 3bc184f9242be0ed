//! Says whether what stands under a name is a secret, by the words the name is made of.
//!
//! New names of secrets appear with every product; the words they are made of do not. So
//! a name is taken apart at capitals, digits and separators, and run together again for
//! those who write none. In doubt it is a secret: Oracle's own attributes are known by
//! name, and a test holds each of them against these words.

use super::secret_terms::{
    ABOUT, BEFORE, BEGINNINGS, BEHIND, BY_LETTER, PLAIN_CODES, STRONG, WORDS,
};
use super::{documented, is_worth, seeds, view};

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Nothing.
    Open,
    /// A secret, unless it is a status or an error: both are called codes.
    Code,
    /// A secret.
    Secret,
}

/// What a name says about its value.
pub fn secrecy(name: &[u8]) -> Secrecy {
    if name.len() < 2 || documented::is_attribute(name) {
        return Secrecy::Open;
    }
    secrecy_of_bytes(name)
}

/// The same for a name that may be called like an attribute and be another.
pub fn secrecy_of_bytes(name: &[u8]) -> Secrecy {
    if !is_worth(seeds::may_be_secret(name)) {
        return Secrecy::Open;
    }
    if name.iter().all(|byte| byte.is_ascii() && !matches!(byte, b'%' | b'\\' | b'&')) {
        return secrecy_of(name);
    }
    match view::most_decoded(name) {
        Some(plain) => secrecy_of(&plain),
        None => secrecy_of(name),
    }
}

fn secrecy_of(name: &[u8]) -> Secrecy {
    let name = Words::of(name);
    let flat = name.letters.as_slice();
    if name.has_strong_word() || name.has_weak_word() || flat == b"auth" {
        return Secrecy::Secret;
    }
    // `OTPcode` comes apart at the wrong capital.
    if (flat.starts_with(b"otp") || flat.ends_with(b"otp")) && !is_about(&flat[3..]) {
        return Secrecy::Secret;
    }
    if name.has_code() { Secrecy::Code } else { Secrecy::Open }
}

/// Words that there is room for at once: most names have fewer.
const USUAL_WORDS: usize = 8;

/// The letters of a name in lower case, and where its words end.
struct Words {
    letters: Vec<u8>,
    ends: Vec<usize>,
}

impl Words {
    fn of(name: &[u8]) -> Self {
        let mut words =
            Self { letters: Vec::with_capacity(name.len()), ends: Vec::with_capacity(USUAL_WORDS) };
        for (at, byte) in name.iter().enumerate() {
            let before = at.checked_sub(1).map_or(b' ', |before| name[before]);
            let behind = name.get(at + 1).copied().unwrap_or(b' ');
            let begins = byte.is_ascii_uppercase()
                && (before.is_ascii_lowercase()
                    || (before.is_ascii_uppercase() && behind.is_ascii_lowercase()));
            if begins || !byte.is_ascii_alphabetic() {
                words.end();
            }
            if byte.is_ascii_alphabetic() {
                words.letters.push(byte.to_ascii_lowercase());
            }
        }
        words.end();
        words
    }

    fn end(&mut self) {
        let length = self.letters.len();
        if self.ends.last().copied().unwrap_or(0) != length {
            self.ends.push(length);
        }
    }

    fn all(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.letters[start..*end])
    }

    fn has_strong_word(&self) -> bool {
        (0..self.letters.len()).any(|at| {
            let rest = &self.letters[at..];
            if !is_worth(may_begin(rest)) {
                return false;
            }
            let (start, end) = BY_LETTER[usize::from(rest[0] - b'a')];
            STRONG[usize::from(start)..usize::from(end)]
                .iter()
                .any(|word| rest.starts_with(word.as_bytes()) && !is_about(&rest[word.len()..]))
        })
    }

    fn has_weak_word(&self) -> bool {
        let mut start = 0;
        self.ends.iter().any(|end| {
            let word = &self.letters[std::mem::replace(&mut start, *end)..*end];
            let rest = &self.letters[*end..];
            is_worth(seeds::may_be_secret(word))
                && is_weak_word(word)
                && !is_about(rest.strip_prefix(b"code").unwrap_or(rest))
        })
    }

    fn has_code(&self) -> bool {
        let mut before: &[u8] = b"";
        let mut words = self.all().peekable();
        while let Some(word) = words.next() {
            let singular = word.strip_suffix(b"s").unwrap_or(word);
            if let Some(own) = singular.strip_suffix(b"code") {
                let qualifier = if own.is_empty() { before } else { own };
                let is_plain = PLAIN_CODES.iter().any(|plain| match own.is_empty() {
                    true => qualifier == plain.as_bytes(),
                    // A short one ends other words, too: `hidden`.
                    false => {
                        qualifier == plain.as_bytes()
                            || (plain.len() > 3 && qualifier.ends_with(plain.as_bytes()))
                    }
                });
                let about = words.peek().is_some_and(|next| is_about(next) || *next == b"name");
                if !is_plain && !about {
                    return true;
                }
            }
            before = word;
        }
        false
    }
}

/// Whether letters may begin with one of [`STRONG`], by the first three of them.
fn may_begin(letters: &[u8]) -> bool {
    let [first, second, third, ..] = letters else {
        return false;
    };
    let (seconds, thirds) = BEGINNINGS[usize::from(first - b'a')];
    seconds >> (second - b'a') & thirds >> (third - b'a') & 1 == 1
}

fn is_about(rest: &[u8]) -> bool {
    ABOUT.iter().any(|about| rest.starts_with(about.as_bytes()))
}

/// The longest of [`WORDS`].
const LONGEST_WORD: usize = 4;

/// Those of [`BEFORE`] and [`BEHIND`] that begin and end as a word does.
fn begins(word: &[u8]) -> impl Iterator<Item = &'static str> {
    let first = word.first().copied();
    BEFORE.into_iter().filter(move |known| known.as_bytes().first().copied() == first)
}

fn ends(word: &[u8]) -> impl Iterator<Item = &'static str> {
    let last = word.last().copied();
    BEHIND.into_iter().filter(move |known| known.as_bytes().last().copied() == last)
}

/// One of [`WORDS`], by itself or with what people put around it.
fn is_weak_word(word: &[u8]) -> bool {
    let is_one = |word: &[u8]| {
        word.len() <= LONGEST_WORD && WORDS.iter().any(|known| known.as_bytes() == word)
    };
    let (mut word, mut shorter) = (word, true);
    while shorter {
        if is_one(word) {
            return true;
        }
        let before = begins(word).find_map(|known| word.strip_prefix(known.as_bytes()));
        let behind = || ends(word).find_map(|known| word.strip_suffix(known.as_bytes()));
        let rest = before.or_else(behind).filter(|rest| rest.len() > 1);
        shorter = rest.is_some();
        word = rest.unwrap_or(word);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_by_their_first_letter_and_each_is_found() {
        let first = |word: &&str| word.as_bytes()[0];
        assert!(STRONG.is_sorted_by_key(first));
        assert!(WORDS.iter().all(|word| word.len() <= LONGEST_WORD));
        for word in STRONG.iter().chain(&WORDS) {
            assert_eq!(secrecy(word.as_bytes()), Secrecy::Secret, "{word}");
        }
    }

    #[test]
    fn a_word_counts_however_the_name_is_written() {
        for name in [
            "code_verifier",
            "device_code",
            "SAMLRequest",
            "SAMLart",
            "RelayState",
            "id_token_hint",
            "JSESSIONID",
            "sid",
            "pass",
            "pin",
            "totp",
            "token",
            "jwt",
            "ticket",
            "OAMAuthnCookie",
            "authnToken",
            "securityAnswer",
            "trustToken",
            "deviceToken",
            "bypassCodes",
            "csrf",
            "x-amz-security-token",
            "recoveryCode",
            "Set-Cookie",
            "__API_KEY",
            "x-Api-Key",
            "id token",
            "pass_word",
            "user.password",
            "p\u{430}ssword",
            "pass\u{200b}word",
            "\u{ff50}\u{ff41}\u{ff53}\u{ff53}\u{ff57}\u{ff4f}\u{ff52}\u{ff44}",
            "smspin",
            "myPIN2",
            "OTPcode",
            "userOTPcode",
            "PASSWORD_HASH",
            "connect.sid",
            "tokens",
            "pass%77ord",
            "notificationSmsOtpCodes",
            "opcPrincipal",
            "currentPass",
        ] {
            assert_eq!(secrecy(name.as_bytes()), Secrecy::Secret, "{name}");
        }
        for name in ["code", "mfaCode", "user_code_2", "verification-code", "xyzcode", "CODES"] {
            assert_ne!(secrecy(name.as_bytes()), Secrecy::Open, "{name}");
        }
    }

    #[test]
    fn what_is_about_a_secret_or_no_secret_is_open() {
        for name in [
            "",
            "-",
            "passwordPolicy",
            "passwordPolicyId",
            "token_type",
            "statusCode",
            "eventCode",
            "reason_code",
            "HTTP_STATUS_CODE",
            "errorcodes",
            "encode",
            "zip-code",
            "bypass",
            "spinner",
            "footprint",
            "sessionId",
            "publicKey",
            "keyId",
            "state",
            "compassion",
            "code_challenge",
            "code_challenge_method",
            "passwordExpiryDate",
            "tokenEndpoint",
            "passwordless",
            "clientId",
            "authType",
            "resource",
            "insider",
        ] {
            assert_eq!(secrecy(name.as_bytes()), Secrecy::Open, "{name}");
        }
    }
}
