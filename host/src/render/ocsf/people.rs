//! Whose sign-on it is, who acted, and through what: `user`, `actor`, `session`.

use super::classes::Class;
use super::enums;
use super::places::is_named;
use super::version::Version;
use crate::contract::{Identity, Named, SessionInfo, SignOnEvent};
use crate::render::event::said;
use crate::render::json::Object;

/// Stands where a name is required and none is known.
const NOBODY: &str = "Unknown";

/// Writes `user`, always, and `actor`.
pub fn write(o: &mut Object<'_>, event: &SignOnEvent, class: Class, version: Version) {
    o.object("user", |o| identity(o, event.user.as_ref(), version));
    o.object("actor", |o| actor(o, event, class, version));
}

fn actor(o: &mut Object<'_>, event: &SignOnEvent, class: Class, version: Version) {
    let idp = event.idp.as_ref().and_then(|idp| said(&idp.name));
    let policy = said(&event.policy);
    // Without another actor the user acted. A provider or a policy alone makes no
    // valid actor.
    let who = event.actor.as_ref().or(event.user.as_ref());
    if who.is_some() || idp.is_some() || policy.is_some() {
        o.object("user", |o| identity(o, who, version));
    }
    if let Some(app) = &event.app {
        application(o, app, version);
    }
    if let Some(info) = &event.session {
        o.object("session", |o| match class {
            // The event's own `session` has the rest.
            Class::Authentication => o.text("uid", said(&info.uid)),
            _ => session(o, info),
        });
    }
    o.object("idp", |o| o.text("name", idp));
    o.objects("authorizations", policy, |o, policy| {
        o.object("policy", |o| o.text("name", policy));
    });
}

fn application(o: &mut Object<'_>, app: &Named, version: Version) {
    if !version.has_application() {
        o.text("app_name", said(&app.name));
        o.text("app_uid", said(&app.uid));
    } else if is_named(app) {
        o.object("application", |o| {
            o.text("name", said(&app.name));
            o.text("uid", said(&app.uid));
        });
    }
}

fn identity(o: &mut Object<'_>, who: Option<&Identity>, version: Version) {
    let Some(who) = who else {
        o.text("name", NOBODY);
        o.number("type_id", enums::UNKNOWN.0);
        o.text("type", enums::UNKNOWN.1);
        return;
    };
    let nobody = said(&who.uid).is_none().then_some(NOBODY);
    o.text("name", said(&who.name).or(nobody));
    o.text("uid", said(&who.uid));
    o.text("uid_alt", said(&who.uid_alt));
    let (type_id, caption) = enums::user(&who.kind, version);
    o.number("type_id", type_id);
    o.text("type", caption);
    o.text("display_name", said(&who.display_name));
    o.text("email_addr", email(who));
    o.text("domain", said(&who.domain));
    o.object("ldap_person", |o| o.text("ldap_dn", said(&who.dn)));
}

/// The mail address, if it is one.
pub fn email(who: &Identity) -> Option<&str> {
    said(&who.email).filter(|text| enums::is_email(text))
}

/// The members of `session`.
pub fn session(o: &mut Object<'_>, session: &SessionInfo) {
    o.text("uid", said(&session.uid));
    o.text("uid_alt", said(&session.uid_alt));
    o.text("credential_uid", said(&session.credential_uid));
    o.number("created_time", session.created);
    o.number("expiration_time", session.expires);
}
