//! Takes secrets out of a record's text before anything else reads it.
//!
//! Audit records carry live credentials: request headers with tokens, one-time
//! codes of text messages. A secret is known by the words of its name, by its
//! place (a header, parameter or answer that is not on the allow-list) or by its own
//! looks (a token), wherever in a text it stands. Only the secret is replaced; every
//! other byte stays, and the pointers of what was replaced are told.

mod bytes;
mod documented;
mod joined;
#[cfg(test)]
mod laws;
mod lists;
mod names;
mod pairs;
mod prose;
#[cfg(test)]
mod quick_laws;
mod secret_terms;
mod seeds;
mod shapes;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod values;
mod view;

use std::borrow::Cow;

use crate::json::{Kind, Node, Parsed};

pub use lists::Keep;
use names::Secrecy;
use pairs::Part;

/// What stands where a secret was.
pub const MARK: &str = "[redacted]";

/// An object in which others choose the names, and which of them are kept.
pub type List<'p> = (&'p [&'p str], Keep);

/// Whether to look closely. Most is told by a quick look that finds nothing; a law holds
/// what that leaves against looking closely at everything.
#[inline]
fn is_worth(quick_look: bool) -> bool {
    #[cfg(test)]
    if quick_laws::LOOKS_CLOSELY.get() {
        return true;
    }
    quick_look
}

/// How deep maps in texts are read as what they are.
const DEEPEST_MAP: usize = 2;

/// Takes the secrets out of a text: the text without them, and the JSON Pointers of
/// where they stood. `lists` are the paths of maps of which only some names are kept.
pub fn redact<'a>(parsed: Parsed<'a>, lists: &[List<'_>]) -> (Parsed<'a>, Vec<String>) {
    redact_at(parsed, lists, DEEPEST_MAP)
}

fn redact_at<'a>(
    parsed: Parsed<'a>,
    lists: &[List<'_>],
    deeper: usize,
) -> (Parsed<'a>, Vec<String>) {
    let length = |(path, _): &List<'_>| path.last().map_or(0, |name| name.len());
    let lengths = lists.iter().fold(0, |all, list| all | 1 << length(list).min(31));
    let mut walk = Walk {
        lists,
        lengths,
        deeper,
        behind: 0,
        maps: Vec::new(),
        paired: Vec::new(),
        found: Vec::new(),
    };
    for node in parsed.nodes() {
        walk.visit(node);
    }
    let mut found = walk.found;
    // Whole values before the same with something left; what lies in another goes with it.
    found.sort_by_key(|taken| (taken.index, taken.replacement.is_some()));
    let mut behind = 0;
    found.retain(|taken| {
        let apart = taken.index >= behind;
        behind = behind.max(taken.next);
        apart
    });
    let pointers = found.iter().map(|taken| parsed.node(taken.index).pointer()).collect();
    let texts: Vec<(usize, &str)> = found
        .iter()
        .map(|taken| (taken.index, taken.replacement.as_deref().unwrap_or(MARK)))
        .collect();
    (parsed.replace(&texts), pointers)
}

/// A value to be replaced.
struct Taken {
    index: usize,
    /// The first value that is not in it.
    next: usize,
    /// What stays of a text.
    replacement: Option<String>,
}

/// Goes through the values of a record.
struct Walk<'l> {
    lists: &'l [List<'l>],
    /// How long the last names of their paths are, each a bit: nearly no value is a map.
    lengths: u32,
    /// How deep maps in texts are still read.
    deeper: usize,
    /// The first value that is in none that was taken whole.
    behind: usize,
    /// The maps this value is in, or lists of maps, innermost last.
    maps: Vec<Map>,
    /// Of each object, whether its pairs were looked at; empty until one was.
    paired: Vec<bool>,
    found: Vec<Taken>,
}

/// A map in which others choose the names, or a list of them.
struct Map {
    index: usize,
    next: usize,
    keep: Keep,
}

