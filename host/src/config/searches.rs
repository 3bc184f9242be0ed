//! `[searches.<id>]`: questions about delivered lines that have a name, for
//! `signon report --search <id>`.
//!
//! Invariant: a search that was read can be asked: every column is known, and fits how
//! the search is put together.

use super::classes;
use super::duration::{self, Start};
use super::filter::{self, FilterConfig};
use super::reader::{Field, Problems};
use crate::contract::EventClasses;

const KEYS: &[&str] =
    &["title", "include", "exclude", "classes", "from", "to", "group_by", "columns", "top"];

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
    Component "component" "what the record came from: `oci-audit`, `idcs`, `oam`",
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

/// Reads one search.
pub(super) fn search(id: &str, field: &Field<'_>, problems: &mut Problems) -> Option<SearchConfig> {
    let table = field.table(problems, KEYS)?;
    let title = match table.get("title") {
        Some(field) => field.name(problems).map(str::to_owned),
        None => Some(id.to_owned()),
    };
    let mut filter = |key| match table.get(key) {
        Some(field) => filter::filter(&field, problems),
        None => Some(FilterConfig::default()),
    };
    let (include, exclude) = (filter("include"), filter("exclude"));
    let classes = match table.get("classes") {
        Some(field) => classes::classes(&field, problems),
        None => Some(EventClasses::ALL),
    };
    let mut time = |key| match table.get(key) {
        Some(field) => duration::start(&field, problems).map(Some),
        None => Some(None),
    };
    let (from, to) = (time("from"), time("to"));
    if let (Some(Some(Start::At(from))), Some(Some(Start::At(to)))) = (from, to)
        && from >= to
        && let Some(field) = table.get("to")
    {
        field.wrong(problems, "is not later than `from`; nothing lies between them");
    }
    let by = match table.get("group_by") {
        Some(field) => grouped(&field, problems),
        None => Some(Vec::new()),
    };
    let columns = table.get("columns");
    let shape = by.and_then(|by| match (by.is_empty(), columns) {
        (false, None) => Some(Shape::Groups { by, figures: Figure::ALL.to_vec() }),
        (false, Some(field)) => {
            let figures = words(&field, "figure of a group", Figure::NAMES, Figure::ALL, problems);
            figures.map(|figures| Shape::Groups { by, figures })
        }
        (true, Some(field)) => {
            words(&field, "column", Column::NAMES, Column::ALL, problems).map(Shape::Events)
        }
        (true, None) => {
            let path = super::problem::key_path(&table.field.path, "columns");
            let message = "missing key; add columns = [\"time\", \"user\", \"outcome\"], or \
                           group_by = [\"user\"]";
            problems.add(table.field.key_place, &path, message);
            None
        }
    });
    let top = match table.get("top") {
        Some(field) => top(&field, problems).map(Some),
        None => Some(None),
    };
    table.finish(problems);
    Some(SearchConfig {
        id: id.to_owned(),
        title: title?,
        include: include?,
        exclude: exclude?,
        classes: classes?,
        from: from?,
        to: to?,
        shape: shape?,
        top: top?,
    })
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

fn top(field: &Field<'_>, problems: &mut Problems) -> Option<usize> {
    let number = match &field.node.value {
        super::document::Value::Integer(number) => usize::try_from(*number).ok(),
        _ => None,
    };
    let number = number.filter(|number| *number > 0);
    if number.is_none() {
        field.expected(problems, "a whole number of rows, at least 1, like 20");
    }
    number
}
