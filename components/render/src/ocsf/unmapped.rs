//! `unmapped`: what the component left over, as it was, if that is to be kept, and in
//! its member [`OURS`] what the contract has a field for and the event's class has not, under
//! its name in the contract. With it, no text of an event is missing in its line.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::classes::{Class, Kind};
use super::identities::email;
use super::version::Version;
use super::{endpoints, enums, identities};
use crate::context::Keep;
use crate::contract::{HttpInfo, Identity, Named, SignOnEvent};
use crate::enum_names;
use crate::event::{actor, domain_of_user, other_domain, said};
use crate::json::{Object, compact_object, line};

/// The member for what OCSF has no place for.
const OURS: &str = "signon";

/// An object without members.
const EMPTY: &str = "{}";

/// Writes `unmapped`.
pub fn write(
    o: &mut Object<'_>,
    event: &SignOnEvent,
    kind: &Kind<'_>,
    version: Version,
    keep: Keep,
) {
    let theirs = compact_object(&event.unmapped).filter(|_| keep.unmapped);
    let ours = line(|o| {
        ours(o, event, kind, version);
        if keep.unmapped && theirs.is_none() {
            // A component that breaks the contract loses no data by it.
            o.text("unmapped", &*event.unmapped);
        }
    });
    match (theirs.as_deref().unwrap_or(EMPTY), &*ours) {
        (EMPTY, EMPTY) => {}
        (theirs, EMPTY) => o.json("unmapped", theirs),
        (EMPTY, ours) => o.object("unmapped", |o| o.json(OURS, ours)),
        (theirs, ours) => o.json("unmapped", &joined(theirs, ours)),
    }
}

/// `theirs`, which has members, and one more.
fn joined(theirs: &str, ours: &str) -> String {
    let members: BTreeMap<String, IgnoredAny> = serde_json::from_str(theirs).unwrap_or_default();
    let mut key = OURS.to_owned();
    while members.contains_key(&key) {
        key.push('_');
    }
    let open = &theirs[..theirs.len() - 1];
    format!("{open},\"{key}\":{ours}}}")
}

fn ours(o: &mut Object<'_>, event: &SignOnEvent, kind: &Kind<'_>, version: Version) {
    let base = kind.class == Class::Base;
    let authentication = kind.class == Class::Authentication;
    let native_name = said(&event.native_name);
    let shown = event.cloud.is_some() || (kind.is_other() && native_name == Some(kind.name));
    o.text("native_name", native_name.filter(|_| !shown));
    let activity = Some(enum_names::activity(&event.activity));
    o.text("activity", activity.filter(|_| !kind.tells(&event.activity)));
    o.object("user", |o| identity(o, event.user.as_ref(), domain_of_user(event), base));
    o.object("actor", |o| {
        let actor = actor(event);
        identity(o, actor, actor.and_then(|actor| said(&actor.domain)), base);
    });
    o.object("app", |o| named(o, event.app.as_ref(), base));
    if let Some(idp) = &event.idp {
        o.object("idp", |o| {
            o.text("name", said(&idp.name).filter(|_| base));
            o.text("kind", said(&idp.kind));
            o.text("policy", said(&idp.policy));
            o.text("rule", said(&idp.rule));
        });
    }
    let addresses = if base {
        event.source_addresses.iter().map(String::as_str).collect()
    } else {
        endpoints::origin(event).odd
    };
    o.texts("source_addresses", addresses);
    let has_port = !base && endpoints::has_source(event);
    o.number("source_port", event.source_port.filter(|_| !has_port).map(i64::from));
    if let Some(agent) = &event.agent {
        o.object("agent", |o| {
            o.text("original", said(&agent.original).filter(|_| base));
            o.text("browser", said(&agent.browser));
            o.text("platform", said(&agent.platform));
        });
    }
    if authentication {
        o.object("service", |o| {
            let unnamed = event.service.as_ref().filter(|service| !endpoints::is_named(service));
            o.text("kind", unnamed.and_then(|service| said(&service.kind)));
        });
        let no_endpoint = event.target.as_ref().filter(|target| !endpoints::is_endpoint(target));
        o.object("target", |o| {
            o.number("port", no_endpoint.and_then(|target| target.port).map(i64::from));
        });
    } else {
        signed_in_to(o, event);
    }
    if let Some(session) = event.session.as_ref().filter(|_| base) {
        o.object("session", |o| identities::session(o, session));
    }
    let has_factors = kind.class.has_factors(version);
    o.objects("factors", &event.factors, |o, factor| {
        o.text("kind", Some(enum_names::factor(&factor.kind)).filter(|_| !has_factors));
        o.text("name", &*factor.name);
        o.text("outcome", said(&factor.outcome));
    });
    o.text("policy", said(&event.policy).filter(|_| base));
    o.text("rule", said(&event.rule));
    o.text("auth_type", said(&event.auth_type));
    o.text("logon_method", said(&event.logon_method));
    o.text("failure", event.failure.map(enum_names::failure));
    o.text("group", said(&event.group));
    if let Some(domain) = event.cloud.as_ref().and_then(|cloud| cloud.domain.as_ref()) {
        o.object("cloud", |o| {
            o.object("domain", |o| {
                o.text("uid", said(&domain.uid));
                o.text("name", said(&domain.name));
                o.text("display_name", other_domain(event));
            });
        });
    }
    if let Some(info) = &event.http {
        o.object("http", |o| http(o, info, event.cloud.is_some(), base));
    }
    o.texts("redacted", event.redacted.iter().map(String::as_str));
}

