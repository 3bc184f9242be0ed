//! What variables put into the configuration, so that no message shows it.
//!
//! `${VAR}` is how secrets come into a configuration, and nobody can tell which text is
//! one. The text travels far: a component gets it as a setting and quotes it, a path is
//! joined, an address is taken apart, an error of the system repeats it. So the value
//! itself is looked for in whatever is about to be shown, and the name of its variable
//! stands there instead. Invariant: what [`Hidden::shown`] gives back holds no such value
//! of four characters or more, be it whole, cut off at its end, in other case, or
//! escaped as JSON, Rust, URLs, base64 or hexadecimal digits write it.
//!
//! Shorter ones, numbers and spans of time are words of every message: they are hidden
//! where they are quoted, and a component's words that hold one are not shown at all.

mod forms;

use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind};
use zeroize::Zeroizing;

use forms::{Kind, SHORT, by_length, kind, parts, written_otherwise};

/// How much of a longer value is enough to know it by, where a message was cut.
const HEAD: usize = 16;

/// The values that variables put into a configuration. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hidden {
    /// Words with a fixed meaning: whoever sets `FORMAT=ocsf` hides nothing, and hiding it
    /// would tell it wherever the word belongs.
    spared: Option<&'static HashSet<String>>,
    /// By how they are looked for, in lower case.
    needles: Arc<BTreeMap<Value, Needle>>,
    finder: Arc<OnceLock<Option<Finder>>>,
}

/// A value as it is looked for; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
struct Value(Zeroizing<String>);

impl Borrow<str> for Value {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_str().cmp(&other.0)
    }
}

#[derive(Clone, PartialEq, Eq)]
struct Needle {
    /// What stands in its place: `${VAR}`.
    shown: Arc<str>,
    is: Kind,
}

struct Finder {
    automaton: AhoCorasick,
    /// In the order of its patterns.
    needles: Vec<(Value, Needle)>,
}

impl PartialEq for Hidden {
    fn eq(&self, other: &Self) -> bool {
        self.needles == other.needles
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{} hidden texts]", self.needles.len())
    }
}

impl Hidden {
    /// Hides nothing yet, and never these words; they are in lower case.
    pub(super) fn sparing(words: &'static HashSet<String>) -> Self {
        Self { spared: Some(words), ..Self::default() }
    }

    /// Where a value counts; `None` where there is nothing to hide.
    fn kind(&self, value: &str) -> Option<Kind> {
        let is_spared = self.spared.is_some_and(|words| words.contains(&value.to_lowercase()));
        kind(value).filter(|_| !is_spared)
    }

    /// Hides the value of a variable; `shown` is how it is written.
    pub(super) fn add(&mut self, shown: &str, value: &str) {
        if self.kind(value).is_none() {
            return;
        }
        for part in parts(value) {
            for other in written_otherwise(&part) {
                if *other != *part && other.chars().count() >= SHORT {
                    // Digits in it are no number.
                    let is = by_length(&other);
                    self.insert(shown, other, is);
                }
            }
            if let Some(is) = self.kind(&part) {
                self.insert(shown, part, is);
            }
        }
    }

    /// Hides a text that holds variables, where the value of one alone would not do.
    pub(super) fn add_text(&mut self, shown: &str, text: &str, values: &[Zeroizing<String>]) {
        if values.iter().any(|value| matches!(self.kind(value), Some(Kind::Quoted))) {
            self.add(shown, text);
        }
    }

    /// Hides what another configuration hides, too.
    pub fn extend(&mut self, other: &Self) {
        let needles = Arc::make_mut(&mut self.needles);
        for (text, needle) in other.needles.iter() {
            needles.entry(text.clone()).or_insert_with(|| needle.clone());
        }
        self.finder = Arc::default();
    }

