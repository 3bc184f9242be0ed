//! Whose sign-on it is, who acted, and through what: `user`, `actor`, `session`.

use super::classes::Class;
use super::endpoints::is_named;
use super::enums;
use super::version::Version;
use crate::contract::{Identity, Named, SessionInfo, SignOnEvent};
use crate::event::{self, domain_of_user, said};
use crate::json::Object;

/// Stands where a name is required and none is known.
const NOBODY: &str = "Unknown";

/// Writes `user`, always, and `actor`.
pub fn write(o: &mut Object<'_>, event: &SignOnEvent, class: Class, version: Version) {
    o.object("user", |o| identity(o, event.user.as_ref(), domain_of_user(event), version));
    o.object("actor", |o| actor(o, event, class, version));
}

fn actor(o: &mut Object<'_>, event: &SignOnEvent, class: Class, version: Version) {
    let idp = event.idp.as_ref().and_then(|idp| said(&idp.name));
    let policy = said(&event.policy);
    // Without another actor the user acted.
    if let Some(who) = event::actor(event) {
        o.object("user", |o| identity(o, Some(who), said(&who.domain), version));
    }
    if let Some(app) = &event.app {
        application(o, app, version);
    }
    match &event.session {
        // The event's own `session` has it.
        Some(_) if class == Class::Authentication => {}
        Some(info) => o.object("session", |o| session(o, info)),
        None => {}
    }
    // A provider or a policy alone makes no valid actor.
    if o.is_empty() && (idp.is_some() || policy.is_some()) {
        o.object("user", |o| reference(o, event.user.as_ref()));
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

/// As little of somebody as names him.
fn reference(o: &mut Object<'_>, who: Option<&Identity>) {
    match who.and_then(|who| said(&who.uid)) {
        Some(uid) => o.text("uid", uid),
        None => o.text("name", who.and_then(|who| said(&who.name)).unwrap_or(NOBODY)),
    }
}

fn identity(o: &mut Object<'_>, who: Option<&Identity>, domain: Option<&str>, version: Version) {
    let Some(who) = who else {
        o.text("name", NOBODY);
        o.number("type_id", enums::UNKNOWN.0);
        return;
    };
    let nobody = said(&who.uid).is_none().then_some(NOBODY);
    o.text("name", said(&who.name).or(nobody));
    o.text("uid", said(&who.uid));
    o.text("uid_alt", said(&who.uid_alt));
    let kind = enums::user(&who.kind, version);
    o.number("type_id", kind.0);
    o.text("type", enums::known_word(kind));
    o.text("display_name", said(&who.display_name));
    o.text("email_addr", email(who));
    o.text("domain", domain);
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
