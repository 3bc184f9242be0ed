//! `[searches.<id>]`: questions about delivered lines that have a name, for
//! `signon report --search <id>`.
//!
//! Invariant: a search that was read can be asked: every column is known, and fits how
//! the search is put together.

use serde_json::{Value as Json, json};

use super::classes::Classes;
use super::filter::FilterConfig;
use crate::contract::EventClasses;
use crate::schema::{
    Field, Kind, Name, Part as _, PartDescription, Problems, Start, StartKind, Table, Value,
    key_path, keys, object, or_variable, table_of,
};

/// Most columns of a table, beyond which nobody reads it.
const MOST_COLUMNS: usize = 32;

/// Most columns that are grouped by: the groups of four are nearly the events themselves.
const MOST_GROUPED: usize = 4;

macro_rules! columns {
    ($($variant:ident $name:literal $help:literal,)*) => {
        /// What a line can be asked for. Those in camel case, with `message`, are the
        /// fifteen of Oracle's own instructions for an export, by their names there.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column {
            $(#[doc = $help] $variant,)*
        }

        impl Column {
            /// Every column there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The name in configuration and in the head of a table.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it is, for humans.
            pub const fn help(self) -> &'static str {
                match self {
                    $(Self::$variant => $help,)*
                }
            }
        }
    };
}

columns! {
    Time "time" "when it happened",
    Id "id" "the source's own id of the record",
    Component "component" "what the record came from: `oci_audit`, `idcs`, `oam`",
    Source "source" "id of the source in the configuration",
    Tenant "tenant" "whose event it is",
    Class "class" "`sign-on`, `account` or `other`",
    Activity "activity" "what was done, in one word for all sources: `logon`, `password-change`",
    Event "event" "what the source calls it: `InteractiveLogin`",
    EventType "event_type" "the source's own type of the record",
    EventCode "event_code" "the identity domain's event code: `sso.session.create.success`",
    Outcome "outcome" "`success`, `failure`, `initiated`, `unknown` or the source's own word",
    Code "code" "code of the result",
    Reason "reason" "reason of the result",
    Failure "failure" "why it failed, in one word for all sources",
    Message "message" "what the source says happened",
    User "user" "login of whose sign-on or account it is; the id where no login is told",
    UserId "user_id" "id of whose sign-on or account it is",
    DisplayName "display_name" "display name, which people may set themselves",
    Email "email" "mail address, which people may set themselves",
    UserKind "user_kind" "`user`, `admin`, `system`, `service` or the source's own word",
    Domain "domain" "identity domain of the user, or else that in which it happened",
    Actor "actor" "who acted, where that is somebody else",
    Application "application" "what was signed in to",
    Client "client" "the client through which it was done",
    Provider "provider" "the identity provider",
    Factor "factor" "factors that took part, each by itself where grouped by",
    Address "address" "where it came from",
    UserAgent "user_agent" "the user agent, as sent by whoever signs in",
    Session "session" "id of the session",
    Region "region" "region that served it",
    Compartment "compartment" "name of the compartment",
    Correlation "correlation" "the execution context id (ECID)",
    ActorName "actorName" "login in the identity domain's event",
    ListedEventId "eventId" "event code of the identity domain",
    ListedStatus "httpResponseStatus" "HTTP status of the answer",
    LocalIp "ssoLocalIp" "the node's own address (needs `keep = [\"unmapped\"]`)",
    DomainDisplayName "domainDisplayName" "identity domain as people named it",
    DomainName "domainName" "identity domain: `idcs-…`",
    ActorType "actorType" "`User`, or another kind",
    ListedAgent "userAgent" "user agent",
    AuthType "authType" "how the request proved who sent it",
    CallerId "callerId" "id of the calling client",
    CallerName "callerName" "name of the calling client",
    Credentials "credentials" "id of the credential used, never the credential",
    IpAddress "ipAddress" "address in the record's `identity`",
    PrincipalName "principalName" "login in the record's `identity`",
}

macro_rules! figures {
    ($($variant:ident $name:literal $help:literal,)*) => {
        /// What a group of events can be asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Figure {
            $(#[doc = $help] $variant,)*
        }

        impl Figure {
            /// All there are, in the order of a table's columns.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The name in configuration and in the head of a table.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it is, for humans.
            pub const fn help(self) -> &'static str {
                match self {
                    $(Self::$variant => $help,)*
                }
            }
        }
    };
}

