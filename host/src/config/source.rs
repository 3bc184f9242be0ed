//! One source: what the host needs to run it, and the settings that are its
//! component's business.
//!
//! Invariant: `settings` hold every key that is not the host's, unchanged, and
//! nothing of a credential.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::allow::{AllowRule, rules};
use super::backfill::BackfillConfig;
use super::classes::Classes;
use super::component::ComponentKind;
use super::credentials::{CREDENTIALS, CredentialsConfig};
use super::filter::FilterConfig;
use super::hidden::Hidden;
use super::labels::Labels;
use super::limits::LimitsKind;
use super::source_types::{SOURCE_TYPES, SourceType};
use crate::contract::EventClasses;
use crate::limits::Limits;
use crate::runtime::ComponentFile;
use crate::schema::{
    Field, Flag, KeyDescription, Kind as _, Name, Node, OneOrList, PATH, Part as _,
    PartDescription, Place, Presence, Problem, Problems, Rising, SPAN, Start, StartKind, Table,
    Value, WHOLE_MINUTES, hushed, index_path, key_path, keys, list, nearest, object, table_of,
    variable, whole,
};

/// Oracle's records take minutes to appear: looking more often only costs calls.
const DEFAULT_POLL_INTERVAL: Duration = Duration::from_secs(60);

/// The key that names one of [`SOURCE_TYPES`].
const TYPE: &str = "type";

/// Ids of sources that report the same.
const SOURCES: fn() -> OneOrList<Name> = || OneOrList {
    of: list(Name, "[\"acme_oci\"]"),
    expected: "a source id, or a list like [\"acme_oci\"]",
};

keys! {
    /// The keys of a source that are the host's but for `type`; all others are the
    /// component's.
    pub struct SourceKeys {
        /// Instead of `type`: the file of a component; a table pins what it is.
        component: Option<ComponentFile> = ComponentKind.optional("that of `type`");
        /// How requests are signed; see [credentials](#credentials).
        credentials: Option<CredentialsConfig> = hushed(CREDENTIALS).optional("none");
        /// Whose events these are; goes with every event, as the source's id does.
        tenant: Option<String> = Name.optional("the source's id");
        /// Words of your own that go with every event; where they stand:
        /// [sinks](sinks.md#what-a-line-carries). Names do not begin with `signon_`.
        labels: Option<BTreeMap<String, String>> = Labels.optional("none");
        /// Kinds of events wanted: sign-ons; accounts, their passwords and factors; the
        /// rest. What is not wanted is counted as filtered.
        classes: EventClasses = Classes.or(EventClasses::DEFAULT);
        /// Only these events are wanted; what is filtered is counted. Who can hide
        /// behind which key: [README](../README.md#what-a-filter-can-hide).
        include: Option<FilterConfig> = table_of().optional("all");
        /// These events are not wanted.
        exclude: Option<FilterConfig> = table_of().optional("none");
        /// Ids of sources that report the same sign-ons; theirs are kept. See
        /// [README](../README.md#during-a-migration).
        prefer: Option<Vec<String>> = SOURCES().optional("none");
        /// Where to start when nothing was read yet.
        start: Start = StartKind.or(Start::default());
        /// How long after its end each range is read.
        readings: Option<Vec<Duration>> = Rising.optional("the component's own");
        /// Longest range asked for at once, in whole minutes.
        longest_range: Option<Duration> = WHOLE_MINUTES.optional("the component's own");
        /// The past is read, too, beside the live edge.
        backfill: Option<BackfillConfig> = table_of().optional("none");
        /// Least time between two looks for something new.
        poll_interval: Duration = SPAN.or(DEFAULT_POLL_INTERVAL);
        /// Most requests of the source, evenly.
        requests_per_minute: Option<NonZeroU32> =
            whole(1..=u32::MAX.into()).optional("no bound");
        /// Requests that a component from a file may make.
        allow: Option<Vec<AllowRule>> = rules().optional("none");
        /// Whether its origins may resolve to private or loopback addresses.
        allow_private_addresses: bool = Flag.or(false);
        /// PEM file of authorities to trust beside the system's.
        ca_file: Option<PathBuf> = PATH.optional("none");
        /// What a session of its component may use.
        limits: Option<Limits> = LimitsKind.optional("fit the built-ins");
    }
}

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
    /// `type = "…"`: the name of one of [`SOURCE_TYPES`].
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
        nearest(key, &names())
    }
}

/// The host's keys.
fn names() -> Vec<&'static str> {
    let mut names = vec![TYPE];
    names.extend(SourceKeys::names());
    names
}

