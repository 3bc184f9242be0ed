//! One sink: what it takes and where it puts it.
//!
//! Invariant: an input is a pattern over source ids and means the same wherever
//! it is asked, here and at run time.

mod file;
mod http;
mod number;
mod otlp;
mod patterns;
mod remote;
mod splunk;

use std::path::PathBuf;

use super::paths::Folders;
use super::problem::Place;
use super::reader::{Field, Problems, Table};
use crate::render::{Format, Keep};

pub use file::RotationConfig;
pub use http::{BodyEncoding, HttpSinkConfig};
pub use otlp::{OtlpEncoding, OtlpSinkConfig};
pub(super) use patterns::{is_pattern, matches};
pub use remote::{AuthorizationConfig, Compression, RemoteConfig, TlsConfig};
pub use splunk::{Acknowledgement, SplunkSinkConfig};

/// The types of sinks there are.
pub const SINK_TYPES: &[&str] = &["file", "stdout", "http", "otlp", "splunk_hec"];

const KEYS_OF_STDOUT: &[&str] = &["type", "inputs", "format", "keep"];

/// Where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkConfig {
    /// Unique among the sinks: `[a-z0-9_-]+`, at most 64.
    pub id: String,
    /// Patterns over source ids; each matches at least one source.
    pub inputs: Vec<String>,
    /// Output format by name; default `ocsf`.
    pub format: String,
    /// What of a record goes with the fields that were read from it.
    pub keep: Keep,
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
        /// When it is put aside for a new one; `None` never.
        rotation: Option<RotationConfig>,
    },
    /// One line an event, to standard output, which cannot acknowledge.
    Stdout,
    /// Batches in the bodies of HTTP requests.
    Http(Box<HttpSinkConfig>),
    /// OpenTelemetry's protocol over HTTP.
    Otlp(Box<OtlpSinkConfig>),
    /// Splunk's HTTP Event Collector.
    SplunkHec(Box<SplunkSinkConfig>),
}

impl SinkKind {
    /// The `type` of the configuration.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Stdout => "stdout",
            Self::Http(_) => "http",
            Self::Otlp(_) => "otlp",
            Self::SplunkHec(_) => "splunk_hec",
        }
    }
}

impl SinkConfig {
    /// Whether another configuration of this sink says the same, wherever it is
    /// written.
    pub fn is_same(&self, other: &Self) -> bool {
        let Self { id, inputs, format, keep, kind, format_place: _, place: _ } = self;
        *id == other.id
            && *inputs == other.inputs
            && *format == other.format
            && *keep == other.keep
            && *kind == other.kind
    }

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
    let kind = field.table(&mut none, &["type"]).and_then(|table| table.get("type"));
    let kind = kind.and_then(|kind| kind.text(&mut none));
    let keys = match kind {
        Some("stdout") => KEYS_OF_STDOUT,
        Some("http") => http::KEYS,
        Some("otlp") => otlp::KEYS,
        Some("splunk_hec") => splunk::KEYS,
        _ => file::KEYS,
    };
    let Some(mut table) = field.table(problems, keys) else {
        return SinkDraft { sink: None, inputs: None };
    };
    let kind = kind_of(&mut table, folders, problems);
    let inputs = inputs_of(&mut table, problems);
    let format = table.get("format");
    let format_place = format.as_ref().map_or(field.key_place, |format| &format.node.place).clone();
    let format = match format {
        Some(format) => format_of(&format, problems),
        None => Some(kind.default_format().to_owned()),
    };
    let keep = match table.get("keep") {
        Some(keep) => keep_of(&keep, problems),
        None => Some(Keep::DEFAULT),
    };
    // The keys of a sink of unknown type are unknown too.
    if kind.is_known {
        table.finish(problems);
    }
    let patterns = inputs.iter().flatten().map(|(pattern, _)| (*pattern).to_owned()).collect();
    let sink = kind.kind.zip(format).zip(keep).map(|((kind, format), keep)| SinkConfig {
        id: id.to_owned(),
        inputs: patterns,
        format,
        keep,
        format_place,
        kind,
        place: field.key_place.clone(),
    });
    SinkDraft { sink: sink.filter(|_| inputs.is_some()), inputs }
}

/// The name of a format that there is.
fn format_of(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let name = field.name(problems)?;
    if name.parse::<Format>().is_err() {
        field.unknown(problems, "format", &Format::ALL.map(Format::name), "");
        return None;
    }
    Some(name.to_owned())
}

/// A list of words for what can be kept.
fn keep_of(field: &Field<'_>, problems: &mut Problems) -> Option<Keep> {
    let elements = field.list(problems, "a list like [\"raw\", \"unmapped\"]")?;
    let mut keep = Some(Keep::NOTHING);
    for element in elements {
        let more = element.text(problems).and_then(|word| {
            let more = keep.unwrap_or(Keep::NOTHING).and(word);
            if more.is_none() {
                element.unknown(problems, "word", &Keep::WORDS, "");
            }
            more
        });
        keep = keep.and(more);
    }
    keep
}

struct KindDraft {
    is_known: bool,
    kind: Option<SinkKind>,
}

impl KindDraft {
    fn default_format(&self) -> &'static str {
        match self.kind {
            Some(SinkKind::Otlp(_)) => otlp::FORMAT,
            _ => "ocsf",
        }
    }
}

fn kind_of(table: &mut Table<'_>, folders: Folders<'_>, problems: &mut Problems) -> KindDraft {
    let unknown = KindDraft { is_known: false, kind: None };
    let Some(field) = table.require(problems, "type", "type = \"file\" or type = \"stdout\"")
    else {
        return unknown;
    };
    let kind = match field.text(problems) {
        Some("file") => file::read(table, folders, problems),
        Some("stdout") => Some(SinkKind::Stdout),
        Some("http") => {
            http::read(table, folders, problems).map(|config| SinkKind::Http(Box::new(config)))
        }
        Some("otlp") => {
            otlp::read(table, folders, problems).map(|config| SinkKind::Otlp(Box::new(config)))
        }
        Some("splunk_hec") => splunk::read(table, folders, problems)
            .map(|config| SinkKind::SplunkHec(Box::new(config))),
        Some(_) => {
            field.unknown(problems, "type of sink", SINK_TYPES, "");
            return unknown;
        }
        None => return unknown,
    };
    KindDraft { is_known: true, kind }
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
