//! Who an event is about, who acted, and through which client.

use super::attributes as at;
use super::record::{Place, Record, says_nothing};
use crate::contract::{EventClass, Identity, Named, UserKind};
use crate::user_kinds::{is_email, user_kind};

/// Stands in ids for the service itself, for people it does not know, and is nobody's.
const NO_ID: &str = "IDCS";

/// How OCI's ids begin. One that is unique everywhere goes before a domain's own.
const OCID: &str = "ocid1.";
const USER_OCID: &str = "ocid1.user.";

/// The identities of a record.
#[derive(Debug, Default)]
pub struct Identities {
    pub user: Option<Identity>,
    pub actor: Option<Identity>,
    pub app: Option<Named>,
}

/// Reads them. In an account event the user is whose account it is (the actor of a
/// password change is an app, `uiChangePassword`); in a sign-on who signs in, which is
/// not the app that checks the password for somebody.
pub fn read(record: &mut Record<'_>, class: EventClass, event_id: Option<&str>) -> Identities {
    let actor = actor(record);
    let app = named(record, &at::CLIENT_NAME, &at::CLIENT_ID);
    match class {
        EventClass::Account => match account(record) {
            Some(account) => Identities { user: Some(account), actor, app },
            // Nobody named: a person who acted on an own account, but never an app.
            None => match actor {
                Some(person) if is_person(&person) && is_own(event_id) => {
                    Identities { user: Some(person), actor: None, app }
                }
                actor => Identities { user: None, actor, app },
            },
        },
        EventClass::SignOn => match attacked(record, actor.as_ref()) {
            Some(user) => Identities { user: Some(user), actor, app },
            None => Identities { user: actor, actor: None, app },
        },
        EventClass::Other => Identities { user: actor, actor: None, app },
    }
}

fn is_person(actor: &Identity) -> bool {
    matches!(actor.kind, UserKind::User | UserKind::Unknown)
}

/// Whether an account event is about who acts: `admin.me.…`, and what older records
/// without an id tell.
fn is_own(event_id: Option<&str>) -> bool {
    event_id.is_none_or(|id| {
        let id = id.to_ascii_lowercase();
        id.starts_with("admin.me.") || id.starts_with("sso.")
    })
}

fn actor(record: &mut Record<'_>) -> Option<Identity> {
    let name = record.text(&at::ACTOR_NAME);
    let (uid, uid_alt) = ids(record);
    let display_name = record.text(&at::ACTOR_DISPLAY_NAME);
    let somebody = name.is_some() || uid.is_some() || display_name.is_some();
    somebody.then(|| Identity {
        email: name.clone().filter(|name| is_email(name)),
        name,
        uid,
        uid_alt,
        display_name,
        domain: None,
        dn: None,
        kind: kind(record),
    })
}

/// What somebody is; a word that the contract has another for stays where it is, too.
fn kind(record: &mut Record<'_>) -> UserKind {
    let word = record.peek(&at::ACTOR_TYPE).map(|word| word.into_owned());
    let kind = user_kind(word.clone());
    if let Some(word) = word.filter(|word| says(&kind, word)) {
        record.take_same(&at::ACTOR_TYPE, &word);
    }
    kind
}

/// Whether the word can be told from the kind.
fn says(kind: &UserKind, word: &str) -> bool {
    match kind {
        UserKind::Service => word == "Service",
        _ => true,
    }
}

/// Two ids, an OCID before others.
fn ids(record: &mut Record<'_>) -> (Option<String>, Option<String>) {
    let mut ids: Vec<String> = Vec::new();
    for place in &at::ACTOR_IDS {
        let id = record.peek(place).filter(|id| id != NO_ID).map(|id| id.into_owned());
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    // Stable: of the same kind the first named stays first.
    ids.sort_by_key(|id| !id.starts_with(OCID));
    ids.truncate(2);
    for id in &ids {
        at::ACTOR_IDS.iter().for_each(|place| record.take_same(place, id));
    }
    let mut ids = ids.into_iter();
    (ids.next(), ids.next())
}

/// The account that was changed, if the record names it: the resource of the event, what
/// it refers to where that is a thing of the account (a bypass code, a device), what its
/// values say, or the user that OCI names.
fn account(record: &mut Record<'_>) -> Option<Identity> {
    let is_person = |record: &Record<'_>, place: &Place| {
        record.peek(place).is_none_or(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind.starts_with("me") || kind.contains("user") || kind.contains("password")
        })
    };
    let by_resource = if is_person(record, &at::RESOURCE_TYPE) {
        named(record, &at::RESOURCE_NAME, &at::RESOURCE_ID)
    } else if is_person(record, &at::REFERRED_TYPE) {
        named(record, &at::REFERRED_NAME, &at::REFERRED_ID)
    } else {
        None
    };
    let Named { name, uid, .. } =
        by_resource.or_else(|| user_of_oci(record)).unwrap_or_else(|| Named {
            name: in_values(record, &["userName", "mappingAttributeValue"]),
            uid: None,
            kind: None,
        });
    person(name, uid)
}

/// The user whom OCI's own service changed: the resource, or the owner of the key, token
/// or device that is.
fn user_of_oci(record: &mut Record<'_>) -> Option<Named> {
    let is_user = |id: &str| id.starts_with(USER_OCID);
    if let Some(uid) = record.text_if(&at::TARGET_USER_ID, &is_user) {
        return Some(Named {
            name: record.text(&at::TARGET_USER_NAME),
            uid: Some(uid),
            kind: None,
        });
    }
    let path = record.peek(&at::PATH)?;
    let uid = path.split('/').find(|part| is_user(part))?.to_owned();
    Some(Named { name: None, uid: Some(uid), kind: None })
}

/// The account whose password or factor an app checks for somebody.
fn attacked(record: &mut Record<'_>, actor: Option<&Identity>) -> Option<Identity> {
    if actor.is_some_and(|actor| actor.kind == UserKind::User) {
        return None;
    }
    person(in_values(record, &["mappingAttributeValue"]), None)
}

fn person(name: Option<String>, uid: Option<String>) -> Option<Identity> {
    (name.is_some() || uid.is_some()).then(|| Identity {
        email: name.clone().filter(|name| is_email(name)),
        name,
        uid,
        uid_alt: None,
        display_name: None,
        domain: None,
        dn: None,
        kind: UserKind::User,
    })
}

/// What the values that were set say under one of these names. They stay in `unmapped`,
/// too: most of them are held as text.
fn in_values(record: &Record<'_>, names: &[&str]) -> Option<String> {
    [at::VALUES_ADDED, at::VALUES_REMOVED].iter().find_map(|place| {
        record.objects(place).find_map(|object| {
            names.iter().find_map(|name| {
                let text = object.root().get(name)?.or_only_element().scalar_text()?;
                let text = text.trim();
                let is_said = !text.is_empty()
                    && !says_nothing(text)
                    && text != crate::redact::MARK
                    && !text.bytes().all(|byte| byte == b'*');
                is_said.then(|| text.to_owned())
            })
        })
    })
}

fn named(record: &mut Record<'_>, name: &Place, uid: &Place) -> Option<Named> {
    let (name, uid) = (record.text(name), record.text(uid));
    (name.is_some() || uid.is_some()).then_some(Named { name, uid, kind: None })
}