    /// Leaves alone what the files say in plain words: the ids of sources and sinks.
    pub(super) fn leave<'i>(&mut self, ids: impl Iterator<Item = &'i str>) {
        let needles = Arc::make_mut(&mut self.needles);
        for id in ids {
            needles.remove(id);
        }
        self.finder = Arc::default();
    }

    fn insert(&mut self, shown: &str, text: Zeroizing<String>, is: Kind) {
        let text = Zeroizing::new(text.to_ascii_lowercase());
        let needles = Arc::make_mut(&mut self.needles);
        if let Some((end, _)) = text.char_indices().nth(HEAD) {
            let head = Value(Zeroizing::new(text[..end].to_owned()));
            needles.entry(head).or_insert_with(|| Needle { shown: shown.into(), is: Kind::Head });
        }
        // A whole value is more than the head of another.
        let entry = needles.entry(Value(text));
        entry
            .and_modify(|known| {
                if known.is == Kind::Head {
                    *known = Needle { shown: shown.into(), is };
                }
            })
            .or_insert_with(|| Needle { shown: shown.into(), is });
        self.finder = Arc::default();
    }

    fn finder(&self) -> Option<&Finder> {
        let build = || {
            let needles: Vec<_> =
                self.needles.iter().map(|(text, needle)| (text.clone(), needle.clone())).collect();
            let automaton = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .start_kind(StartKind::Unanchored)
                .ascii_case_insensitive(true)
                .build(needles.iter().map(|(text, _)| text.0.as_bytes()));
            automaton.ok().map(|automaton| Finder { automaton, needles })
        };
        self.finder.get_or_init(build).as_ref()
    }

    /// The text with the names of variables in place of their values.
    pub fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.needles.is_empty() {
            return Cow::Borrowed(text);
        }
        let Some(finder) = self.finder() else {
            // It did not fit into memory, so that nothing can be told from a value.
            return Cow::Borrowed("(not shown: it may hold the value of a variable)");
        };
        let (mut shown, mut copied, mut from) = (String::new(), 0, 0);
        while from < text.len() {
            let input = Input::new(text).range(from..).anchored(Anchored::No);
            let Some(found) = finder.automaton.find(input) else { break };
            let (needle, end) = (&finder.needles[found.pattern().as_usize()].1, found.end());
            let end = match needle.is {
                Kind::Head => finder.cut_off(text, found.start()),
                is => counts(is, text, found.start(), end).then_some(end),
            };
            match end {
                Some(end) => {
                    shown.push_str(&text[copied..found.start()]);
                    shown.push_str(&needle.shown);
                    (copied, from) = (end, end);
                }
                None => from = found.start() + 1,
            }
        }
        if copied == 0 && shown.is_empty() {
            return Cow::Borrowed(text);
        }
        shown.push_str(&text[copied..]);
        Cow::Owned(shown)
    }

    /// The variable whose value a text may hold and which is too short to be hidden in it.
    pub fn too_short_in(&self, text: &str) -> Option<&str> {
        let text = text.to_ascii_lowercase();
        let is_short = |value: &str| value.chars().any(|character| !character.is_ascii_digit());
        let short = self.needles.iter();
        let mut short =
            short.filter(|(value, needle)| needle.is == Kind::Quoted && is_short(&value.0));
        let holds = |value: &str| {
            let mut found = text.match_indices(value);
            found.any(|(start, _)| is_word(&text, start, start + value.len()))
        };
        short.find(|(value, _)| holds(&value.0)).map(|(_, needle)| &*needle.shown)
    }
}

impl Finder {
    /// Where a value that begins here ends, if it was cut off.
    fn cut_off(&self, text: &str, start: usize) -> Option<usize> {
        let here = &text.as_bytes()[start..];
        let common = |value: &str| {
            let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
            here.iter().zip(value.as_bytes()).take_while(same).count()
        };
        let whole = self.needles.iter().filter(|(_, needle)| needle.is != Kind::Head);
        let longest = whole.map(|(value, _)| common(&value.0)).max()?;
        let mut end = start + longest;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let behind = &text[end..];
        let is_cut = behind.is_empty()
            || ["…", "...", "\"", "'", "`", "\\"].iter().any(|mark| behind.starts_with(mark));
        is_cut.then_some(end)
    }
}

fn counts(is: Kind, text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let quote = |side: Option<char>| side.is_some_and(|side| "\"'`“”‘’\\".contains(side));
    let mark = |side: Option<char>| side.is_some_and(|side| "=/,;()[]<>|@?&#".contains(side));
    let gap = |side: Option<char>| side.is_none_or(char::is_whitespace);
    match is {
        Kind::Anywhere => true,
        Kind::Word => is_word(text, start, end),
        Kind::Quoted if quote(before) && quote(after) => true,
        Kind::Quoted if text[start..end].bytes().all(|byte| byte.is_ascii_digit()) => false,
        Kind::Quoted => {
            (mark(before) || quote(before)) && (mark(after) || quote(after) || gap(after))
                || gap(before) && mark(after)
        }
        Kind::Head => false,
    }
}

