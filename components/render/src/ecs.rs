//! Elastic Common Schema 9.4.0: <https://www.elastic.co/docs/reference/ecs>.
//!
//! No text of a source can make a document that a store refuses: an address is in a
//! field of type `ip` only if it is one, a time is one that can be written, and
//! every other field is a text, a number or a boolean by its name alone. What ECS
//! has no field for stands under `oracle.signon`, as ECS asks of custom fields.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Deserialize;

use super::context::Context;
use super::event::{
    actor_and_domain, addresses, is_about_account, labels, own_name, resource, said,
    user_and_domain,
};
use super::extension_fields::Person;
use super::fields::{Fields, rfc3339};
use super::json::line;
use super::{extension_fields, products};
use crate::contract::{Activity, Endpoint, EventClass, Outcome, SignOnEvent};

/// The version that documents conform to.
const VERSION: &str = "9.4.0";

/// `cloud.provider`, by the name that OpenTelemetry gives it.
const PROVIDER: &str = "oracle_cloud";

/// One document.
pub fn render(event: &SignOnEvent, context: &Context<'_>) -> String {
    let mut f = Fields::default();
    moment(&mut f, event);
    f.text("ecs.version", VERSION);
    what(&mut f, event);
    if context.keep.raw {
        f.text("event.original", said(&event.raw));
    }
    people(&mut f, event);
    origin(&mut f, event);
    places(&mut f, event);
    http(&mut f, event);
    cloud(&mut f, event);
    related(&mut f, event);
    f.text("rule.ruleset", said(&event.policy));
    f.text("rule.name", said(&event.rule));
    f.text("transaction.id", said(&event.correlation));
    f.text("observer.vendor", products::vendor(context.component));
    f.text("observer.product", products::of(context.component).name);
    for (name, value) in context.owner.entries() {
        f.text(format!("labels.{name}"), value);
    }
    f.texts("tags", labels(event));
    extension_fields::write(&mut f, event, context);
    line(|o| f.nested(o))
}

/// Reads `event.id` back.
pub fn event_id(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Document<'a> {
        #[serde(borrow)]
        event: Event<'a>,
        #[serde(rename = "ecs")]
        _ecs: Ecs,
    }
    #[derive(Deserialize)]
    struct Event<'a> {
        // Absent for an event without an id, since nothing empty is written.
        #[serde(borrow, default)]
        id: Cow<'a, str>,
    }
    #[derive(Deserialize)]
    struct Ecs {
        #[serde(rename = "version")]
        _version: serde::de::IgnoredAny,
    }
    let document: Document<'_> = serde_json::from_str(line).ok()?;
    Some(document.event.id.into_owned())
}

/// A document must have a time; one that cannot be written is the nearest that can,
/// with the exact one beside it.
fn moment(f: &mut Fields<'_>, event: &SignOnEvent) {
    let written = rfc3339(event.time);
    if written.is_none() {
        f.number("oracle.signon.time_ms", event.time);
    }
    let nearest =
        if event.time < 0 { "0000-01-01T00:00:00.000Z" } else { "9999-12-31T23:59:59.999Z" };
    f.made("@timestamp", written.unwrap_or_else(|| nearest.to_owned()));
    f.time("event.created", "oracle.signon.logged_ms", event.logged);
}

fn what<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let (categories, types) = kind(event);
    f.text("event.kind", "event");
    f.texts("event.category", categories.iter().copied());
    f.texts("event.type", types.iter().copied());
    f.text(
        "event.outcome",
        match event.outcome {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Initiated | Outcome::Unknown | Outcome::Other(_) => "unknown",
        },
    );
    f.text("event.module", "oracle");
    f.text("event.dataset", "oracle.signon");
    f.text("event.id", &*event.native_id);
    f.text("event.code", &*event.native_type);
    f.text("event.action", own_name(event));
    f.text("event.reason", said(&event.reason));
    if event.outcome == Outcome::Failure {
        f.text("error.code", said(&event.code));
    }
    f.text("message", said(&event.message));
}

/// `event.category` and `event.type`. Only types that ECS expects of the category:
/// authentication and session begin, end or inform.
fn kind(event: &SignOnEvent) -> (&'static [&'static str], &'static [&'static str]) {
    use Activity as A;
    const AUTHENTICATION: &[&str] = &["authentication"];
    const WITH_SESSION: &[&str] = &["authentication", "session"];
    const IAM: &[&str] = &["iam"];
    match event.activity {
        A::Logon if event.outcome == Outcome::Success => (WITH_SESSION, &["start"]),
        A::Logon | A::FederatedAttempt | A::AppAccess => (AUTHENTICATION, &["start"]),
        A::Logoff => (WITH_SESSION, &["end"]),
        A::SessionModify => (&["session"], &["info"]),
        A::MfaChallenge
        | A::MfaVerify
        | A::TokenRequest
        | A::AuthcodeRequest
        | A::SupportAccount => (AUTHENTICATION, &["info"]),
        A::AccountCreate => (IAM, &["user", "creation"]),
        A::AccountDelete => (IAM, &["user", "deletion"]),
        A::PasswordChange
        | A::PasswordReset
        | A::AccountUpdate
        | A::AccountEnable
        | A::AccountDisable
        | A::AccountLock
        | A::AccountUnlock
        | A::BypassCode
        | A::FactorEnroll
        | A::FactorRemove => (IAM, &["user", "change"]),
        A::Other(_) => match event.class {
            EventClass::SignOn => (AUTHENTICATION, &["info"]),
            EventClass::Account => (IAM, &["user", "info"]),
            EventClass::Other => (&[], &["info"]),
        },
    }
}

