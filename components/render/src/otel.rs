//! An OpenTelemetry log record in OTLP/JSON, semantic conventions 1.44.0:
//! <https://opentelemetry.io/docs/specs/semconv/>.
//!
//! An event by the conventions: it has an `eventName` without variable parts, its
//! body is the record as received if that is kept, and an attribute is there at most
//! once. The
//! conventions have no names for sign-ons yet; those that fit are used, the rest
//! stands under `oracle.signon`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::context::Context;
use super::enum_names;
use super::event::{
    actor_and_domain, addresses, is_about_account, labels, resource, said, user_and_domain,
};
use super::extension_fields::{self, Person};
use super::fields::{Fields, Value};
use super::json::{Object, line};
use crate::contract::{Activity, Endpoint, EventClass, HttpInfo, Outcome, SignOnEvent};

/// The attribute that holds the native id.
const ID: &str = "log.record.uid";

/// `cloud.provider`
const PROVIDER: &str = "oracle_cloud";

/// Stands for a word that the conventions do not list.
const OTHER: &str = "_OTHER";

/// `SEVERITY_NUMBER_WARN`, of a failure: worth a look, no error of the service.
const WARN: (i64, &str) = (13, "WARN");
/// `SEVERITY_NUMBER_INFO`, of everything else.
const INFO: (i64, &str) = (9, "INFO");

/// One log record.
pub fn render(event: &SignOnEvent, context: &Context<'_>) -> String {
    let mut f = Fields::default();
    let time = nanoseconds(event.time);
    let observed = event.logged.and_then(nanoseconds);
    if time.is_none() {
        f.number("oracle.signon.time_ms", event.time);
    }
    if observed.is_none() {
        f.number("oracle.signon.logged_ms", event.logged);
    }
    attributes(&mut f, event, context);
    let (number, text) = if event.outcome == Outcome::Failure { WARN } else { INFO };
    line(|o| {
        // 0 is a time that is not known.
        o.text("timeUnixNano", time.as_deref().unwrap_or("0"));
        o.text("observedTimeUnixNano", observed.as_deref());
        o.number("severityNumber", number);
        o.text("severityText", text);
        o.text("eventName", name(event));
        let raw = said(&event.raw).filter(|_| context.keep.raw);
        o.object("body", |o| o.text("stringValue", raw));
        o.objects("attributes", f.list(), |o, (name, value)| {
            o.text("key", &**name);
            o.object("value", |o| any_value(o, value));
        });
    })
}

/// Reads the attribute [`ID`] back.
pub fn event_id(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Record<'a> {
        #[serde(rename = "eventName")]
        _event_name: serde::de::IgnoredAny,
        #[serde(borrow)]
        attributes: Vec<Attribute<'a>>,
    }
    #[derive(Deserialize)]
    struct Attribute<'a> {
        #[serde(borrow)]
        key: Cow<'a, str>,
        #[serde(borrow)]
        value: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Text {
        #[serde(rename = "stringValue")]
        text: String,
    }
    let record: Record<'_> = serde_json::from_str(line).ok()?;
    match record.attributes.iter().find(|attribute| attribute.key == ID) {
        Some(id) => Some(serde_json::from_str::<Text>(id.value.get()).ok()?.text),
        // Absent for an event without an id, since nothing empty is written.
        None => Some(String::new()),
    }
}

/// Nanoseconds since 1970 as OTLP/JSON writes 64 bits. `None` before 1970 and after
/// 2554, which the protocol cannot hold.
fn nanoseconds(time: i64) -> Option<String> {
    Some(u64::try_from(time).ok()?.checked_mul(1_000_000)?.to_string())
}

fn any_value(o: &mut Object<'_>, value: &Value<'_>) {
    match value {
        Value::Text(text) => o.text("stringValue", &**text),
        // 64 bits are texts in OTLP/JSON.
        Value::Number(number) => o.text("intValue", &*number.to_string()),
        Value::Flag(flag) => o.flag("boolValue", *flag),
        Value::Texts(texts) => o.object("arrayValue", |o| {
            o.objects("values", texts, |o, text| o.text("stringValue", *text));
        }),
        Value::Objects(objects) => o.object("arrayValue", |o| {
            o.objects("values", objects, |o, members| {
                o.object("kvlistValue", |o| {
                    o.objects("values", members, |o, (key, text)| {
                        o.text("key", *key);
                        o.object("value", |o| o.text("stringValue", *text));
                    });
                });
            });
        }),
    }
}

/// `eventName`: as coarse as a detection asks first; `oracle.signon.activity` is
/// finer.
fn name(event: &SignOnEvent) -> &'static str {
    use Activity as A;
    match event.activity {
        A::Logon | A::FederatedAttempt | A::AppAccess => "oracle.signon.logon",
        A::Logoff => "oracle.signon.logoff",
        A::MfaChallenge | A::MfaVerify => "oracle.signon.mfa",
        A::PasswordChange => "oracle.signon.password_change",
        A::PasswordReset => "oracle.signon.password_reset",
        A::AccountCreate
        | A::AccountUpdate
        | A::AccountEnable
        | A::AccountDisable
        | A::AccountDelete
        | A::AccountLock
        | A::AccountUnlock
        | A::BypassCode
        | A::FactorEnroll
        | A::FactorRemove => "oracle.signon.account_change",
        A::Other(_) if event.class == EventClass::Account => "oracle.signon.account_change",
        A::SessionModify
        | A::TokenRequest
        | A::AuthcodeRequest
        | A::SupportAccount
        | A::Other(_) => "oracle.signon.other",
    }
}

