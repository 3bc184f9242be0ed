//! Reads from a line of JSON what is asked for, and passes over everything else.
//!
//! A table of paths becomes a tree once; a line goes through it once, and nothing of it
//! is copied unless it has escapes. Invariant: a line that is no whole JSON object is
//! refused, whatever of it was read.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::forms::{Field, Fields, Row};

/// Most rows a table has.
const MOST_ROWS: usize = 80;

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
pub struct Found<'l> {
    values: [Value<'l>; MOST_ROWS],
    /// By field, where its rows begin; `rows` at the end.
    ranges: &'static [Row],
}

impl<'l> Found<'l> {
    /// The first value of a field that is there.
    pub fn value(&self, field: Field) -> Option<&Value<'l>> {
        let start = self.ranges.partition_point(|row| row.0 < field);
        let rows = self.ranges[start..].iter().take_while(|row| row.0 == field).count();
        self.values[start..start + rows].iter().find(|value| match value {
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

/// A table, or what of it is wanted, as a tree.
#[derive(Debug)]
pub struct Pattern {
    root: Node,
    rows: &'static [Row],
}

impl Pattern {
    /// The rows of some fields; a row of the table keeps its number.
    pub fn new(rows: &'static [Row], wanted: Fields) -> Self {
        debug_assert!(rows.len() <= MOST_ROWS && rows.is_sorted_by_key(|row| row.0));
        let mut root = Node::Members(Vec::new());
        for (slot, (field, path)) in rows.iter().enumerate() {
            if wanted.has(*field) {
                root.add(path, slot);
            }
        }
        Self { root, rows }
    }

    /// Reads a line; `None` for one that is no whole JSON object.
    pub fn read<'l>(&self, line: &'l [u8]) -> Option<Found<'l>> {
        let mut found =
            Found { values: [const { Value::Nothing }; MOST_ROWS], ranges: self.rows };
        let mut json = serde_json::Deserializer::from_slice(line);
        let Node::Members(members) = &self.root else { return None };
        json.deserialize_map(Members { members, values: &mut found.values }).ok()?;
        json.end().ok()?;
        Some(found)
    }
}

impl Node {
    fn add(&mut self, path: &'static str, slot: usize) {
        let Self::Members(members) = self else {
            unreachable!("a path goes through no leaf");
        };
        let (head, rest) = match path.find(['.', '[', '{']) {
            Some(end) => (&path[..end], &path[end..]),
            None => (path, ""),
        };
        let made = |slot| match rest.as_bytes() {
            [] => Self::Leaf(slot),
            [b'{', ..] => Self::Presence(slot),
            [b'[', b']'] => Self::Factors(slot),
            [b'[', ..] if head == "attributes" => Self::Attributes(Vec::new()),
            [b'[', ..] => Self::Named(Vec::new()),
            _ => Self::Members(Vec::new()),
        };
        let at = members.iter().position(|(name, _)| *name == head).unwrap_or_else(|| {
            members.push((head, made(slot)));
            members.len() - 1
        });
        match &mut members[at].1 {
            Self::Named(names) | Self::Attributes(names) => {
                names.push((rest.trim_matches(['[', ']']), slot));
            }
            node @ Self::Members(_) => node.add(&rest[1..], slot),
            _ => {}
        }
    }
}

type Values<'v, 'l> = &'v mut [Value<'l>; MOST_ROWS];

/// Reads what a node says.
struct Read<'v, 'l, 'n>(&'n Node, Values<'v, 'l>);

impl<'l> DeserializeSeed<'l> for Read<'_, 'l, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'l>>(self, json: D) -> Result<(), D::Error> {
        let Self(node, values) = self;
        match node {
            Node::Members(members) => json.deserialize_any(Members { members, values }),
            Node::Leaf(slot) => {
                values[*slot] = json.deserialize_any(Leaf)?;
                Ok(())
            }
            Node::Presence(slot) => {
                let mut is_object = false;
                json.deserialize_any(Presence(&mut is_object))?;
                if is_object {
                    values[*slot] = Value::Number(1);
                }
                Ok(())
            }
            Node::Named(names) => json.deserialize_any(Named { names, typed: false, values }),
            Node::Attributes(names) => json.deserialize_any(Named { names, typed: true, values }),
            Node::Factors(slot) => {
                values[*slot] = json.deserialize_any(Factors)?;
                Ok(())
            }
        }
    }
}

