//! Query strings and forms, read the way Oracle's gateway reads them.
//!
//! The invariant: a parameter is understood exactly once. `+` is a blank, as
//! the Go and Python SDKs write it; what is not valid percent-encoding of
//! UTF-8 is refused, never repaired.

use std::fmt;

/// The decoded parameters in the order sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryString(Vec<(String, String)>);

/// Text that is no valid percent-encoding of UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query parameter '{}' is not valid percent-encoding", self.0)
    }
}

impl QueryString {
    pub(crate) fn parse(query: &str) -> Result<Self, Malformed> {
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                match (decode(name), decode(value)) {
                    (Some(name), Some(value)) => Ok((name, value)),
                    _ => Err(Malformed(name.to_owned())),
                }
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The value of a parameter; an empty value counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that is not among these.
    pub(crate) fn unknown(&self, known: &[&str]) -> Option<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !known.contains(name))
    }

    /// A parameter that is there more than once.
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.0.iter().enumerate().find_map(|(index, (name, _))| {
            self.0[..index].iter().any(|(earlier, _)| earlier == name).then_some(name.as_str())
        })
    }
}

/// Text without its percent-encoding; a plus is a blank.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_blank_and_an_escaped_plus_is_a_plus() {
        let query = QueryString::parse("a=1+2&b=1%2B2&c=%E5%B1%B1&d").unwrap();
        assert_eq!(query.get("a"), Some("1 2"));
        assert_eq!(query.get("b"), Some("1+2"));
        assert_eq!(query.get("c"), Some("山"));
        assert_eq!(query.get("d"), None);
        assert_eq!(query.unknown(&["a", "b", "d"]), Some("c"));
        assert_eq!(query.repeated(), None);
    }

    #[test]
    fn a_parameter_sent_twice_is_found_even_when_written_differently() {
        let query = QueryString::parse("page=1&p%61ge=2").unwrap();
        assert_eq!(query.repeated(), Some("page"));
    }

    #[test]
    fn broken_escapes_are_refused() {
        for query in ["a=%", "a=%2", "a=%zz", "a=%+1", "a=%ff"] {
            assert_eq!(QueryString::parse(query), Err(Malformed("a".to_owned())));
        }
    }
}
