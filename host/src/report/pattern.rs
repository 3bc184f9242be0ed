//! Reads from a line of JSON what is asked for, and passes over everything else.
//!
//! A table of paths becomes a tree once; a line goes through it once, and nothing of it
//! is copied unless it has escapes. Invariant: a line that is no whole JSON object is
//! refused, whatever of it was read.

use std::borrow::Cow;

use super::forms::{Field, Fields, Row};
use super::scan::{Scalar, Scanner};

/// What separates factors in one text. None of Oracle's words has it.
pub const BETWEEN: char = '\u{1f}';

/// What was read of one place.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value<'l> {
    /// Not there, or nothing that is a text or number.
    #[default]
    Nothing,
    /// A text.
    Text(Cow<'l, str>),
    /// A whole number.
    Number(i64),
}

/// What a pattern read of a line.
#[derive(Debug)]
pub struct Found<'l, 'p> {
    /// Of each place that is wanted.
    values: Vec<Value<'l>>,
    pattern: &'p Pattern,
}

impl<'l> Found<'l, '_> {
    /// The first value of a field that is there.
    pub fn value(&self, field: Field) -> Option<&Value<'l>> {
        let (start, end) = self.pattern.slots[field as usize];
        self.values[usize::from(start)..usize::from(end)].iter().find(|value| match value {
            Value::Nothing => false,
            Value::Text(text) => !text.is_empty(),
            Value::Number(_) => true,
        })
    }

    /// The same as a text.
    pub fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        match self.value(field)? {
            Value::Text(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Nothing => None,
        }
    }

    /// The same as a whole number, also one in a text.
    pub fn number(&self, field: Field) -> Option<i64> {
        match self.value(field)? {
            Value::Text(text) => text.parse().ok(),
            Value::Number(number) => Some(*number),
            Value::Nothing => None,
        }
    }
}

