//! `labels` of a source: words of the operator's own that go with every event.
//!
//! Invariant: a name is one in every vocabulary that lines are written in, and never
//! one of ours.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::schema::{Field, Kind, Problems};

/// Longest name: what stores and protocols take for a label without asking.
const LONGEST_NAME: usize = 63;

/// Longest value, in bytes: it goes with every event.
const LONGEST_VALUE: usize = 256;

/// Most labels of a source: they go with every event, too.
const MOST: usize = 32;

/// How ours begin.
const OURS: &str = "signon_";

/// Labels by name.
pub(super) struct Labels;

impl Kind for Labels {
    type Value = BTreeMap<String, String>;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<Self::Value> {
        if !field.is_table() {
            field.expected(problems, "a table like { environment = \"production\" }");
            return None;
        }
        let entries = field.entries(problems);
        if entries.len() > MOST {
            let message = format!("has {} labels; at most {MOST} are taken", entries.len());
            field.wrong(problems, message);
            return None;
        }
        let labels: Vec<_> =
            entries.iter().map(|(name, value)| label(name, value, problems)).collect();
        labels.into_iter().collect()
    }

    fn schema(&self) -> Json {
        json!({
            "title": "table: text",
            "type": "object",
            "maxProperties": MOST,
            "propertyNames": { "pattern": format!("^(?!{OURS})[a-z0-9_]{{1,{LONGEST_NAME}}}$") },
            "additionalProperties": { "type": "string", "minLength": 1 },
        })
    }
}

fn label(name: &str, value: &Field<'_>, problems: &mut Problems) -> Option<(String, String)> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let wrong = if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_plain) {
        Some(format!(
            "a label's name is 1 to {LONGEST_NAME} lower case letters, digits and `_`; rename it"
        ))
    } else if name.starts_with(OURS) {
        Some(format!("names that begin with {OURS} are signon's own; rename it"))
    } else {
        None
    };
    if let Some(wrong) = wrong {
        value.wrong_key(problems, wrong);
        return None;
    }
    let text = value.name(problems)?;
    if text.len() > LONGEST_VALUE {
        let message =
            format!("has {} bytes; a label's value has at most {LONGEST_VALUE}", text.len());
        value.wrong(problems, message);
        return None;
    }
    Some((name.to_owned(), text.to_owned()))
}
