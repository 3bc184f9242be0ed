//! An OpenTelemetry log record in OTLP/JSON, semantic conventions 1.44.0:
//! <https://opentelemetry.io/docs/specs/semconv/>.
//!
//! An event by the conventions: it has an `eventName` without variable parts, its
//! body is the record as received, and an attribute is there at most once. The
//! conventions have no names for sign-ons yet; those that fit are used, the rest
//! stands under `oracle.signon`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{addresses, is_about_account, labels, resource, said};
use super::fields::{Fields, Value};
use super::json::{Object, line};
use super::products::{self, Product};
use super::rest;
use crate::contract::{Activity, Endpoint, HttpInfo, Identity, Outcome, SignOnEvent};

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
pub fn render(event: &SignOnEvent, source: &str) -> String {
    let mut f = Fields::default();
    let time = nanoseconds(event.time);
    let observed = event.logged.and_then(nanoseconds);
    if time.is_none() {
        f.number("oracle.signon.time_ms", event.time);
    }
    if observed.is_none() {
        f.number("oracle.signon.logged_ms", event.logged);
    }
    attributes(&mut f, event, source);
    let (number, text) = if event.outcome == Outcome::Failure { WARN } else { INFO };
    line(|o| {
        // 0 is a time that is not known.
        o.text("timeUnixNano", time.as_deref().unwrap_or("0"));
        o.text("observedTimeUnixNano", observed.as_deref());
        o.number("severityNumber", number);
        o.text("severityText", text);
        o.text("eventName", name(&event.activity));
        o.object("body", |o| o.text("stringValue", said(&event.raw)));
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
fn name(activity: &Activity) -> &'static str {
    use Activity as A;
    match activity {
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
        A::SessionModify
        | A::TokenRequest
        | A::AuthcodeRequest
        | A::SupportAccount
        | A::Other(_) => "oracle.signon.other",
    }
}

fn attributes<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent, source: &'e str) {
    let product = products::of(source);
    f.text(ID, &*event.native_id);
    f.text("oracle.signon.native_type", &*event.native_type);
    if product.is_cloud_events {
        f.text("cloudevents.event_id", &*event.native_id);
        f.text("cloudevents.event_type", &*event.native_type);
    }
    f.text("oracle.signon.message", said(&event.message));
    f.text("oracle.signon.reason", said(&event.reason));
    if event.outcome == Outcome::Failure {
        f.text("error.type", said(&event.code).unwrap_or(OTHER));
    }
    people(f, event);
    f.text("client.address", addresses(event).next());
    if let Some(agent) = &event.agent {
        f.text("user_agent.original", said(&agent.original));
        f.text("user_agent.name", said(&agent.browser));
        f.text("user_agent.os.name", said(&agent.platform));
    }
    places(f, event);
    if let Some(info) = &event.http {
        http(f, info);
    }
    cloud(f, event, &product);
    f.text("security_rule.ruleset.name", said(&event.policy));
    f.text("security_rule.name", said(&event.rule));
    f.text("oracle.signon.correlation", said(&event.correlation));
    f.texts("oracle.signon.labels", labels(event));
    rest::write(f, event, source);
}

/// `user` is who signed in or, where an account was changed, who changed it.
fn people<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent) {
    const WRITTEN: [&str; 4] = ["name", "uid", "display_name", "email"];
    let (user, actor) = (event.user.as_ref(), event.actor.as_ref());
    if actor.is_some() && is_about_account(&event.activity) {
        person(f, actor);
        rest::identity(f, "actor", actor, &WRITTEN);
        rest::identity(f, "user", user, &[]);
    } else {
        person(f, user);
        rest::identity(f, "user", user, &WRITTEN);
        rest::identity(f, "actor", actor, &[]);
    }
}

fn person<'e>(f: &mut Fields<'e>, who: Option<&'e Identity>) {
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
    f.text("url.path", said(&http.path));
    f.number("http.response.status_code", http.status.map(i64::from));
    f.text("oracle.signon.http.request_id", said(&http.request_id));
}

fn cloud<'e>(f: &mut Fields<'e>, event: &'e SignOnEvent, product: &Product<'_>) {
    let Some(cloud) = &event.cloud else { return };
    f.text("cloud.provider", PROVIDER);
    f.text("cloud.account.id", said(&cloud.organization_uid));
    f.text("cloud.region", said(&cloud.region));
    f.text("cloud.availability_zone", said(&cloud.zone));
    f.text("oracle_cloud.realm", said(&cloud.realm));
    f.text("oracle.signon.cloud.account_uid", said(&cloud.account_uid));
    f.text("oracle.signon.cloud.account_name", said(&cloud.account_name));
    let from = if product.is_cloud_events {
        "cloudevents.event_source"
    } else {
        "oracle.signon.cloud.service"
    };
    f.text(from, said(&cloud.service));
}
