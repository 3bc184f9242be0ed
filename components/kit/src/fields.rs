//! Reads fields out of a record and remembers which ones, so that everything
//! else travels on as `unmapped`: nothing a field of the contract does not take
//! is lost, and nothing is there twice.

use std::borrow::Cow;

use crate::json::{Kind, Names, Node, Parsed, push_string};
use crate::record_id::own_id;
use crate::text::cut;
use crate::time;

/// A record being taken apart.
#[derive(Debug)]
pub struct Fields<'n> {
    root: Node<'n>,
    limit: usize,
    /// Which values were taken, by their number.
    taken: Vec<bool>,
    names: Names<'n>,
}

impl<'n> Fields<'n> {
    /// Nothing taken yet; texts will be cut to `limit` bytes.
    pub fn new(parsed: &'n Parsed<'_>, limit: u32) -> Self {
        let root = parsed.root();
        let taken = vec![false; root.next()];
        Self { root, limit: limit as usize, taken, names: Names::of(parsed) }
    }

    /// The value at a path, without taking it; `null` counts as absent.
    pub fn node(&self, path: &[&str]) -> Option<Node<'n>> {
        let mut node = self.root;
        for name in path {
            node = self.names.get(node, name)?;
        }
        (!node.is_blank()).then_some(node)
    }

    /// The outermost value.
    pub fn root(&self) -> Node<'n> {
        self.root
    }

    /// A member of an object; `null` counts as absent.
    pub fn member(&self, object: Node<'n>, name: &str) -> Option<Node<'n>> {
        self.names.get(object, name).filter(|node| !node.is_blank())
    }

    /// The text at a path without taking it: a scalar, or an array of just one.
    /// Blanks around it do not count, and empty is absent.
    pub fn peek(&self, path: &[&str]) -> Option<Cow<'n, str>> {
        self.text_of(self.node(path)?)
    }

    /// The text of a value: a scalar, or an array of just one.
    #[inline]
    pub fn text_of(&self, node: Node<'n>) -> Option<Cow<'n, str>> {
        let text = trimmed(node.or_only_element().scalar_text()?);
        (!text.is_empty()).then(|| cut(text, self.limit))
    }

    /// Takes the text at a path.
    pub fn text(&mut self, path: &[&str]) -> Option<String> {
        let node = self.node(path)?;
        let text = self.text_of(node)?;
        self.take_node(node);
        Some(text.into_owned())
    }

    /// Takes the id at a path, whole whatever the bound for texts; what was redacted
    /// names nothing and stays, and so does one that is too long.
    pub fn id(&mut self, path: &[&str]) -> Option<String> {
        let node = self.node(path)?;
        let said = node.or_only_element().scalar_text()?;
        let id = own_id(&said)?;
        if id == said.trim() {
            self.take_node(node);
        }
        Some(id)
    }

    /// The id that stands in a member at the top, if it still says that: redaction may
    /// have taken it out.
    pub fn own_id(&mut self, name: &str, said: &str) -> Option<String> {
        let member = self.saying(|member| member.is_named(name), said)?;
        let id = own_id(said)?;
        // A digest of a long one does not say it.
        if id == said.trim() {
            self.take_node(member);
        }
        Some(id)
    }

    /// Takes the time at a path, if it can be read as one.
    pub fn time(&mut self, path: &[&str]) -> Option<i64> {
        let node = self.node(path)?;
        let time = time::parse(&self.text_of(node)?)?;
        self.take_node(node);
        Some(time)
    }

    /// Takes the first of the members at the top with one of these names that says that;
    /// `false` if none does, because it was redacted.
    pub fn take_saying(&mut self, names: &[&str], said: &str) -> bool {
        let member = self.saying(|member| names.iter().any(|name| member.is_named(name)), said);
        if let Some(member) = member {
            self.take_node(member);
        }
        member.is_some()
    }

    /// The same for members whose names are told by a function.
    pub fn take_where(&mut self, is_named: impl Fn(&str) -> bool, said: &str) {
        if let Some(member) = self.saying(|member| is_named(&member.key()), said) {
            self.take_node(member);
        }
    }

    fn saying(&self, is_named: impl Fn(&Node<'n>) -> bool, said: &str) -> Option<Node<'n>> {
        self.root.children().find(|member| {
            is_named(member) && member.or_only_element().scalar_text().as_deref() == Some(said)
        })
    }

    /// The first readable time at a path in the order received, members of the same
    /// name included, and its text: a second member does not hide the first.
    pub fn any_time(&mut self, path: &[&str]) -> Option<(i64, String)> {
        let mut nodes = vec![self.root];
        for name in path {
            let named = |node: &Node<'n>| node.children().filter(|child| child.is_named(name));
            nodes = nodes.iter().flat_map(|node| named(node).collect::<Vec<_>>()).collect();
        }
        nodes.into_iter().find_map(|node| {
            let text = self.text_of(node)?;
            let time = time::parse(&text)?;
            self.take_node(node);
            Some((time, text.into_owned()))
        })
    }

    /// Marks the value at a path as taken.
    pub fn take(&mut self, path: &[&str]) {
        if let Some(node) = self.node(path) {
            self.take_node(node);
        }
    }

    /// Marks a value as taken, wherever it is.
    pub fn take_node(&mut self, node: Node<'n>) {
        self.taken[node.index()] = true;
    }

    /// A JSON object of every leaf that was not taken, nested and named as
    /// received, values verbatim. Blank ones (`null`, `[]`, `{}`, `""`) say nothing
    /// and stay in the raw text only.
    pub fn unmapped(self) -> String {
        self.write_unmapped(None)
    }

    /// The same, with a JSON object, of which nothing is written if it is empty, in the
    /// place of a value that holds it as text.
    pub fn unmapped_with(self, place: Node<'n>, object: &str) -> String {
        self.write_unmapped(Some((place.index(), object)))
    }

    fn write_unmapped(&self, instead: Option<(usize, &str)>) -> String {
        let mut out = String::with_capacity(self.root.raw().len());
        if !self.append_unmapped(self.root, instead, &mut out) {
            out.push_str("{}");
        }
        out
    }

    /// Appends what is left of a value; `false`, and nothing, if that is nothing.
    fn append_unmapped(
        &self,
        node: Node<'n>,
        instead: Option<(usize, &str)>,
        out: &mut String,
    ) -> bool {
        if let Some((_, object)) = instead.filter(|(index, _)| *index == node.index()) {
            out.push_str(object);
            return object != "{}";
        }
        if self.taken[node.index()] || node.is_blank() || node.raw() == "\"\"" {
            return false;
        }
        match node.kind() {
            Kind::Object => self.write_children(node, ('{', '}'), instead, out),
            Kind::Array if self.taken[node.index()..node.next()].contains(&true) => {
                self.write_children(node, ('[', ']'), instead, out)
            }
            _ => {
                write_whole(node, out);
                true
            }
        }
    }

    fn write_children(
        &self,
        node: Node<'n>,
        (open, close): (char, char),
        instead: Option<(usize, &str)>,
        out: &mut String,
    ) -> bool {
        let start = out.len();
        for child in node.children() {
            let before = out.len();
            out.push(if before == start { open } else { ',' });
            if child.key_as_written().is_some() {
                write_key(child, out);
            }
            if !self.append_unmapped(child, instead, out) {
                out.truncate(before);
            }
        }
        if out.len() == start {
            return false;
        }
        out.push(close);
        true
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        // Nearly every text begins and ends with what is surely no blank.
        text if matches!(text.as_bytes(), [b'!'..=b'~', .., b'!'..=b'~']) => text,
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Appends the key of a member as it was written, and a colon.
#[inline]
fn write_key(member: Node<'_>, out: &mut String) {
    out.push('"');
    out.push_str(member.key_as_written().unwrap_or_default());
    out.push_str("\":");
}

/// Whether everybody can read a value. A number beyond the range of 64-bit floating
/// point is JSON by its grammar, but parsers refuse the whole line for it.
fn is_readable(node: Node<'_>) -> bool {
    match node.kind() {
        // Without an exponent only hundreds of digits reach beyond it.
        Kind::Number if node.raw().len() < 300 && !node.raw().contains(['e', 'E']) => true,
        Kind::Number => node.raw().parse().is_ok_and(f64::is_finite),
        _ => node.children().all(is_readable),
    }
}

/// Appends a value verbatim; numbers that not everybody can read become texts.
fn write_whole(node: Node<'_>, out: &mut String) {
    if is_readable(node) {
        return out.push_str(node.raw());
    }
    let (open, close) = match node.kind() {
        Kind::Array => ('[', ']'),
        Kind::Object => ('{', '}'),
        _ => return push_string(out, node.raw()),
    };
    out.push(open);
    for (index, child) in node.children().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if node.kind() == Kind::Object {
            write_key(child, out);
        }
        write_whole(child, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_taken_is_left_verbatim_and_nested() {
        let node = Parsed::read(r#"{"a":{"b":" x ","c":9007199254740993,"n":null},"l":["one"],"e":{"f":{}},"z":[1, 2]}"#).unwrap();
        let mut fields = Fields::new(&node, 0);
        assert_eq!(fields.text(&["a", "b"]).as_deref(), Some("x"));
        assert_eq!(fields.text(&["l"]).as_deref(), Some("one"));
        assert_eq!(fields.text(&["a", "n"]), None);
        assert_eq!(fields.unmapped(), r#"{"a":{"c":9007199254740993},"z":[1, 2]}"#);
    }

    #[test]
    fn what_is_taken_out_of_a_list_leaves_the_rest_of_it() {
        let parsed = Parsed::read(r#"{"l":[ [1], {"a":[2,3], "b":4}, 5 ],"m":[6]}"#).unwrap();
        let mut fields = Fields::new(&parsed, 0);
        let list = fields.node(&["l"]).unwrap();
        let object = list.children().nth(1).unwrap();
        fields.take_node(object.get("a").unwrap().children().next().unwrap());
        fields.take_node(list.children().next().unwrap());
        fields.take(&["m"]);
        fields.take_node(parsed.root().get("m").unwrap().children().next().unwrap());
        assert_eq!(fields.unmapped(), r#"{"l":[{"a":[3],"b":4},5]}"#);
    }

    #[test]
    fn a_number_that_not_everybody_can_read_becomes_a_text() {
        let text = r#"{"a":9007199E5474099,"b":[1, {"c":-1e999}],"d":1e-999}"#;
        let node = Parsed::read(text).unwrap();
        let unmapped = Fields::new(&node, 0).unmapped();
        assert_eq!(unmapped, r#"{"a":"9007199E5474099","b":[1,{"c":"-1e999"}],"d":1e-999}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&unmapped).is_ok());
    }

    #[test]
    fn everything_taken_leaves_an_empty_object() {
        let node = Parsed::read(r#"{"a":1}"#).unwrap();
        let mut fields = Fields::new(&node, 0);
        fields.text(&["a"]);
        assert_eq!(fields.unmapped(), "{}");
    }
}
