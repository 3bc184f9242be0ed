//! An event as a list of dotted names and values, for formats whose fields are
//! dotted names: ECS writes them as nested objects, OpenTelemetry as a list.
//!
//! Nothing absent or empty gets into the list, and a name has values of one type
//! only, whatever a source sends: stores fix a field's type when they first see it
//! and refuse the document that differs.

use std::borrow::Cow;

use chrono::{DateTime, Datelike as _, SecondsFormat};

use super::json::Object;

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'e> {
    Text(Cow<'e, str>),
    Texts(Vec<&'e str>),
    Number(i64),
    Flag(bool),
    /// Objects of texts.
    Objects(Vec<Vec<(&'static str, &'e str)>>),
}

/// A dotted name and its value.
pub type Field<'e> = (Cow<'static, str>, Value<'e>);

/// The fields of an event, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Fields<'e>(Vec<Field<'e>>);

impl<'e> Fields<'e> {
    fn add(&mut self, name: impl Into<Cow<'static, str>>, value: Value<'e>) {
        self.0.push((name.into(), value));
    }

    /// A text, unless it is absent or empty.
    pub fn text(&mut self, name: impl Into<Cow<'static, str>>, text: impl Into<Option<&'e str>>) {
        if let Some(text) = text.into().filter(|text| !text.is_empty()) {
            self.add(name, Value::Text(Cow::Borrowed(text)));
        }
    }

    /// A text made here, which is never empty.
    pub fn made(&mut self, name: impl Into<Cow<'static, str>>, text: String) {
        self.add(name, Value::Text(Cow::Owned(text)));
    }

    /// The texts that are not empty, each once, unless there are none.
    pub fn texts(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        texts: impl IntoIterator<Item = &'e str>,
    ) {
        let mut once: Vec<&str> = Vec::new();
        for text in texts {
            if !text.is_empty() && !once.contains(&text) {
                once.push(text);
            }
        }
        if !once.is_empty() {
            self.add(name, Value::Texts(once));
        }
    }

    /// A whole number.
    pub fn number(&mut self, name: impl Into<Cow<'static, str>>, number: impl Into<Option<i64>>) {
        if let Some(number) = number.into() {
            self.add(name, Value::Number(number));
        }
    }

    /// A boolean.
    pub fn flag(&mut self, name: impl Into<Cow<'static, str>>, flag: impl Into<Option<bool>>) {
        if let Some(flag) = flag.into() {
            self.add(name, Value::Flag(flag));
        }
    }

    /// Objects of texts, without members that are empty and objects that have none.
    pub fn objects<const N: usize>(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        objects: impl IntoIterator<Item = [(&'static str, Option<&'e str>); N]>,
    ) {
        let present = |(key, text): (&'static str, Option<&'e str>)| {
            Some((key, text.filter(|text| !text.is_empty())?))
        };
        let objects: Vec<Vec<_>> = objects
            .into_iter()
            .map(|members| members.into_iter().filter_map(present).collect::<Vec<_>>())
            .filter(|members| !members.is_empty())
            .collect();
        if !objects.is_empty() {
            self.add(name, Value::Objects(objects));
        }
    }

    /// A time, in RFC 3339 under `name`, or in milliseconds under `instead` where
    /// that cannot write it.
    pub fn time(&mut self, name: &'static str, instead: &'static str, time: Option<i64>) {
        match time.map(|time| (time, rfc3339(time))) {
            Some((_, Some(text))) => self.made(name, text),
            Some((time, None)) => self.number(instead, time),
            None => {}
        }
    }

    /// The fields, in order.
    pub fn list(&self) -> &[Field<'e>] {
        &self.0
    }

    /// Writes the fields as objects in objects.
    pub fn nested(mut self, o: &mut Object<'_>) {
        // Names with the same head stand together once they are sorted.
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        nested(o, &self.0, 0);
    }
}

/// `from` is where the part of the names begins that this object sees.
fn nested(o: &mut Object<'_>, mut fields: &[Field<'_>], from: usize) {
    while let Some(((name, value), others)) = fields.split_first() {
        let Some(dot) = name[from..].find('.') else {
            plain(o, &name[from..], value);
            fields = others;
            continue;
        };
        let within = &name[..=from + dot];
        let same = fields.iter().take_while(|(name, _)| name.starts_with(within)).count();
        let (inside, others) = fields.split_at(same);
        o.object(&name[from..from + dot], |o| nested(o, inside, within.len()));
        fields = others;
    }
}

fn plain(o: &mut Object<'_>, key: &str, value: &Value<'_>) {
    match value {
        Value::Text(text) => o.text(key, &**text),
        Value::Texts(texts) => o.texts(key, texts.iter().copied()),
        Value::Number(number) => o.number(key, *number),
        Value::Flag(flag) => o.flag(key, *flag),
        Value::Objects(objects) => o.objects(key, objects, |o, members| {
            members.iter().for_each(|(key, text)| o.text(key, *text));
        }),
    }
}

/// A time in RFC 3339, UTC, to the millisecond. `None` beyond the years 0 to 9999.
pub fn rfc3339(time: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(time)?;
    (0..=9999).contains(&time.year()).then(|| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::line;

    #[test]
    fn names_with_the_same_head_become_one_object_in_whatever_order_they_came() {
        let mut fields = Fields::default();
        fields.text("b.d", "1");
        fields.number("a", 2);
        fields.flag("b_c", true);
        fields.texts("b.c.e", ["x", "", "y", "x"]);
        fields.objects("f", [[("g", Some("1")), ("h", None)], [("g", Some("")), ("h", None)]]);
        fields.text("b.c.a", "3");
        fields.text("gone", "");
        assert_eq!(
            line(|o| fields.nested(o)),
            r#"{"a":2,"b":{"c":{"a":"3","e":["x","y"]},"d":"1"},"b_c":true,"f":[{"g":"1"}]}"#
        );
    }

    #[test]
    fn a_time_is_written_for_every_year_of_four_digits_and_for_no_other() {
        for (time, text) in [
            (0, Some("1970-01-01T00:00:00.000Z")),
            (1_646_846_313_983, Some("2022-03-09T17:18:33.983Z")),
            (-62_167_219_200_000, Some("0000-01-01T00:00:00.000Z")),
            (-62_167_219_200_001, None),
            (253_402_300_799_999, Some("9999-12-31T23:59:59.999Z")),
            (253_402_300_800_000, None),
            (i64::MIN, None),
            (i64::MAX, None),
        ] {
            assert_eq!(rfc3339(time).as_deref(), text);
        }
    }
}
