//! Who an event is about, who acted, and through which client.

use signon_kit::contract::{Activity, Identity, Named, UserKind};

use signon_kit::fields::Fields;
use signon_kit::people::{is_email, user_kind};

/// Stands in `principalId` for the service itself and is nobody's id.
const NO_ID: &str = "IDCS";

/// The people of a record.
#[derive(Debug, Default)]
pub struct People {
    pub user: Option<Identity>,
    pub actor: Option<Identity>,
    pub app: Option<Named>,
}

/// Reads them. In a password or account event the user is whose account it is,
/// in all others who signed in.
pub fn read(f: &mut Fields<'_>, activity: &Activity) -> People {
    let principal = principal(f);
    let app = client(f);
    let about_account = matches!(
        activity,
        Activity::PasswordChange | Activity::PasswordReset | Activity::BypassCode
    );
    match if about_account { account(f) } else { None } {
        Some(account) => People { user: Some(account), actor: principal, app },
        None => People { user: principal, actor: None, app },
    }
}

fn principal(f: &mut Fields<'_>) -> Option<Identity> {
    let principal = f.text(&["data", "identity", "principalName"]);
    const ACTOR_NAME: [&str; 3] = ["data", "additionalDetails", "actorName"];
    f.also(&ACTOR_NAME, principal.as_deref());
    let name = principal.or_else(|| f.text(&ACTOR_NAME));
    let main = match f.peek(&["data", "identity", "principalId"]) {
        Some(id) if id != NO_ID => f.text(&["data", "identity", "principalId"]),
        _ => None,
    };
    let mut ids: Vec<String> = main.into_iter().collect();
    for key in ["actorOcid", "actorId"] {
        let path = ["data", "additionalDetails", key];
        match f.peek(&path) {
            Some(id) if id == NO_ID => {}
            Some(id) if ids.iter().any(|known| *known == id) => f.take(&path),
            Some(id) if ids.len() < 2 => {
                f.take(&path);
                ids.push(id.into_owned());
            }
            _ => {}
        }
    }
    let mut ids = ids.into_iter();
    let identity = Identity {
        email: name.clone().filter(|name| is_email(name)),
        name,
        uid: ids.next(),
        uid_alt: ids.next(),
        display_name: f.text(&["data", "additionalDetails", "actorDisplayName"]),
        domain: f.text(&["data", "additionalDetails", "domainDisplayName"]),
        dn: None,
        kind: user_kind(f.text(&["data", "additionalDetails", "actorType"])),
    };
    let somebody =
        identity.name.is_some() || identity.uid.is_some() || identity.display_name.is_some();
    somebody.then_some(identity)
}

/// The account that was changed, if the record names it.
fn account(f: &mut Fields<'_>) -> Option<Identity> {
    let is_user = f
        .peek(&["data", "additionalDetails", "adminResourceType"])
        .is_none_or(|kind| kind.eq_ignore_ascii_case("User"));
    if !is_user {
        return None;
    }
    let name = f.text(&["data", "additionalDetails", "adminResourceName"]);
    let uid = f.text(&["data", "additionalDetails", "adminResourceId"]);
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

fn client(f: &mut Fields<'_>) -> Option<Named> {
    let name = f.first(&[
        &["data", "identity", "callerName"],
        &["data", "additionalDetails", "clientName"],
    ]);
    let uid =
        f.first(&[&["data", "identity", "callerId"], &["data", "additionalDetails", "clientId"]]);
    (name.is_some() || uid.is_some()).then_some(Named { name, uid, kind: None })
}