#[derive(Debug)]
enum Node {
    Members(Vec<(&'static str, Self)>),
    /// A text or number; of a list the first.
    Leaf(usize),
    /// Whether an object is there, as the number 1.
    Presence(usize),
    /// A list of objects of a name and a value each.
    Named(Vec<(&'static str, usize)>),
    /// OpenTelemetry's attributes: the same, the value in an object of its type.
    Attributes(Vec<(&'static str, usize)>),
    /// A list of factors.
    Factors(usize),
}

/// How many fields there are; a set of them is one word.
const FIELDS: usize = 64;

/// A table, or what of it is wanted, as a tree.
#[derive(Debug)]
pub struct Pattern {
    root: Vec<(&'static str, Node)>,
    /// By field, the slots of its rows.
    slots: [(u8, u8); FIELDS],
    count: usize,
}

impl Pattern {
    /// The rows of some fields. The rows of a field stand together.
    pub fn new(rows: &[Row], wanted: Fields) -> Self {
        let mut root = Vec::new();
        let mut slots = [(0, 0); FIELDS];
        let mut count = 0_u8;
        for (field, path) in rows.iter().filter(|(field, _)| wanted.has(*field)) {
            add(&mut root, path, usize::from(count));
            let (start, end) = &mut slots[*field as usize];
            if start == end {
                *start = count;
            }
            count += 1;
            *end = count;
        }
        Self { root, slots, count: usize::from(count) }
    }

    /// Reads a line; `None` for one that is no whole JSON object.
    pub fn read<'l>(&self, line: &'l str) -> Option<Found<'l, '_>> {
        let mut values = vec![Value::Nothing; self.count];
        let mut scanner = Scanner::new(line);
        members(&mut scanner, &self.root, &mut values)?;
        scanner.is_at_end().then_some(Found { values, pattern: self })
    }
}

fn add(members: &mut Vec<(&'static str, Node)>, path: &'static str, slot: usize) {
    let (head, rest) = match path.find(['.', '[', '{']) {
        Some(end) => (&path[..end], &path[end..]),
        None => (path, ""),
    };
    let made = match rest.as_bytes() {
        [] => Node::Leaf(slot),
        [b'{', ..] => Node::Presence(slot),
        [b'[', b']'] => Node::Factors(slot),
        [b'[', ..] if head == "attributes" => Node::Attributes(Vec::new()),
        [b'[', ..] => Node::Named(Vec::new()),
        _ => Node::Members(Vec::new()),
    };
    let at = members.iter().position(|(name, _)| *name == head).unwrap_or_else(|| {
        members.push((head, made));
        members.len() - 1
    });
    match &mut members[at].1 {
        Node::Named(names) | Node::Attributes(names) => {
            names.push((rest.trim_matches(['[', ']']), slot));
        }
        Node::Members(inner) => add(inner, &rest[1..], slot),
        _ => {}
    }
}

/// Reads the members of an object that are wanted; what is no object is passed over.
fn members<'l>(
    scanner: &mut Scanner<'l>,
    wanted: &[(&'static str, Node)],
    values: &mut [Value<'l>],
) -> Option<()> {
    scanner.members(|scanner, key| {
        // A renderer gives its own member another underscore where a record has one of that
        // name; its own comes last.
        match key.without_underscores().among(wanted) {
            Some(at) => read(scanner, &wanted[at].1, values),
            None => scanner.skip(),
        }
    })
}

fn read<'l>(scanner: &mut Scanner<'l>, node: &Node, values: &mut [Value<'l>]) -> Option<()> {
    let begins = scanner.peek()?;
    match node {
        Node::Members(wanted) if begins == b'{' => members(scanner, wanted, values),
        Node::Leaf(slot) => {
            values[*slot] = leaf(scanner)?;
            Some(())
        }
        Node::Presence(slot) if begins == b'{' => {
            values[*slot] = Value::Number(1);
            scanner.skip()
        }
        Node::Named(names) if begins == b'[' => {
            scanner.items(|scanner| pair(scanner, names, leaf, values))
        }
        Node::Attributes(names) if begins == b'[' => {
            scanner.items(|scanner| pair(scanner, names, typed, values))
        }
        Node::Factors(slot) if begins == b'[' => {
            let mut kinds = String::new();
            scanner.items(|scanner| factor(scanner, &mut kinds))?;
            values[*slot] = Value::Text(Cow::Owned(kinds));
            Some(())
        }
        _ => scanner.skip(),
    }
}

/// A text or a whole number; of a list the first.
fn leaf<'l>(scanner: &mut Scanner<'l>) -> Option<Value<'l>> {
    match scanner.peek()? {
        b'{' => scanner.skip().map(|()| Value::Nothing),
        b'[' => {
            let mut first = None;
            scanner.items(|scanner| {
                match first {
                    None => first = Some(leaf(scanner)?),
                    Some(_) => scanner.skip()?,
                }
                Some(())
            })?;
            Some(first.unwrap_or_default())
        }
        _ => match scanner.scalar()? {
            Scalar::Text(text) => text.text().map(Value::Text),
            Scalar::Bare(bare @ ("true" | "false")) => Some(Value::Text(Cow::Borrowed(bare))),
            Scalar::Bare(bare) => Some(bare.parse().map_or(Value::Nothing, Value::Number)),
        },
    }
}

/// The members of a pair, in the order in which they are written.
const PAIR: [(&str, ()); 3] = [("name", ()), ("key", ()), ("value", ())];

/// One of a list of names and values.
fn pair<'l>(
    scanner: &mut Scanner<'l>,
    names: &[(&'static str, usize)],
    value: fn(&mut Scanner<'l>) -> Option<Value<'l>>,
    values: &mut [Value<'l>],
) -> Option<()> {
    if scanner.peek()? != b'{' {
        return scanner.skip();
    }
    let mut slot = None;
    scanner.members(|scanner, key| match (key.among(&PAIR), slot) {
        (Some(0 | 1), _) if scanner.peek()? == b'"' => {
            if let Scalar::Text(name) = scanner.scalar()? {
                slot = name.among(names).map(|at| names[at].1);
            }
            Some(())
        }
        (Some(2), Some(slot)) => {
            let value = value(scanner)?;
            // Of tags with one name the first is ours, the others an operator's.
            if values[slot] == Value::Nothing {
                values[slot] = value;
            }
            Some(())
        }
        _ => scanner.skip(),
    })
}

const TYPES: [(&str, ()); 4] =
    [("stringValue", ()), ("intValue", ()), ("boolValue", ()), ("arrayValue", ())];

/// OpenTelemetry's value: an object with one member, whose name is the type.
fn typed<'l>(scanner: &mut Scanner<'l>) -> Option<Value<'l>> {
    let mut value = Value::Nothing;
    if scanner.peek()? != b'{' {
        return scanner.skip().map(|()| value);
    }
    scanner.members(|scanner, key| {
        match key.among(&TYPES) {
            Some(0..=2) => value = leaf(scanner)?,
            // Factors are the only list of objects that is read.
            Some(_) if scanner.peek()? == b'{' => {
                let mut kinds = String::new();
                scanner.members(|scanner, _| {
                    if scanner.peek()? != b'[' {
                        return scanner.skip();
                    }
                    scanner.items(|scanner| key_values(scanner, &mut kinds))
                })?;
                value = Value::Text(Cow::Owned(kinds));
            }
            _ => scanner.skip()?,
        }
        Some(())
    })?;
    Some(value)
}

/// The `kind` of an object of OpenTelemetry: a list of names and values in two wrappings.
fn key_values(scanner: &mut Scanner<'_>, kinds: &mut String) -> Option<()> {
    const KIND: [(&str, usize); 1] = [("kind", 0)];
    if scanner.peek()? != b'{' {
        return scanner.skip();
    }
    scanner.members(|scanner, _| {
        if scanner.peek()? != b'{' {
            return scanner.skip();
        }
        scanner.members(|scanner, _| {
            if scanner.peek()? != b'[' {
                return scanner.skip();
            }
            let mut kind = [Value::Nothing];
            scanner.items(|scanner| pair(scanner, &KIND, typed, &mut kind))?;
            if let [Value::Text(kind)] = &kind {
                push(kinds, kind);
            }
            Some(())
        })
    })
}

fn push(kinds: &mut String, kind: &str) {
    if kind.is_empty() || kinds.split(BETWEEN).any(|known| known == kind) {
        return;
    }
    if !kinds.is_empty() {
        kinds.push(BETWEEN);
    }
    kinds.push_str(kind);
}

/// The contract's words by OCSF's number.
const FACTORS: [&str; 12] = [
    "",
    "sms",
    "security-question",
    "phone-call",
    "biometric",
    "push-notification",
    "hardware-token",
    "one-time-password",
    "email",
    "u2f",
    "web-authn",
    "password",
];

/// A factor: OCSF has a number, a caption and a flag, the other formats have the word.
fn factor(scanner: &mut Scanner<'_>, kinds: &mut String) -> Option<()> {
    const KEYS: [(&str, ()); 4] =
        [("factor_type_id", ()), ("factor_type", ()), ("is_totp", ()), ("kind", ())];
    if scanner.peek()? != b'{' {
        return scanner.skip();
    }
    let mut values = [const { Value::Nothing }; KEYS.len()];
    scanner.members(|scanner, key| match key.among(&KEYS) {
        Some(at) => {
            values[at] = leaf(scanner)?;
            Some(())
        }
        None => scanner.skip(),
    })?;
    let [number, caption, totp, kind] = &values;
    let known = match number {
        Value::Number(number) => usize::try_from(*number).ok().and_then(|at| FACTORS.get(at)),
        _ => None,
    };
    match (known, number, caption, kind) {
        (Some(_), ..) if *totp != Value::Nothing => push(kinds, "time-based-password"),
        (Some(word), ..) => push(kinds, word),
        (None, Value::Number(_), Value::Text(caption), _) => push(kinds, caption),
        (None, _, _, Value::Text(kind)) => push(kinds, kind),
        _ => {}
    }
    Some(())
}
