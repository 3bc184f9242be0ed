//! Reads a component's configuration and collects everything that is wrong with
//! it, each with its place and its fix, so that an operator mends a file once.

use serde_json::{Map, Value};

use crate::contract::{Finding, Severity, SourceError};
use crate::endpoint::split_url;
use crate::json::pointer;
use crate::secret::Secret;

/// What to do about settings that are none.
const NO_OBJECT: &str = "pass one JSON object that fits the schema of the component";

/// A configuration object being read.
#[derive(Debug)]
pub struct Reader {
    /// JSON Pointer of the object.
    place: String,
    object: Map<String, Value>,
    known: Vec<&'static str>,
    findings: Vec<Finding>,
}

impl Reader {
    /// Starts reading the JSON text of one object.
    ///
    /// # Errors
    ///
    /// `invalid-config` when the text is no JSON object.
    pub fn new(text: &str) -> Result<Self, SourceError> {
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => Ok(Self::at(String::new(), object)),
            Ok(_) => Err(invalid("the configuration is not an object", NO_OBJECT)),
            Err(error) => {
                Err(invalid(format!("the configuration is not JSON: {error}"), NO_OBJECT))
            }
        }
    }

    fn at(place: String, object: Map<String, Value>) -> Self {
        Self { place, object, known: Vec::new(), findings: Vec::new() }
    }

    /// A table inside this one, if the key is there. Give it back to
    /// [`absorb`](Self::absorb).
    pub fn table(&mut self, key: &'static str) -> Option<Self> {
        match self.take(key)? {
            Value::Object(object) => Some(Self::at(pointer(&self.place, key), object)),
            other => {
                let problem = format!("expected a table, found {}", kind(&other));
                self.wrong(key, problem, format!("write it like {key} = {{ … }}"));
                None
            }
        }
    }

    /// Ends the reading of a table inside this one.
    pub fn absorb(&mut self, mut table: Self) {
        table.tell_unknown();
        self.findings.append(&mut table.findings);
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.object.get(key).is_some_and(|value| !value.is_null())
    }

    /// Notes something wrong at `key` (or at a pointer below it).
    pub fn wrong(&mut self, key: &str, problem: impl Into<String>, fix: impl Into<String>) {
        let path = match key.strip_prefix('/') {
            Some(_) => format!("{}{key}", self.place),
            None => pointer(&self.place, key),
        };
        self.findings.push(Finding {
            severity: Severity::Error,
            path,
            problem: problem.into(),
            fix: fix.into(),
        });
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.object.remove(key).filter(|value| !value.is_null())
    }

    /// A text, if the key is there.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong(
                    key,
                    format!("expected a text, found {}", kind(&other)),
                    "put it in quotes",
                );
                None
            }
        }
    }

    /// A text that has to be there; empty when it is not, which has its finding.
    pub fn required_text(&mut self, key: &'static str, example: &str) -> String {
        if !self.has(key) {
            self.wrong(key, "is missing", format!("write it like {key} = \"{example}\""));
        }
        self.text(key).unwrap_or_default()
    }

    /// A secret, if the key is there.
    pub fn secret(&mut self, key: &'static str) -> Option<Secret> {
        self.text(key).map(Secret::new)
    }

    /// A secret that has to be there; empty when it is not, which has its finding.
    pub fn required_secret(&mut self, key: &'static str) -> Secret {
        Secret::new(self.required_text(key, "…"))
    }

    /// One of some words, if the key is there.
    pub fn choice<C: Copy>(&mut self, key: &'static str, choices: &[(&str, C)]) -> Option<C> {
        let word = self.text(key)?;
        let chosen = choices.iter().find(|(known, _)| *known == word);
        if chosen.is_none() {
            let words: Vec<_> = choices.iter().map(|(known, _)| format!("{known:?}")).collect();
            let fix = format!("write {}", words.join(" or "));
            self.wrong(key, format!("{word:?} is unknown"), fix);
        }
        chosen.map(|(_, choice)| *choice)
    }

    /// A URL that has to be there, as origin and path ([`split_url`]); empty ones when it
    /// is wrong, which has its finding.
    pub fn required_url(
        &mut self,
        key: &'static str,
        example: &str,
        check: impl FnOnce(&str) -> Result<(), String>,
    ) -> (String, String) {
        let before = self.findings.len();
        let url = self.required_text(key, example);
        if self.findings.len() > before {
            return Default::default();
        }
        let parts =
            split_url(&url).and_then(|(origin, path)| check(&path).map(|()| (origin, path)));
        parts.unwrap_or_else(|problem| {
            let fix = format!("write it like {key} = \"{example}\"");
            self.wrong(key, format!("{url:?} {problem}"), fix);
            Default::default()
        })
    }

    /// A whole number within bounds, if the key is there.
    pub fn whole_number(
        &mut self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Option<u32> {
        let value = self.take(key)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let (least, most) = (bounds.start(), bounds.end());
            self.wrong(
                key,
                format!("{value} is no whole number from {least} to {most}"),
                format!("write it like {key} = {most}"),
            );
        }
        number
    }

    /// A list of at least one distinct text; an empty list when it is wrong.
    pub fn texts(&mut self, key: &'static str, example: &str) -> Vec<String> {
        let fix = format!("write it like {key} = [\"{example}\"]");
        let elements = match self.take(key) {
            Some(Value::Array(elements)) => elements,
            Some(other) => {
                let problem = format!("expected a list of texts, found {}", kind(&other));
                self.wrong(key, problem, fix);
                return Vec::new();
            }
            None => {
                self.wrong(key, "is missing", fix);
                return Vec::new();
            }
        };
        if elements.is_empty() {
            self.wrong(key, "is an empty list", fix);
        }
        let mut texts: Vec<String> = Vec::new();
        for (index, element) in elements.into_iter().enumerate() {
            let place = pointer(&pointer("", key), &index.to_string());
            match element {
                Value::String(text) if texts.contains(&text) => {
                    self.wrong(&place, format!("{text:?} is there twice"), "remove one of them");
                }
                Value::String(text) => texts.push(text),
                other => {
                    let problem = format!("expected a text, found {}", kind(&other));
                    self.wrong(&place, problem, "put it in quotes");
                }
            }
        }
        texts
    }

    /// Ends the reading: keys nobody asked for are errors.
    ///
    /// # Errors
    ///
    /// `invalid-config` with everything that was found.
    pub fn finish<T>(mut self, value: T) -> Result<T, SourceError> {
        self.tell_unknown();
        if self.findings.is_empty() {
            Ok(value)
        } else {
            Err(SourceError::InvalidConfig(self.findings))
        }
    }

    fn tell_unknown(&mut self) {
        let unknown: Vec<String> = self.object.keys().cloned().collect();
        for key in unknown {
            let fix = match self.known.iter().find(|known| is_near(known, &key)) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("remove it; known keys: {}", self.known.join(", ")),
            };
            self.wrong(&key, format!("unknown key {key:?}"), fix);
        }
    }
}

