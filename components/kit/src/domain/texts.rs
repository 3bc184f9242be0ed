//! Addresses with ports, and addresses of the web without what their queries carry.

/// An address and the port at it: `203.0.113.7:51234`, `[2001:db8::1]:443`.
pub fn split_port(text: &str) -> (&str, Option<u16>) {
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return match (rest, rest.strip_prefix(':').and_then(port)) {
            ("", _) => (address, None),
            (_, Some(port)) => (address, Some(port)),
            _ => (text, None),
        };
    }
    match text.rsplit_once(':') {
        Some((address, end)) if !address.contains(':') && !address.is_empty() => match port(end) {
            Some(port) => (address, Some(port)),
            None => (text, None),
        },
        _ => (text, None),
    }
}

/// The addresses of a list, nearest to the person first, and the port at the first.
#[derive(Debug, Default, PartialEq)]
pub struct Hops {
    /// Without their ports.
    pub addresses: Vec<String>,
    /// At the first.
    pub port: Option<u16>,
    /// Whether the list says more than that.
    pub says_more: bool,
}

/// Reads a comma list, as of `X-Forwarded-For`, or one of `Forwarded` (RFC 7239).
pub fn hops(list: &str) -> Hops {
    let mut hops = Hops::default();
    for hop in list.split(',').map(str::trim).filter(|hop| !hop.is_empty()) {
        let hop = match forwarded_for(hop) {
            Some((node, alone)) => {
                hops.says_more |= !alone;
                node
            }
            None => hop,
        };
        let (address, port) = split_port(hop);
        if hops.addresses.is_empty() {
            hops.port = port;
        } else {
            hops.says_more |= port.is_some();
        }
        hops.addresses.push(address.to_owned());
    }
    hops
}

/// The node of `for="[2001:db8::1]:4711";proto=https`, and whether nothing is beside it.
fn forwarded_for(element: &str) -> Option<(&str, bool)> {
    let mut pairs = element.split(';').map(str::trim);
    let is_for = |pair: &&str| pair.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("for="));
    let node = pairs.clone().find(is_for)?.get(4..)?;
    Some((node.trim_matches('"'), pairs.all(|pair| is_for(&pair))))
}

/// A URL without the values of its query and without its fragment, and whether there
/// was something of either.
pub fn without_values(url: &str) -> (String, bool) {
    let (rest, fragment) = url.split_once('#').map_or((url, None), |(rest, end)| (rest, Some(end)));
    let Some((address, query)) = rest.split_once('?') else {
        return (rest.to_owned(), fragment.is_some());
    };
    let names: Vec<&str> =
        query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name)).collect();
    let had_values = query.contains('=');
    (format!("{address}?{}", names.join("&")), had_values || fragment.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_told_from_addresses() {
        for (text, expected) in [
            ("203.0.113.7:51234", ("203.0.113.7", Some(51234))),
            ("[2001:db8::1]:443", ("2001:db8::1", Some(443))),
            ("[2001:db8::1]", ("2001:db8::1", None)),
            ("2001:db8::1", ("2001:db8::1", None)),
            ("203.0.113.7", ("203.0.113.7", None)),
            ("host.example:8443", ("host.example", Some(8443))),
            ("203.0.113.7:99999", ("203.0.113.7:99999", None)),
            ("203.0.113.7:0", ("203.0.113.7:0", None)),
            (":443", (":443", None)),
            ("[half", ("[half", None)),
        ] {
            assert_eq!(split_port(text), expected, "{text}");
        }
    }

    #[test]
    fn lists_of_either_kind_are_read() {
        let of = |list: &str| {
            let Hops { addresses, port, says_more } = hops(list);
            (addresses.join(" "), port, says_more)
        };
        assert_eq!(of("10.0.0.1, 10.0.0.2"), ("10.0.0.1 10.0.0.2".into(), None, false));
        assert_eq!(of("10.0.0.1:5,,10.0.0.2:6"), ("10.0.0.1 10.0.0.2".into(), Some(5), true));
        assert_eq!(
            of(r#"for="[2001:db8::1]:4711";proto=https, For=192.0.2.43"#),
            ("2001:db8::1 192.0.2.43".into(), Some(4711), true)
        );
        assert_eq!(of(" "), (String::new(), None, false));
    }

    #[test]
    fn an_address_of_the_web_loses_its_values() {
        for (url, expected, more) in [
            ("https://a.example/b", "https://a.example/b", false),
            ("https://a.example/b?c", "https://a.example/b?c", false),
            ("https://a.example/b?code=x&state=y#z", "https://a.example/b?code&state", true),
            ("https://a.example/#access_token=x", "https://a.example/", true),
        ] {
            assert_eq!(without_values(url), (expected.to_owned(), more));
        }
    }
}
