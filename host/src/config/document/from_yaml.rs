//! YAML into the tree: the part of YAML that has one meaning. Tags, merge keys,
//! keys that are no texts and further documents are refused.

use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, YamlData};

use super::builder::Builder;
use super::lines::Lines;
use crate::schema::{Entry, Node, Place, Value, index_path, key_path};

/// Deepest indentation taken, in columns. The parser bounds brackets (255), not
/// indentation, and a tree of a hundred thousand levels cannot even be dropped.
const DEEPEST_INDENTATION: usize = 200;

pub fn read(builder: &mut Builder<'_>) -> Option<Node> {
    if let Some(offset) = endless_indentation(builder.lines.text) {
        let place = builder.lines.at(offset);
        let message = format!("indented deeper than {DEEPEST_INDENTATION} columns");
        builder.wrong(place, "", message);
        return None;
    }
    let documents = match MarkedYaml::load_from_str(builder.lines.text) {
        Ok(documents) => documents,
        Err(error) => {
            let place = place(builder.lines, error.marker());
            let message = match error.info() {
                "duplicated key in mapping" => builder.lines.duplicate(&place),
                message => message.to_owned(),
            };
            builder.wrong(place, "", message);
            return None;
        }
    };
    if let Some(second) = documents.get(1) {
        let place = place(builder.lines, &second.span.start);
        builder.wrong(place, "", "a second document; put it into a file of its own");
        return None;
    }
    let root = documents.first().map(|document| node(builder, document, "", 0));
    let start = builder.lines.at(0);
    let empty = Node { place: start, value: Value::Table(Vec::new()) };
    Some(root.filter(|root| !matches!(root.value, Value::Nothing)).unwrap_or(empty))
}

/// Offset where a line's indentation, with all that opens a level, is too deep.
fn endless_indentation(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let opens_level = |byte: &u8| b" \t-?:".contains(byte);
        if line.bytes().take_while(opens_level).count() > DEEPEST_INDENTATION {
            return Some(start + DEEPEST_INDENTATION);
        }
        start += line.len();
    }
    None
}

fn place(lines: &Lines<'_>, marker: &Marker) -> Place {
    lines.place(marker.line(), marker.col() + 1)
}

fn node(builder: &mut Builder<'_>, yaml: &MarkedYaml<'_>, path: &str, depth: usize) -> Node {
    let place = place(builder.lines, &yaml.span.start);
    if builder.is_too_deep(depth, &place, path) {
        return Node { place, value: Value::Nothing };
    }
    let value = match &yaml.data {
        YamlData::Mapping(rows) => {
            let rows = rows.iter();
            Value::Table(
                rows.filter_map(|(key, value)| entry(builder, key, value, path, depth)).collect(),
            )
        }
        YamlData::Sequence(elements) => {
            let element = |(index, element): (usize, &MarkedYaml<'_>)| {
                node(builder, element, &index_path(path, index), depth + 1)
            };
            Value::List(elements.iter().enumerate().map(element).collect())
        }
        YamlData::Value(scalar) => self::scalar(builder, scalar, &place, path),
        YamlData::Tagged(..) => {
            builder.wrong(place.clone(), path, "a tag; remove it, tags are not read");
            Value::Nothing
        }
        YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
            builder.wrong(place.clone(), path, "the value does not fit its tag; remove the tag");
            Value::Nothing
        }
    };
    Node { place, value }
}

fn entry(
    builder: &mut Builder<'_>,
    key: &MarkedYaml<'_>,
    value: &MarkedYaml<'_>,
    path: &str,
    depth: usize,
) -> Option<Entry> {
    let key_place = place(builder.lines, &key.span.start);
    let YamlData::Value(Scalar::String(name)) = &key.data else {
        let kind = node(builder, key, path, depth + 1).value.kind();
        builder.wrong(key_place, path, format!("the key is {kind}; put it in quotes"));
        return None;
    };
    if name == "<<" {
        let message = "merge keys are not read; write the keys out, or alias a whole value";
        builder.wrong(key_place, path, message);
        return None;
    }
    let mut node = node(builder, value, &key_path(path, name), depth + 1);
    // Nothing is nowhere: the parser places it at whatever comes next.
    if matches!(node.value, Value::Nothing) {
        node.place = key_place.clone();
    }
    Some(Entry { key: name.to_string(), place: key_place, node })
}

fn scalar(builder: &mut Builder<'_>, scalar: &Scalar<'_>, place: &Place, path: &str) -> Value {
    match scalar {
        Scalar::Null => Value::Nothing,
        Scalar::Boolean(boolean) => Value::Boolean(*boolean),
        Scalar::Integer(integer) => Value::Integer(*integer),
        Scalar::FloatingPoint(float) => builder.float(float.into_inner(), place, path),
        Scalar::String(text) => Value::text(text.as_ref()),
    }
}
