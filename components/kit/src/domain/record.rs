//! The places of a record in which an attribute of an AuditEvent may stand, looked up
//! in one order of precedence.

use std::borrow::Cow;

use crate::fields::Fields;
use crate::json::{Kind, Node, Parsed};
use crate::time;

/// Longest AuditEvent that is read inside a record. Those seen have 2 to 4 KiB, and
/// `adminValuesAdded` in one up to 47 KiB; a longer one stays a text.
pub const LONGEST_INNER: usize = 256 << 10;

/// Words with which collectors and services say that there is nothing. They fill no
/// field and stay where they are.
const NOTHING: [&str; 6] = ["na", "n/a", "null", "none", "unknown", "-"];

/// An attribute: its names in an AuditEvent, the first before the others, and the
/// places in an OCI record that say the same.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Names in an AuditEvent.
    pub names: &'static [&'static str],
    /// Paths from the top of an OCI record.
    pub elsewhere: &'static [&'static [&'static str]],
}

impl Place {
    /// An attribute that stands in AuditEvents only.
    pub const fn named(names: &'static [&'static str]) -> Self {
        Self { names, elsewhere: &[] }
    }
}

/// Most places of an attribute: twice its names, and those elsewhere.
const MOST_PLACES: usize = 16;

/// The nodes at which an attribute stands; the flag is set of those inside the text.
#[derive(Debug, Default)]
struct Found<'n> {
    nodes: [Option<(bool, Node<'n>)>; MOST_PLACES],
    length: usize,
}

impl<'n> Found<'n> {
    fn add(&mut self, inner: bool, node: Option<Node<'n>>) {
        if let Some((place, node)) = self.nodes.get_mut(self.length).zip(node) {
            *place = Some((inner, node));
            self.length += 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = (bool, Node<'n>)> {
        self.nodes[..self.length].iter().flatten().copied()
    }

    fn into_iter(self) -> impl Iterator<Item = (bool, Node<'n>)> {
        self.nodes.into_iter().flatten()
    }
}

/// A record that is, or carries, an AuditEvent.
#[derive(Debug)]
pub struct Record<'n> {
    /// The whole record.
    outer: Fields<'n>,
    /// The object in it that has attributes of an AuditEvent.
    details: Option<Node<'n>>,
    /// Whether the record is an AuditEvent itself.
    is_bare: bool,
    /// The AuditEvent in a text, and where that stands.
    inner: Option<(Node<'n>, Fields<'n>)>,
}

impl<'n> Record<'n> {
    /// A row of AuditEvents.
    pub fn bare(outer: Fields<'n>) -> Self {
        let details = outer.node(&[]);
        Self { outer, details, is_bare: true, inner: None }
    }

    /// A record of OCI, whose attributes stand in the object at `details`; `inner` is what
    /// [`Record::inner_text`] gave, parsed.
    pub fn of_oci(outer: Fields<'n>, details: &[&str], inner: Option<Fields<'n>>) -> Self {
        let details = outer.node(details);
        let at = details.and_then(|details| outer.member(details, INNER));
        Self { outer, details, is_bare: false, inner: at.zip(inner) }
    }

    /// The AuditEvent's text within a record, if it is one that can be read. Collectors
    /// that take JSON in texts apart make an object of it.
    pub fn inner_text<'d>(parsed: &'d Parsed<'_>, details: &[&str]) -> Option<Cow<'d, str>> {
        let mut node = parsed.root();
        for name in details {
            node = node.get(name)?;
        }
        let inner = node.get(INNER)?;
        let text = match inner.kind() {
            Kind::Object => Cow::Borrowed(inner.raw()),
            _ => inner.as_str()?,
        };
        (text.len() <= LONGEST_INNER).then_some(text)
    }

    /// Whether the record is an AuditEvent and nothing else.
    pub fn is_bare(&self) -> bool {
        self.is_bare
    }

    /// Everything that an attribute says.
    pub fn all(&self, place: &Place) -> Vec<String> {
        let found = self.nodes(place);
        let said = found.iter().filter_map(|(inner, node)| self.said(inner, node));
        said.map(Cow::into_owned).collect()
    }

    /// What no attribute of an AuditEvent is.
    pub fn fields(&mut self) -> &mut Fields<'n> {
        &mut self.outer
    }

    /// The nodes at which an attribute may stand, in the order in which they count.
    ///
    /// One function for all attributes, and not inlined: sixty are asked for, and what
    /// differs between them is data.
    #[inline(never)]
    fn nodes(&self, place: &Place) -> Found<'n> {
        let mut found = Found::default();
        if let Some((_, inner)) = &self.inner {
            let root = inner.root();
            for name in place.names {
                found.add(true, inner.member(root, name));
            }
        }
        if let Some(details) = self.details {
            for name in place.names {
                found.add(false, self.outer.member(details, name));
            }
        }
        if !self.is_bare {
            for path in place.elsewhere {
                found.add(false, self.outer.node(path));
            }
        }
        found
    }

    fn fields_of(&self, inner: bool) -> &Fields<'n> {
        match &self.inner {
            Some((_, fields)) if inner => fields,
            _ => &self.outer,
        }
    }

    fn take_node(&mut self, inner: bool, node: Node<'n>) {
        match &mut self.inner {
            Some((_, fields)) if inner => fields.take_node(node),
            _ => self.outer.take_node(node),
        }
    }

    /// What an attribute says, without taking it.
    pub fn peek(&self, place: &Place) -> Option<Cow<'n, str>> {
        self.nodes(place).iter().find_map(|(inner, node)| self.said(inner, node))
    }

    fn said(&self, inner: bool, node: Node<'n>) -> Option<Cow<'n, str>> {
        self.fields_of(inner).text_of(node).filter(|text| !says_nothing(text))
    }

    /// Takes what an attribute says, from each place that says the same.
    pub fn text(&mut self, place: &Place) -> Option<String> {
        self.text_if(place, &|_| true)
    }

    /// The same, of the first place whose text is wanted.
    pub fn text_if(&mut self, place: &Place, wanted: &dyn Fn(&str) -> bool) -> Option<String> {
        let mut first: Option<String> = None;
        for (inner, node) in self.nodes(place).iter() {
            let Some(said) = self.said(inner, node) else { continue };
            match &first {
                None if wanted(&said) => first = Some(said.into_owned()),
                Some(first) if *first == said => {}
                _ => continue,
            }
            self.take_node(inner, node);
        }
        first
    }

    /// Takes an attribute wherever it says that.
    pub fn take_same(&mut self, place: &Place, text: &str) {
        for (inner, node) in self.nodes(place).iter() {
            if self.said(inner, node).is_some_and(|said| said == text) {
                self.take_node(inner, node);
            }
        }
    }

    /// Takes the id in an attribute, whole whatever the bound for texts.
    pub fn id(&mut self, place: &Place) -> Option<String> {
        let said = |node: Node<'n>| {
            let text = node.or_only_element().scalar_text()?;
            crate::record_id::own_id(&text).filter(|id| !says_nothing(id))
        };
        let found = self.nodes(place).iter().find_map(|(_, node)| said(node))?;
        // A digest of a long one does not say it.
        self.take_same(place, &found);
        Some(found)
    }

    /// Takes the first time that can be read in an attribute, and what is the same time;
    /// one that says more than milliseconds stays where it is, too.
    pub fn time(&mut self, place: &Place) -> Option<i64> {
        let mut first = None;
        for (inner, node) in self.nodes(place).iter() {
            let Some(text) = self.fields_of(inner).text_of(node) else { continue };
            let Some(time) = time::parse(&text) else { continue };
            if *first.get_or_insert(time) == time && time::is_exact(&text) {
                self.take_node(inner, node);
            }
        }
        first
    }

    /// The objects at which an attribute is one, or is the text of one.
    pub fn objects(&self, place: &Place) -> impl Iterator<Item = Parsed<'n>> {
        self.nodes(place).into_iter().filter_map(|(_, node)| {
            let text = match node.kind() {
                Kind::Object => Cow::Borrowed(node.raw()),
                Kind::String => node.as_str().filter(|text| text.len() <= LONGEST_INNER)?,
                _ => return None,
            };
            let parsed = Parsed::read(text).ok()?;
            (parsed.root().kind() == Kind::Object).then_some(parsed)
        })
    }

    /// A JSON object of what was not taken: what is left of the text within the record
    /// stands in its place, without what the record says beside it.
    pub fn unmapped(mut self) -> String {
        let Some((at, mut inner)) = self.inner.take() else {
            return self.outer.unmapped();
        };
        for member in inner.node(&[]).into_iter().flat_map(Node::children) {
            let beside = self.details.and_then(|details| self.outer.member(details, &member.key()));
            if beside.is_some_and(|beside| is_same(member, beside)) {
                inner.take_node(member);
            }
        }
        self.outer.unmapped_with(at, &inner.unmapped())
    }
}