fn attributes<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent, context: &Context<'e>) {
    f.text(ID, &*event.native_id);
    f.text("oracle.signon.native_type", &*event.native_type);
    f.text("oracle.signon.message", said(&event.message));
    f.text("oracle.signon.reason", said(&event.reason));
    if event.outcome == Outcome::Failure {
        let failure = event.failure.map(enum_names::failure);
        f.text("error.type", said(&event.code).or(failure).unwrap_or(OTHER));
    }
    people(f, event);
    f.text("client.address", addresses(event).next());
    f.number("client.port", event.source_port.map(i64::from));
    if let Some(agent) = &event.agent {
        f.text("user_agent.original", said(&agent.original));
        f.text("user_agent.name", said(&agent.browser));
        f.text("user_agent.os.name", said(&agent.platform));
    }
    places(f, event);
    if let Some(info) = &event.http {
        http(f, info);
    }
    cloud(f, event);
    f.text("security_rule.ruleset.name", said(&event.policy));
    f.text("security_rule.name", said(&event.rule));
    f.text("oracle.signon.correlation", said(&event.correlation));
    f.texts("oracle.signon.labels", labels(event));
    extension_fields::write(f, event, context);
    for (name, value) in context.owner.attributes() {
        f.text(name, value);
    }
}

/// `user` is who signed in or, where an account was changed, who changed it.
fn people<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    const WRITTEN: [&str; 4] = ["name", "uid", "display_name", "email"];
    let (user, actor) = (user_and_domain(event), actor_and_domain(event));
    if actor.0.is_some() && is_about_account(event) {
        person(f, actor);
        extension_fields::identity(f, "actor", actor, &WRITTEN);
        extension_fields::identity(f, "user", user, &[]);
    } else {
        person(f, user);
        extension_fields::identity(f, "user", user, &WRITTEN);
        extension_fields::identity(f, "actor", actor, &[]);
    }
}

fn person<'e>(f: &mut Fields<'e>, (who, _): Person<'e>) {
    let Some(who) = who else { return };
    f.text("user.name", said(&who.name));
    f.text("user.id", said(&who.uid));
    f.text("user.full_name", said(&who.display_name));
    f.text("user.email", said(&who.email));
}

fn places<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    // `service.name` is for the service that emits telemetry, which this is not.
    if let Some(service) = &event.service {
        f.text("oracle.signon.service.name", said(&service.name));
        f.text("oracle.signon.service.uid", said(&service.uid));
    }
    if let Some(target) = &event.target {
        server(f, event, target);
    }
    f.text("session.id", event.session.as_ref().and_then(|session| said(&session.uid)));
}

fn server<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent, target: &'e Endpoint) {
    let (hostname, ip) = (said(&target.hostname), said(&target.ip));
    f.text("server.address", hostname.or(ip));
    f.number("server.port", target.port.map(i64::from));
    f.text("oracle.signon.target.ip", ip.filter(|_| hostname.is_some()));
    let resource = resource(event);
    f.text("url.full", resource);
    f.text("oracle.signon.target.name", said(&target.name).filter(|_| resource.is_none()));
}

fn http<'e>(f: &mut Fields<'e>, http: &'e HttpInfo) {
    const METHODS: [&str; 10] =
        ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];
    if let Some(method) = said(&http.method) {
        let is_listed = METHODS.contains(&method);
        f.text("http.request.method", if is_listed { method } else { OTHER });
        f.text("http.request.method_original", Some(method).filter(|_| !is_listed));
    }
    f.text("oracle.signon.http.referrer", said(&http.referrer));
    f.text("url.full", said(&http.url));
    f.text("url.path", said(&http.path));
    f.number("http.response.status_code", http.status.map(i64::from));
    f.text("oracle.signon.http.request_id", said(&http.request_id));
}

fn cloud<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    let Some(cloud) = &event.cloud else { return };
    f.text("cloud.provider", PROVIDER);
    f.text("cloud.account.id", said(&cloud.organization_uid));
    f.text("cloud.region", said(&cloud.region));
    f.text("cloud.availability_zone", said(&cloud.zone));
    f.text("oracle_cloud.realm", said(&cloud.realm));
    // The tenancy is a compartment, too, and that in which people sign in.
    let compartment = said(&cloud.account_uid);
    let compartment = compartment.filter(|uid| said(&cloud.organization_uid) != Some(*uid));
    f.text("oracle.signon.cloud.account_uid", compartment);
    f.text("oracle.signon.cloud.account_name", said(&cloud.account_name));
    f.text("oracle.signon.cloud.service", said(&cloud.service));
}