figures! {
    Events "events" "how many",
    Successes "successes" "how many succeeded",
    Failures "failures" "how many failed",
    First "first" "time of the earliest",
    Last "last" "time of the latest",
}

/// What a search answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A row for each event.
    Events(Vec<Column>),
    /// A row for each group of events that have these columns in common.
    Groups {
        /// What is the same in a group.
        by: Vec<Column>,
        /// What is told of it.
        figures: Vec<Figure>,
    },
}

/// A question with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchConfig {
    /// Unique among the searches: `[a-z0-9_-]+`, at most 64.
    pub id: String,
    /// For humans; the id unless given.
    pub title: String,
    /// Only these events; an empty list takes all.
    pub include: FilterConfig,
    /// Not these.
    pub exclude: FilterConfig,
    /// Of these classes.
    pub classes: EventClasses,
    /// From then on.
    pub from: Option<Start>,
    /// Before then.
    pub to: Option<Start>,
    /// What to answer with.
    pub shape: Shape,
    /// Most rows.
    pub top: Option<usize>,
}

keys! {
    /// The keys of a search.
    #[allow(dead_code, reason = "what depends on each other is read together")]
    pub struct SearchKeys {
        /// For humans: what stands above the answer.
        title: Option<String> = Name.optional("the id");
        /// Only these events: see [include, exclude](#include-exclude).
        include: Option<FilterConfig> = table_of().optional("all");
        /// Not these.
        exclude: Option<FilterConfig> = table_of().optional("none");
        /// Events of these classes.
        classes: EventClasses = Classes.or(EventClasses::ALL);
        /// From then on.
        from: Option<Start> = StartKind.optional("the first");
        /// Before then.
        to: Option<Start> = StartKind.optional("the last");
        /// A row for each group of events that have these [columns](#columns) in common,
        /// instead of one for each event; four columns at most, and never `time`.
        group_by: Option<()> = Together(grouped_schema).optional("a row an event");
        /// What a row tells: [columns](#columns), or with `group_by`
        /// [figures](#figures) of the group.
        columns: Option<()> = Together(columns_schema).optional("needed, or `group_by`; all figures");
        /// Most rows.
        top: Option<usize> = Rows.optional("all");
    }
}

/// A key whose meaning depends on another, with which it is read.
struct Together(fn() -> Json);

impl Kind for Together {
    type Value = ();

    fn read(&self, _: &Field<'_>, _: &mut Problems) -> Option<()> {
        Some(())
    }

    fn schema(&self) -> Json {
        (self.0)()
    }
}

/// How many rows, at least one.
struct Rows;

impl Kind for Rows {
    type Value = usize;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<usize> {
        let number = match &field.node.value {
            Value::Integer(number) => usize::try_from(*number).ok(),
            Value::Text(text) if text.is_from_variable() => text.text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| *number > 0);
        if number.is_none() {
            field.expected(problems, "a whole number of rows, at least 1, like 20");
        }
        number
    }

    fn schema(&self) -> Json {
        or_variable(json!({ "title": "1 or more", "type": "integer", "minimum": 1 }))
    }
}

fn words_schema(what: &str, names: &[&str], most: usize) -> Json {
    json!({
        "title": format!("list: {what}"),
        "type": "array",
        "items": or_variable(json!({ "title": what, "enum": names })),
        "minItems": 1,
        "maxItems": most,
    })
}

fn grouped_schema() -> Json {
    let names: Vec<&str> = Column::NAMES.iter().copied().filter(|name| *name != "time").collect();
    words_schema("column", &names, MOST_GROUPED)
}

fn figures_schema() -> Json {
    words_schema("figure", Figure::NAMES, MOST_COLUMNS)
}

fn only_columns_schema() -> Json {
    words_schema("column", Column::NAMES, MOST_COLUMNS)
}

fn columns_schema() -> Json {
    json!({
        "title": "list: column or figure",
        "anyOf": [only_columns_schema(), figures_schema()],
    })
}

/// What is said of the keys of a search.
pub(super) fn describe() -> PartDescription {
    let mut description = SearchKeys::describe();
    let groups = json!({ "required": ["group_by"], "properties": { "columns": figures_schema() } });
    let events = json!({
        "required": ["columns"],
        "not": { "required": ["group_by"] },
        "properties": { "columns": only_columns_schema() },
    });
    description.rules.push(json!({ "oneOf": [groups, events] }));
    description
}

