//! The path and query of a request as every server reads them. Pure.
//!
//! A path prefix is worth what the most generous decoder between us and the service
//! makes of a path: some decode twice, cut parameters at `;`, take a backslash for a
//! slash or trim blanks. So nothing is denied by its name here: plain characters are
//! allowed, and whatever could be read in two ways is not.

/// What may stand in a path as it is: unreserved and sub-delimiter characters, `:`, `@`
/// (RFC 3986) and the slash. `;` is one of them: what follows it is a parameter.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

/// What may not be escaped, either: a second escape, a slash of any kind, and what ends
/// a path that is decoded before it is cut.
const NOT_ESCAPED: &[u8] = b"%/\\?#";

/// Why a path cannot be held against a prefix; `None` where it can.
pub fn path_problem(path: &str) -> Option<&'static str> {
    let Some(decoded) = decode(path, is_plain) else {
        return Some("its path holds characters that are not plain ASCII, or half an escape");
    };
    let escapes_are_plain = decoded.iter().all(|(byte, is_escaped)| {
        !is_escaped || ((b' '..0x7f).contains(byte) && !NOT_ESCAPED.contains(byte))
    });
    if !escapes_are_plain {
        return Some(
            "its path escapes one of % / \\ ? #, a control character or what is not ASCII",
        );
    }
    let bytes: Vec<u8> = decoded.into_iter().map(|(byte, _)| byte).collect();
    let segments: Vec<&[u8]> = bytes.split(|byte| *byte == b'/').collect();
    // What stands before the first slash is nothing, and what stands after the last
    // one may be.
    let inner = segments.get(1..).unwrap_or_default();
    for (number, segment) in inner.iter().enumerate() {
        let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        let is_last = number + 1 == inner.len();
        if segment.is_empty() && is_last {
            continue;
        }
        // Blanks and dots at the end are trimmed by some, `+` is a blank to others.
        if name.iter().all(|byte| b". +".contains(byte)) {
            return Some("its path holds a segment that is empty or nothing but dots");
        }
    }
    None
}

/// Why a query cannot be sent; `None` where it can. It is not part of what a grant
/// covers, so that only what could end the request line is at stake.
pub fn query_problem(query: &str) -> Option<&'static str> {
    match decode(query, |byte| byte.is_ascii_graphic()) {
        None => Some("its query holds characters that are not ASCII, or half an escape"),
        Some(decoded) if decoded.iter().any(|(byte, _)| b"\0\r\n".contains(byte)) => {
            Some("its query holds a line end or NUL")
        }
        Some(_) => None,
    }
}

