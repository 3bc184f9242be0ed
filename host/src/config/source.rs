//! One source: what the host needs to run it, and the settings that are its
//! component's business.
//!
//! Invariant: `settings` hold every key that is not the host's, unchanged, and
//! nothing of a credential.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::allow::{self, AllowRule};
use super::backfill::{self, BackfillConfig};
use super::classes;
use super::component;
use super::credentials::{self, CredentialsConfig};
use super::document::{Node, Value};
use super::duration::{self, Start};
use super::filter::{self, FilterConfig};
use super::hidden::Hidden;
use super::labels;
use super::limits;
use super::paths::Folders;
use super::problem::{Place, Problem, index_path, key_path};
use super::reader::{Field, Problems, Table, nearest};
use crate::contract::EventClasses;
use crate::limits::Limits;
use crate::runtime::ComponentFile;

/// The components that come with the program, as `type` names them.
pub const BUILT_IN_SOURCES: &[&str] = &["oci_audit", "idcs", "oam"];

/// The keys of a source that are the host's; all others are the component's.
const KEYS: &[&str] = &[
    "type",
    "component",
    "tenant",
    "credentials",
    "start",
    "readings",
    "longest_range",
    "allow",
    "allow_private_addresses",
    "ca_file",
    "limits",
    "classes",
    "labels",
    "poll_interval",
    "requests_per_minute",
    "include",
    "exclude",
    "prefer",
    "backfill",
];

/// Oracle's records take minutes to appear: looking more often only costs calls.
const DEFAULT_POLL_INTERVAL: Duration = Duration::from_secs(60);

/// A source of events.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceConfig {
    /// Unique among the sources: `[a-z0-9_-]+`, at most 64.
    pub id: String,
    /// What fetches and normalizes.
    pub component: ComponentRef,
    /// Whose events these are; by default the id.
    pub tenant: String,
    /// Every key that is not the host's, for the component, as JSON.
    pub settings: Map<String, Json>,
    /// How the source proves who it is.
    pub credentials: Option<CredentialsConfig>,
    /// Where to start when nothing was read yet.
    pub start: Start,
    /// How long after a range's end it is read, rising; the component's own
    /// schedule when absent.
    pub readings: Option<Vec<Duration>>,
    /// Longest range asked for at once, in whole minutes.
    pub longest_range: Option<Duration>,
    /// Requests allowed beyond those of a built-in component.
    pub allow: Vec<AllowRule>,
    /// Whether origins may resolve to private or loopback addresses.
    pub allow_private_addresses: bool,
    /// PEM file of authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// What a session of the component may use.
    pub limits: Limits,
    /// Which kinds of events are wanted.
    pub classes: EventClasses,
    /// The operator's own words, which go with every event.
    pub labels: BTreeMap<String, String>,
    /// Least time between two looks for something new.
    pub poll_interval: Duration,
    /// Requests a minute that the source may make; as many as it takes when absent.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Only these events are wanted; an empty list wants all.
    pub include: FilterConfig,
    /// These events are not wanted.
    pub exclude: FilterConfig,
    /// Sources that report the same sign-ons and whose records are kept instead.
    pub prefer: Vec<String>,
    /// The past that is read, too.
    pub backfill: Option<BackfillConfig>,
    /// Where the source was written.
    pub place: Place,
    /// What variables put into the configuration, for messages about this source.
    pub hidden: Hidden,
    /// Place of every key and element, by JSON pointer.
    places: BTreeMap<String, Place>,
    /// The variables of every text that has some, as they are written, by JSON pointer.
    pub(super) variables: BTreeMap<String, String>,
}

/// The component of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentRef {
    /// `type = "…"`: one of [`BUILT_IN_SOURCES`].
    BuiltIn(String),
    /// `component = "path/to.wasm"`, or a table that pins it.
    File(ComponentFile),
}

impl ComponentRef {
    /// The `type` of the configuration; of every component from a file the same word.
    pub fn kind(&self) -> &str {
        match self {
            Self::BuiltIn(name) => name,
            Self::File(_) => "component",
        }
    }
}

