//! One XML element as JSON, and the way back from a place in that JSON to the
//! bytes of the element.
//!
//! The mapping and the redaction know JSON only. So a row in XML is read as the
//! JSON text that says the same, and what has to be taken out of it is taken out
//! of the element by its place: the rest of the element stays byte for byte.
//! Nothing is resolved: entities beyond the five of XML itself, document types and
//! nesting deeper than [`DEEPEST`] refuse the element.

use std::borrow::Cow;
use std::ops::Range;

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use signon_kit::json::push_string;

/// Deepest nesting of elements. A row of this API is at most four deep; from 32 on
/// values are taken out whole when secrets are.
pub const DEEPEST: usize = 64;

/// Member for the text of an element that has more than text.
const TEXT: &str = "#text";

/// Member for comments and processing instructions.
const COMMENT: &str = "#comment";

/// Attribute or child of an element, by name.
type Member = (String, Item);

/// What an element or attribute holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The text, if there is nothing else.
    text: String,
    members: Vec<Member>,
    /// Where all of it stands in the element's text.
    spans: Vec<Range<usize>>,
}

/// An element being read.
struct Open {
    name: String,
    item: Item,
    /// Where its content begins.
    content: usize,
}

impl Item {
    /// Reads the text of one element.
    ///
    /// # Errors
    ///
    /// Why the text is not one element that may be read.
    pub fn parse(whole: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(whole);
        // A bare ampersand is text that somebody forgot to escape.
        reader.config_mut().allow_dangling_amp = true;
        let mut open: Vec<Open> = Vec::new();
        let mut root: Option<Item> = None;
        loop {
            let start = position(&reader);
            let event = reader.read_event().map_err(|error| format!("not XML: {error}"))?;
            let span = start..position(&reader);
            let (name, item) = match event {
                Event::Eof => break,
                Event::Start(tag) if open.len() < DEEPEST && root.is_none() => {
                    let (name, item) = attributes(&tag, whole)?;
                    open.push(Open { name, item, content: span.end });
                    continue;
                }
                Event::Start(_) => return Err(format!("not one element at most {DEEPEST} deep")),
                Event::Empty(tag) => attributes(&tag, whole)?,
                Event::End(_) => close(open.pop(), span.start)?,
                Event::Text(text) => {
                    append(&mut open, &text)?;
                    continue;
                }
                Event::CData(text) => {
                    append(&mut open, &text)?;
                    continue;
                }
                Event::GeneralRef(name) => {
                    append(&mut open, &reference(&name)?)?;
                    continue;
                }
                Event::Comment(text) => (COMMENT.to_owned(), Item::text(&text, span)),
                Event::PI(text) => (COMMENT.to_owned(), Item::text(&text, span)),
                Event::Decl(_) | Event::DocType(_) => {
                    return Err("a declaration inside an event".to_owned());
                }
            };
            match open.last_mut() {
                Some(parent) => parent.item.members.push((name, item)),
                None if root.is_none() => root = Some(item),
                None => return Err("more than one element".to_owned()),
            }
        }
        root.filter(|_| open.is_empty()).ok_or_else(|| "an element without its end".to_owned())
    }

    fn text(text: &str, span: Range<usize>) -> Self {
        Self { text: text.to_owned(), members: Vec::new(), spans: vec![span] }
    }

    /// The JSON text that says the same: elements as members, repeated ones as
    /// lists, texts as strings.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_object(&mut out);
        out
    }

    /// The same for an element that may be nothing but a text.
    pub fn to_json_value(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        if self.members.is_empty() {
            push_string(out, &self.text);
        } else {
            self.write_object(out);
        }
    }

    fn write_object(&self, out: &mut String) {
        out.push('{');
        let mut written: Vec<&str> = Vec::new();
        for (name, _) in &self.members {
            if written.contains(&name.as_str()) {
                continue;
            }
            if !written.is_empty() {
                out.push(',');
            }
            written.push(name);
            push_string(out, name);
            out.push(':');
            self.write_named(name, out);
        }
        out.push('}');
    }

    fn write_named(&self, name: &str, out: &mut String) {
        let mut items = self.named(name);
        let (Some(first), second) = (items.next(), items.next()) else {
            return;
        };
        let Some(second) = second else {
            return first.write(out);
        };
        out.push('[');
        first.write(out);
        for item in std::iter::once(second).chain(items) {
            out.push(',');
            item.write(out);
        }
        out.push(']');
    }

    fn named<'i, 'n>(&'i self, name: &'n str) -> impl Iterator<Item = &'i Self> + use<'i, 'n> {
        self.members.iter().filter(move |(known, _)| known == name).map(|(_, item)| item)
    }

    /// Where in the element's text the value at a JSON Pointer stands.
    pub fn spans(&self, pointer: &str) -> Vec<Range<usize>> {
        let mut steps = pointer.split('/').skip(1).map(unescape_step);
        let mut item = self;
        while let Some(name) = steps.next() {
            let items: Vec<&Item> = item.named(&name).collect();
            item = match items.as_slice() {
                [] => return Vec::new(),
                [only] => only,
                several => {
                    let Some(index) = steps.next() else {
                        return several.iter().flat_map(|item| item.spans.clone()).collect();
                    };
                    match index.parse().ok().and_then(|index: usize| several.get(index)) {
                        Some(item) => item,
                        None => return Vec::new(),
                    }
                }
            };
        }
        item.spans.clone()
    }
}

