//! Takes secrets out of a record's text before anything else reads it.
//!
//! Audit records carry live credentials: request headers with tokens, one-time
//! codes of text messages. A secret is known by the name of its key, by its
//! place (a request header that is not on the allow-list) or by its own looks (a
//! token). Only the secret's value is replaced; every other byte stays, and the
//! pointers of what was replaced are told.

use crate::json::{Node, Value, pointer};

/// What stands where a secret was.
pub const MARK: &str = "[redacted]";

/// Key names whose values are secret, lower case, without dashes, underscores
/// and blanks. Matched whole.
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

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Redacted {
    /// The text; `None` when there was nothing to take out.
    pub text: Option<String>,
    /// JSON Pointers of the values replaced.
    pub pointers: Vec<String>,
}

/// Takes the secrets out of `whole`, which `root` was read from.
/// `header_maps` are the JSON Pointers of objects that hold HTTP headers.
pub fn redact(whole: &str, root: &Node<'_>, header_maps: &[&str]) -> Redacted {
    let mut walk = Walk { header_maps, found: Vec::new() };
    walk.visit(root, String::new());
    if walk.found.is_empty() {
        return Redacted::default();
    }
    let mut text = String::with_capacity(whole.len());
    let mut copied = 0;
    let mut pointers = Vec::with_capacity(walk.found.len());
    for (secret, pointer) in walk.found {
        let span = secret.span_in(whole);
        text.push_str(&whole[copied..span.start]);
        crate::json::push_string(&mut text, MARK);
        copied = span.end;
        pointers.push(pointer);
    }
    text.push_str(&whole[copied..]);
    Redacted { text: Some(text), pointers }
}

struct Walk<'w, 'a> {
    header_maps: &'w [&'w str],
    /// In the order of the text.
    found: Vec<(&'w Node<'a>, String)>,
}

impl<'w, 'a> Walk<'w, 'a> {
    fn visit(&mut self, node: &'w Node<'a>, at: String) {
        match &node.value {
            Value::Object(members) => {
                let headers = self.header_maps.contains(&at.as_str());
                for (key, member) in members {
                    let below = pointer(&at, key);
                    let secret = is_secret_key(key) || (headers && !is_kept_header(key));
                    if secret && holds_something(member) {
                        self.found.push((member, below));
                    } else {
                        self.visit(member, below);
                    }
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.visit(element, pointer(&at, &index.to_string()));
                }
            }
            Value::String(text) if looks_secret(text) => self.found.push((node, at)),
            // What is nested too deeply to look into cannot be scrubbed in part.
            Value::Opaque => self.found.push((node, at)),
            _ => {}
        }
    }
}

/// `null`, empty and starred-out values hide nothing.
fn holds_something(node: &Node<'_>) -> bool {
    match &node.value {
        Value::String(text) => !text.chars().all(|character| character == '*'),
        _ => !node.is_blank(),
    }
}

fn is_secret_key(key: &str) -> bool {
    let mut plain = [0u8; 24];
    let mut length = 0;
    for byte in key.bytes().filter(|byte| !matches!(byte, b'-' | b'_' | b' ')) {
        if length == plain.len() {
            return false;
        }
        plain[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    SECRET_KEYS.iter().any(|secret| secret.as_bytes() == &plain[..length])
}

fn is_kept_header(name: &str) -> bool {
    KEPT_HEADERS.iter().any(|kept| kept.eq_ignore_ascii_case(name))
}

/// Tokens and keys are known by their looks wherever they stand; maps that were
/// flattened to text (`{"otpCode":"1"}`, `{otpCode=1}`) by their keys.
fn looks_secret(text: &str) -> bool {
    let start = text.trim_start();
    has_token(text)
        || starts_with_ignoring_case(start, "bearer ")
        || starts_with_ignoring_case(start, "basic ")
        || text.contains("PRIVATE KEY-----")
        || (matches!(start.as_bytes().first(), Some(b'{' | b'[')) && has_secret_key_inside(start))
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// A JWT (`eyJ….eyJ….…`) or an OCI security token (`ST$…`) anywhere in the text.
fn has_token(text: &str) -> bool {
    if text.contains("ST$") {
        return true;
    }
    text.match_indices("eyJ").any(|(at, _)| {
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

    fn redacted(text: &str) -> Redacted {
        redact(text, &Node::parse(text).unwrap(), &["/headers"])
    }

    #[test]
    fn only_the_secret_is_replaced_and_its_place_told() {
        let text =
            r#"{ "a" : 1.0, "Opc-Obo-Token": ["x"], "n":{"notificationSmsOtpCode": "123456"} }"#;
        let done = redacted(text);
        assert_eq!(
            done.text.unwrap(),
            r#"{ "a" : 1.0, "Opc-Obo-Token": "[redacted]", "n":{"notificationSmsOtpCode": "[redacted]"} }"#
        );
        assert_eq!(done.pointers, ["/Opc-Obo-Token", "/n/notificationSmsOtpCode"]);
    }

    #[test]
    fn of_headers_an_allow_list_is_kept_in_any_case() {
        let done = redacted(r#"{"headers":{"USER-AGENT":["curl"],"X-New-Credential":["s"]}}"#);
        assert_eq!(done.pointers, ["/headers/X-New-Credential"]);
    }

    #[test]
    fn tokens_are_known_by_their_looks() {
        for secret in [
            "ST$eyJraWQiOi",
            "x eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2ln y",
            "Bearer abc",
            "-----BEGIN PRIVATE KEY-----",
            r#"{\"otpCode\":\"1\"}"#,
            "{channel=SMS, otpCode=1234}",
        ] {
            let text = format!("{{\"v\":\"{secret}\"}}");
            assert_eq!(redacted(&text).pointers, ["/v"], "{secret}");
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
            assert_eq!(redacted(plain), Redacted::default(), "{plain}");
        }
    }

    #[test]
    fn what_cannot_be_looked_into_is_taken_out_whole() {
        let deep = format!("{{\"v\":{}{}}}", "[".repeat(100), "]".repeat(100));
        assert_eq!(redacted(&deep).pointers.len(), 1);
    }
}