/// `user` is who signed in or, where an account was changed, who changed it.
fn people<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    const WRITTEN: [&str; 5] = ["name", "uid", "display_name", "email", "domain"];
    let mut actor_written: &[&str] = &[];
    let (user, actor) = (user_and_domain(event), actor_and_domain(event));
    if actor.0.is_some() && is_about_account(event) {
        person(f, "user", actor);
        person(f, "user.target", user);
        actor_written = &WRITTEN;
    } else {
        person(f, "user", user);
    }
    extension_fields::identity(f, "user", user, &WRITTEN);
    extension_fields::identity(f, "actor", actor, actor_written);
}

fn person<'e>(f: &mut Fields<'e>, place: &str, (who, domain): Person<'e>) {
    let Some(who) = who else { return };
    f.text(format!("{place}.name"), said(&who.name));
    f.text(format!("{place}.id"), said(&who.uid));
    f.text(format!("{place}.full_name"), said(&who.display_name));
    f.text(format!("{place}.email"), said(&who.email));
    f.text(format!("{place}.domain"), domain);
}

fn origin<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let first = addresses(event).next();
    f.text("source.address", first);
    f.text("source.ip", first.filter(|address| is_ip(address)));
    f.number("source.port", event.source_port.map(i64::from));
    if let Some(agent) = &event.agent {
        f.text("user_agent.original", said(&agent.original));
        f.text("user_agent.name", said(&agent.browser));
        f.text("user_agent.os.full", said(&agent.platform));
    }
}

fn places<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    if let Some(service) = &event.service {
        f.text("service.name", said(&service.name));
        f.text("service.id", said(&service.uid));
    }
    if let Some(target) = &event.target {
        destination(f, event, target);
    }
    if let Some(session) = &event.session {
        f.text("oracle.signon.session.uid", said(&session.uid));
    }
}

fn destination<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent, target: &'e Endpoint) {
    let (hostname, ip) = (said(&target.hostname), said(&target.ip));
    f.text("destination.address", hostname.or(ip));
    f.text("destination.domain", hostname);
    f.text("destination.ip", ip.filter(|ip| is_ip(ip)));
    f.number("destination.port", target.port.map(i64::from));
    f.text("oracle.signon.target.ip", ip.filter(|ip| hostname.is_some() && !is_ip(ip)));
    let resource = resource(event);
    f.text("url.original", resource);
    f.text("oracle.signon.target.name", said(&target.name).filter(|_| resource.is_none()));
}

fn http<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let Some(http) = &event.http else { return };
    f.text("http.request.id", said(&http.request_id));
    f.text("http.request.method", said(&http.method));
    f.text("http.request.referrer", said(&http.referrer));
    f.text("url.original", said(&http.url));
    f.text("url.path", said(&http.path));
    f.number("http.response.status_code", http.status.map(i64::from));
}

/// The compartment is ECS's project: the tenancy is what is billed.
fn cloud<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let Some(cloud) = &event.cloud else { return };
    f.text("cloud.provider", PROVIDER);
    f.text("cloud.region", said(&cloud.region));
    f.text("cloud.availability_zone", said(&cloud.zone));
    f.text("cloud.project.id", said(&cloud.account_uid));
    f.text("cloud.project.name", said(&cloud.account_name));
    f.text("cloud.account.id", said(&cloud.organization_uid));
    f.text("event.provider", said(&cloud.service));
    f.text("oracle.signon.cloud.realm", said(&cloud.realm));
}

/// What analysts pivot on, again in one list of a kind.
fn related<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let people = [&event.user, &event.actor].into_iter().flatten();
    let names = people.flat_map(|who| [said(&who.name), said(&who.uid), said(&who.email)]);
    f.texts("related.user", names.flatten());
    let target = event.target.as_ref();
    let target_ip = target.and_then(|target| said(&target.ip));
    f.texts("related.ip", addresses(event).chain(target_ip).filter(|address| is_ip(address)));
    f.texts("related.hosts", target.and_then(|target| said(&target.hostname)));
}

fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}
