//! A row freed of its secrets, in the one form that the mapping reads.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};
use signon_kit::json::{Kind, Node, Parsed, push_string};
use signon_kit::record_id::own_id;
use signon_kit::redact::{MARK, redact};
use signon_kit::text::hex;

use crate::framing::Form;
use crate::seen_rows::Key;
use crate::xml::Item;

/// A row without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'a> {
    /// The row as JSON.
    pub json: Parsed<'a>,
    /// The row as received; `None` where that is `json` itself.
    xml: Option<String>,
    /// JSON Pointers of what was taken out.
    pub redacted: Vec<String>,
}

/// Nothing of a row can be read, not even for scrubbing.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable(pub String);

impl<'a> Document<'a> {
    /// Reads a row.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] when it is no JSON object, or no XML element that may be read.
    pub fn read(text: Cow<'a, str>, form: Form) -> Result<Self, Unreadable> {
        match form {
            Form::Json => {
                let parsed =
                    Parsed::read(text).map_err(|error| Unreadable(format!("not JSON: {error}")))?;
                if parsed.root().kind() != Kind::Object {
                    return Err(Unreadable("not a JSON object".to_owned()));
                }
                let (json, redacted) = redact(parsed, &[]);
                Ok(Self { json, xml: None, redacted })
            }
            Form::Xml => {
                let item = Item::parse(&text).map_err(Unreadable)?;
                let parsed = Parsed::read(item.to_json())
                    .map_err(|error| Unreadable(format!("not readable: {error}")))?;
                let (json, redacted) = redact(parsed, &[]);
                let xml = take_out(&text, &item, &redacted);
                Ok(Self { json, xml: Some(xml), redacted })
            }
        }
    }

    /// The row as received, without its secrets.
    pub fn raw(&self) -> &str {
        self.xml.as_deref().unwrap_or(self.json.text())
    }

    /// The member that says the row's own id, and that id; of several the last that says
    /// one. Decided here alone, for what was seen and for the event.
    pub fn own_id(&self) -> Option<(Node<'_>, String)> {
        let members = self.json.root().children().filter(|member| member.key() == "eventID");
        members.filter_map(|member| Some((member, own_id(&member.scalar_text()?)?))).last()
    }

    /// What tells this row from others.
    pub fn key(&self) -> Key {
        if let Some((_, id)) = self.own_id() {
            return Key::Native(id);
        }
        let mut canonical = String::new();
        write_canonical(self.json.root(), &mut canonical);
        content_key(canonical.as_bytes())
    }

    /// Whether this could be a row of this API at all.
    pub fn is_event(&self) -> bool {
        let root = self.json.root();
        ["eventID", "accessTime"].into_iter().any(|name| root.get(name).is_some())
    }
}

/// The key of what has no id.
pub fn content_key(bytes: &[u8]) -> Key {
    Key::Content(hex(&Sha256::digest(bytes)))
}

fn take_out(text: &str, item: &Item, redacted: &[String]) -> String {
    if redacted.is_empty() {
        return text.to_owned();
    }
    let mut spans: Vec<_> = redacted.iter().flat_map(|pointer| item.spans(pointer)).collect();
    spans.sort_by_key(|span| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for span in spans {
        // Spans may lie inside one that is taken out already.
        if span.is_empty() || span.end <= copied {
            continue;
        }
        out.push_str(text.get(copied..span.start).unwrap_or_default());
        out.push_str(MARK);
        copied = span.end;
    }
    out.push_str(&text[copied..]);
    out
}

/// The same for every way to write a row: members by name, scalars as texts, a
/// list of one as that one, nothing left out of what says something.
fn write_canonical(node: Node<'_>, out: &mut String) {
    match node.kind() {
        Kind::Object => {
            let mut members: Vec<_> = node.children().filter(|m| !says_nothing(*m)).collect();
            // Stable: of equal names the order received stays.
            members.sort_by(|a, b| a.key().cmp(&b.key()));
            out.push('{');
            for member in members {
                push_string(out, &member.key());
                write_canonical(member, out);
            }
            out.push('}');
        }
        Kind::Array if node.children().count() == 1 => {
            node.children().for_each(|only| write_canonical(only, out));
        }
        Kind::Array => {
            out.push('[');
            for element in node.children() {
                write_canonical(element, out);
                out.push(',');
            }
            out.push(']');
        }
        _ => match node.scalar_text() {
            Some(text) => push_string(out, &text),
            None => out.push_str(node.raw()),
        },
    }
}

fn says_nothing(node: Node<'_>) -> bool {
    node.is_blank() || node.as_str().is_some_and(|text| text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str, form: Form) -> Key {
        Document::read(text.into(), form).unwrap().key()
    }

    #[test]
    fn an_id_is_the_same_native_and_quoted_and_as_an_element() {
        let expected = Key::Native("9007199254740993".into());
        assert_eq!(key(r#"{"eventID":9007199254740993}"#, Form::Json), expected);
        assert_eq!(key(r#"{"eventID":"9007199254740993"}"#, Form::Json), expected);
        assert_eq!(key("<x><eventID> 9007199254740993 </eventID></x>", Form::Xml), expected);
    }

    #[test]
    fn the_content_of_a_row_counts_and_not_how_it_is_written() {
        let expected = key(r#"{"type":"AuthN","mfaUsed":true,"a":["x"]}"#, Form::Json);
        assert!(matches!(expected, Key::Content(_)));
        for (text, form) in [
            (r#"{ "mfaUsed":"true", "a":"x", "type":"AuthN", "eventID":null }"#, Form::Json),
            ("<e><type>AuthN</type><a>x</a>\n<mfaUsed>true</mfaUsed><b/></e>", Form::Xml),
        ] {
            assert_eq!(key(text, form), expected, "{text}");
        }
        assert_ne!(key(r#"{"type":"AuthN","mfaUsed":false,"a":["x"]}"#, Form::Json), expected);
    }

    #[test]
    fn an_element_loses_its_secrets_and_nothing_else() {
        let text = "<eventData>\n <password a='1'>S<b>T</b></password><attributeMap><value>U</value>\
                    <key>Cookie</key></attributeMap><t>&lt;ok&gt;</t></eventData>";
        let document = Document::read(text.into(), Form::Xml).unwrap();
        assert_eq!(
            document.raw(),
            "<eventData>\n <password a='[redacted]'>[redacted]</password><attributeMap>\
             <value>[redacted]</value><key>Cookie</key></attributeMap><t>&lt;ok&gt;</t></eventData>"
        );
        assert_eq!(document.redacted, ["/password", "/attributeMap/value"]);
    }

    #[test]
    fn what_is_no_object_is_unreadable() {
        for text in ["null", "7", "[]", "\"x\"", "{", ""] {
            assert!(Document::read(text.into(), Form::Json).is_err(), "{text}");
        }
    }
}
