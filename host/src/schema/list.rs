//! Kinds that hold several values of another kind.

use serde_json::{Value as Json, json};

use super::kind::{Kind, Shown};
use super::reader::{Field, Problems};
use super::tree::Value;
use super::variable::titled;

/// A list of values of one kind.
pub struct List<K> {
    of: K,
    example: &'static str,
    empty: Option<&'static str>,
}

/// A list; `example` is one.
pub fn list<K: Kind>(of: K, example: &'static str) -> List<K> {
    List { of, example, empty: None }
}

impl<K> List<K> {
    /// Not an empty one; `told` says why.
    pub fn not_empty(self, told: &'static str) -> Self {
        Self { empty: Some(told), ..self }
    }
}

impl<K: Kind> Kind for List<K> {
    type Value = Vec<K::Value>;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Self::Value> {
        let elements = field.list(problems, &format!("a list like {}", self.example))?;
        if let Some(told) = self.empty.filter(|_| elements.is_empty()) {
            field.wrong(problems, format!("is an empty list{told}"));
            return None;
        }
        let values: Vec<Option<K::Value>> =
            elements.iter().map(|element| self.of.read(element, problems)).collect();
        values.into_iter().collect()
    }

    fn schema(&self) -> Json {
        let of = self.of.schema();
        let title = format!("list: {}", titled(&of));
        let mut schema = json!({ "title": title, "type": "array", "items": of });
        if self.empty.is_some() {
            schema["minItems"] = 1.into();
        }
        schema
    }
}

impl<K: Shown> Shown for List<K> {
    fn shown(&self, values: &Self::Value) -> Json {
        values.iter().map(|value| self.of.shown(value)).collect()
    }
}

/// One value, or a list of them.
pub struct OneOrList<K> {
    pub of: List<K>,
    /// What it looks like, for a refusal.
    pub expected: &'static str,
}

impl<K: Kind> Kind for OneOrList<K> {
    type Value = Vec<K::Value>;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Self::Value> {
        match field.node.value {
            Value::Text(_) => self.of.of.read(field, problems).map(|value| vec![value]),
            Value::List(_) => self.of.read(field, problems),
            _ => {
                field.expected(problems, self.expected);
                None
            }
        }
    }

    fn schema(&self) -> Json {
        let (one, several) = (self.of.of.schema(), self.of.schema());
        let title = format!("{}, or a list", titled(&one));
        json!({ "title": title, "anyOf": [one, several] })
    }
}
