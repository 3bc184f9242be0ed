//! What can be asked: the reports that come with the program, and searches of a
//! configuration, as one kind of question.

use super::selection::{Selection, Subject};
use crate::config::{Column, Figure, SearchConfig, Shape, Start};

/// How a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answering {
    /// A row for each event, in the order of the lines.
    Events(Vec<Column>),
    /// A row for each group.
    Groups {
        /// What is the same in a group.
        by: Vec<Column>,
        /// What is told of it.
        figures: Vec<Figure>,
        /// Which come first.
        order: Order,
    },
    /// Addresses that a user came from for the first time after others.
    NewAddresses,
    /// Many failures and then a success.
    Guessing,
}

/// Which groups come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The largest.
    Events,
    /// Those with the most failures.
    Failures,
    /// The latest.
    Last,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its name.
    pub id: String,
    /// For humans.
    pub title: String,
    /// What it is, in a sentence, if that is to be said.
    pub about: String,
    /// Which events.
    pub selection: Selection,
    /// How it is answered.
    pub answering: Answering,
    /// Most rows, where the question itself says so.
    pub top: Option<usize>,
}

/// A report that comes with the program.
#[derive(Debug, Clone, Copy)]
struct BuiltIn {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    subject: Subject,
    by: &'static [Column],
    order: Order,
}

use Column as C;

const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        id: "users",
        title: "Sign-ons by user",
        about: "Sign-ons that succeeded, and whatever failed on the way to one.",
        subject: Subject::SignOns,
        by: &[C::User],
        order: Order::Events,
    },
    BuiltIn {
        id: "applications",
        title: "Sign-ons by application",
        about: "What people signed in to.",
        subject: Subject::SignOns,
        by: &[C::Application],
        order: Order::Events,
    },
    BuiltIn {
        id: "addresses",
        title: "Sign-ons by address",
        about: "Where sign-ons came from, most failures first.",
        subject: Subject::SignOns,
        by: &[C::Address],
        order: Order::Failures,
    },
    BuiltIn {
        id: "factors",
        title: "Sign-ons and challenges by factor",
        about: "An event counts once for each of its factors.",
        subject: Subject::Factors,
        by: &[C::Factor],
        order: Order::Events,
    },
    BuiltIn {
        id: "domains",
        title: "Sign-ons by identity domain",
        about: "The domain of the user, or else that in which it happened.",
        subject: Subject::SignOns,
        by: &[C::Domain],
        order: Order::Events,
    },
    BuiltIn {
        id: "passwords",
        title: "Password changes",
        about: "Passwords that were changed by their owners or reset by somebody else.",
        subject: Subject::Passwords,
        by: &[C::User, C::Activity, C::Actor],
        order: Order::Last,
    },
    BuiltIn {
        id: "access",
        title: "Access to applications",
        about: "Applications that were opened, by user.",
        subject: Subject::Access,
        by: &[C::Application, C::User],
        order: Order::Events,
    },
    BuiltIn {
        id: "support",
        title: "Support staff",
        about: "Requests of Oracle's support staff for a session.",
        subject: Subject::Support,
        by: &[C::User, C::Session, C::Address],
        order: Order::Last,
    },
];

/// The one that lists events as Oracle's instructions for an export do.
const EXPORT: &str = "export";

/// Its columns, in the order of those instructions.
pub const FIFTEEN: [Column; 15] = [
    C::ActorName,
    C::ListedEventId,
    C::ListedStatus,
    C::LocalIp,
    C::DomainDisplayName,
    C::DomainName,
    C::ActorType,
    C::Message,
    C::ListedAgent,
    C::AuthType,
    C::CallerId,
    C::CallerName,
    C::Credentials,
    C::IpAddress,
    C::PrincipalName,
];

const NEW_ADDRESSES: &str = "new-addresses";
const GUESSING: &str = "guessing";

/// The names of all reports that come with the program.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|report| report.id).chain([NEW_ADDRESSES, GUESSING, EXPORT])
}

