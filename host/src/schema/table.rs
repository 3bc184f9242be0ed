//! Kinds that are tables themselves.

use std::marker::PhantomData;

use serde_json::{Value as Json, json};

use super::json::object;
use super::keys::{Checked, PartDescription};
use super::kind::Kind;
use super::reader::{Field, Problems, Table};
use super::variable::variable;

/// A table of the keys of `T`, and no others.
pub struct TableOf<T>(PhantomData<T>);

/// See [`TableOf`].
pub fn table_of<T: Checked>() -> TableOf<T> {
    TableOf(PhantomData)
}

impl<T: Checked> Kind for TableOf<T> {
    type Value = T;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<T> {
        let mut table = field.table(problems, <T::Keys as super::keys::Part>::names())?;
        let read = T::read_checked(&mut table, problems);
        table.finish(problems);
        read
    }

    fn schema(&self) -> Json {
        object(&T::describe_checked(), None)
    }
}

/// A table whose `type` says which keys it has.
pub struct Variants<T: 'static> {
    /// What operators call the type.
    pub what: &'static str,
    /// A type, as it is written.
    pub example: &'static str,
    /// All of them.
    pub all: &'static [Variant<T>],
}

/// One type of a table, and its keys.
pub struct Variant<T> {
    /// As `type` names it.
    pub name: &'static str,
    /// What it is, in Markdown.
    pub help: &'static str,
    /// Its keys beside `type`.
    pub names: fn() -> Vec<&'static str>,
    /// What is said of them.
    pub describe: fn() -> PartDescription,
    /// Reads them.
    pub read: fn(&mut Table<'_>, &mut Problems) -> Option<T>,
}

impl<T> Variant<T> {
    /// The type with the keys of `C`.
    pub const fn of<C: Checked>(name: &'static str, help: &'static str) -> Self
    where
        T: From<C>,
    {
        Self {
            name,
            help,
            names: <C::Keys as super::keys::Part>::names,
            describe: C::describe_checked,
            read: |table, problems| C::read_checked(table, problems).map(T::from),
        }
    }

    /// Its JSON Schema.
    pub fn schema(&self) -> Json {
        object(&(self.describe)(), Some(self.name))
    }
}

impl<T> Kind for Variants<T> {
    type Value = T;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<T> {
        // Another type has other keys: judging them before it is known would only add
        // noise.
        let example = format!("type = {}", self.example);
        let kind = field.table(problems, vec!["type"])?.require(problems, "type", &example)?;
        let name = kind.text(problems)?;
        let Some(variant) = self.all.iter().find(|variant| variant.name == name) else {
            let known: Vec<&str> = self.all.iter().map(|variant| variant.name).collect();
            kind.unknown(problems, self.what, &known, "");
            return None;
        };
        let mut names = vec!["type"];
        names.extend((variant.names)());
        let mut table = field.table(problems, names)?;
        let read = (variant.read)(&mut table, problems);
        table.finish(problems);
        read
    }

    fn schema(&self) -> Json {
        of_types(self.all.iter().map(Variant::schema).collect())
    }
}

/// The schema of a table of one of several types, each with its own schema.
pub fn of_types(mut types: Vec<Json>) -> Json {
    // Which type that is nobody knows here.
    let of_variable = json!({ "properties": { "type": variable() } });
    types.push(of_variable);
    json!({ "title": "table", "type": "object", "required": ["type"], "oneOf": types })
}
