//! The requests that an operator allows a source's component to make.
//!
//! Invariant: a rule names one origin exactly; nothing in it is a pattern.

use crate::schema::{
    Checked, Flag, Kind as _, List, Parsed, Place, Problems, Table, TableOf, keys, list, one_of,
    table_of,
};

/// Methods that read or write a resource. `CONNECT` and `TRACE` are for proxies.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const EXAMPLE: &str = "[{ origin = \"https://host\", methods = [\"GET\"], path_prefix = \"/v1\" }]";

const ORIGIN: Parsed<String> = Parsed {
    parse: parse_origin,
    title: "origin",
    expected: "an origin like \"https://host\" or \"http://host:8080\", without a path",
    pattern: "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+$",
};

const PATH_PREFIX: Parsed<String> = Parsed {
    parse: parse_prefix,
    title: "path",
    expected: "a plain path from the root, like \"/v1\"",
    pattern: "^/[^?#%\\\\]*$",
};

keys! {
    /// A rule as it is written.
    pub struct AllowKeys {
        /// Scheme, host and port, exactly: `https://host`.
        origin: String = ORIGIN.needed("\"https://host\"");
        /// What may be asked.
        methods: Vec<&'static str> = list(one_of("method", METHODS), "[\"GET\"]")
            .not_empty("; write it like [\"GET\"]")
            .needed("[\"GET\"]");
        /// Where; `/` alone allows every path.
        path_prefix: String = PATH_PREFIX.needed("\"/v1\"");
        /// Whether the origin may resolve to a private or loopback address.
        private_addresses: bool = Flag.or(false);
    }
}

/// Requests that an operator allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowRule {
    /// `scheme://host[:port]`, lower case, without the scheme's own port.
    pub origin: String,
    /// Upper case, at least one.
    pub methods: Vec<String>,
    /// Starts with `/`; that alone allows every path.
    pub path_prefix: String,
    /// Whether the origin may resolve to a private or loopback address.
    pub private_addresses: bool,
    /// Where the rule was written.
    pub place: Place,
}

impl Checked for AllowRule {
    type Keys = AllowKeys;

    fn check(keys: AllowKeys, table: &mut Table<'_>, _: &mut Problems) -> Option<Self> {
        Some(Self {
            origin: keys.origin,
            methods: keys.methods.into_iter().map(str::to_owned).collect(),
            path_prefix: keys.path_prefix,
            private_addresses: keys.private_addresses,
            place: table.field.key_place.clone(),
        })
    }
}

/// The rules of a source.
pub(super) fn rules() -> List<TableOf<AllowRule>> {
    list(table_of(), EXAMPLE)
}

fn parse_prefix(text: &str) -> Option<String> {
    let is_plain = text.starts_with('/')
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#%\\".contains(&byte))
        && !text.split('/').any(|segment| matches!(segment, "." | ".."));
    is_plain.then(|| text.to_owned())
}

/// The origin in its one form, if the text is an origin and no more.
fn parse_origin(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let (scheme, authority) = text.split_once("://")?;
    let own_port: u16 = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (format!("[{address}]"), port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            (Some(host).filter(|host| is_host(host))?.to_owned(), port)
        }
    };
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        None if port.is_empty() => own_port,
        _ => return None,
    };
    let port = if port == own_port { String::new() } else { format!(":{port}") };
    Some(format!("{scheme}://{host}{port}"))
}

/// Names of ASCII letters, digits, hyphens and underscores; addresses fit too.
fn is_host(host: &str) -> bool {
    host.split('.').all(|label| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_origin_has_one_form() {
        for (text, expected) in [
            ("https://Idcs.Example.com", "https://idcs.example.com"),
            ("HTTPS://a:443", "https://a"),
            ("http://a:443", "http://a:443"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(parse_origin(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_none() {
        for text in [
            "",
            "a",
            "https://",
            "https://a/",
            "https://a/b",
            "https://a?b",
            "https://u@a",
            "https://u:p@a",
            "ftp://a",
            "https://*.a",
            "https://a:",
            "https://a:x",
            "https://a:70000",
            "https://a:+1",
            "https://a b",
            "https://[::1",
            "https://[x]",
            "https://[::1]x",
            "https://a..b",
        ] {
            assert_eq!(parse_origin(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(https?://)?.*") {
            if let Some(origin) = parse_origin(&text) {
                prop_assert_eq!(parse_origin(&origin), Some(origin.clone()));
            }
        }
    }
}