/// `invalid-config` about the request as a whole, and not about a key.
pub fn invalid(problem: impl Into<String>, fix: impl Into<String>) -> SourceError {
    SourceError::InvalidConfig(vec![Finding {
        severity: Severity::Error,
        path: String::new(),
        problem: problem.into(),
        fix: fix.into(),
    }])
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// Whether two keys differ by one slip: a letter changed, left out, added, or
/// two swapped.
pub fn is_near(known: &str, written: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (known.chars().collect(), written.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail =
        a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    match (rest_a, rest_b) {
        ([], [_]) | ([_], [] | [_]) => true,
        ([x, y], [u, v]) => x == v && y == u,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everything_wrong_is_told_at_once_with_its_place() {
        let mut reader =
            Reader::new(r#"{"regoins":["a"],"compartments":["x",1,"x"],"endpoint":5}"#).unwrap();
        reader.texts("regions", "us-ashburn-1");
        reader.texts("compartments", "ocid1...");
        reader.text("endpoint");
        let Err(SourceError::InvalidConfig(findings)) = reader.finish(()) else { panic!() };
        let told: Vec<_> = findings.iter().map(|f| (f.path.as_str(), f.fix.as_str())).collect();
        assert_eq!(told[0].0, "/regions");
        assert_eq!(told[1].0, "/compartments/1");
        assert_eq!(told[2].0, "/compartments/2");
        assert_eq!(told[3].0, "/endpoint");
        assert_eq!(told[4], ("/regoins", "did you mean \"regions\"?"));
    }

    #[test]
    fn numbers_keep_their_bounds_and_what_must_be_there_is_asked_for() {
        let mut reader = Reader::new(r#"{"a":5,"b":0,"c":"5","d":1.5}"#).unwrap();
        assert_eq!(reader.whole_number("a", 1..=9), Some(5));
        assert_eq!(reader.whole_number("none", 1..=9), None);
        for key in ["b", "c", "d"] {
            assert_eq!(reader.whole_number(key, 1..=9), None);
        }
        assert_eq!(reader.required_text("url", "https://a"), "");
        let Err(SourceError::InvalidConfig(findings)) = reader.finish(()) else { panic!() };
        let told: Vec<_> = findings.iter().map(|f| (f.path.as_str(), f.problem.as_str())).collect();
        assert_eq!(told[0], ("/b", "0 is no whole number from 1 to 9"));
        assert_eq!(told[1].0, "/c");
        assert_eq!(told[2].0, "/d");
        assert_eq!(told[3], ("/url", "is missing"));
    }

    #[test]
    fn a_table_inside_tells_its_place_and_never_its_secrets() {
        let mut reader =
            Reader::new(r#"{"auth":{"password":["S3CRET"],"usernme":"a","x":"S3CRET"}}"#).unwrap();
        let mut table = reader.table("auth").unwrap();
        table.required_text("username", "a");
        table.required_secret("password");
        reader.absorb(table);
        let Err(SourceError::InvalidConfig(findings)) = reader.finish(()) else { panic!() };
        // Unknown keys come in whatever order the parser keeps them.
        let places: BTreeSet<&str> = findings.iter().map(|finding| finding.path.as_str()).collect();
        let expected = ["/auth/password", "/auth/username", "/auth/usernme", "/auth/x"];
        assert_eq!(places, BTreeSet::from(expected));
        assert_eq!(findings.len(), expected.len());
        assert!(!format!("{findings:?}").contains("S3CRET"));
    }

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        assert!(is_near("regions", "region"));
        assert!(is_near("regions", "regoins"));
        assert!(is_near("regions", "regiqns"));
        assert!(!is_near("regions", "realm"));
        assert!(!is_near("regions", "regions"));
    }
}