impl Walk<'_> {
    fn visit(&mut self, node: Node<'_>) {
        if node.index() < self.behind {
            return;
        }
        while self.maps.last().is_some_and(|map| map.next <= node.index()) {
            self.maps.pop();
        }
        let key = node.key();
        if node.kind() == Kind::Opaque || self.is_secret_member(node, &key) {
            // What is nested too deeply to look into cannot be scrubbed in part.
            return self.take(node);
        }
        let keep = self.list_at(node, &key);
        match (node.kind(), keep) {
            (Kind::Object | Kind::Array, Some(keep)) => {
                self.maps.push(Map { index: node.index(), next: node.next(), keep });
            }
            (Kind::String, keep) => self.text(node, &key, keep),
            _ => {}
        }
    }

    /// Takes a value whole.
    fn take(&mut self, node: Node<'_>) {
        self.behind = self.behind.max(node.next());
        self.found.push(Taken { index: node.index(), next: node.next(), replacement: None });
    }

    /// The list of what is kept of a map, if this is one.
    fn list_at(&self, node: Node<'_>, key: &str) -> Option<Keep> {
        if matches!(node.kind(), Kind::Null | Kind::Bool | Kind::Number) {
            return None;
        }
        let may_be = is_worth(self.lengths >> key.len().min(31) & 1 == 1);
        let known = || self.lists.iter().find(|(path, _)| node.is_at(path));
        let known = may_be.then(known).flatten().map(|(_, keep)| *keep);
        if self.maps.is_empty() {
            return known;
        }
        // Each of a list of maps is one.
        let in_list = || {
            let parent = node.parent().filter(|parent| parent.kind() == Kind::Array)?;
            let map = self.maps.last().filter(|map| map.index == parent.index())?;
            Some(map.keep)
        };
        known.or_else(in_list)
    }

    /// Whether a member is taken out by its name, its place or its neighbour.
    fn is_secret_member(&self, node: Node<'_>, key: &str) -> bool {
        if node.key_as_written().is_none() {
            return false;
        }
        let in_map = || {
            let map = self.maps.last()?;
            (Some(map.index) == node.parent().map(Node::index)).then_some(map)
        };
        if in_map().is_some_and(|map| !map.keep.keeps(key)) {
            return hides(node, Secrecy::Secret);
        }
        if is_key_id(node, key) {
            return false;
        }
        let secrecy = names::secrecy(key.as_bytes());
        secrecy != Secrecy::Open && hides(node, secrecy)
    }

    /// Takes out of a text what is secret in it; and what is called by it.
    fn text(&mut self, node: Node<'_>, key: &str, keep: Option<Keep>) {
        let text = node.as_str().unwrap_or_default();
        let parent = node.parent();
        match parent.filter(|parent| parent.kind() == Kind::Array) {
            // A token taken apart at its dots.
            Some(list) if shapes::is_lone_token_part(&text) => return self.take(list),
            Some(list) if pairs::names_secret(text.as_bytes()) => self.take_next(list, node),
            Some(_) => {}
            None if pairs::part(key.as_bytes()) == Some(Part::Name)
                && pairs::names_secret(text.as_bytes()) =>
            {
                self.take_beside(node);
            }
            None => {}
        }
        let replacement = match keep {
            Some(keep) => self.map_in_text(&text, keep),
            None => self.scrubbed(node, key, &text),
        };
        if let Some(replacement) = replacement {
            let taken =
                Taken { index: node.index(), next: node.next(), replacement: Some(replacement) };
            self.found.push(taken);
        }
    }

    /// What stays of a text, if that is not all.
    fn scrubbed(&self, node: Node<'_>, key: &str, text: &str) -> Option<String> {
        let key = match node.parent() {
            Some(parent) if parent.kind() == Kind::Array => parent.key(),
            _ => Cow::Borrowed(key),
        };
        if documented::lists_factors(&key) && lists_results(text) {
            return None;
        }
        let in_parameters = || self.maps.last().is_some_and(|map| map.keep == Keep::Parameters);
        if in_parameters()
            && lists::is_redirect(&key)
            && let Some(query) = text.find(['?', '#'])
        {
            let (address, query) = text.split_at(query);
            let address = text::scrub(address).unwrap_or_else(|| address.to_owned());
            return Some(format!("{address}{}{MARK}", &query[..1]));
        }
        text::scrub(text)
    }

    /// A map that somebody on the way made a text of, as some collectors do.
    fn map_in_text(&self, text: &str, keep: Keep) -> Option<String> {
        let parsed = self.deeper.checked_sub(1).zip(Parsed::read(text).ok());
        match parsed {
            Some((deeper, parsed)) if parsed.root().is_container() => {
                let (clean, pointers) = redact_at(parsed, &[(&[], keep)], deeper);
                (!pointers.is_empty()).then(|| clean.into_text().into_owned())
            }
            _ => text::scrub(text),
        }
    }

    /// The value behind the name of a secret in a list: `["password", "…"]`.
    fn take_next(&mut self, list: Node<'_>, name: Node<'_>) {
        // A list of grants names secrets, and none behind another.
        let is_grant = |node: &Node<'_>| node.as_str().is_some_and(|text| values::is_grant(&text));
        let next = list.following(name).filter(|next| !is_grant(next));
        let next = next.filter(|next| hides(*next, Secrecy::Secret));
        if let Some(next) = next {
            self.found.push(Taken { index: next.index(), next: next.next(), replacement: None });
        }
    }

    /// The values beside the name of a secret: `{"name": "password", "value": "…"}`.
    fn take_beside(&mut self, name: Node<'_>) {
        let Some(object) = name.parent() else { return };
        if self.paired.len() <= object.index() {
            self.paired.resize(object.index() + 1, false);
        }
        if std::mem::replace(&mut self.paired[object.index()], true) {
            return;
        }
        for member in object.children() {
            let is_value = pairs::part(member.key().as_bytes()) == Some(Part::Value);
            if is_value && hides(member, Secrecy::Secret) {
                let (index, next) = (member.index(), member.next());
                self.found.push(Taken { index, next, replacement: None });
            }
        }
    }
}

/// Whether there is anything to hide: masks and states are none, nor a list of them.
fn hides(node: Node<'_>, secrecy: Secrecy) -> bool {
    let is_plain = |text: &str| {
        values::is_plain(text) || (secrecy == Secrecy::Code && values::is_plain_code(text))
    };
    match node.kind() {
        Kind::Null | Kind::Bool => false,
        Kind::Opaque => true,
        Kind::String => !is_plain(&node.as_str().unwrap_or_default()),
        Kind::Number => !is_plain(node.raw()),
        Kind::Array | Kind::Object => node.children().any(|child| hides(child, secrecy)),
    }
}

/// `identity.credentials` says which key signed; a token there is known by its looks.
fn is_key_id(node: Node<'_>, key: &str) -> bool {
    key == "credentials"
        && node.kind() == Kind::String
        && node.parent().is_some_and(|identity| identity.key() == "identity")
}

/// Whether a text says how factors went and nothing else: `{USERNAME_PASSWORD=AUTH_SUCCESS}`.
fn lists_results(text: &str) -> bool {
    let text = text.trim();
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    inner.split(',').all(|factor| {
        let result = factor.split_once('=').map_or(factor, |(_, result)| result);
        values::is_factor_result(result.trim())
    })
}
