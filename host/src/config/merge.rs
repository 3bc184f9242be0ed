//! Many files into one configuration, and what holds between its parts.
//!
//! Invariant: ids are unique over all files, every source has a sink, every
//! input has a source, every file has one writer.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::described;
use super::document::Document;
use super::hidden::Hidden;
use super::model::Config;
use super::root::{LEDGER_HEADS, RootKeys};
use super::searches::{self, SearchConfig};
use super::source::{self, SourceConfig};
use super::variables::{self, Environment};
use crate::schema::{
    ConfigError, Field, Folders, Part as _, Place, Problem, Problems, key_path, nearest,
};
use crate::sinks::{SinkDraft, is_pattern, matches, read_sink};

/// Longest id, as it becomes part of keys and file names of the state.
const LONGEST_ID: usize = 64;

/// Most source ids listed in a message.
const MOST_LISTED: usize = 8;

/// Merges files and checks the whole.
pub(super) fn merge(
    mut documents: Vec<Document>,
    environment: Environment<'_>,
) -> Result<Config, ConfigError> {
    let Some(start) = documents.first().map(|document| document.start.clone()) else {
        let place = Place::whole(Path::new("configuration"));
        let message = "no file is given; name at least one".to_owned();
        return Err(ConfigError::new(vec![Problem { place, path: String::new(), message }]));
    };
    let mut problems = Problems::default();
    let mut hidden = Hidden::sparing(described::words());
    for document in &mut documents {
        variables::expand_all(&mut document.root, "", environment, &mut hidden, &mut problems);
    }
    let home = environment("HOME").filter(|home| !home.is_empty());
    let mut draft = Draft::default();
    for document in &documents {
        draft.read(document, home.as_deref(), &mut problems);
    }
    draft.check(&start, &mut problems);
    match draft.data_dir {
        Some((data_dir, _)) if problems.is_empty() => {
            let sinks = draft.sinks.into_iter().filter_map(|draft| draft.sink).collect();
            hidden.leave(draft.source_ids.keys().chain(draft.sink_ids.keys()).copied());
            let mut sources = draft.sources;
            for source in &mut sources {
                source.hidden = hidden.clone();
            }
            Ok(Config {
                data_dir,
                sources,
                sinks,
                ledger_heads: draft.ledger_heads.unwrap_or(LEDGER_HEADS),
                metrics_listen: draft.metrics_listen,
                searches: draft.searches,
                metrics_streams: draft.metrics_streams.unwrap_or(false),
                hidden,
            })
        }
        _ => Err(ConfigError::new(in_order(problems, &documents))),
    }
}

/// Problems are found by rule and told by place.
fn in_order(problems: Problems, documents: &[Document]) -> Vec<Problem> {
    let mut problems = problems.into_vec();
    let rank =
        |place: &Place| documents.iter().position(|document| document.start.file == place.file);
    problems.sort_by_cached_key(|problem| {
        let place = &problem.place;
        (rank(place), place.line, place.column)
    });
    problems
}

/// What has been read so far. Borrows from the files to be able to point at them.
#[derive(Default)]
struct Draft<'d> {
    data_dir: Option<(PathBuf, &'d Place)>,
    ledger_heads: Option<Duration>,
    metrics_listen: Option<SocketAddr>,
    metrics_streams: Option<bool>,
    /// Keys of the top level that were there and not empty, be they right or wrong.
    seen: Vec<&'static str>,
    source_ids: HashMap<&'d str, Field<'d>>,
    sink_ids: HashMap<&'d str, Field<'d>>,
    sources: Vec<SourceConfig>,
    sinks: Vec<SinkDraft<'d>>,
    search_ids: HashMap<&'d str, Field<'d>>,
    searches: Vec<SearchConfig>,
}

impl<'d> Draft<'d> {
    fn read(&mut self, document: &'d Document, home: Option<&'d str>, problems: &mut Problems) {
        let folders = Folders { file: &document.folder, home };
        let root = Field::root(&document.root, folders);
        let Some(mut table) = root.table(problems, RootKeys::names()) else {
            self.seen.extend(RootKeys::names());
            return;
        };
        for key in RootKeys::names() {
            let is_there = match table.get(key) {
                Some(field) => !field.is_empty_table(),
                None => table.tell_slip(problems, key),
            };
            if is_there {
                self.seen.push(key);
            }
        }
        if let Some(keys) = RootKeys::read(&mut table, problems) {
            if let Some((path, field)) = keys.data_dir.zip(table.get("data_dir")) {
                self.take_data_dir(path, &field, problems);
            }
            self.ledger_heads = keys.ledger_heads.or(self.ledger_heads);
            self.metrics_listen = keys.metrics_listen.or(self.metrics_listen);
            self.metrics_streams = keys.metrics_streams.or(self.metrics_streams);
        }
        if let Some(field) = table.get("sources") {
            for (id, field) in field.entries(problems) {
                if is_new(id, &field, &mut self.source_ids, problems) {
                    self.sources.extend(source::source(id, &field, problems));
                }
            }
        }
        if let Some(field) = table.get("sinks") {
            for (id, field) in field.entries(problems) {
                if is_new(id, &field, &mut self.sink_ids, problems) {
                    self.sinks.push(read_sink(id, &field, problems));
                }
            }
        }
        if let Some(field) = table.get("searches") {
            for (id, field) in field.entries(problems) {
                if is_new(id, &field, &mut self.search_ids, problems) {
                    self.searches.extend(searches::search(id, &field, problems));
                }
            }
        }
        table.finish(problems);
    }

