//! What neither ECS nor OpenTelemetry has a field for, under its name in the
//! contract: `oracle.signon.session.credential_uid`. The same in both, so that one
//! search works in either.

use super::context::Context;
use super::enum_names;
use super::event::{addresses, original_time, other_domain, said};
use super::fields::Fields;
use super::json::compact_object;
use crate::contract::{Activity, Identity, SignOnEvent, UserKind};

/// Writes the fields that both formats lack.
pub fn write<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent, context: &Context<'e>) {
    f.text("oracle.signon.source", context.component);
    f.text("oracle.signon.native_name", said(&event.native_name));
    f.text("oracle.signon.domain_event_id", said(&event.domain_event_id));
    f.text("oracle.signon.original_time", original_time(event));
    f.text("oracle.signon.activity", enum_names::activity(&event.activity));
    // Every other activity has a class of its own.
    if matches!(event.activity, Activity::Other(_)) {
        f.text("oracle.signon.class", enum_names::class(event.class));
    }
    f.text("oracle.signon.outcome", enum_names::outcome(&event.outcome));
    f.text("oracle.signon.code", said(&event.code));
    f.text("oracle.signon.failure", event.failure.map(enum_names::failure));
    if let Some(app) = &event.app {
        f.text("oracle.signon.app.name", said(&app.name));
        f.text("oracle.signon.app.uid", said(&app.uid));
        f.text("oracle.signon.app.kind", said(&app.kind));
    }
    if let Some(idp) = &event.idp {
        f.text("oracle.signon.idp.name", said(&idp.name));
        f.text("oracle.signon.idp.kind", said(&idp.kind));
        f.text("oracle.signon.idp.policy", said(&idp.policy));
        f.text("oracle.signon.idp.rule", said(&idp.rule));
    }
    // Both have a field for one address.
    if addresses(event).nth(1).is_some() {
        f.texts("oracle.signon.source_addresses", addresses(event));
    }
    let service = event.service.as_ref();
    f.text("oracle.signon.service.kind", service.and_then(|service| said(&service.kind)));
    session(f, event);
    proofs(f, event);
    domain(f, event);
    f.text("oracle.signon.group", said(&event.group));
    let http = event.http.as_ref();
    f.text("oracle.signon.http.response_message", http.and_then(|h| said(&h.response_message)));
    f.texts("oracle.signon.redacted", event.redacted.iter().map(String::as_str));
    if context.keep.unmapped {
        unmapped(f, event);
    }
}

/// Writes the members of an identity, except those that were written elsewhere.
pub fn identity<'e>(f: &mut Fields<'e>, place: &str, (who, domain): Person<'e>, written: &[&str]) {
    let Some(who) = who else { return };
    for (member, text) in [
        ("name", said(&who.name)),
        ("uid", said(&who.uid)),
        ("uid_alt", said(&who.uid_alt)),
        ("display_name", said(&who.display_name)),
        ("email", said(&who.email)),
        ("domain", domain),
        ("dn", said(&who.dn)),
        // Of most nothing is known.
        ("kind", Some(enum_names::user(&who.kind)).filter(|_| who.kind != UserKind::Unknown)),
    ] {
        if !written.contains(&member) {
            f.text(format!("oracle.signon.{place}.{member}"), text);
        }
    }
}

/// Somebody, and the domain to write.
pub type Person<'e> = (Option<&'e Identity>, Option<&'e str>);

fn domain<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let Some(domain) = event.cloud.as_ref().and_then(|cloud| cloud.domain.as_ref()) else { return };
    f.text("oracle.signon.cloud.domain.uid", said(&domain.uid));
    f.text("oracle.signon.cloud.domain.name", said(&domain.name));
    f.text("oracle.signon.cloud.domain.display_name", other_domain(event));
}

fn session<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let Some(session) = &event.session else { return };
    f.text("oracle.signon.session.uid_alt", said(&session.uid_alt));
    f.text("oracle.signon.session.credential_uid", said(&session.credential_uid));
    f.time("oracle.signon.session.created", "oracle.signon.session.created_ms", session.created);
    f.time("oracle.signon.session.expires", "oracle.signon.session.expires_ms", session.expires);
}

fn proofs<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let factors = event.factors.iter().map(|factor| {
        [
            ("kind", Some(enum_names::factor(&factor.kind))),
            ("name", Some(&*factor.name)),
            ("outcome", said(&factor.outcome)),
        ]
    });
    f.objects("oracle.signon.factors", factors);
    f.flag("oracle.signon.mfa", event.mfa);
    f.text("oracle.signon.protocol", event.protocol.as_ref().map(enum_names::protocol));
    f.text("oracle.signon.auth_type", said(&event.auth_type));
    f.text("oracle.signon.logon_method", said(&event.logon_method));
}

/// As JSON in a text: the keys and types in it are the source's, parameters of a
/// request among them. As fields they could clash with the types that a store has
/// fixed for them, and whoever signs in could have his own event refused.
fn unmapped(f: &mut Fields<'_>, event: &SignOnEvent) {
    let text = compact_object(&event.unmapped).unwrap_or_else(|| event.unmapped.clone());
    if text != "{}" && !text.is_empty() {
        f.made("oracle.signon.unmapped", text);
    }
}