impl SourceConfig {
    /// Where the value at a JSON pointer (RFC 6901) into the source's table was
    /// written; of what was not written, where it would have been.
    pub fn place_of(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return place.clone();
            }
            match pointer.rfind('/') {
                Some(end) => pointer = &pointer[..end],
                None => return self.place.clone(),
            }
        }
    }

    /// The key path of the value at a JSON pointer: `sources.acme.regions[0]`.
    pub fn path_of(&self, pointer: &str) -> String {
        let mut path = key_path("sources", &self.id);
        for segment in pointer.split('/').skip(1) {
            path = match segment.parse() {
                Ok(index) => index_path(&path, index),
                Err(_) => key_path(&path, &segment.replace("~1", "/").replace("~0", "~")),
            };
        }
        path
    }

    /// Whether another configuration of this source says the same, wherever it is
    /// written.
    pub fn is_same(&self, other: &Self) -> bool {
        self.without_places() == other.without_places()
    }

    fn without_places(&self) -> Self {
        let nowhere = Place::whole(Path::new(""));
        let mut plain = self.clone();
        plain.places.clear();
        // What else the files hide is none of this source.
        plain.hidden = Hidden::default();
        plain.place = nowhere.clone();
        for rule in &mut plain.allow {
            rule.place = nowhere.clone();
        }
        plain
    }

    /// A problem that someone else found in this source, the component say.
    pub fn problem(&self, pointer: &str, message: impl Into<String>) -> Problem {
        Problem {
            place: self.place_of(pointer),
            path: self.path_of(pointer),
            message: message.into(),
        }
    }

    /// The host's key that was likely meant by a key that the component does not
    /// know. Only the component can tell whether it knows a key, so the advice
    /// has to wait for it.
    pub fn host_key_near(key: &str) -> Option<&'static str> {
        nearest(key, KEYS)
    }
}