/// Where records of OCI carry the whole AuditEvent, as text.
const INNER: &str = "auditEventMapValue";

/// Whether two values say the same: texts, numbers and flags whatever their form, all
/// else as written.
fn is_same(one: Node<'_>, other: Node<'_>) -> bool {
    match (one.scalar_text(), other.scalar_text()) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.raw() == other.raw(),
        _ => false,
    }
}

/// Whether a text is a word for nothing.
pub fn says_nothing(text: &str) -> bool {
    text.len() <= 7 && NOTHING.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETAILS: [&str; 2] = ["data", "details"];
    const NAME: Place = Place { names: &["name", "alias"], elsewhere: &[&["data", "who"]] };

    fn with(
        text: &str,
        look: impl FnOnce(&mut Record<'_>) -> Option<String>,
    ) -> (Option<String>, String) {
        let outer = Parsed::read(text).unwrap();
        let inner = Record::inner_text(&outer, &DETAILS);
        let inner = inner.and_then(|text| Parsed::read(text).ok());
        let mut record = Record::of_oci(
            Fields::new(&outer, 0),
            &DETAILS,
            inner.as_ref().map(|inner| Fields::new(inner, 0)),
        );
        let said = look(&mut record);
        (said, record.unmapped())
    }

    #[test]
    fn what_lies_within_counts_first_and_a_value_before_none() {
        let record = r#"{"data":{"who":"c","details":{"name":"b","auditEventMapValue":"{\"name\":\"a\",\"x\":1}"}}}"#;
        let (said, rest) = with(record, |record| record.text(&NAME));
        assert_eq!(said.as_deref(), Some("a"));
        assert_eq!(
            rest,
            r#"{"data":{"who":"c","details":{"name":"b","auditEventMapValue":{"x":1}}}}"#
        );
        for nothing in ["null", "\\\"NA\\\"", "\\\" none \\\"", "\\\"-\\\"", "[]"] {
            let record = format!(
                r#"{{"data":{{"who":"c","details":{{"auditEventMapValue":"{{\"name\":{nothing}}}"}}}}}}"#
            );
            assert_eq!(
                with(&record, |record| record.text(&NAME)).0.as_deref(),
                Some("c"),
                "{nothing}"
            );
        }
    }

    #[test]
    fn what_is_said_twice_is_taken_twice_and_left_once() {
        let record = r#"{"data":{"who":"a","details":{"alias":"a","y":[1],"z":"7","auditEventMapValue":"{\"name\":\"a\",\"y\":[1],\"z\":7}"}}}"#;
        let (said, rest) = with(record, |record| record.text(&NAME));
        assert_eq!(said.as_deref(), Some("a"));
        assert_eq!(rest, r#"{"data":{"details":{"y":[1],"z":"7"}}}"#);
    }

    #[test]
    fn every_place_of_an_attribute_is_looked_at() {
        let most = crate::domain::FIELDS.iter().flat_map(|(_, places)| *places);
        let most = most.map(|place| 2 * place.names.len() + place.elsewhere.len()).max();
        assert!(most.is_some_and(|most| most <= MOST_PLACES), "{most:?}");
    }

    #[test]
    fn an_object_in_its_place_is_read_as_the_text_is() {
        let record = r#"{"data":{"details":{"auditEventMapValue":{"name":"a","x":1}}}}"#;
        let (said, rest) = with(record, |record| record.text(&NAME));
        assert_eq!(said.as_deref(), Some("a"));
        assert_eq!(rest, r#"{"data":{"details":{"auditEventMapValue":{"x":1}}}}"#);
    }

    #[test]
    fn a_text_that_cannot_be_read_stays_as_it_is() {
        let record = r#"{"data":{"details":{"name":"a","auditEventMapValue":"{\"name\":"}}}"#;
        let (said, rest) = with(record, |record| record.text(&NAME));
        assert_eq!(said.as_deref(), Some("a"));
        assert_eq!(rest, r#"{"data":{"details":{"auditEventMapValue":"{\"name\":"}}}"#);
    }
}
