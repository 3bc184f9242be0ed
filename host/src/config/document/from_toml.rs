//! TOML into the tree.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::builder::Builder;
use crate::schema::{Entry, Node, Value, index_path, key_path};

/// Longest dotted key taken. The parser bounds brackets, not dots, and a tree
/// of a hundred thousand levels cannot even be dropped.
const MOST_DOTS: usize = 256;

pub fn read(builder: &mut Builder<'_>) -> Option<Node> {
    if let Some(offset) = endless_key(builder.lines.text) {
        let place = builder.lines.at(offset);
        builder.wrong(place, "", format!("more than {MOST_DOTS} dots in a row of names"));
        return None;
    }
    let (root, mut errors) = DeTable::parse_recoverable(builder.lines.text);
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    // What follows an error on its line is mostly its echo.
    let mut line = 0;
    for error in errors {
        let span = error.span().unwrap_or_default();
        let place = builder.lines.at(span.start);
        if std::mem::replace(&mut line, place.line) == place.line {
            continue;
        }
        let message = match error.message() {
            "duplicate key" => builder.lines.duplicate(&place),
            message => message.to_owned(),
        };
        builder.wrong(place, "", message);
    }
    let place = builder.lines.at(0);
    builder
        .problems
        .is_empty()
        .then(|| Node { place, value: table(builder, root.get_ref(), "", 0) })
}

/// Offset of the first run of names and dots that is too long to be a key.
fn endless_key(text: &str) -> Option<usize> {
    let mut dots = 0;
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'.' => dots += 1,
            b'\n' | b'=' | b'[' | b']' | b'{' | b'}' | b',' => dots = 0,
            _ => {}
        }
        if dots > MOST_DOTS {
            return Some(offset);
        }
    }
    None
}

fn table(builder: &mut Builder<'_>, table: &DeTable<'_>, path: &str, depth: usize) -> Value {
    // The parser sorts by name; operators think in the order they wrote.
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_by_key(|(key, _)| key.span().start);
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        Entry {
            key: name.to_string(),
            place: builder.lines.at(key.span().start),
            node: node(builder, value, &key_path(path, name), depth + 1),
        }
    };
    Value::Table(rows.into_iter().map(entry).collect())
}

fn node(builder: &mut Builder<'_>, value: &Spanned<DeValue<'_>>, path: &str, depth: usize) -> Node {
    let place = builder.lines.at(value.span().start);
    if builder.is_too_deep(depth, &place, path) {
        return Node { place, value: Value::Nothing };
    }
    let value = match value.get_ref() {
        DeValue::Table(rows) => table(builder, rows, path, depth),
        DeValue::Array(elements) => {
            let element = |(index, element): (usize, &Spanned<DeValue<'_>>)| {
                node(builder, element, &index_path(path, index), depth + 1)
            };
            Value::List(elements.iter().enumerate().map(element).collect())
        }
        DeValue::String(text) => Value::text(text.as_ref()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                builder.too_large(&place, path);
                Value::Nothing
            }
        },
        // The parser has checked the form; what fails here is no number at all.
        DeValue::Float(float) => {
            let number = float.as_str().parse().unwrap_or(f64::NAN);
            builder.float(number, &place, path)
        }
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(datetime) => {
            let mut datetime = *datetime;
            // TOML 1.1 may leave the seconds out, RFC 3339 may not.
            if let Some(time) = &mut datetime.time {
                time.second.get_or_insert(0);
            }
            Value::Datetime(datetime.to_string())
        }
    };
    Node { place, value }
}
