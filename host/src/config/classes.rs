//! `classes` of a source: which kinds of events are wanted.

use serde_json::Value as Json;

use crate::contract::{EventClass, EventClasses};
use crate::schema::{Field, Kind, List, Problems, Shown, Word, Words, list, word};

impl Words for EventClass {
    const WHAT: &'static str = "class of events";

    fn words() -> Vec<(&'static str, Self)> {
        vec![("sign-on", Self::SignOn), ("account", Self::Account), ("other", Self::Other)]
    }
}

/// Classes of events, at least one.
pub(super) struct Classes;

fn several() -> List<Word<EventClass>> {
    list(word(), "[\"sign-on\", \"account\"]").not_empty(", which wants nothing; name a class")
}

fn has(classes: &EventClasses, class: EventClass) -> bool {
    match class {
        EventClass::SignOn => classes.sign_on,
        EventClass::Account => classes.account,
        EventClass::Other => classes.other,
    }
}

impl Kind for Classes {
    type Value = EventClasses;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<EventClasses> {
        let wanted = several().read(field, problems)?;
        Some(EventClasses {
            sign_on: wanted.contains(&EventClass::SignOn),
            account: wanted.contains(&EventClass::Account),
            other: wanted.contains(&EventClass::Other),
        })
    }

    fn schema(&self) -> Json {
        several().schema()
    }
}

impl Shown for Classes {
    fn shown(&self, classes: &EventClasses) -> Json {
        let words = EventClass::words().into_iter();
        words.filter(|(_, class)| has(classes, *class)).map(|(word, _)| Json::from(word)).collect()
    }
}