fn unescape_step(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// The element a tag opens, with its attributes.
fn attributes(tag: &BytesStart<'_>, whole: &str) -> Result<(String, Item), String> {
    let mut item = Item { text: String::new(), members: Vec::new(), spans: Vec::new() };
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| format!("not XML: {error}"))?;
        let name: &str = attribute.key.as_ref();
        // Namespaces and schema types say how it is written, not what.
        if name == "xmlns" || name.starts_with("xmlns:") || name.starts_with("xsi:") {
            continue;
        }
        let raw: &str = &attribute.value;
        let start = (raw.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        let span = start..start + raw.len();
        if whole.get(span.clone()) != Some(raw) {
            return Err("an attribute that cannot be placed".to_owned());
        }
        item.spans.push(span.clone());
        item.members.push((name.to_owned(), Item::text(&unescape(raw)?, span)));
    }
    Ok((tag.local_name().as_ref().to_owned(), item))
}

fn close(open: Option<Open>, content_end: usize) -> Result<Member, String> {
    let Some(Open { name, mut item, content }) = open else {
        return Err("an end tag without its start tag".to_owned());
    };
    item.spans.push(content..content_end);
    if !item.members.is_empty() {
        let text = std::mem::take(&mut item.text);
        // Blanks between elements are layout. Mixed text has no place of its own:
        // it is taken out with the whole element.
        if !text.trim().is_empty() {
            let whole = Item { text, members: Vec::new(), spans: item.spans.clone() };
            item.members.push((TEXT.to_owned(), whole));
        }
    }
    Ok((name, item))
}

fn append(open: &mut [Open], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.item.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside of the element".to_owned()),
    }
    Ok(())
}

/// What a reference stands for: one of the five entities of XML, or a character.
fn reference(name: &str) -> Result<Cow<'static, str>, String> {
    let known = match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "apos" => "'",
        "quot" => "\"",
        _ => {
            if let Some(number) = name.strip_prefix('#') {
                return Ok(Cow::Owned(character(number).to_string()));
            }
            if is_entity_name(name) {
                return Err("an entity beyond the five of XML, which is refused".to_owned());
            }
            // A bare ampersand, and by chance a semicolon behind it.
            return Ok(Cow::Owned(format!("&{name};")));
        }
    };
    Ok(Cow::Borrowed(known))
}

/// What is no character is replaced: text that others control rejects no row.
fn character(number: &str) -> char {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    code.ok()
        .filter(|code| *code != 0)
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn is_entity_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | ':'))
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.'))
}

/// The value of an attribute.
fn unescape(raw: &str) -> Result<String, String> {
    let mut pieces = raw.split('&');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(';') {
            Some((name, rest)) => {
                text.push_str(&reference(name)?);
                text.push_str(rest);
            }
            None => {
                text.push('&');
                text.push_str(piece);
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        Item::parse(text).unwrap().to_json()
    }

    #[test]
    fn elements_become_members_and_repeated_ones_lists() {
        assert_eq!(
            json("<e><a>1</a>\n<b><c>x</c></b><a>2</a><d/></e>"),
            r#"{"a":["1","2"],"b":{"c":"x"},"d":""}"#
        );
        assert_eq!(json("<e/>"), "{}");
        assert_eq!(json("<n:e xmlns:n='u'><n:a>1</n:a></n:e>"), r#"{"a":"1"}"#);
    }

    #[test]
    fn attributes_and_mixed_text_and_comments_are_kept() {
        assert_eq!(json("<e k='v&amp;w'>t<a/>u</e>"), r##"{"k":"v&w","a":"","#text":"tu"}"##);
        assert_eq!(json("<e><!--c--><a>1</a><?p i?></e>"), r##"{"#comment":["c","p i"],"a":"1"}"##);
        assert_eq!(json("<e><v xsi:type='xs:string'>x</v></e>"), r#"{"v":"x"}"#);
    }

    #[test]
    fn the_five_entities_characters_and_cdata_are_text() {
        assert_eq!(
            json("<e><a>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;<![CDATA[<c>&x;]]></a></e>"),
            r#"{"a":"<>&'\"AB<c>&x;"}"#
        );
        assert_eq!(json("<e><a>&#0;&#xD800;</a></e>"), "{\"a\":\"\u{fffd}\u{fffd}\"}");
        assert_eq!(json("<e><a>x?a=1&b=2 & c; d</a></e>"), r#"{"a":"x?a=1&b=2 & c; d"}"#);
    }

    #[test]
    fn what_would_need_resolving_is_refused() {
        for text in [
            "<e><a>&xxe;</a></e>",
            "<e a='&xxe;'/>",
            "<e><!DOCTYPE x></e>",
            "<e><a></b></e>",
            "<e><a></e>",
            "<e a=1/>",
            "<e a='1' a='2'/>",
            "<e/><f/>",
            "<e>",
            "text",
            "",
        ] {
            assert!(Item::parse(text).is_err(), "{text}");
        }
        let deep = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(Item::parse(&deep(DEEPEST)).is_ok());
        assert!(Item::parse(&deep(DEEPEST + 1)).is_err());
    }

    #[test]
    fn every_value_leads_back_to_its_place() {
        let text = "<e k=\"v\"><a>1</a><b><c> x </c></b><a>2</a><p q='s'/></e>";
        let item = Item::parse(text).unwrap();
        let at = |pointer: &str| -> Vec<&str> {
            item.spans(pointer).into_iter().map(|span| &text[span]).collect()
        };
        assert_eq!(at("/k"), ["v"]);
        assert_eq!(at("/a/1"), ["2"]);
        assert_eq!(at("/a"), ["1", "2"]);
        assert_eq!(at("/b/c"), [" x "]);
        assert_eq!(at("/b"), ["<c> x </c>"]);
        assert_eq!(at("/p"), ["s"]);
        assert!(at("/none").is_empty() && at("/a/7").is_empty());
    }
}
