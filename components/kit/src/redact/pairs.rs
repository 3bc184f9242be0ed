//! Names and values in a text: `key=value`, `key: value`, members of JSON behind a prefix,
//! Java's maps, elements of XML, lists, and pairs whose name is a value itself
//! (`{"name": "…", "value": "…"}`); and who is named in an address.

use std::ops::Range;

use crate::simd::Sets;

use super::bytes::{NAME, SAID, SPACE, Shapes, count_back, is, is_name, skip_blanks};
use super::joined::joined;
use super::names::{Secrecy, secrecy, secrecy_of_bytes};
use super::value::{self, Reach, quoted};
use super::values::{is_grant, is_plain, is_plain_code};

/// Longest name that is read before a separator.
const LONGEST_NAME: usize = 128;

/// Blanks and quotes passed over between a name and its separator, each.
const MOST_BETWEEN: usize = 16;

/// How far the end of a tag is looked for, and that of an element with others in it.
const LONGEST_TAG: usize = 1024;

/// Objects in one another that are told apart.
const DEEPEST: usize = 63;

/// Members that name the value beside them.
const NAMES: [&str; 19] = [
    "attribute",
    "attributename",
    "claim",
    "field",
    "fieldname",
    "header",
    "headername",
    "k",
    "key",
    "label",
    "n",
    "name",
    "option",
    "param",
    "parameter",
    "parametername",
    "property",
    "propertyname",
    "type",
];

/// Members that hold such a value.
const VALUES: [&str; 11] = [
    "#text", "content", "data", "newvalue", "oldvalue", "text", "v", "val", "vals", "value",
    "values",
];

static PARTS: Shapes = Shapes::of(&NAMES).and(&VALUES);

/// What ends the host of an address, and who is named before it.
static HOST_ENDS: Sets = Sets::of(&[b" \"#'/", b"\t\n\x0c\r", b"<>?", b"\\"]);

/// Where a text is looked at for names and values.
static STOPS: Sets = Sets::of(&[b"=:<", b",", b"{}"]);

/// What a member is to the one beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It says how the value is called.
    Name,
    /// It is the value.
    Value,
}

/// What a member of that name is to the one beside it, whatever its case.
pub fn part(name: &[u8]) -> Option<Part> {
    if !PARTS.may_have(name) {
        return None;
    }
    let is_in = |list: &[&str]| list.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(name));
    if is_in(&NAMES) {
        return Some(Part::Name);
    }
    is_in(&VALUES).then_some(Part::Value)
}

/// Adds the secrets behind their names.
pub fn find(text: &[u8], found: &mut Vec<Range<usize>>) {
    let mut scan = Scan {
        text,
        found,
        objects: Vec::new(),
        beyond: 0,
        seen: 0,
        secret: Vec::new(),
        values: Vec::new(),
    };
    let mut at = STOPS.find(text, 0);
    while at < text.len() {
        let next = match text[at] {
            b'=' | b':' => scan.separator(at),
            b'<' => scan.tag(at),
            b',' => scan.list(at),
            b'{' => scan.open(at),
            b'}' => scan.close(at),
            _ => at + 1,
        };
        at = STOPS.find(text, next);
    }
    scan.pairs();
}

struct Scan<'t> {
    text: &'t [u8],
    found: &'t mut Vec<Range<usize>>,
    /// The objects open here, by their number from 1 on; 0 is the text itself.
    objects: Vec<usize>,
    /// How many more are open beyond [`DEEPEST`].
    beyond: usize,
    /// How many objects were opened.
    seen: usize,
    /// Of each object, whether a secret is named in it; those behind are not.
    secret: Vec<bool>,
    /// What that would be.
    values: Vec<Pending>,
}

/// A value whose name may come behind it.
struct Pending {
    object: usize,
    start: usize,
    /// The name of the element it is the text of.
    tag: Option<Range<usize>>,
    braced: bool,
}

