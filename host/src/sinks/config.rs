//! One sink: what it takes and where it puts it.
//!
//! Invariant: an input is a pattern over source ids and means the same wherever
//! it is asked, here and at run time.

use serde_json::{Value as Json, json};

use super::inputs::matches;
use super::registry::{SINK_TYPES, SinkKind, SinkRow};
use crate::render::{Format, Keep};
use crate::schema::{
    Field, Kind, List, Name, OneOf, Part as _, PartDescription, Place, Problems, Shown, Table,
    Words, keys, list, object, of_types, one_of, word,
};

/// The key that names the kind.
const TYPE: &str = "type";

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkConfig {
    /// Unique among the sinks: `[a-z0-9_-]+`, at most 64.
    pub id: String,
    /// Patterns over source ids; each matches at least one source.
    pub inputs: Vec<String>,
    /// Output format.
    pub format: Format,
    /// What of a record goes with the fields that were read from it.
    pub keep: Keep,
    /// What kind of sink.
    pub kind: SinkKind,
    /// Where the sink was written.
    pub place: Place,
}

impl SinkConfig {
    /// Whether another configuration of this sink says the same, wherever it is
    /// written.
    pub fn is_same(&self, other: &Self) -> bool {
        Self { place: other.place.clone(), ..self.clone() } == *other
    }

    /// Whether the events of a source go to this sink.
    pub fn takes(&self, source_id: &str) -> bool {
        self.inputs.iter().any(|pattern| matches(pattern, source_id))
    }
}

impl Words for Format {
    const WHAT: &'static str = "format";

    fn words() -> Vec<(&'static str, Self)> {
        Self::ALL.map(|format| (format.name(), format)).to_vec()
    }
}

keys! {
    /// The keys of every sink but for `type`.
    pub struct SinkKeys {
        /// Ids of sources whose events it takes; `*` stands for anything, `?` for one
        /// character.
        inputs: Vec<String> = list(Name, "[\"acme_*\"]")
            .not_empty("; write [\"*\"] for all sources, or name some")
            .needed("[\"*\"] for all sources, or name some");
        /// What a line looks like; `otlp` always sends `otel`.
        format: Option<Format> = word().optional("`\"ocsf\"`");
        /// What of a record goes with the fields that were read from it: see
        /// [sinks](sinks.md#what-a-line-carries).
        keep: Keep = KeepKind.or(Keep::DEFAULT);
    }
}

/// A list of what can be kept.
struct KeepKind;

fn kept() -> List<OneOf> {
    list(one_of("word", &Keep::WORDS), "[\"raw\", \"unmapped\"]")
}

impl Kind for KeepKind {
    type Value = Keep;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Keep> {
        let words = kept().read(field, problems)?;
        words.into_iter().try_fold(Keep::NOTHING, Keep::and)
    }

    fn schema(&self) -> Json {
        kept().schema()
    }
}

impl Shown for KeepKind {
    fn shown(&self, keep: &Keep) -> Json {
        let has = |word: &&str| keep.and(word) == Some(*keep);
        Keep::WORDS.into_iter().filter(has).collect()
    }
}

/// A sink, and its inputs for as long as they can be pointed at.
#[derive(Debug)]
pub struct SinkDraft<'a> {
    pub sink: Option<SinkConfig>,
    /// `None` when they are wrong by themselves.
    pub inputs: Option<Vec<(&'a str, Field<'a>)>>,
}

/// Reads a sink.
pub fn read_sink<'a>(id: &str, field: &Field<'a>, problems: &mut Problems) -> SinkDraft<'a> {
    // Which keys there are depends on the type, so that is looked at first.
    let mut unseen = Problems::default();
    let kind = field.table(&mut unseen, vec![TYPE]).and_then(|table| table.get(TYPE));
    let row = kind.and_then(|kind| SinkRow::named(kind.text(&mut unseen)?));
    let mut names = vec![TYPE];
    names.extend(SinkKeys::names());
    names.extend(row.iter().flat_map(|row| (row.keys.names)()));
    let Some(mut table) = field.table(problems, names) else {
        return SinkDraft { sink: None, inputs: None };
    };
    tell_type(&mut table, problems);
    let kind = row.map(|row| (row.keys.read)(&mut table, problems));
    let keys = SinkKeys::read(&mut table, problems);
    let inputs = inputs(&table);
    let only = row.and_then(|row| row.only_format);
    let format = keys.as_ref().and_then(|keys| keys.format);
    let other = only.zip(format).filter(|(only, format)| only != format);
    if let (Some((only, _)), Some(field)) = (other, table.get("format")) {
        let message = format!("this sink always sends format \"{only}\"; remove the key");
        field.wrong(problems, message);
    }
    // The keys of a sink of unknown type are unknown too.
    if row.is_some() {
        table.finish(problems);
    }
    let sink =
        kind.flatten().zip(keys).filter(|_| other.is_none()).map(|(kind, keys)| SinkConfig {
            id: id.to_owned(),
            inputs: keys.inputs,
            format: format.or(only).unwrap_or(Format::ALL[0]),
            keep: keys.keep,
            kind,
            place: field.key_place.clone(),
        });
    SinkDraft { sink, inputs }
}

fn tell_type(table: &mut Table<'_>, problems: &mut Problems) {
    let example = "type = \"file\" or type = \"stdout\"";
    let Some(field) = table.require(problems, TYPE, example) else { return };
    if field.text(problems).is_some_and(|name| SinkRow::named(name).is_none()) {
        let known: Vec<&str> = SINK_TYPES.iter().map(|row| row.keys.name).collect();
        field.unknown(problems, "type of sink", &known, "");
    }
}

/// The inputs and where each was written, if all are right; that one is not is told by
/// who reads the keys.
fn inputs<'a>(table: &Table<'a>) -> Option<Vec<(&'a str, Field<'a>)>> {
    let mut told = Problems::default();
    let elements = table.get("inputs")?.list(&mut told, "")?;
    let inputs: Option<Vec<_>> = elements
        .into_iter()
        .map(|element| element.name(&mut told).map(|text| (text, element)))
        .collect();
    inputs.filter(|inputs| !inputs.is_empty())
}

/// What is said of the keys of a kind of sink, those that every sink has first.
fn describe(row: &SinkRow) -> PartDescription {
    let mut description = SinkKeys::describe();
    if let Some(only) = row.only_format {
        for key in description.keys.iter_mut().filter(|key| key.name == "format") {
            key.schema = json!({ "const": only.name() });
        }
    }
    let own = (row.keys.describe)();
    description.keys.extend(own.keys);
    description.rules.extend(own.rules);
    description
}

/// What is said of the keys that every sink has.
pub fn describe_common() -> PartDescription {
    SinkKeys::describe()
}

/// The JSON Schema of a sink.
pub fn sink_schema() -> Json {
    of_types(SINK_TYPES.iter().map(|row| object(&describe(row), Some(row.keys.name))).collect())
}
