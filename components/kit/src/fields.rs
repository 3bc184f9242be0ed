//! Reads fields out of a record and remembers which ones, so that everything
//! else travels on as `unmapped`: nothing a field of the contract does not take
//! is lost, and nothing is there twice.

use crate::json::{Node, Value, push_string};
use crate::text::cut;
use crate::time;

/// A record being taken apart.
#[derive(Debug)]
pub struct Fields<'n, 'a> {
    root: &'n Node<'a>,
    limit: usize,
    /// Addresses of the texts that were taken; a text is at one place only.
    taken: Vec<usize>,
}

impl<'n, 'a> Fields<'n, 'a> {
    /// Nothing taken yet; texts will be cut to `limit` bytes.
    pub fn new(root: &'n Node<'a>, limit: u32) -> Self {
        Self { root, limit: limit as usize, taken: Vec::new() }
    }

    /// The value at a path, without taking it; `null` counts as absent.
    pub fn node(&self, path: &[&str]) -> Option<&'n Node<'a>> {
        let mut node = self.root;
        for key in path {
            node = node.get(key)?;
        }
        (!node.is_blank()).then_some(node)
    }

    /// The text at a path without taking it: a scalar, or an array of just one.
    /// Blanks around it do not count, and empty is absent.
    pub fn peek(&self, path: &[&str]) -> Option<String> {
        let node = self.node(path)?;
        let node = match &node.value {
            Value::Array(elements) if elements.len() == 1 => &elements[0],
            _ => node,
        };
        let text = node.scalar_text()?;
        let text = text.trim();
        (!text.is_empty()).then(|| cut(text, self.limit))
    }

    /// Takes the text at a path.
    pub fn text(&mut self, path: &[&str]) -> Option<String> {
        let text = self.peek(path)?;
        self.take(path);
        Some(text)
    }

    /// Takes the text at the first of several paths that has one.
    pub fn first(&mut self, paths: &[&[&str]]) -> Option<String> {
        paths.iter().find_map(|path| self.text(path))
    }

    /// Takes the text at a path if it says `same`, being there twice.
    pub fn also(&mut self, path: &[&str], same: Option<&str>) {
        if same.is_some() && self.peek(path).as_deref() == same {
            self.take(path);
        }
    }

    /// Takes the time at a path, if it can be read as one.
    pub fn time(&mut self, path: &[&str]) -> Option<i64> {
        let time = time::parse(&self.peek(path)?)?;
        self.take(path);
        Some(time)
    }

    /// Marks the value at a path as taken.
    pub fn take(&mut self, path: &[&str]) {
        if let Some(node) = self.node(path) {
            self.taken.push(node.raw.as_ptr() as usize);
        }
    }

    /// A JSON object of every leaf that was not taken, nested and named as
    /// received, values verbatim. Blank ones (`null`, `[]`, `{}`, `""`) say nothing
    /// and stay in the raw text only.
    pub fn unmapped(mut self) -> String {
        self.taken.sort_unstable();
        let mut out = String::new();
        if !self.write_rest(self.root, &mut out) {
            out.push_str("{}");
        }
        out
    }

    /// Appends what is left of a value; `false`, and nothing, if that is nothing.
    fn write_rest(&self, node: &Node<'a>, out: &mut String) -> bool {
        let address = node.raw.as_ptr() as usize;
        if node.is_blank() || node.raw == "\"\"" || self.taken.binary_search(&address).is_ok() {
            return false;
        }
        let Value::Object(members) = &node.value else {
            write_whole(node, out);
            return true;
        };
        let start = out.len();
        for (key, member) in members {
            let before = out.len();
            out.push(if before == start { '{' } else { ',' });
            push_string(out, key);
            out.push(':');
            if !self.write_rest(member, out) {
                out.truncate(before);
            }
        }
        if out.len() == start {
            return false;
        }
        out.push('}');
        true
    }
}

/// Whether everybody can read a value. A number beyond the range of 64-bit floating
/// point is JSON by its grammar, but parsers refuse the whole line for it.
fn is_readable(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Number => node.raw.parse().is_ok_and(f64::is_finite),
        Value::Array(elements) => elements.iter().all(is_readable),
        Value::Object(members) => members.iter().all(|(_, member)| is_readable(member)),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Opaque => true,
    }
}

/// Appends a value verbatim; numbers that not everybody can read become texts.
fn write_whole(node: &Node<'_>, out: &mut String) {
    if is_readable(node) {
        return out.push_str(node.raw);
    }
    match &node.value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                out.push(if index == 0 { '[' } else { ',' });
                write_whole(element, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            for (index, (key, member)) in members.iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                push_string(out, key);
                out.push(':');
                write_whole(member, out);
            }
            out.push('}');
        }
        _ => push_string(out, node.raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_left_verbatim_and_nested() {
        let node = Node::parse(
            r#"{"a":{"b":" x ","c":9007199254740993,"n":null},"l":["one"],"e":{"f":{}},"z":[1, 2]}"#,
        )
        .unwrap();
        let mut fields = Fields::new(&node, 0);
        assert_eq!(fields.text(&["a", "b"]).as_deref(), Some("x"));
        assert_eq!(fields.text(&["l"]).as_deref(), Some("one"));
        assert_eq!(fields.text(&["a", "n"]), None);
        assert_eq!(fields.unmapped(), r#"{"a":{"c":9007199254740993},"z":[1, 2]}"#);
    }

    #[test]
    fn a_number_that_not_everybody_can_read_becomes_a_text() {
        let text = r#"{"a":9007199E5474099,"b":[1, {"c":-1e999}],"d":1e-999}"#;
        let node = Node::parse(text).unwrap();
        let unmapped = Fields::new(&node, 0).unmapped();
        assert_eq!(unmapped, r#"{"a":"9007199E5474099","b":[1,{"c":"-1e999"}],"d":1e-999}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&unmapped).is_ok());
    }

    #[test]
    fn everything_taken_leaves_an_empty_object() {
        let node = Node::parse(r#"{"a":1}"#).unwrap();
        let mut fields = Fields::new(&node, 0);
        fields.text(&["a"]);
        assert_eq!(fields.unmapped(), "{}");
    }
}