/// Reads a source.
pub(super) fn source(
    id: &str,
    field: &Field<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<SourceConfig> {
    let mut table = field.table(problems, KEYS)?;
    let component = component(&mut table, folders, problems);
    tell_secrets_in_settings(&mut table, problems);
    let tenant =
        or(table.get("tenant"), id.to_owned(), |field| field.name(problems).map(str::to_owned));
    let credentials = or(table.get("credentials"), None, |field| {
        credentials::credentials(field, folders, problems).map(Some)
    });
    let start = or(table.get("start"), Start::default(), |field| duration::start(field, problems));
    let readings =
        or(table.get("readings"), None, |field| duration::rising(field, problems).map(Some));
    let longest_range = or(table.get("longest_range"), None, |field| {
        duration::whole_minutes(field, problems).map(Some)
    });
    let allow = or(table.get("allow"), Vec::new(), |field| allow::rules(field, problems));
    let private = or(table.get("allow_private_addresses"), false, |field| field.boolean(problems));
    let ca_file = or(table.get("ca_file"), None, |field| folders.path(field, problems).map(Some));
    let limits =
        or(table.get("limits"), Limits::default(), |field| limits::limits(field, problems));
    let classes =
        or(table.get("classes"), EventClasses::DEFAULT, |field| classes::classes(field, problems));
    let labels = or(table.get("labels"), BTreeMap::new(), |field| labels::labels(field, problems));
    let poll_interval = or(table.get("poll_interval"), DEFAULT_POLL_INTERVAL, |field| {
        duration::duration(field, problems)
    });
    let requests_per_minute =
        or(table.get("requests_per_minute"), None, |field| positive(field, problems).map(Some));
    let include =
        or(table.get("include"), FilterConfig::default(), |field| filter::filter(field, problems));
    let exclude =
        or(table.get("exclude"), FilterConfig::default(), |field| filter::filter(field, problems));
    let prefer = or(table.get("prefer"), Vec::new(), |field| names(field, problems));
    let backfill =
        or(table.get("backfill"), None, |field| backfill::backfill(field, problems).map(Some));
    let settings = table.unknown().map(|entry| (entry.key.clone(), json(&entry.node))).collect();
    let mut places = BTreeMap::new();
    let mut variables = BTreeMap::new();
    collect_places(field.node, &mut String::new(), &mut places, &mut variables);
    Some(SourceConfig {
        id: id.to_owned(),
        component: component?,
        tenant: tenant?,
        settings,
        credentials: credentials?,
        start: start?,
        readings: readings?,
        longest_range: longest_range?,
        allow: allow?,
        allow_private_addresses: private?,
        ca_file: ca_file?,
        limits: limits?,
        classes: classes?,
        labels: labels?,
        poll_interval: poll_interval?,
        requests_per_minute: requests_per_minute?,
        include: include?,
        exclude: exclude?,
        prefer: prefer?,
        backfill: backfill?,
        place: field.key_place.clone(),
        hidden: Hidden::default(),
        places,
        variables,
    })
}

/// The value of a key that may be left out; `None` when it is there and wrong.
fn or<T>(
    field: Option<Field<'_>>,
    default: T,
    read: impl FnOnce(&Field<'_>) -> Option<T>,
) -> Option<T> {
    match field {
        Some(field) => read(&field),
        None => Some(default),
    }
}

fn positive(field: &Field<'_>, problems: &mut Problems) -> Option<NonZeroU32> {
    let number = match field.node.value {
        Value::Integer(number) => u32::try_from(number).ok().and_then(NonZeroU32::new),
        _ => None,
    };
    if number.is_none() {
        field.expected(problems, "a whole number above 0");
    }
    number
}

/// Ids of sources: one, or a list.
fn names(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    if let Value::Text(_) = field.node.value {
        return field.name(problems).map(|name| vec![name.to_owned()]);
    }
    let elements = field.list(problems, "a source id, or a list like [\"acme_oci\"]")?;
    elements.iter().map(|element| element.name(problems).map(str::to_owned)).collect()
}

fn component(
    table: &mut Table<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<ComponentRef> {
    let (kind, file) = (table.get("type"), table.get("component"));
    match (kind, file) {
        (Some(_), Some(file)) => {
            let message = "type and component exclude each other; remove one of them";
            problems.add(file.key_place, &file.path, message);
            None
        }
        (None, Some(file)) => component::file(&file, folders, problems).map(ComponentRef::File),
        (Some(kind), None) => {
            let name = kind.text(problems)?;
            if !BUILT_IN_SOURCES.contains(&name) {
                let advice = "; for a component of your own write component = \"path/to.wasm\"";
                kind.unknown(problems, "type of source", BUILT_IN_SOURCES, advice);
                return None;
            }
            Some(ComponentRef::BuiltIn(name.to_owned()))
        }
        (None, None) => {
            if !table.tell_slip(problems, "component") {
                let example = "type = \"oci_audit\" or component = \"path/to.wasm\"";
                table.require(problems, "type", example);
            }
            None
        }
    }
}

/// Settings go into the sandbox, where secrets have no business: a slip in the
/// key `credentials` must not send them there, and a guest does not sign here.
fn tell_secrets_in_settings(table: &mut Table<'_>, problems: &mut Problems) {
    while table.tell_slip(problems, "credentials") {}
    if let Some(entry) = table.unknown().find(|entry| entry.key == "auth") {
        let path = key_path(&table.field.path, &entry.key);
        let message = "components do not sign here, the host does; write credentials = { type = \"oci_api_key\" }";
        problems.add(&entry.place, &path, message);
    }
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Table(entries) => {
            let members = entries.iter().map(|entry| (entry.key.clone(), json(&entry.node)));
            Json::Object(members.collect())
        }
        Value::List(elements) => Json::Array(elements.iter().map(json).collect()),
        Value::Text(text) => Json::String(text.text.to_string()),
        Value::Integer(integer) => Json::from(*integer),
        Value::Float(float) => Json::from(*float),
        Value::Boolean(boolean) => Json::Bool(*boolean),
        Value::Datetime(text) => Json::String(text.clone()),
        Value::Nothing | Value::Faulty => Json::Null,
    }
}

fn collect_places(
    node: &Node,
    pointer: &mut String,
    places: &mut BTreeMap<String, Place>,
    variables: &mut BTreeMap<String, String>,
) {
    let mut child = |segment: &str, place: &Place, node: &Node| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(segment);
        places.insert(pointer.clone(), place.clone());
        collect_places(node, pointer, places, variables);
        pointer.truncate(length);
    };
    match &node.value {
        Value::Text(text) => {
            variables.extend(text.variables.clone().map(|names| (pointer.clone(), names)));
        }
        Value::Table(entries) => {
            for entry in entries {
                let segment = entry.key.replace('~', "~0").replace('/', "~1");
                child(&segment, &entry.place, &entry.node);
            }
        }
        Value::List(elements) => {
            for (index, element) in elements.iter().enumerate() {
                child(&index.to_string(), &element.place, element);
            }
        }
        _ => {}
    }
}