/// Reads a source.
pub(super) fn source(id: &str, field: &Field<'_>, problems: &mut Problems) -> Option<SourceConfig> {
    let mut table = field.table(problems, names())?;
    let built_in = built_in(&mut table, problems);
    tell_secrets_in_settings(&mut table, problems);
    let keys = SourceKeys::read(&mut table, problems);
    let settings = table.unknown().map(|entry| (entry.key.clone(), entry.node.json())).collect();
    let mut places = BTreeMap::new();
    let mut variables = BTreeMap::new();
    collect_places(field.node, &mut String::new(), &mut places, &mut variables);
    let (built_in, keys) = (built_in?, keys?);
    let component = match built_in {
        Some(name) => ComponentRef::BuiltIn(name.to_owned()),
        None => ComponentRef::File(keys.component?),
    };
    Some(SourceConfig {
        id: id.to_owned(),
        component,
        tenant: keys.tenant.unwrap_or_else(|| id.to_owned()),
        settings,
        credentials: keys.credentials,
        start: keys.start,
        readings: keys.readings,
        longest_range: keys.longest_range,
        allow: keys.allow.unwrap_or_default(),
        allow_private_addresses: keys.allow_private_addresses,
        ca_file: keys.ca_file,
        limits: keys.limits.unwrap_or_default(),
        classes: keys.classes,
        labels: keys.labels.unwrap_or_default(),
        poll_interval: keys.poll_interval,
        requests_per_minute: keys.requests_per_minute,
        include: keys.include.unwrap_or_default(),
        exclude: keys.exclude.unwrap_or_default(),
        prefer: keys.prefer.unwrap_or_default(),
        backfill: keys.backfill,
        place: field.key_place.clone(),
        hidden: Hidden::default(),
        places,
        variables,
    })
}

/// The built-in component of a source; within, `None` where it names a file instead.
fn built_in(table: &mut Table<'_>, problems: &mut Problems) -> Option<Option<&'static str>> {
    match (table.get(TYPE), table.get("component")) {
        (Some(_), Some(file)) => {
            let message = "type and component exclude each other; remove one of them";
            file.wrong_key(problems, message);
            None
        }
        (None, Some(_)) => Some(None),
        (Some(kind), None) => {
            let name = kind.text(problems)?;
            let known = SOURCE_TYPES.iter().find(|known| known.name == name);
            if known.is_none() {
                let names: Vec<&str> = SOURCE_TYPES.iter().map(|known| known.name).collect();
                let advice = "; for a component of your own write component = \"path/to.wasm\"";
                kind.unknown(problems, "type of source", &names, advice);
            }
            known.map(|known| Some(known.name))
        }
        (None, None) => {
            if !table.tell_slip(problems, "component") {
                let example = "type = \"oci_audit\" or component = \"path/to.wasm\"";
                table.require(problems, TYPE, example);
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

/// What is said of the host's keys.
pub(super) fn describe() -> PartDescription {
    let names: Vec<&str> = SOURCE_TYPES.iter().map(|known| known.name).collect();
    let shown: Vec<String> = names.iter().map(|name| format!("[`{name}`](#type-{name})")).collect();
    let kind = KeyDescription {
        name: TYPE,
        help: "A component that comes with the program.".to_owned(),
        schema: json!({ "title": shown.join(", "), "enum": names }),
        presence: Presence::Otherwise("this or `component` is needed"),
    };
    let mut description = SourceKeys::describe();
    description.keys.insert(0, kind);
    description
}

/// The JSON Schema of a source. `components` are the schemas of the built-ins' own keys,
/// by name; of one that is not among them any key is taken.
pub(super) fn schema(components: &BTreeMap<String, Json>) -> Json {
    let mut types: Vec<Json> =
        SOURCE_TYPES.iter().map(|known| of_type(known, components.get(known.name))).collect();
    let mut of_file = open(object(&SourceKeys::describe(), None));
    of_file["required"] = json!(["component"]);
    of_file["not"] = json!({ "required": [TYPE] });
    types.push(of_file);
    let of_variable = json!({ "properties": { TYPE: variable() }, "required": [TYPE] });
    types.push(of_variable);
    json!({ "title": "table", "type": "object", "oneOf": types })
}

fn of_type(known: &SourceType, component: Option<&Json>) -> Json {
    let mut description = SourceKeys::describe();
    description.keys.retain(|key| key.name != "component");
    let mut schema = object(&description, Some(known.name));
    let Some(component) = component else {
        schema["properties"]["component"] = json!(false);
        return open(schema);
    };
    for (name, own) in component["properties"].as_object().into_iter().flatten() {
        // Components do not sign here.
        if name != "auth" {
            schema["properties"][name] = with_variables(own);
        }
    }
    let required = component["required"].as_array().into_iter().flatten().cloned();
    if let Some(all) = schema["required"].as_array_mut() {
        all.extend(required);
    }
    schema
}

/// With keys of which nobody here knows what they are.
fn open(mut schema: Json) -> Json {
    schema["additionalProperties"] = json!(true);
    schema["properties"]["auth"] = json!(false);
    schema
}

/// A component's schema, where every text that has to look like something may be a
/// variable that does.
fn with_variables(schema: &Json) -> Json {
    let mut schema = schema.clone();
    if schema["items"].is_object() {
        schema["items"] = with_variables(&schema["items"]);
    }
    let is_bound = ["enum", "pattern"].iter().any(|key| schema.get(*key).is_some());
    if !is_bound {
        return schema;
    }
    let mut outer = Map::new();
    for key in ["title", "description", "default", "examples"] {
        if let Some(value) = schema.as_object_mut().and_then(|schema| schema.remove(key)) {
            outer.insert(key.to_owned(), value);
        }
    }
    outer.insert("anyOf".to_owned(), json!([schema, variable()]));
    Json::Object(outer)
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