/// What Authentication has for the place signed in to, and other classes have not.
fn signed_in_to(o: &mut Object<'_>, event: &SignOnEvent) {
    o.object("service", |o| named(o, event.service.as_ref(), true));
    if let Some(target) = &event.target {
        o.object("target", |o| {
            o.text("name", said(&target.name));
            o.text("hostname", said(&target.hostname));
            o.text("ip", said(&target.ip));
            o.number("port", target.port.map(i64::from));
        });
    }
    o.flag("mfa", event.mfa);
    o.text("protocol", event.protocol.as_ref().map(enum_names::protocol));
}

/// An address that is none always, the rest only of `whole` identities.
fn identity(o: &mut Object<'_>, who: Option<&Identity>, domain: Option<&str>, whole: bool) {
    let Some(who) = who else { return };
    o.text("email", said(&who.email).filter(|_| whole || email(who).is_none()));
    if whole {
        o.text("name", said(&who.name));
        o.text("uid", said(&who.uid));
        o.text("uid_alt", said(&who.uid_alt));
        o.text("display_name", said(&who.display_name));
        o.text("domain", domain);
        o.text("dn", said(&who.dn));
        o.text("kind", enum_names::user(&who.kind));
    }
}

/// The kind always, the rest only of `whole` ones.
fn named(o: &mut Object<'_>, named: Option<&Named>, whole: bool) {
    let Some(named) = named else { return };
    o.text("name", said(&named.name).filter(|_| whole));
    o.text("uid", said(&named.uid).filter(|_| whole));
    o.text("kind", said(&named.kind));
}

/// What neither `api` (there with a cloud) nor `http_request` and `http_response`
/// (not in the base class) can take.
fn http(o: &mut Object<'_>, http: &HttpInfo, has_api: bool, base: bool) {
    let method = said(&http.method);
    o.text("method", method.filter(|word| base || !enums::is_http_method(word)));
    o.text("path", said(&http.path).filter(|_| base));
    o.text("url", said(&http.url).filter(|_| base));
    o.text("referrer", said(&http.referrer).filter(|_| base));
    if has_api {
        return;
    }
    o.text("request_id", said(&http.request_id).filter(|_| base));
    o.number("status", http.status.map(i64::from).filter(|_| base));
    let message = said(&http.response_message);
    o.text("response_message", message.filter(|_| base || http.status.is_none()));
}