impl Scan<'_> {
    fn open(&mut self, at: usize) -> usize {
        if self.objects.len() < DEEPEST {
            self.seen += 1;
            self.objects.push(self.seen);
        } else {
            self.beyond += 1;
        }
        at + 1
    }

    fn close(&mut self, at: usize) -> usize {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else {
            self.objects.pop();
        }
        at + 1
    }

    fn object(&self) -> usize {
        self.objects.last().copied().unwrap_or_default()
    }

    /// A name and its value on both sides of `=` or `:`; gives back where to go on.
    fn separator(&mut self, at: usize) -> usize {
        if self.text[at..].starts_with(b"://") {
            return self.address(at + 3);
        }
        let Some(name) = self.name_before(at) else {
            return at + 1;
        };
        let part = part(&self.text[name.clone()]);
        let secrecy = self.secrecy(name.clone(), at);
        if part.is_none() && secrecy == Secrecy::Open {
            return at + 1;
        }
        let signs = self.text[at + 1..].iter().take(2);
        let start = at + 1 + signs.take_while(|sign| matches!(sign, b'=' | b':' | b'>')).count();
        if secrecy != Secrecy::Open {
            let reach = Reach::of(&self.text[name], self.text[at]);
            let value = value::of(self.text, start, reach, self.is_braced());
            self.secret(secrecy, value.clone());
            return value.end;
        }
        match part {
            Some(Part::Name) => {
                self.named(value::of(self.near(start), start, Reach::Word, self.is_braced()))
            }
            _ => self.values.push(Pending {
                object: self.object(),
                start,
                tag: None,
                braced: self.is_braced(),
            }),
        }
        at + 1
    }

    /// The text up to where the name of a secret would have ended that begins at `start`.
    fn near(&self, start: usize) -> &[u8] {
        &self.text[..self.text.len().min(start + 2 * LONGEST_NAME)]
    }

    fn is_braced(&self) -> bool {
        !self.objects.is_empty()
    }

    /// A secret is named here, or something else.
    fn named(&mut self, name: Range<usize>) {
        if names_secret(&self.text[name]) {
            let object = self.object();
            if self.secret.len() <= object {
                self.secret.resize(object + 1, false);
            }
            self.secret[object] = true;
        }
    }

    fn secret(&mut self, secrecy: Secrecy, value: Range<usize>) {
        let text = String::from_utf8_lossy(&self.text[value.clone()]);
        let is_plain = is_plain(&text) || (secrecy == Secrecy::Code && is_plain_code(&text));
        if !is_plain {
            self.found.push(value);
        }
    }

    /// The values in objects that name a secret, before it or behind it.
    fn pairs(mut self) {
        let mut behind = 0;
        for pending in std::mem::take(&mut self.values) {
            // What lies in a value that was taken is not looked at again.
            let is_secret = self.secret.get(pending.object).copied().unwrap_or_default();
            if is_secret && pending.start >= behind {
                let value = match pending.tag {
                    Some(tag) => self.content(pending.start, &self.text[tag]),
                    None => value::of(self.text, pending.start, Reach::Word, pending.braced),
                };
                behind = value.end;
                self.secret(Secrecy::Secret, value);
            }
        }
    }

    /// The name that ends at a place, without its quotes.
    fn name_before(&self, at: usize) -> Option<Range<usize>> {
        let text = &self.text[..at];
        // Nearly always it ends right here.
        if text.last().is_some_and(|byte| is(*byte, NAME)) {
            return Some(at - count_back(text, LONGEST_NAME, NAME)..at);
        }
        let behind = at - count_back(text, MOST_BETWEEN, SPACE);
        let quotes = text[..behind].iter().rev().take(MOST_BETWEEN);
        let is_quote = |byte: &&u8| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b')');
        let end = behind - quotes.take_while(is_quote).count();
        let in_quotes = text[end..behind].iter().any(|byte| matches!(byte, b'"' | b'\''));
        let belongs = |byte: &&u8| is_name(**byte) || (in_quotes && **byte == b' ');
        let length = text[..end].iter().rev().take(LONGEST_NAME).take_while(belongs).count();
        (length > 0).then_some(end - length..end)
    }

    /// What the name before the separator at `at` says.
    fn secrecy(&self, name: Range<usize>, at: usize) -> Secrecy {
        let written = &self.text[name.clone()];
        if let Some(joined) = joined(self.text, name.clone()) {
            return secrecy_of_bytes(joined);
        }
        let own = secrecy(written);
        if own != Secrecy::Open && (self.is_in_urn(name.clone()) || self.is_host(name, at)) {
            return Secrecy::Open;
        }
        own
    }

    /// Words of a URN are separated by what separates names from values.
    fn is_in_urn(&self, name: Range<usize>) -> bool {
        self.text[..name.start].ends_with(b":") && {
            let before = self.text[..name.start].iter().rev().take(LONGEST_NAME);
            let length = before.take_while(|byte| is_name(**byte) || **byte == b':').count();
            let word = &self.text[name.start - length..name.start];
            word.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"urn:"))
        }
    }

    /// A host and its port, not a name and its value: `token.example.com:443`.
    fn is_host(&self, name: Range<usize>, at: usize) -> bool {
        let host = &self.text[name.clone()];
        let dots = host.iter().filter(|byte| **byte == b'.').count();
        let port = self.text[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let behind = self.text.get(at + 1 + port);
        self.text[at] == b':'
            && (dots > 1 || self.text[..name.start].ends_with(b"//"))
            && matches!(port, 2..=5)
            && behind.is_none_or(|byte| !byte.is_ascii_alphanumeric())
    }

    /// Who is named in an address, with a password or a token.
    fn address(&mut self, start: usize) -> usize {
        let rest = &self.text[start..];
        let end = HOST_ENDS.find(rest, 0);
        if let Some(length) = memchr::memrchr(b'@', &rest[..end]) {
            self.secret(Secrecy::Secret, start..start + length);
            return start + length;
        }
        start
    }

    /// A name in a list, and its value behind it: `["password", "…"]`.
    fn list(&mut self, at: usize) -> usize {
        let Some(name) = self.name_before(at) else {
            return at + 1;
        };
        let text = self.text;
        let opens = |end: usize| text[..end].iter().rev().find(|byte| !b"\\ \n\t".contains(byte));
        let is_quoted = text[..name.start].ends_with(b"\"") || text[..name.start].ends_with(b"'");
        let in_list = is_quoted
            && opens(name.start - 1).is_some_and(|byte| matches!(byte, b'[' | b',' | b'('));
        if !in_list || !names_secret(&text[name]) {
            return at + 1;
        }
        let start = skip_blanks(text, at + 1);
        let Some(value) = (start < text.len()).then(|| quoted(text, start)).flatten() else {
            return at + 1;
        };
        let behind = text[value.end..].iter().take(MOST_BETWEEN);
        let next = behind.copied().find(|byte| !b"\\\"' \n\t".contains(byte));
        if next != Some(b':') && !is_grant(&String::from_utf8_lossy(&text[value.clone()])) {
            self.secret(Secrecy::Secret, value.clone());
            return value.end;
        }
        at + 1
    }

    /// An element of XML, whose name is its tag's.
    fn tag(&mut self, at: usize) -> usize {
        let text = self.text;
        let is_tag = |byte: &&u8| is_name(**byte) || **byte == b':';
        let length = text[at + 1..].iter().take(LONGEST_NAME).take_while(is_tag).count();
        let tag = &text[at + 1..at + 1 + length];
        let local = tag.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        let (part, secrecy) = (part(local), secrecy_of_bytes(local));
        if length == 0 || (part.is_none() && secrecy == Secrecy::Open) {
            return at + 1;
        }
        let behind = at + 1 + length;
        let window = &text[behind..text.len().min(behind + LONGEST_TAG)];
        let Some(end) = memchr::memchr(b'>', window).map(|end| behind + end) else {
            return behind;
        };
        if text[..end].ends_with(b"/") {
            return behind;
        }
        let name = at + 1..behind;
        match part {
            _ if secrecy != Secrecy::Open => {
                self.secret(secrecy, behind..end);
                let content = self.content(end + 1, tag);
                self.secret(secrecy, content.clone());
                return content.end;
            }
            Some(Part::Name) => {
                let text = &text[end + 1..text.len().min(end + LONGEST_NAME)];
                let length = memchr::memchr(b'<', text).unwrap_or(0);
                self.named(end + 1..end + 1 + length);
            }
            _ => self.values.push(Pending {
                object: self.object(),
                start: end + 1,
                tag: Some(name),
                braced: false,
            }),
        }
        behind
    }

    /// The text of an element, or all that is in it.
    fn content(&self, start: usize, tag: &[u8]) -> Range<usize> {
        let rest = &self.text[start..];
        if rest.starts_with(b"<![CDATA[") {
            let end = memchr::memmem::find(rest, b"]]>").unwrap_or(rest.len());
            return start + b"<![CDATA[".len()..start + end;
        }
        let end = memchr::memchr(b'<', rest).unwrap_or(rest.len());
        let inside = &rest[end..rest.len().min(end + LONGEST_TAG)];
        if !rest[..end].trim_ascii().is_empty() || inside.is_empty() || inside.starts_with(b"</") {
            return start..start + end;
        }
        let is_end = |at: &usize| {
            inside[*at..].strip_prefix(b"</").is_some_and(|rest| rest.starts_with(tag))
        };
        let length = memchr::memchr_iter(b'<', inside).find(is_end).unwrap_or(inside.len());
        start..start + end + length
    }
}

/// Whether a value is the name of a secret: a word or two, not a text about one.
pub fn names_secret(value: &[u8]) -> bool {
    const LONGEST: usize = 64;
    let value = value.trim_ascii();
    value.len() <= LONGEST
        && value.iter().all(|byte| is(*byte, SAID))
        && secrecy(value) != Secrecy::Open
}