/// A visitor that passes over whatever it is not made for.
macro_rules! passes_over {
    ($value:expr; $($method:ident($type:ty))*) => {
        $(fn $method<E>(self, _: $type) -> Result<Self::Value, E> { Ok($value) })*

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("JSON")
        }
    };
}

fn pass_map<'l, A: MapAccess<'l>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

fn pass_list<'l, A: SeqAccess<'l>>(mut list: A) -> Result<(), A::Error> {
    while list.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Which of some names a key is.
struct Key<'n, T>(&'n [(&'static str, T)]);

impl<'l, T> DeserializeSeed<'l> for Key<'_, T> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'l>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'l, T> Visitor<'l> for Key<'_, T> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        // A renderer gives its own member another underscore where a record has one of
        // that name; its own comes last.
        let key = if key.ends_with('_') { key.trim_end_matches('_') } else { key };
        Ok(self.0.iter().position(|(name, _)| *name == key))
    }
}

struct Members<'v, 'l, 'n> {
    members: &'n [(&'static str, Node)],
    values: Values<'v, 'l>,
}

impl<'l> Visitor<'l> for Members<'_, 'l, '_> {
    type Value = ();

    passes_over! { (); visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_seq<A: SeqAccess<'l>>(self, list: A) -> Result<(), A::Error> {
        pass_list(list)
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key(self.members))? {
            match key {
                Some(at) => map.next_value_seed(Read(&self.members[at].1, self.values))?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Leaf;

impl<'l> DeserializeSeed<'l> for Leaf {
    type Value = Value<'l>;

    fn deserialize<D: Deserializer<'l>>(self, json: D) -> Result<Value<'l>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for Leaf {
    type Value = Value<'l>;

    passes_over! { Value::Nothing; visit_f64(f64) }

    fn visit_borrowed_str<E>(self, text: &'l str) -> Result<Value<'l>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'l>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'l>, E> {
        Ok(Value::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'l>, E> {
        Ok(i64::try_from(number).map_or(Value::Nothing, Value::Number))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value<'l>, E> {
        Ok(Value::Text(Cow::Borrowed(if flag { "true" } else { "false" })))
    }

    fn visit_map<A: MapAccess<'l>>(self, map: A) -> Result<Value<'l>, A::Error> {
        pass_map(map).map(|()| Value::Nothing)
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut list: A) -> Result<Value<'l>, A::Error> {
        let first = list.next_element_seed(Leaf)?.unwrap_or_default();
        pass_list(list).map(|()| first)
    }
}

struct Presence<'p>(&'p mut bool);

impl<'l> Visitor<'l> for Presence<'_> {
    type Value = ();

    passes_over! { (); visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_map<A: MapAccess<'l>>(self, map: A) -> Result<(), A::Error> {
        *self.0 = true;
        pass_map(map)
    }

    fn visit_seq<A: SeqAccess<'l>>(self, list: A) -> Result<(), A::Error> {
        pass_list(list)
    }
}

/// A list of names and values.
struct Named<'v, 'l, 'n> {
    names: &'n [(&'static str, usize)],
    typed: bool,
    values: Values<'v, 'l>,
}

impl<'l> Visitor<'l> for Named<'_, 'l, '_> {
    type Value = ();

    passes_over! { (); visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_map<A: MapAccess<'l>>(self, map: A) -> Result<(), A::Error> {
        pass_map(map)
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { names, typed, values } = self;
        while list.next_element_seed(Pair { names, typed, values })?.is_some() {}
        Ok(())
    }
}

struct Pair<'v, 'l, 'n> {
    names: &'n [(&'static str, usize)],
    typed: bool,
    values: Values<'v, 'l>,
}

impl<'l> DeserializeSeed<'l> for Pair<'_, 'l, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'l>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

/// The members of a pair, in the order in which they are written.
const PAIR: [(&str, ()); 3] = [("name", ()), ("key", ()), ("value", ())];