/// The bytes, and whether each was escaped; `None` where one is not allowed as it is
/// or an escape is none.
fn decode(text: &str, is_allowed: impl Fn(u8) -> bool) -> Option<Vec<(u8, bool)>> {
    let hex = |byte: &u8| char::from(*byte).to_digit(16);
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let byte = hex(high)? * 16 + hex(low)?;
                decoded.push((u8::try_from(byte).ok()?, true));
                tail
            }
            (byte, tail) if *byte != b'%' && is_allowed(*byte) => {
                decoded.push((*byte, false));
                tail
            }
            _ => return None,
        };
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = "/v1/events";

    /// Whether the egress would let it pass.
    fn passes(path: &str) -> bool {
        let below = path.strip_prefix(PREFIX);
        path_problem(path).is_none()
            && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    #[test]
    fn forms_that_some_server_decodes_again_do_not_pass() {
        for tail in [
            "../users",
            "%2e%2e/users",
            "..%2fusers",
            "..%5cusers",
            "..\\users",
            "..;/users",
            "..;a=b/users",
            "%2e%2e;/users",
            "..%3b/users",
            "..%3ba/users",
            "%252e%252e%252fusers",
            "%25%32%65/users",
            "..%00/users",
            "..%20/users",
            "..%09/users",
            "%20../users",
            "..+/users",
            ".../users",
            "..../users",
            "..%0d%0a/users",
            "..%3f",
            "..%23",
            "x%0d%0aHost:%20evil",
            "%c0%ae%c0%ae/users",
            "%c0%afusers",
            "%e2%88%95users",
            "..\u{2215}users",
            "..\u{ff0f}users",
            "%u002e%u002e/users",
            "%2/users",
            "%zz/users",
            "%",
            "/users",
            "a//users",
            ";/users",
            "a/;x/../users",
            "%7f/users",
            "%ff/users",
            "a|b",
            "a\"b",
            "{a}",
        ] {
            let path = format!("{PREFIX}/{tail}");
            assert!(!passes(&path), "{path}");
        }
    }

    #[test]
    fn plain_paths_pass() {
        for tail in [
            "",
            "/",
            "/x",
            "/x/",
            "/a%20b",
            "/ocid1.tenancy.oc1..aaaa",
            "/a;b=c",
            "/a:b@c",
            "/.well-known",
            "/x..y",
            "/%7Ename",
            "/(a)'b'!$&*,=",
        ] {
            let path = format!("{PREFIX}{tail}");
            assert!(passes(&path), "{path}");
        }
    }

    #[test]
    fn a_query_holds_no_line_end() {
        for query in ["a=b&c=%2F%25", "filter=x%20eq%20%22y%22", ""] {
            assert_eq!(query_problem(query), None, "{query}");
        }
        for query in ["a=%0d%0aX", "a=%0A", "%00", "a=\u{e9}", "a=%", "a=b c", "a=\r"] {
            assert!(query_problem(query).is_some(), "{query}");
        }
    }

    /// Decoders that are found between a client and what it asks for.
    fn readings(path: &str) -> Vec<String> {
        let mut readings = vec![path.to_owned()];
        let stages: [fn(&str) -> String; 6] = [
            percent_decoded,
            |text| text.replace('\\', "/"),
            |text| text.replace(['\u{2215}', '\u{ff0f}', '\u{2044}'], "/"),
            without_parameters,
            trimmed,
            |text| text.split(['\0', '\r', '\n', '?', '#']).next().unwrap_or_default().to_owned(),
        ];
        // Every stage after every other, twice over.
        for _ in 0..2 {
            for stage in stages {
                let more: Vec<String> = readings.iter().map(|text| stage(text)).collect();
                readings.extend(more);
                readings.sort();
                readings.dedup();
            }
        }
        readings
    }

    /// Overlong forms read as what they stand for, too.
    fn percent_decoded(text: &str) -> String {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        for (overlong, plain) in [(&[0xc0, 0xae][..], "."), (&[0xc0, 0xaf], "/")] {
            let found = bytes.windows(2).any(|pair| pair == overlong);
            if found {
                text = text.replace("\u{fffd}\u{fffd}", plain);
            }
        }
        text
    }

    fn without_parameters(text: &str) -> String {
        let cut = |segment: &str| segment.split(';').next().unwrap_or_default().to_owned();
        text.split('/').map(cut).collect::<Vec<_>>().join("/")
    }

    /// As Windows takes names: blanks and dots at the end do not count, but in `..`.
    fn trimmed(text: &str) -> String {
        let trim = |segment: &str| {
            let segment = segment.trim_matches([' ', '\t', '+']);
            if segment.len() > 2 && segment.bytes().all(|byte| byte == b'.') {
                ".."
            } else {
                segment
            }
            .to_owned()
        };
        text.split('/').map(trim).collect::<Vec<_>>().join("/")
    }

    /// Dots resolved; empty segments count for nothing.
    fn resolved(text: &str) -> Vec<&str> {
        let mut segments = Vec::new();
        for segment in text.split('/').filter(|segment| !segment.is_empty()) {
            match segment {
                "." => {}
                ".." => drop(segments.pop()),
                other => segments.push(other),
            }
        }
        segments
    }

    fn piece() -> impl Strategy<Value = String> {
        let tricky = prop::sample::select(vec![
            ".",
            "..",
            "/",
            "//",
            ";",
            "%2e",
            "%2E%2e",
            "%2f",
            "%5c",
            "%25",
            "%252e",
            "%00",
            "%20",
            "%09",
            "%0d%0a",
            "%3b",
            "%3f",
            "%23",
            "%c0%ae",
            "%c0%af",
            "%e2%88%95",
            "\u{2215}",
            "\\",
            " ",
            "+",
            "?",
            "#",
            "a",
            "users",
            "/v1",
            "events",
            "%7f",
            "%u002e",
            "~",
            "x;y",
        ]);
        prop_oneof![8 => tricky.prop_map(str::to_owned), 1 => "[ -~]{1,3}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn whatever_a_server_makes_of_what_passed_is_below_the_prefix(
            pieces in prop::collection::vec(piece(), 0..8),
        ) {
            let path = format!("{PREFIX}{}", pieces.concat());
            if passes(&path) {
                for reading in readings(&path) {
                    let read = resolved(&reading);
                    prop_assert!(read.starts_with(&["v1", "events"]), "{path} as {reading}");
                }
            }
        }
    }
}
