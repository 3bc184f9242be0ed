//! OCSF, by default 1.8.0: <https://schema.ocsf.io/1.8.0>.
//!
//! Valid by construction: a class gets only the attributes it has, a number of
//! an enum and its caption are written together, nothing is absent or empty, and
//! what OCSF has no attribute for stands in `unmapped.signon` under its name in
//! the contract, so that no field of an event is lost.
//!
//! 1.8.0 rather than 1.9.0: consumers map Account Change (3001), which 1.9.0
//! replaces. Nothing below 1.5.0: it lacks half of what sign-ons need.

mod classes;
mod enums;
mod leftovers;
mod observables;
mod people;
mod places;
mod version;

use std::borrow::Cow;

use serde::Deserialize;

use super::event::{labels, said};
use super::json::{Object, line};
use super::products::{self, Product};
use crate::contract::{Outcome, SignOnEvent};
use classes::{Class, Kind, LABEL_OTHER};
pub use version::Version;

/// The profile that brings `cloud` and `api`.
const CLOUD_PROFILE: &str = "cloud";

/// One event of the class that fits it.
pub fn render(event: &SignOnEvent, source: &str, version: Version) -> String {
    let product = products::of(source);
    let kind = classes::kind(event, source, version);
    line(|o| {
        metadata(o, event, source, &product, version);
        o.number("time", event.time);
        classification(o, &kind);
        status(o, event);
        o.text("message", said(&event.message));
        if kind.class != Class::Base {
            people::write(o, event, kind.class, version);
            places::source(o, event);
            if kind.class.has_factors(version) {
                factors(o, event);
            }
            places::http(o, event, version);
        }
        if kind.class == Class::Authentication {
            authentication(o, event, &product);
        }
        places::cloud(o, event);
        observables::write(o, event, kind.class);
        leftovers::write(o, event, &kind, version);
        if let Some(raw) = said(&event.raw) {
            o.text("raw_data", raw);
            o.number("raw_data_size", i64::try_from(raw.len()).ok());
        }
    })
}

/// Reads `metadata.uid` back.
pub fn event_id(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        metadata: Metadata<'a>,
    }
    #[derive(Deserialize)]
    struct Metadata<'a> {
        #[serde(rename = "version")]
        _version: &'a str,
        // Absent for an event without an id, since nothing empty is written.
        #[serde(borrow, default)]
        uid: Cow<'a, str>,
    }
    let line: Line<'_> = serde_json::from_str(line).ok()?;
    Some(line.metadata.uid.into_owned())
}

fn metadata(
    o: &mut Object<'_>,
    event: &SignOnEvent,
    source: &str,
    product: &Product<'_>,
    version: Version,
) {
    o.object("metadata", |o| {
        o.text("version", version.number());
        o.text("uid", &*event.native_id);
        o.text("original_event_uid", Some(&*event.native_id).filter(|_| version.has_origin()));
        o.text("event_code", &*event.native_type);
        o.text("original_time", &*event.original_time);
        o.number("logged_time", event.logged);
        o.text("source", Some(source).filter(|_| version.has_origin()));
        o.text("log_name", product.log_name);
        o.object("product", |o| {
            o.text("name", product.name);
            // The schema wants one; its word for what is not known is this.
            o.text("vendor_name", products::vendor(source).unwrap_or("Unknown"));
        });
        o.text("tenant_uid", event.cloud.as_ref().and_then(|cloud| said(&cloud.organization_uid)));
        o.text("correlation_uid", said(&event.correlation));
        o.texts("labels", labels(event));
        o.objects("tags", said(&event.domain_event_id), |o, id| {
            o.text("name", "idcs_event_id");
            o.text("value", id);
        });
        o.texts("profiles", event.cloud.as_ref().map(|_| CLOUD_PROFILE));
    });
}

fn classification(o: &mut Object<'_>, kind: &Kind<'_>) {
    let (category_uid, category_name) = kind.class.category();
    o.number("category_uid", category_uid);
    o.text("category_name", category_name);
    o.number("class_uid", kind.class.uid());
    o.text("class_name", kind.class.caption());
    o.number("activity_id", kind.activity);
    o.text("activity_name", kind.name);
    o.number("type_uid", kind.class.uid() * 100 + kind.activity);
    // The reference validator takes type 99 of class 0 for an `Other` that wants
    // a word of the source's own, which a type name cannot have.
    if kind.class != Class::Base {
        let caption = if kind.is_other() { LABEL_OTHER } else { kind.name };
        o.text("type_name", &*format!("{}: {caption}", kind.class.caption()));
    }
}

fn status(o: &mut Object<'_>, event: &SignOnEvent) {
    let (severity_id, severity) = match event.outcome {
        Outcome::Failure => enums::SEVERITY_LOW,
        _ => enums::SEVERITY_INFORMATIONAL,
    };
    o.number("severity_id", severity_id);
    o.text("severity", severity);
    let (status_id, status) = enums::status(&event.outcome);
    o.number("status_id", status_id);
    o.text("status", status);
    o.text("status_code", said(&event.code));
    o.text("status_detail", said(&event.reason));
}

fn factors(o: &mut Object<'_>, event: &SignOnEvent) {
    o.objects("auth_factors", &event.factors, |o, factor| {
        let (type_id, caption) = enums::factor(&factor.kind);
        o.number("factor_type_id", type_id);
        o.text("factor_type", caption);
        o.flag("is_totp", enums::is_totp(&factor.kind).then_some(true));
    });
}

/// What only Authentication has.
fn authentication(o: &mut Object<'_>, event: &SignOnEvent, product: &Product<'_>) {
    o.flag("is_mfa", event.mfa);
    o.flag("is_remote", product.is_remote);
    if let Some(protocol) = &event.protocol {
        let (id, caption) = enums::protocol(protocol);
        o.number("auth_protocol_id", id);
        o.text("auth_protocol", caption);
    }
    if let Some(session) = &event.session {
        o.object("session", |o| people::session(o, session));
    }
    places::signed_in_to(o, event, product.service);
}