    fn take_data_dir(&mut self, path: PathBuf, field: &Field<'d>, problems: &mut Problems) {
        match &self.data_dir {
            Some((_, place)) => {
                let message = format!("already given at {place}; keep one of the two");
                field.wrong_key(problems, message);
            }
            None => self.data_dir = Some((path, field.key_place)),
        }
    }

    /// What holds between the parts. `start` is where a missing key could go.
    fn check(&self, start: &Place, problems: &mut Problems) {
        for (key, message) in [
            ("data_dir", "missing key; add data_dir = \"/var/lib/signon\""),
            ("sources", "no source; add a table sources.<id> with type = \"oci_audit\""),
            (
                "sinks",
                "no sink; add a table sinks.<id> with type = \"stdout\" and inputs = [\"*\"]",
            ),
        ] {
            if !self.seen.contains(&key) {
                problems.add(start, key, message);
            }
        }
        if self.check_inputs(problems) {
            self.check_outputs(problems);
        }
        self.check_writers(problems);
        self.check_preferences(problems);
    }

    /// A preferred source has to be there, and not prefer back.
    fn check_preferences(&self, problems: &mut Problems) {
        let prefers =
            |source: &SourceConfig, other: &str| source.prefer.iter().any(|id| id == other);
        for source in &self.sources {
            for preferred in &source.prefer {
                let shown = source.shown_of("/prefer", preferred);
                let other = self.sources.iter().find(|other| other.id == *preferred);
                let message = match other {
                    None if self.source_ids.contains_key(preferred.as_str()) => continue,
                    None => format!("{shown} is no source; name one of this configuration"),
                    Some(other) if other.id == source.id => {
                        "names the source itself; name the other one".to_owned()
                    }
                    Some(other) if prefers(other, &source.id) => {
                        format!("{shown} prefers this source, too; keep one of the two")
                    }
                    Some(_) => continue,
                };
                problems.add(&source.place_of("/prefer"), &source.path_of("/prefer"), message);
            }
        }
    }

    /// An input that matches nothing is a slip, or a source that was removed.
    /// Tells whether it is known what every sink takes.
    fn check_inputs(&self, problems: &mut Problems) -> bool {
        if self.source_ids.is_empty() {
            return false;
        }
        let mut are_known = self.sinks.iter().all(|sink| sink.inputs.is_some());
        let mut ids: Vec<&str> = self.source_ids.keys().copied().collect();
        ids.sort_unstable();
        for (pattern, field) in self.sinks.iter().filter_map(|sink| sink.inputs.as_ref()).flatten()
        {
            let is_name = self.source_ids.contains_key(pattern);
            if is_name || ids.iter().any(|id| matches(pattern, id)) {
                continue;
            }
            let near = nearest(pattern, &ids).filter(|_| !field.is_from_variable());
            let advice = match near {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("the sources are: {}", listed(&ids)),
            };
            field.wrong(problems, format!("{} matches no source; {advice}", field.shown()));
            are_known = false;
        }
        are_known
    }

    /// A source that no sink takes would be read for nothing.
    fn check_outputs(&self, problems: &mut Problems) {
        if self.sinks.is_empty() {
            return;
        }
        let inputs = self.sinks.iter().filter_map(|sink| sink.inputs.as_ref());
        // Apart, because there may be thousands of sources with a sink each.
        let (patterns, names): (Vec<&str>, Vec<&str>) =
            inputs.flatten().map(|(input, _)| *input).partition(|input| is_pattern(input));
        let names: HashSet<&str> = names.into_iter().collect();
        for (id, field) in &self.source_ids {
            if !names.contains(id) && !patterns.iter().any(|pattern| matches(pattern, id)) {
                let message = format!(
                    "no sink takes this source, its events would go nowhere; \
                     add {id:?} to the inputs of a sink"
                );
                field.wrong_key(problems, message);
            }
        }
    }

    /// Two sinks on one file would tear each other's lines.
    fn check_writers(&self, problems: &mut Problems) {
        let mut writers: HashMap<PathBuf, &Place> = HashMap::new();
        for sink in self.sinks.iter().filter_map(|draft| draft.sink.as_ref()) {
            let Some(path) = sink.kind.file() else {
                continue;
            };
            // So that `./a` and `a` are one file.
            let plain = path.components().filter(|part| *part != Component::CurDir).collect();
            if let Some(first) = writers.insert(plain, &sink.place) {
                let message =
                    format!("the sink at {first} writes the same file; give each its own path");
                problems.add(&sink.place, &key_path("sinks", &sink.id), message);
            }
        }
    }
}

/// Whether an id is well formed and free; takes it.
fn is_new<'d>(
    id: &'d str,
    field: &Field<'d>,
    taken: &mut HashMap<&'d str, Field<'d>>,
    problems: &mut Problems,
) -> bool {
    let of_id =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(of_id) {
        let message =
            format!("an id has 1 to {LONGEST_ID} characters out of a-z, 0-9, _ and -; rename it");
        field.wrong_key(problems, message);
        // Taken nevertheless: it is a source or sink, if a badly named one.
        return taken.insert(id, field.clone()).is_none();
    }
    if let Some(first) = taken.get(id) {
        let message = format!("already defined at {}; rename one of the two", first.key_place);
        field.wrong_key(problems, message);
        return false;
    }
    taken.insert(id, field.clone());
    true
}

fn listed(ids: &[&str]) -> String {
    let mut list = ids[..ids.len().min(MOST_LISTED)].join(", ");
    if ids.len() > MOST_LISTED {
        list.push_str(", …");
    }
    list
}
