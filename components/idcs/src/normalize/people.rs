//! Who an event is about, who acted, and through which client.

use signon_kit::contract::{Activity, Identity, Named, UserKind};
use signon_kit::fields::Fields;
use signon_kit::people::{is_email, user_kind};

use super::names::is_about_account;

/// Stands in `actorId` for the service itself, for people it does not know, and is
/// nobody's id.
const NO_ID: &str = "IDCS";

/// The people of a row.
#[derive(Debug, Default)]
pub struct People {
    pub user: Option<Identity>,
    pub actor: Option<Identity>,
    pub app: Option<Named>,
}

/// Reads them. In an account event the user is whose account it is (the actor of a
/// password change is an app, `uiChangePassword`), in all others who acted.
pub fn read(f: &mut Fields<'_>, activity: &Activity) -> People {
    let actor = actor(f);
    let app = named(f, "clientName", "clientId");
    if !is_about_account(activity) {
        return People { user: actor, actor: None, app };
    }
    match account(f) {
        Some(account) => People { user: Some(account), actor, app },
        // Nobody named: a person who acted on an own account, but never an app.
        None => match actor {
            Some(person) if person.kind == UserKind::User && is_own(f) => {
                People { user: Some(person), actor: None, app }
            }
            actor => People { user: None, actor, app },
        },
    }
}

/// `admin.me.…` events are about who acts.
fn is_own(f: &Fields<'_>) -> bool {
    super::EVENT_ID.iter().find_map(|path| f.peek(path)).is_some_and(|id| {
        let id = id.to_ascii_lowercase();
        id.starts_with("admin.me.") || id.starts_with("sso.")
    })
}

fn actor(f: &mut Fields<'_>) -> Option<Identity> {
    let name = f.text(&["actorName"]);
    let mut ids = Vec::new();
    for key in ["actorId", "actorOcid"] {
        if f.peek(&[key]).is_some_and(|id| id != NO_ID) {
            ids.extend(f.text(&[key]));
        }
    }
    let mut ids = ids.into_iter();
    let identity = Identity {
        email: name.clone().filter(|name| is_email(name)),
        name,
        uid: ids.next(),
        uid_alt: ids.next(),
        display_name: f.text(&["actorDisplayName"]),
        domain: f.text(&["domainDisplayName"]),
        dn: None,
        kind: user_kind(f.text(&["actorType"])),
    };
    let somebody =
        identity.name.is_some() || identity.uid.is_some() || identity.display_name.is_some();
    somebody.then_some(identity)
}

/// The account that was changed, if the row names it: the resource of the event,
/// or what it refers to where the resource is a thing of the account (a bypass
/// code, a device).
fn account(f: &mut Fields<'_>) -> Option<Identity> {
    let is_person = |key: &str| {
        f.peek(&[key]).is_none_or(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind.starts_with("me") || kind.contains("user") || kind.contains("password")
        })
    };
    let keys = if is_person("adminResourceType") {
        ["adminResourceName", "adminResourceId"]
    } else if is_person("adminRefResourceType") {
        ["adminRefResourceName", "adminRefResourceId"]
    } else {
        return None;
    };
    let Named { name, uid, .. } = named(f, keys[0], keys[1])?;
    Some(Identity {
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

fn named(f: &mut Fields<'_>, name: &str, uid: &str) -> Option<Named> {
    let (name, uid) = (f.text(&[name]), f.text(&[uid]));
    (name.is_some() || uid.is_some()).then_some(Named { name, uid, kind: None })
}