impl<'l> Visitor<'l> for Pair<'_, 'l, '_> {
    type Value = ();

    passes_over! { (); visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_seq<A: SeqAccess<'l>>(self, list: A) -> Result<(), A::Error> {
        pass_list(list)
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        let mut slot = None;
        while let Some(key) = map.next_key_seed(Key(&PAIR))? {
            match (key, slot) {
                (Some(0 | 1), _) => {
                    let name = map.next_value_seed(Key(self.names))?;
                    slot = name.map(|at| self.names[at].1);
                }
                (Some(2), Some(slot)) => {
                    let value = match self.typed {
                        true => map.next_value_seed(Typed)?,
                        false => map.next_value_seed(Leaf)?,
                    };
                    // Of tags with one name the first is ours, the others an operator's.
                    if self.values[slot] == Value::Nothing {
                        self.values[slot] = value;
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// OpenTelemetry's value: an object with one member, whose name is the type.
struct Typed;

impl<'l> DeserializeSeed<'l> for Typed {
    type Value = Value<'l>;

    fn deserialize<D: Deserializer<'l>>(self, json: D) -> Result<Value<'l>, D::Error> {
        json.deserialize_any(self)
    }
}

const TYPES: [(&str, ()); 4] =
    [("stringValue", ()), ("intValue", ()), ("boolValue", ()), ("arrayValue", ())];

impl<'l> Visitor<'l> for Typed {
    type Value = Value<'l>;

    passes_over! { Value::Nothing; visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_seq<A: SeqAccess<'l>>(self, list: A) -> Result<Value<'l>, A::Error> {
        pass_list(list).map(|()| Value::Nothing)
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<Value<'l>, A::Error> {
        let mut value = Value::Nothing;
        while let Some(key) = map.next_key_seed(Key(&TYPES))? {
            match key {
                Some(0..=2) => value = map.next_value_seed(Leaf)?,
                // Factors are the only list of objects that is read.
                Some(_) => value = map.next_value::<Listed<'l>>()?.0,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(value)
    }
}

/// A list of OpenTelemetry: of objects their `kind`.
struct Listed<'l>(Value<'l>);

impl<'l> serde::Deserialize<'l> for Listed<'l> {
    fn deserialize<D: Deserializer<'l>>(json: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(json)?;
        let mut kinds = String::new();
        for item in value["values"].as_array().into_iter().flatten() {
            let members = item["kvlistValue"]["values"].as_array();
            let kind = members.into_iter().flatten().find(|member| member["key"] == "kind");
            if let Some(kind) = kind.and_then(|kind| kind["value"]["stringValue"].as_str()) {
                push(&mut kinds, kind);
            }
        }
        Ok(Self(Value::Text(Cow::Owned(kinds))))
    }
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

/// A list of factors, by the contract's words.
struct Factors;

/// One of them: OCSF has a caption and a flag, the other formats have the word.
#[derive(serde::Deserialize)]
struct Factor<'l> {
    #[serde(borrow, default)]
    factor_type: Cow<'l, str>,
    factor_type_id: Option<i64>,
    #[serde(default)]
    is_totp: bool,
    #[serde(borrow, default)]
    kind: Cow<'l, str>,
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

impl<'l> Visitor<'l> for Factors {
    type Value = Value<'l>;

    passes_over! { Value::Nothing; visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_map<A: MapAccess<'l>>(self, map: A) -> Result<Value<'l>, A::Error> {
        pass_map(map).map(|()| Value::Nothing)
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut list: A) -> Result<Value<'l>, A::Error> {
        let mut kinds = String::new();
        while let Some(factor) = list.next_element::<Factor<'l>>()? {
            let known = factor.factor_type_id.and_then(|id| usize::try_from(id).ok());
            let kind = match known.and_then(|id| FACTORS.get(id)) {
                Some(_) if factor.is_totp => "time-based-password",
                Some(word) => word,
                None if factor.factor_type_id.is_some() => &*factor.factor_type,
                None => &*factor.kind,
            };
            push(&mut kinds, kind);
        }
        Ok(Value::Text(Cow::Owned(kinds)))
    }
}