fn is_word(text: &str, start: usize, end: usize) -> bool {
    let before = &text[..start];
    // What is written in URLs as %2F ends in a letter and is none.
    let escaped = before.len() >= 3 && before.as_bytes()[before.len() - 3] == b'%';
    let outside = |side: Option<char>| side.is_none_or(|side| !side.is_alphanumeric());
    (escaped || outside(before.chars().next_back())) && outside(text[end..].chars().next())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::forms::LONG;
    use super::*;
    use crate::config::described::words;

    fn hidden(value: &str) -> Hidden {
        let mut hidden = Hidden::sparing(words());
        hidden.add("${V}", value);
        hidden
    }

    #[test]
    fn a_value_is_hidden_in_the_forms_in_which_it_comes_back() {
        let url = hidden("https://Canary.example:8443/tenant/x?key=abcdef");
        for (text, shown) in [
            (
                "cannot reach https://canary.example:8443/tenant/x?key=abcdef now",
                "cannot reach ${V} now",
            ),
            ("canary.example: no such host", "${V}: no such host"),
            ("GET /tenant/x/y is not granted", "GET ${V}/y is not granted"),
            ("GET /tenant/xy is not granted", "GET ${V}y is not granted"),
            ("\"https://canary.exa…", "\"${V}…"),
            ("https://canary.example.org/", "https://${V}.org/"),
            ("an address like https://host", "an address like https://host"),
            ("abcdefg is another word, abcdef is it", "abcdefg is another word, ${V} is it"),
        ] {
            assert_eq!(url.shown(text), shown);
        }
        let path = hidden("/srv/canary/dir/events.ndjson");
        assert_eq!(path.shown("/srv/canary/dir: read-only"), "${V}: read-only");
        assert_eq!(path.shown("%2Fsrv%2Fcanary%2Fdir%2Fevents.ndjson"), "${V}");
    }

    #[test]
    fn a_short_value_is_hidden_where_it_is_quoted_and_no_word_is_torn() {
        let short = hidden("ab");
        for (text, shown) in [
            ("unknown region \"ab\"", "unknown region \"${V}\""),
            ("stream ab/ocid1 failed", "stream ${V}/ocid1 failed"),
            ("ab ovo, about cab", "ab ovo, about cab"),
        ] {
            assert_eq!(short.shown(text), shown);
        }
        assert_eq!(short.too_short_in("about ab"), Some("${V}"));
        assert_eq!(short.too_short_in("about"), None);
        let number = hidden("8443");
        assert_eq!(
            number.shown("12:8443:05 received=8443 \"8443\""),
            "12:8443:05 received=8443 \"${V}\""
        );
        assert_eq!(hidden("ocsf").shown("known: \"ocsf\", ecs"), "known: \"ocsf\", ecs");
    }

    #[test]
    fn a_text_around_a_short_value_is_hidden_whole() {
        let mut text = Hidden::sparing(words());
        text.add_text("${T}", "https://ab.example.org/v1", &[Zeroizing::new("ab".to_owned())]);
        assert_eq!(text.shown("ab.example.org: timed out"), "${T}: timed out");
    }

    proptest! {
        #[test]
        fn no_form_of_a_value_comes_through(
            value in "[a-zA-Z0-9 ./:@?=&\"äß_-]{4,40}",
            before in "[ \"'(=/a-z]{0,9}[ \"'(=/]",
            after in "[ \"').,;:/][ a-z]{0,9}",
            upper in any::<bool>(),
        ) {
            // A number or a choice is no secret that could be told from another.
            prop_assume!(!matches!(kind(&value), None | Some(Kind::Quoted)));
            let hidden = hidden(&value);
            let mut forms = written_otherwise(&value);
            forms.push(value.clone().into());
            for form in forms.iter().filter(|form| form.chars().count() >= LONG) {
                let form = if upper { form.to_ascii_uppercase() } else { form.to_string() };
                let shown = hidden.shown(&format!("{before}{form}{after}")).to_ascii_lowercase();
                prop_assert!(!shown.contains(&form.to_ascii_lowercase()), "{shown}");
            }
        }

        #[test]
        fn no_text_makes_it_panic(value in ".{0,30}", text in ".{0,60}", at in 0..60_usize) {
            let hidden = hidden(&value);
            let _ = hidden.shown(&text);
            let cut: String = format!("{text}{value}{text}").chars().take(at).collect();
            let _ = hidden.shown(&cut);
        }
    }
}
