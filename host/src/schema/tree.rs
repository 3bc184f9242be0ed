//! A configuration file as a tree that knows where everything was written, whatever
//! syntax it was written in.

use std::fmt;

use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::problem::Place;

/// A value and where it was written.
#[derive(Debug)]
pub struct Node {
    pub place: Place,
    pub value: Value,
}

/// A value in either syntax.
#[derive(Debug)]
pub enum Value {
    /// In the order of the file; keys are distinct.
    Table(Vec<Entry>),
    List(Vec<Node>),
    Text(Text),
    Integer(i64),
    /// Always finite.
    Float(f64),
    Boolean(bool),
    /// As RFC 3339 writes it, as far as the file gave its parts.
    Datetime(String),
    /// YAML's `null`, also a key with nothing behind it.
    Nothing,
    /// Found wrong before, and told; readers pass over it in silence.
    Faulty,
}

/// A text. Any may be a passphrase, so it is wiped when dropped (the copies that
/// the parsers made meanwhile are not), and not printed.
pub struct Text {
    pub text: Zeroizing<String>,
    /// The variables in it, as they are written, if there are any: then it is not for
    /// showing, and it may stand for a boolean or a number.
    pub variables: Option<String>,
}

impl Text {
    /// Whether it is anything but what the file says.
    pub fn is_from_variable(&self) -> bool {
        self.variables.is_some()
    }
}

/// A key and its value.
#[derive(Debug)]
pub struct Entry {
    pub key: String,
    pub place: Place,
    pub node: Node,
}

impl Value {
    /// The kind of value, as operators call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::List(_) => "a list",
            Self::Text(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Datetime(_) => "a time",
            Self::Nothing => "nothing",
            Self::Faulty => "a faulty value",
        }
    }

    /// A text without variables.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text { text: Zeroizing::new(text.into()), variables: None })
    }
}

impl Node {
    /// The value as JSON has it.
    pub fn json(&self) -> Json {
        match &self.value {
            Value::Table(entries) => {
                let members = entries.iter().map(|entry| (entry.key.clone(), entry.node.json()));
                Json::Object(members.collect())
            }
            Value::List(elements) => Json::Array(elements.iter().map(Self::json).collect()),
            Value::Text(text) => Json::String(text.text.to_string()),
            Value::Integer(integer) => Json::from(*integer),
            Value::Float(float) => Json::from(*float),
            Value::Boolean(boolean) => Json::Bool(*boolean),
            Value::Datetime(text) => Json::String(text.clone()),
            Value::Nothing | Value::Faulty => Json::Null,
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[text]")
    }
}
