//! One sink: what it takes and where it puts it.
//!
//! Invariant: an input is a pattern over source ids and means the same wherever
//! it is asked, here and at run time.

use std::path::PathBuf;

use super::paths::Folders;
use super::problem::Place;
use super::reader::{Field, Problems, Table};

/// The types of sinks there are.
pub const SINK_TYPES: &[&str] = &["file", "stdout"];

const KEYS_OF_FILE: &[&str] = &["type", "inputs", "format", "path"];
const KEYS_OF_STDOUT: &[&str] = &["type", "inputs", "format"];

/// Where events go.
#[derive(Debug, Clone)]
pub struct SinkConfig {
    /// Unique among the sinks: `[a-z0-9_-]+`, at most 64.
    pub id: String,
    /// Patterns over source ids; each matches at least one source.
    pub inputs: Vec<String>,
    /// Output format by name, unchecked; default `ocsf`.
    pub format: String,
    /// Where the format was written; where the sink was, if it was not.
    pub format_place: Place,
    /// What kind of sink.
    pub kind: SinkKind,
    /// Where the sink was written.
    pub place: Place,
}

/// The kinds of sinks and what each needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkKind {
    /// One line an event, appended to a file.
    File {
        /// The file.
        path: PathBuf,
    },
    /// One line an event, to standard output, which cannot acknowledge.
    Stdout,
}

impl SinkConfig {
    /// Whether the events of a source go to this sink.
    pub fn takes(&self, source_id: &str) -> bool {
        self.inputs.iter().any(|pattern| matches(pattern, source_id))
    }
}

/// A sink, and its inputs for as long as they can be pointed at.
#[derive(Debug)]
pub(super) struct SinkDraft<'a> {
    pub sink: Option<SinkConfig>,
    /// `None` when they are wrong by themselves.
    pub inputs: Option<Vec<(&'a str, Field<'a>)>>,
}

/// Reads a sink.
pub(super) fn sink<'a>(
    id: &str,
    field: &Field<'a>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> SinkDraft<'a> {
    // Which keys there are depends on the type, so that is looked at first.
    let mut none = Problems::default();
    let kind = field.table(&mut none, KEYS_OF_FILE).and_then(|table| table.get("type"));
    let kind = kind.and_then(|kind| kind.text(&mut none));
    let keys = if kind == Some("stdout") { KEYS_OF_STDOUT } else { KEYS_OF_FILE };
    let Some(mut table) = field.table(problems, keys) else {
        return SinkDraft { sink: None, inputs: None };
    };
    let kind = kind_of(&mut table, folders, problems);
    let inputs = inputs_of(&mut table, problems);
    let format = table.get("format");
    let format_place = format.as_ref().map_or(field.key_place, |format| &format.node.place).clone();
    let format = match format {
        Some(format) => format.name(problems).map(str::to_owned),
        None => Some("ocsf".to_owned()),
    };
    // The keys of a sink of unknown type are unknown too.
    if kind.is_known {
        table.finish(problems);
    }
    let patterns = inputs.iter().flatten().map(|(pattern, _)| (*pattern).to_owned()).collect();
    let sink = kind.kind.zip(format).map(|(kind, format)| SinkConfig {
        id: id.to_owned(),
        inputs: patterns,
        format,
        format_place,
        kind,
        place: field.key_place.clone(),
    });
    SinkDraft { sink: sink.filter(|_| inputs.is_some()), inputs }
}

struct KindDraft {
    is_known: bool,
    kind: Option<SinkKind>,
}

fn kind_of(table: &mut Table<'_>, folders: Folders<'_>, problems: &mut Problems) -> KindDraft {
    let unknown = KindDraft { is_known: false, kind: None };
    let Some(field) = table.require(problems, "type", "type = \"file\" or type = \"stdout\"")
    else {
        return unknown;
    };
    match field.text(problems) {
        Some("file") => {
            let path = table.require(problems, "path", "path = \"events.ndjson\"");
            let path = path.and_then(|path| folders.path(&path, problems));
            KindDraft { is_known: true, kind: path.map(|path| SinkKind::File { path }) }
        }
        Some("stdout") => KindDraft { is_known: true, kind: Some(SinkKind::Stdout) },
        Some(_) => {
            field.unknown(problems, "type of sink", SINK_TYPES, "");
            unknown
        }
        None => unknown,
    }
}

fn inputs_of<'a>(
    table: &mut Table<'a>,
    problems: &mut Problems,
) -> Option<Vec<(&'a str, Field<'a>)>> {
    let example = "inputs = [\"*\"] for all sources, or name some";
    let field = table.require(problems, "inputs", example)?;
    let elements = field.list(problems, "a list of source ids like [\"acme_*\"]")?;
    if elements.is_empty() {
        field.wrong(problems, "is an empty list; write [\"*\"] for all sources, or name some");
        return None;
    }
    let inputs: Vec<Option<(&str, Field<'_>)>> = elements
        .into_iter()
        .map(|element| element.name(problems).map(|text| (text, element)))
        .collect();
    inputs.into_iter().collect()
}

/// Whether an input is more than a name.
pub(super) fn is_pattern(input: &str) -> bool {
    input.contains(['*', '?'])
}

/// Whether a name fits a pattern: `*` stands for any characters, `?` for one.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    if !is_pattern(pattern) {
        return pattern == name;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut reached) = (0, 0);
    // After a `*`: where the pattern goes on, and up to where the `*` reaches.
    let mut star = None;
    while reached < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, reached));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == name[reached] => {
                at += 1;
                reached += 1;
            }
            _ => match star {
                Some((after, end)) => {
                    star = Some((after, end + 1));
                    (at, reached) = (after, end + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, exponential and plain.
    fn fits(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some(b'*'), _) => {
                fits(&pattern[1..], name) || (!name.is_empty() && fits(pattern, &name[1..]))
            }
            (Some(expected), Some(found)) => {
                (*expected == b'?' || expected == found) && fits(&pattern[1..], &name[1..])
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_its_definition_says(
            pattern in "[ab*?]{0,8}",
            name in "[ab]{0,8}",
        ) {
            let expected = fits(pattern.as_bytes(), name.as_bytes());
            prop_assert_eq!(matches(&pattern, &name), expected);
        }

        #[test]
        fn every_id_matches_itself_and_the_star(id in "[a-z0-9_-]{1,64}") {
            prop_assert!(matches(&id, &id) && matches("*", &id));
        }
    }

    #[test]
    fn a_pattern_of_stars_is_answered_at_once() {
        assert!(!matches(&"a*".repeat(40), &"a".repeat(39)));
        assert!(!matches(&format!("{}b", "*a".repeat(30)), &"a".repeat(64)));
    }
}
