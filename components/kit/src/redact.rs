//! Takes secrets out of a record's text before anything else reads it.
//!
//! Audit records carry live credentials: request headers with tokens, one-time
//! codes of text messages. A secret is known by the name of its key, by its
//! place (a request header that is not on the allow-list) or by its own looks (a
//! token). Only the secret's value is replaced; every other byte stays, and the
//! pointers of what was replaced are told.

use std::borrow::Cow;

use crate::json::{Kind, Node, Parsed};
use crate::lanes;

/// What stands where a secret was.
pub const MARK: &str = "[redacted]";

/// Key names whose values are secret, lower case, without dashes, underscores
/// and blanks. Matched whole; in order, to be searched in.
const SECRET_KEYS: [&str; 31] = [
    "accesstoken",
    "apikey",
    "assertion",
    "authorization",
    "bearertoken",
    "bypasscode",
    "clientassertion",
    "clientsecret",
    "cookie",
    "idtoken",
    "newpassword",
    "notificationsmsotpcode",
    "oldpassword",
    "opcobotoken",
    "opcprincipal",
    "otp",
    "otpcode",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "proxyauthorization",
    "pwd",
    "refreshtoken",
    "samlresponse",
    "secret",
    "securitytoken",
    "sessiontoken",
    "setcookie",
    "xapikey",
];

/// Length of the longest of them: `notificationsmsotpcode`.
const LONGEST_SECRET_KEY: usize = 22;

/// Request headers worth keeping, lower case. Everything else in a header map is
/// taken out: new credential headers appear, and nobody detects on them.
const KEPT_HEADERS: [&str; 18] = [
    "accept",
    "accept-language",
    "connection",
    "content-length",
    "content-type",
    "date",
    "host",
    "opc-client-info",
    "opc-request-id",
    "origin",
    "referer",
    "user-agent",
    "via",
    "x-date",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
    "x-real-port",
];

/// Takes the secrets out of a text: the text without them, and the JSON Pointers of
/// what was replaced. `header_maps` are the paths of objects that hold HTTP headers.
pub fn redact<'a>(parsed: Parsed<'a>, header_maps: &[&[&str]]) -> (Parsed<'a>, Vec<String>) {
    let marks = token_marks(parsed.text());
    let mut marks = marks.iter().peekable();
    let (mut found, mut pointers) = (Vec::new(), Vec::new());
    let mut headers = None;
    let mut behind = 0;
    for node in parsed.nodes() {
        if node.index() < behind {
            continue;
        }
        if node.kind() == Kind::Object && header_maps.iter().any(|path| node.is_at(path)) {
            headers = Some(node.index());
        }
        let in_headers = || node.parent().is_some_and(|parent| Some(parent.index()) == headers);
        let by_key = node.key_as_written().is_some() && {
            let key = node.key();
            is_secret_key(&key) || (in_headers() && !is_kept_header(&key))
        };
        let secret = match node.kind() {
            _ if by_key && holds_something(node) => true,
            Kind::String => {
                let text = node.as_str().unwrap_or_default();
                let span = node.span();
                while marks.next_if(|mark| **mark < span.start).is_some() {}
                let is_marked = marks.peek().is_some_and(|mark| **mark < span.end);
                // Escapes may hide a mark from whoever looks at what is written.
                let may_hold_token = is_marked || matches!(text, Cow::Owned(_));
                (may_hold_token && has_token(&text)) || looks_secret(&text)
            }
            // What is nested too deeply to look into cannot be scrubbed in part.
            Kind::Opaque => true,
            _ => false,
        };
        if secret {
            found.push(node.index());
            pointers.push(node.pointer());
            behind = node.next();
        }
    }
    (parsed.replace(&found, MARK), pointers)
}

/// Schemes are known by their looks wherever they stand; maps that were flattened to
/// text (`{"otpCode":"1"}`, `{otpCode=1}`) by their keys.
fn looks_secret(text: &str) -> bool {
    let start = text.trim_start();
    match start.as_bytes().first() {
        Some(b'{' | b'[') => has_secret_key_inside(start),
        Some(b'b' | b'B') => {
            starts_with_ignoring_case(start, "bearer ")
                || starts_with_ignoring_case(start, "basic ")
        }
        _ => false,
    }
}

/// `null`, empty and starred-out values hide nothing.
fn holds_something(node: Node<'_>) -> bool {
    match node.as_str() {
        Some(text) => !text.bytes().all(|byte| byte == b'*'),
        None => !node.is_blank(),
    }
}

