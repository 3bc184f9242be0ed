//! What a line says beside its event: whose it is, and how much of the record it
//! carries. The same for every event of a source in one sink.

use std::collections::BTreeMap;
use std::str::FromStr;

/// What a line is made of beside its event.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The name in the component's descriptor: `oci_audit`.
    pub component: &'c str,
    /// Whose event it is.
    pub owner: &'c Owner,
    /// What of the record goes with it.
    pub keep: Keep,
}

impl<'c> Context<'c> {
    /// An event of nobody's, with what a line carries unless told otherwise.
    pub fn of(component: &'c str) -> Self {
        static NOBODY: Owner = Owner::NOBODY;
        Self { component, owner: &NOBODY, keep: Keep::DEFAULT }
    }
}

/// Whose events these are, as the operator says. Empty texts are not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The tenant of the source.
    pub tenant: String,
    /// Id of the source in the configuration.
    pub source: String,
    /// The operator's own words for the source, by name.
    pub labels: BTreeMap<String, String>,
}

impl Owner {
    /// Of an event that came from no source of a configuration.
    pub const NOBODY: Self =
        Self { tenant: String::new(), source: String::new(), labels: BTreeMap::new() };

    /// Of a source of which the id alone is known.
    pub fn of_source(id: &str) -> Self {
        Self { source: id.to_owned(), ..Self::NOBODY }
    }

    /// Names and values in a vocabulary where nothing but letters, digits and `_` is
    /// welcome in a name: tenant and source begin with `signon_`, which no label does.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = [("signon_tenant", &self.tenant), ("signon_source", &self.source)];
        let labels = self.labels.iter().map(|(name, value)| (name.as_str(), value));
        own.into_iter()
            .chain(labels)
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.as_str()))
    }

    /// The same as attributes of OpenTelemetry.
    pub fn attributes(&self) -> impl Iterator<Item = (String, &str)> {
        let own = [("signon.tenant", &self.tenant), ("signon.source", &self.source)];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        let label = |(name, value): (&String, _)| (format!("signon.label.{name}"), value);
        own.chain(self.labels.iter().map(label))
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.as_str()))
    }
}

/// What of a record goes with the fields that were read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keep {
    /// The record itself, secrets redacted.
    pub raw: bool,
    /// What the component has no field for.
    pub unmapped: bool,
}

impl Keep {
    /// Unless told otherwise: every leaf of the record once, mapped or not.
    pub const DEFAULT: Self = Self { raw: false, unmapped: true };

    /// Nothing but the fields.
    pub const NOTHING: Self = Self { raw: false, unmapped: false };

    /// All there is.
    pub const ALL: Self = Self { raw: true, unmapped: true };

    /// The words for what can be kept.
    pub const WORDS: [&str; 2] = ["raw", "unmapped"];

    /// The same and what a word of [`Self::WORDS`] stands for; `None` for another.
    pub fn and(self, word: &str) -> Option<Self> {
        match word {
            "raw" => Some(Self { raw: true, ..self }),
            "unmapped" => Some(Self { unmapped: true, ..self }),
            _ => None,
        }
    }
}

impl Default for Keep {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A word that stands for nothing that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown word {word:?}: keep `raw`, `unmapped`, both with a comma between, or nothing")]
pub struct UnknownKeep {
    /// The word.
    pub word: String,
}

impl FromStr for Keep {
    type Err = UnknownKeep;

    /// Words with commas between; nothing for an empty text.
    fn from_str(words: &str) -> Result<Self, UnknownKeep> {
        let mut words = words.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.try_fold(Self::NOTHING, |keep, word| {
            keep.and(word).ok_or_else(|| UnknownKeep { word: word.to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_from_words() {
        for (words, keep) in [
            ("", Some(Keep::NOTHING)),
            ("unmapped", Some(Keep::DEFAULT)),
            ("raw, unmapped", Some(Keep::ALL)),
            ("raw,", Some(Keep { raw: true, unmapped: false })),
            ("none", None),
        ] {
            assert_eq!(words.parse().ok(), keep, "{words}");
        }
    }

    #[test]
    fn what_is_not_known_of_an_owner_is_not_said() {
        assert_eq!(Owner::NOBODY.entries().count() + Owner::NOBODY.attributes().count(), 0);
        let owner = Owner {
            tenant: "acme".to_owned(),
            labels: [("env".to_owned(), "prod".to_owned())].into(),
            ..Owner::of_source("")
        };
        let entries: Vec<_> = owner.entries().collect();
        assert_eq!(entries, [("signon_tenant", "acme"), ("env", "prod")]);
        let names: Vec<_> = owner.attributes().map(|(name, _)| name).collect();
        assert_eq!(names, ["signon.tenant", "signon.label.env"]);
    }
}
