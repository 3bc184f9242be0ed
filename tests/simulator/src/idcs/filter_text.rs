//! SCIM filters: how they are written (RFC 7644, figure 1).
//!
//! The invariant: a filter is read whole or refused with the place where it
//! stops making sense. `not` binds tighter than `and`, `and` tighter than `or`;
//! extra blanks do not matter. Filters on parts of values (`[ ]`) are refused:
//! no attribute of an audit event has several values.

use serde_json::Value;

use super::filter::{Filter, Operator};
use super::schema::Attribute;

/// Deepest nesting of parentheses; far beyond what a person writes.
const DEEPEST: usize = 50;

/// Reads a filter, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Filter, String> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    let filter = parser.any()?;
    match parser.take() {
        None => Ok(filter),
        Some(token) => Err(format!("filter: nothing expected at '{token}'")),
    }
}

/// Words, parentheses and quoted texts (with their quotes).
fn tokens(text: &str) -> Result<Vec<&str>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => 1,
            '"' => quoted_length(rest)
                .ok_or_else(|| format!("filter: the text {rest} has no closing quote"))?,
            '[' | ']' => return Err("filter: brackets are not served".to_owned()),
            _ => rest
                .find(|next: char| next.is_whitespace() || "()[]\"".contains(next))
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// Bytes of the quoted text at the start, with both quotes.
fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn take(&mut self) -> Option<&'a str> {
        let token = self.tokens.get(self.next).copied();
        self.next += 1;
        token
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there =
            self.tokens.get(self.next).is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.next += usize::from(there);
        there
    }

    fn any(&mut self) -> Result<Filter, String> {
        let mut filter = self.all()?;
        while self.take_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all()?));
        }
        Ok(filter)
    }

    fn all(&mut self) -> Result<Filter, String> {
        let mut filter = self.one()?;
        while self.take_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, String> {
        if self.take_word("not") {
            return match self.take_word("(") {
                true => Ok(Filter::Not(Box::new(self.grouped()?))),
                false => Err("filter: 'not' needs parentheses".to_owned()),
            };
        }
        if self.take_word("(") {
            return self.grouped();
        }
        self.comparison()
    }

    /// What stands between parentheses; the opening one is behind.
    fn grouped(&mut self) -> Result<Filter, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("filter: the parentheses are nested too deeply".to_owned());
        }
        let filter = self.any()?;
        self.depth -= 1;
        match self.take_word(")") {
            true => Ok(filter),
            false => Err("filter: a parenthesis is not closed".to_owned()),
        }
    }

    fn comparison(&mut self) -> Result<Filter, String> {
        let name = self.take().ok_or("filter: an attribute is missing at the end")?;
        let attribute = Attribute::find(name)
            .ok_or_else(|| format!("filter: '{name}' is no attribute of an audit event"))?;
        let word = self.take().ok_or_else(|| format!("filter: no operator after '{name}'"))?;
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(attribute));
        }
        let operator =
            Operator::find(word).ok_or_else(|| format!("filter: '{word}' is no operator"))?;
        let literal = self.take().ok_or_else(|| format!("filter: no value after '{word}'"))?;
        let literal: Value = serde_json::from_str(literal)
            .ok()
            .filter(|value: &Value| !value.is_array() && !value.is_object())
            .ok_or_else(|| {
                format!("filter: '{literal}' is no value, texts stand in double quotes")
            })?;
        Filter::compare(attribute, operator, &literal).map_err(|reason| format!("filter: {reason}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::idcs::view::View;

    const ROW: &str = r#"{"id":"0a1b","timestamp":"2018-06-01T07:21:55.451Z",
        "eventId":"sso.session.create.success","actorName":"Bob\"by@example.com",
        "ecId":"iigF90H9","ssoAuthnLevel":0,"meterAsOPCService":false,
        "meta":{"created":"2018-06-01T07:21:55.460Z"},"idcsCreatedBy":{"type":"User"}}"#;

    fn matches(filter: &str) -> bool {
        parse(filter).unwrap().matches(&View::new(ROW.as_bytes(), None))
    }

    #[test]
    fn each_operator_says_yes_and_no() {
        for (yes, no) in [
            (r#"eventId eq "sso.session.create.success""#, r#"eventId eq "sso.session""#),
            (r#"eventId ne "x""#, r#"eventId ne "sso.session.create.success""#),
            (r#"eventId sw "sso.session.""#, r#"eventId sw "session""#),
            (r#"eventId ew ".success""#, r#"eventId ew ".failure""#),
            (r#"eventId co "create""#, r#"eventId co "delete""#),
            (r#"eventId gt "sso.a""#, r#"eventId lt "sso.a""#),
            ("clientIp eq null", "eventId eq null"),
            ("eventId pr", "clientIp pr"),
            ("ssoAuthnLevel ge 0", "ssoAuthnLevel gt 0"),
            ("meterAsOPCService eq false", "meterAsOPCService eq true"),
            (r#"idcsCreatedBy.type eq "user""#, r#"idcsCreatedBy.type eq "App""#),
            (r#"actorName co "\"by@""#, r#"actorName co "\"x""#),
            // What is absent differs from everything and equals nothing.
            (r#"clientIp ne "x""#, r#"clientIp eq "x""#),
            // Case matters for correlation ids only.
            (r#"actorName sw "bob""#, r#"ecId eq "IIGF90H9""#),
        ] {
            assert!(matches(yes), "{yes}");
            assert!(!matches(no), "{no}");
        }
    }

    #[test]
    fn times_compare_as_moments() {
        for (yes, no) in [
            ("ge \"2018-06-01T07:21:55.451Z\"", "gt \"2018-06-01T07:21:55.451Z\""),
            ("le \"2018-06-01T07:21:55.451Z\"", "lt \"2018-06-01T07:21:55.451Z\""),
            ("eq \"2018-06-01T09:21:55.4510+02:00\"", "eq \"2018-06-01T07:21:55Z\""),
            ("gt \"2018-06-01T07:21:55.4509Z\"", "gt \"2018-06-01T07:21:55.4511Z\""),
        ] {
            assert!(matches(&format!("timestamp {yes}")), "{yes}");
            assert!(!matches(&format!("timestamp {no}")), "{no}");
        }
        assert!(matches("meta.created gt \"2018-06-01T07:21:55.459Z\""));
    }

    #[test]
    fn and_binds_tighter_than_or_and_blanks_do_not_matter() {
        let (yes, no) = (r#"eventId sw "sso""#, r#"eventId sw "admin""#);
        assert!(matches(&format!("{yes} or {no} and {no}")));
        assert!(!matches(&format!("({yes} or {no}) and {no}")));
        assert!(matches(&format!("  ( {yes}  AND  not({no}) ) ")));
        assert!(matches(
            "timestamp  gt\t\"2018-06-01T00:00:00.001Z\" and timestamp lt \"2018-06-02T00:00:00.001Z\""
        ));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (filter, says) in [
            ("", "attribute is missing"),
            ("eventId", "no operator"),
            ("eventId eq", "no value"),
            ("eventId is \"x\"", "'is'"),
            ("eventId eq x", "'x'"),
            ("eventId eq \u{201c}x\u{201d}", "double quotes"),
            ("eventId eq \"x", "no closing quote"),
            ("userName eq \"x\"", "'userName'"),
            ("timestamp gt \"yesterday\"", "date-time"),
            ("timestamp sw \"2018\"", "does not fit"),
            ("eventId gt 5", "does not fit"),
            ("ssoAuthnLevel eq \"0\"", "does not fit"),
            ("meta eq \"x\"", "part"),
            ("(eventId pr", "not closed"),
            ("eventId pr)", "nothing expected"),
            ("not eventId pr", "parentheses"),
            ("eventId pr and", "missing at the end"),
            ("meta[created pr]", "brackets"),
        ] {
            let reason = parse(filter).unwrap_err();
            assert!(reason.contains(says), "{filter}: {reason}");
        }
        assert!(parse(&format!("{}eventId pr", "(".repeat(100_000))).is_err());
    }
}