/// Whether a value under that name is taken out.
pub fn is_secret_key(key: &str) -> bool {
    if !may_be_secret_key(key.as_bytes()) {
        return false;
    }
    let mut plain = [0u8; LONGEST_SECRET_KEY];
    let mut length = 0;
    for byte in key.bytes().filter(|byte| !is_separator(*byte)) {
        if length == plain.len() {
            return false;
        }
        plain[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    SECRET_KEYS.binary_search_by(|secret| secret.as_bytes().cmp(&plain[..length])).is_ok()
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b' ')
}

/// Nearly every key is told by its first two letters and its last.
#[inline]
fn may_be_secret_key(key: &[u8]) -> bool {
    let [first, second, .., last] = key else {
        return false;
    };
    if [first, second, last].into_iter().any(|byte| is_separator(*byte)) {
        return true;
    }
    let (seconds, lasts) = SECRET_LETTERS[usize::from(first & 31)];
    seconds >> (second & 31) & lasts >> (last & 31) & 1 == 1
}

/// For each first letter of a secret key the second and the last letters it comes with,
/// all by their place in the alphabet.
const SECRET_LETTERS: [(u32, u32); 32] = {
    let mut letters = [(0, 0); 32];
    let mut at = 0;
    while at < SECRET_KEYS.len() {
        let key = SECRET_KEYS[at].as_bytes();
        let (seconds, lasts) = &mut letters[(key[0] & 31) as usize];
        *seconds |= 1 << (key[1] & 31);
        *lasts |= 1 << (key[key.len() - 1] & 31);
        at += 1;
    }
    letters
};

fn is_kept_header(name: &str) -> bool {
    KEPT_HEADERS.iter().any(|kept| kept.eq_ignore_ascii_case(name))
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// Where something stands that every JWT (`eyJ`), OCI security token (`ST$`) and private
/// key (`-----`) has, rising: in other texts no token has to be looked for.
fn token_marks(whole: &str) -> Vec<usize> {
    let bytes = whole.as_bytes();
    let mut marks = Vec::new();
    lanes::pairs(bytes, [*b"ey", *b"ST", *b"--"], |at| {
        if matches!(
            bytes[at..],
            [b'e', b'y', b'J', ..] | [b'S', b'T', b'$', ..] | [b'-', b'-', b'-', ..]
        ) {
            marks.push(at);
        }
    });
    marks
}

/// A JWT (`eyJ….eyJ….…`), an OCI security token (`ST$…`) or a private key anywhere in
/// the text.
fn has_token(text: &str) -> bool {
    text.contains("ST$")
        || text.contains("PRIVATE KEY-----")
        || text.match_indices("eyJ").any(|(at, _)| {
            let mut parts = text[at..].split('.');
            parts.next().is_some_and(is_token_part) && parts.next().is_some_and(is_token_part)
        })
}

/// Eight characters are more than chance and less than any real header.
fn is_token_part(part: &str) -> bool {
    part.len() >= 8
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=+/".contains(&byte))
}

fn has_secret_key_inside(text: &str) -> bool {
    text.split(['=', ':']).any(|before| {
        let key = before
            .trim_end_matches(['"', ' ', '\\'])
            .rsplit(['{', '[', ',', '"', ' ', '\\'])
            .next();
        key.is_some_and(is_secret_key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> (String, Vec<String>) {
        let (clean, pointers) = redact(Parsed::read(text).unwrap(), &[&["headers"]]);
        (clean.text().to_owned(), pointers)
    }

    #[test]
    fn the_secret_keys_are_in_order_and_none_is_told_to_be_none() {
        assert!(SECRET_KEYS.is_sorted());
        assert_eq!(SECRET_KEYS.iter().map(|key| key.len()).max(), Some(LONGEST_SECRET_KEY));
        assert!(SECRET_KEYS.iter().all(|key| is_secret_key(key)));
        for spelled in ["Set-Cookie", "__API_KEY", "x-Api-Key", "id token"] {
            assert!(is_secret_key(spelled), "{spelled}");
        }
        for other in ["", "-", "passwordPolicy", "notificationSmsOtpCodes", "tokens"] {
            assert!(!is_secret_key(other), "{other}");
        }
    }

    #[test]
    fn only_the_secret_is_replaced_and_its_place_told() {
        let text =
            r#"{ "a" : 1.0, "Opc-Obo-Token": ["x"], "n":{"notificationSmsOtpCode": "123456"} }"#;
        let (clean, pointers) = redacted(text);
        assert_eq!(
            clean,
            r#"{ "a" : 1.0, "Opc-Obo-Token": "[redacted]", "n":{"notificationSmsOtpCode": "[redacted]"} }"#
        );
        assert_eq!(pointers, ["/Opc-Obo-Token", "/n/notificationSmsOtpCode"]);
    }

    #[test]
    fn of_headers_an_allow_list_is_kept_in_any_case() {
        let (_, pointers) = redacted(
            r#"{"x":{"headers":{"X-New":1}},"headers":{"USER-AGENT":["curl"],"X-New-Credential":["s"]}}"#,
        );
        assert_eq!(pointers, ["/headers/X-New-Credential"]);
    }

    #[test]
    fn tokens_are_known_by_their_looks() {
        for secret in [
            "ST$eyJraWQiOi",
            "x eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2ln y",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0",
            "Bearer abc",
            "-----BEGIN PRIVATE KEY-----",
            r"ST\u0024abc",
            r#"{\"otpCode\":\"1\"}"#,
            "{channel=SMS, otpCode=1234}",
        ] {
            let text = format!("{{\"v\":\"{secret}\"}}");
            assert_eq!(redacted(&text).1, ["/v"], "{secret}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for plain in [
            r#"{"ssoCompletedFactors":"{USERNAME_PASSWORD=AUTH_SUCCESS}"}"#,
            r#"{"password":null,"cookie":"***","secret":[]}"#,
            r#"{"credentials":"ocid1.tenancy.oc1..a/ocid1.user.oc1..b/20:3b"}"#,
            r#"{"auditEventMapValue":"{\"schemas\"}"}"#,
        ] {
            assert_eq!(redacted(plain), (plain.to_owned(), vec![]), "{plain}");
        }
    }

    #[test]
    fn secrets_by_the_thousand_are_each_taken_out_at_their_place() {
        let many = 60_000;
        let (clean, pointers) = redacted(&format!("[{}0]", "\"ST$\",".repeat(many)));
        assert_eq!(pointers.len(), many);
        assert_eq!(pointers.last().unwrap(), "/59999");
        assert_eq!(clean.matches(MARK).count(), many);
    }

    #[test]
    fn what_cannot_be_looked_into_is_taken_out_whole() {
        let deep = format!("{{\"v\":{}{}}}", "[".repeat(100), "]".repeat(100));
        assert_eq!(redacted(&deep).1.len(), 1);
    }
}
