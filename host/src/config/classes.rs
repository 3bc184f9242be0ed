//! `classes` of a source: which kinds of events are wanted.

use super::reader::{Field, Problems};
use crate::contract::EventClasses;

const WORDS: &[&str] = &["sign-on", "account", "other"];

/// Reads the list.
pub(super) fn classes(field: &Field<'_>, problems: &mut Problems) -> Option<EventClasses> {
    let elements = field.list(problems, "a list like [\"sign-on\", \"account\"]")?;
    if elements.is_empty() {
        field.wrong(problems, "is an empty list, which wants nothing; name a class");
        return None;
    }
    let mut wanted = EventClasses { sign_on: false, account: false, other: false };
    let mut is_right = true;
    for element in elements {
        match element.text(problems) {
            Some("sign-on") => wanted.sign_on = true,
            Some("account") => wanted.account = true,
            Some("other") => wanted.other = true,
            word => {
                if word.is_some() {
                    element.unknown(problems, "class of events", WORDS, "");
                }
                is_right = false;
            }
        }
    }
    is_right.then_some(wanted)
}
