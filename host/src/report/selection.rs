//! Which events a question is about: filters as a source has them, classes, a time range,
//! and the subjects of the reports that come with the program.
//!
//! Invariant: a filter takes the same events here as in a source.

use super::record::{Outcome, Record, Text};
use crate::config::{Column, FilterConfig, fits};
use crate::contract::EventClasses;

/// What a report that comes with the program is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Every event.
    Everything,
    /// Sign-ons that succeeded, and whatever failed on the way to one. An attempt by way of
    /// another provider that succeeds is followed by the sign-on itself and is not counted.
    SignOns,
    /// Sign-ons that succeeded.
    Successes,
    /// Sign-ons and second factors, of which a factor is told.
    Factors,
    /// Passwords that were changed or reset.
    Passwords,
    /// What was opened.
    Access,
    /// Oracle's support staff.
    Support,
}

impl Subject {
    fn takes(self, record: &Record<'_, '_>) -> bool {
        if self == Self::Everything {
            return true;
        }
        let activity = record.activity();
        let activity = activity.as_deref().unwrap_or_default();
        match self {
            Self::Everything => true,
            Self::SignOns => {
                activity == "logon"
                    || (activity == "federated-attempt" && record.outcome() == Outcome::Failure)
            }
            Self::Successes => activity == "logon" && record.outcome() == Outcome::Success,
            Self::Factors => {
                matches!(activity, "logon" | "mfa-challenge" | "mfa-verify")
                    && record.column(Column::Factor).is_some_and(|text| !text.is_empty())
            }
            Self::Passwords => matches!(activity, "password-change" | "password-reset"),
            Self::Access => activity == "app-access",
            Self::Support => activity == "support-account",
        }
    }

    /// What it looks at.
    pub fn looks_at(self) -> &'static [Column] {
        match self {
            Self::Everything => &[],
            Self::Factors => &[Column::Activity, Column::Factor],
            Self::SignOns | Self::Successes | Self::Passwords | Self::Access | Self::Support => {
                &[Column::Activity, Column::Outcome]
            }
        }
    }
}

/// Which events are meant.
#[derive(Debug, Clone)]
pub struct Selection {
    subject: Subject,
    classes: EventClasses,
    from: Option<i64>,
    to: Option<i64>,
    include: Filter,
    exclude: Filter,
}

impl Selection {
    /// All events of a subject.
    pub fn of(subject: Subject) -> Self {
        let none = || Filter::new(&FilterConfig::default());
        Self {
            subject,
            classes: EventClasses::ALL,
            from: None,
            to: None,
            include: none(),
            exclude: none(),
        }
    }

    /// As filters say.
    pub fn filtered(include: &FilterConfig, exclude: &FilterConfig, classes: EventClasses) -> Self {
        Self {
            classes,
            include: Filter::new(include),
            exclude: Filter::new(exclude),
            ..Self::of(Subject::Everything)
        }
    }

    /// The same, from a time on and before another, Unix milliseconds.
    #[must_use]
    pub fn within(self, from: Option<i64>, to: Option<i64>) -> Self {
        Self { from, to, ..self }
    }

    /// Whether there are filters.
    pub fn is_filtered(&self) -> bool {
        !self.include.is_empty() || !self.exclude.is_empty()
    }

    /// The columns it looks at beside those of filters.
    pub fn looks_at(&self) -> impl Iterator<Item = Column> {
        [Column::Class, Column::Time].into_iter().chain(self.subject.looks_at().iter().copied())
    }

    /// Whether an event is meant. One whose time is not known is in no range.
    pub fn takes(&self, record: &Record<'_, '_>, time: Option<i64>) -> bool {
        let after = |from| time.is_some_and(|time| time >= from);
        let before = |to| time.is_some_and(|time| time < to);
        if !self.from.is_none_or(after) || !self.to.is_none_or(before) {
            return false;
        }
        if self.classes != EventClasses::ALL {
            let is_of_class = match record.class() {
                "sign-on" => self.classes.sign_on,
                "account" => self.classes.account,
                _ => self.classes.other,
            };
            if !is_of_class {
                return false;
            }
        }
        self.subject.takes(record)
            && (self.include.is_empty() || self.include.takes_by_all(record))
            && (self.exclude.is_empty() || !self.exclude.takes_by_any(record))
    }
}

/// The patterns of a filter, by what they are held against.
#[derive(Debug, Clone)]
struct Filter([(Trait, Vec<Pattern>); 6]);

#[derive(Debug, Clone, Copy)]
enum Trait {
    User,
    DisplayName,
    Email,
    Event,
    Domain,
    Outcome,
}

impl Filter {
    fn new(config: &FilterConfig) -> Self {
        let of = |patterns: &[String]| patterns.iter().map(|text| Pattern::new(text)).collect();
        Self([
            (Trait::User, of(&config.users)),
            (Trait::DisplayName, of(&config.display_names)),
            (Trait::Email, of(&config.emails)),
            (Trait::Event, of(&config.events)),
            (Trait::Domain, of(&config.domains)),
            (Trait::Outcome, of(&config.outcomes)),
        ])
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, patterns)| patterns.is_empty())
    }

    fn takes_by_all(&self, record: &Record<'_, '_>) -> bool {
        let mut lists = self.0.iter().filter(|(_, patterns)| !patterns.is_empty());
        lists.all(|(of, patterns)| of.fits(record, patterns))
    }

    fn takes_by_any(&self, record: &Record<'_, '_>) -> bool {
        let mut lists = self.0.iter().filter(|(_, patterns)| !patterns.is_empty());
        lists.any(|(of, patterns)| of.fits(record, patterns))
    }
}

impl Trait {
    fn fits(self, record: &Record<'_, '_>, patterns: &[Pattern]) -> bool {
        let fits = |text: Text<'_>| {
            text.is_some_and(|text| patterns.iter().any(|pattern| pattern.fits(&text)))
        };
        match self {
            Self::User => {
                fits(record.user_name()) || fits(record.user_id()) || fits(record.user_id_alt())
            }
            Self::DisplayName => fits(record.display_name()),
            Self::Email => fits(record.email()),
            Self::Event => {
                fits(record.column(Column::EventType))
                    || fits(record.native_name())
                    || fits(record.column(Column::Event))
                    || fits(record.column(Column::EventCode))
            }
            Self::Domain => fits(record.user_domain()) || record.domains().into_iter().any(fits),
            Self::Outcome => fits(record.column(Column::Outcome)),
        }
    }
}

/// A pattern; one without wildcards in ASCII, which most are, costs a comparison.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    is_plain: bool,
}

impl Pattern {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), is_plain: text.is_ascii() && !text.contains(['*', '?']) }
    }

    fn fits(&self, text: &str) -> bool {
        match self.is_plain && text.is_ascii() {
            true => self.text.eq_ignore_ascii_case(text),
            false => fits(&self.text, text),
        }
    }
}