/// The JSON Schema of a search.
pub(super) fn schema() -> Json {
    object(&describe(), None)
}

/// Reads one search.
pub(super) fn search(id: &str, field: &Field<'_>, problems: &mut Problems) -> Option<SearchConfig> {
    let mut table = field.table(problems, SearchKeys::names())?;
    let keys = SearchKeys::read(&mut table, problems);
    let spans_time = check_times(&table, problems);
    let shape = shape(&table, problems);
    table.finish(problems);
    let SearchKeys { title, include, exclude, classes, from, to, top, .. } = keys?;
    spans_time.then_some(())?;
    Some(SearchConfig {
        id: id.to_owned(),
        title: title.unwrap_or_else(|| id.to_owned()),
        include: include.unwrap_or_default(),
        exclude: exclude.unwrap_or_default(),
        classes,
        from,
        to,
        shape: shape?,
        top,
    })
}

/// Whether something can lie between `from` and `to`; what is wrong with each by itself
/// is told by who reads the keys.
fn check_times(table: &Table<'_>, problems: &mut Problems) -> bool {
    let mut told = Problems::default();
    let mut time = |key| table.get(key).and_then(|field| StartKind.read(&field, &mut told));
    if let (Some(Start::At(from)), Some(Start::At(to))) = (time("from"), time("to"))
        && from >= to
        && let Some(field) = table.get("to")
    {
        field.wrong(problems, "is not later than `from`; nothing lies between them");
        return false;
    }
    true
}

fn shape(table: &Table<'_>, problems: &mut Problems) -> Option<Shape> {
    let by = match table.get("group_by") {
        Some(field) => grouped(&field, problems)?,
        None => Vec::new(),
    };
    match (by.is_empty(), table.get("columns")) {
        (false, None) => Some(Shape::Groups { by, figures: Figure::ALL.to_vec() }),
        (false, Some(field)) => {
            let figures = words(&field, "figure of a group", Figure::NAMES, Figure::ALL, problems);
            figures.map(|figures| Shape::Groups { by, figures })
        }
        (true, Some(field)) => {
            words(&field, "column", Column::NAMES, Column::ALL, problems).map(Shape::Events)
        }
        (true, None) => {
            let path = key_path(&table.field.path, "columns");
            let message = "missing key; add columns = [\"time\", \"user\", \"outcome\"], or \
                           group_by = [\"user\"]";
            problems.add(table.field.key_place, &path, message);
            None
        }
    }
}

fn grouped(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<Column>> {
    let by = words(field, "column", Column::NAMES, Column::ALL, problems)?;
    if by.len() > MOST_GROUPED {
        field.wrong(
            problems,
            format!("groups by {} columns; at most {MOST_GROUPED} are taken", by.len()),
        );
        return None;
    }
    if by.contains(&Column::Time) {
        field.wrong(problems, "groups by the time itself, so that each event is a group; leave it");
        return None;
    }
    Some(by)
}

/// A list of words, each once.
fn words<T: Copy>(
    field: &Field<'_>,
    what: &str,
    names: &[&str],
    values: &[T],
    problems: &mut Problems,
) -> Option<Vec<T>> {
    let elements = field.list(problems, &format!("a list like [{:?}]", names[0]))?;
    if elements.is_empty() || elements.len() > MOST_COLUMNS {
        let many = elements.len();
        field.wrong(problems, format!("names {many} columns; name 1 to {MOST_COLUMNS}"));
        return None;
    }
    let mut found: Vec<(usize, T)> = Vec::new();
    let mut is_right = true;
    for element in &elements {
        let Some(word) = element.text(problems) else {
            is_right = false;
            continue;
        };
        match names.iter().position(|name| *name == word) {
            Some(at) if found.iter().any(|(known, _)| *known == at) => {
                element.wrong(problems, format!("{} is named twice", element.shown()));
                is_right = false;
            }
            Some(at) => found.push((at, values[at])),
            None => {
                element.unknown(problems, what, names, "");
                is_right = false;
            }
        }
    }
    is_right.then(|| found.into_iter().map(|(_, value)| value).collect())
}
