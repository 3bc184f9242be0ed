//! What a key may hold.

use std::fmt::Display;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::{Value as Json, json};

use super::reader::{Field, Problems};
use super::tree::Value;
use super::variable::or_variable;

/// A kind of value: how it is read, and what its JSON Schema is.
pub trait Kind: Sized {
    /// What becomes of it.
    type Value;

    /// Reads it; `None` where it told what is wrong.
    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Self::Value>;

    /// The JSON Schema of what is written. Its `title` is what operators call the kind.
    fn schema(&self) -> Json;

    /// A key that has to be there; `example` is a value for it.
    fn needed(self, example: &'static str) -> Needed<Self> {
        Needed { kind: self, example }
    }

    /// A key with a default.
    fn or(self, default: Self::Value) -> Or<Self>
    where
        Self: Shown,
    {
        Or { kind: self, default }
    }

    /// A key that may be left out; `otherwise` says what holds then.
    fn optional(self, otherwise: &'static str) -> Optional<Self> {
        Optional { kind: self, otherwise }
    }
}

/// A kind whose values can be written down: those that are a default.
pub trait Shown: Kind {
    /// As an operator would write it.
    fn shown(&self, value: &Self::Value) -> Json;
}

/// A key that has to be there.
pub struct Needed<K> {
    pub(super) kind: K,
    pub(super) example: &'static str,
}

/// A key with a default.
pub struct Or<K: Kind> {
    pub(super) kind: K,
    pub(super) default: K::Value,
}

/// A key that may be left out.
pub struct Optional<K> {
    pub(super) kind: K,
    pub(super) otherwise: &'static str,
}

/// True or false, or a variable that holds one.
pub struct Flag;

impl Kind for Flag {
    type Value = bool;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<bool> {
        let flag = match &field.node.value {
            Value::Boolean(boolean) => Some(*boolean),
            Value::Text(text) if text.is_from_variable() => text.text.parse().ok(),
            _ => None,
        };
        if flag.is_none() {
            field.expected(problems, "true or false");
        }
        flag
    }

    fn schema(&self) -> Json {
        or_variable(json!({ "title": "`true` or `false`", "type": "boolean" }))
    }
}

impl Shown for Flag {
    fn shown(&self, value: &bool) -> Json {
        Json::Bool(*value)
    }
}

/// A whole number within bounds, or a variable that holds one.
pub struct Whole<T> {
    least: u64,
    most: u64,
    number: PhantomData<T>,
}

/// A whole number within bounds; both have to be numbers of the type.
pub fn whole<T>(bounds: RangeInclusive<u64>) -> Whole<T> {
    Whole { least: *bounds.start(), most: *bounds.end(), number: PhantomData }
}

/// Written out is all that numbers and those that are never 0 have in common.
impl<T: FromStr + Display> Kind for Whole<T> {
    type Value = T;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<T> {
        let (least, most) = (self.least, self.most);
        let number = match &field.node.value {
            Value::Integer(number) => u64::try_from(*number).ok(),
            Value::Text(text) if text.is_from_variable() => text.text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| (least..=most).contains(number));
        let number = number.and_then(|number| number.to_string().parse().ok());
        if number.is_none() {
            field.expected(problems, &format!("a whole number from {least} to {most}"));
        }
        number
    }

    fn schema(&self) -> Json {
        let (least, most) = (self.least, self.most);
        let title = format!("{least} to {most}");
        or_variable(json!({ "title": title, "type": "integer", "minimum": least, "maximum": most }))
    }
}

impl<T: FromStr + Display> Shown for Whole<T> {
    fn shown(&self, value: &T) -> Json {
        value.to_string().parse::<u64>().map_or(Json::Null, Json::from)
    }
}