impl Question {
    /// A report by name.
    pub fn named(name: &str) -> Option<Self> {
        let question = |title: &str, about: &str, subject, answering| Self {
            id: name.to_owned(),
            title: title.to_owned(),
            about: about.to_owned(),
            selection: Selection::of(subject),
            answering,
            top: None,
        };
        match name {
            EXPORT => Some(question(
                "Events",
                "",
                Subject::Everything,
                Answering::Events(FIFTEEN.to_vec()),
            )),
            NEW_ADDRESSES => Some(question(
                "New addresses of users",
                "Addresses from which somebody signed in for the first time in these lines, \
                 after others, the latest first.",
                Subject::Successes,
                Answering::NewAddresses,
            )),
            GUESSING => Some(question(
                "Many failures, then a success",
                "At least 5 failures with no more than 15 minutes between them, and a success \
                 no more than 15 minutes later.",
                Subject::SignOns,
                Answering::Guessing,
            )),
            _ => {
                let report = BUILT_IN.iter().find(|report| report.id == name)?;
                let answering = Answering::Groups {
                    by: report.by.to_vec(),
                    figures: Figure::ALL.to_vec(),
                    order: report.order,
                };
                Some(question(report.title, report.about, report.subject, answering))
            }
        }
    }

    /// Every report but the list of events.
    pub fn all() -> Vec<Self> {
        names().filter(|name| *name != EXPORT).filter_map(Self::named).collect()
    }

    /// A search of a configuration, asked at that time.
    pub fn search(config: &SearchConfig, now: i64) -> Self {
        let at = |start: Option<Start>| match start? {
            Start::Now => Some(now),
            Start::Earliest => None,
            Start::At(time) => Some(time),
            Start::Before(span) => {
                Some(now.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
            }
        };
        let selection = Selection::filtered(&config.include, &config.exclude, config.classes)
            .within(at(config.from), at(config.to));
        let answering = match &config.shape {
            Shape::Events(columns) => Answering::Events(columns.clone()),
            Shape::Groups { by, figures } => {
                Answering::Groups { by: by.clone(), figures: figures.clone(), order: Order::Events }
            }
        };
        Self {
            id: config.id.clone(),
            title: config.title.clone(),
            about: String::new(),
            selection,
            answering,
            top: config.top,
        }
    }

    /// The columns in which it lists events, if it does.
    pub fn listed(&self) -> Option<&[Column]> {
        match &self.answering {
            Answering::Events(columns) => Some(columns),
            _ => None,
        }
    }

    /// Whether it lists events.
    pub fn lists_events(&self) -> bool {
        self.listed().is_some()
    }

    /// Every column that is read to answer it.
    pub fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = self.selection.looks_at().collect();
        match &self.answering {
            Answering::Events(listed) => columns.extend(listed),
            Answering::Groups { by, .. } => {
                columns.extend(by);
                columns.push(C::Outcome);
            }
            Answering::NewAddresses | Answering::Guessing => {
                columns.extend([C::User, C::Address, C::Outcome]);
            }
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_question_and_no_two_are_the_same() {
        let names: Vec<&str> = names().collect();
        for (at, name) in names.iter().enumerate() {
            assert_eq!(Question::named(name).unwrap().id, *name);
            assert!(!names[..at].contains(name));
        }
        assert!(Question::named("none").is_none());
        assert_eq!(Question::all().len() + 1, names.len());
    }

    #[test]
    fn the_columns_of_the_export_are_those_of_the_instructions() {
        let names = FIFTEEN.map(Column::name).join("|");
        assert_eq!(
            names,
            "actorName|eventId|httpResponseStatus|ssoLocalIp|domainDisplayName|domainName|\
             actorType|message|userAgent|authType|callerId|callerName|credentials|ipAddress|\
             principalName"
        );
    }

    #[test]
    fn what_guessing_says_of_itself_is_what_it_does() {
        use crate::report::guessing::{FAILURES, WITHIN_MS};
        let about = Question::named(GUESSING).unwrap().about;
        let minutes = format!("{} minutes", WITHIN_MS / 60_000);
        assert!(about.contains(&format!("{FAILURES} failures")) && about.contains(&minutes));
    }
}
