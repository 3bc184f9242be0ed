//! OCSF, by default 1.8.0: <https://schema.ocsf.io/1.8.0>.
//!
//! Valid by construction: a class gets only the attributes it has, nothing is absent
//! or empty, and what OCSF has no attribute for stands in `unmapped.signon` under its
//! name in the contract, so that no field of an event is lost.
//!
//! Nothing is said twice, unless the schema demands it. Of the captions beside the
//! numbers of enums only those are written that people read and search by, and the
//! source's own word beside 99.
//!
//! 1.8.0 rather than 1.9.0: consumers map Account Change (3001), which 1.9.0
//! replaces. Nothing below 1.5.0: it lacks half of what sign-ons need.

mod classes;
mod endpoints;
mod enums;
mod identities;
mod observables;
mod unmapped;
mod version;

use std::borrow::Cow;

use serde::Deserialize;

use super::context::Context;
use super::event::{labels, original_time, said};
use super::json::{Object, line};
use super::products::{self, Product};
use crate::contract::{Outcome, SignOnEvent};
use classes::{Class, Kind};
pub use version::Version;

/// The profile that brings `cloud` and `api`.
const CLOUD_PROFILE: &str = "cloud";

/// One event of the class that fits it.
pub fn render(event: &SignOnEvent, context: &Context<'_>, version: Version) -> String {
    let product = products::of(context.component);
    let kind = classes::kind(event, version);
    line(|o| {
        metadata(o, event, context, &product, version);
        o.number("time", event.time);
        classification(o, &kind);
        status(o, event);
        o.text("message", said(&event.message));
        if kind.class != Class::Base {
            identities::write(o, event, kind.class, version);
            endpoints::source(o, event);
            if kind.class.has_factors(version) {
                factors(o, event);
            }
            endpoints::http(o, event, version);
        }
        if kind.class == Class::Authentication {
            authentication(o, event, &product);
        }
        endpoints::cloud(o, event, kind.class);
        observables::write(o, event, kind.class);
        unmapped::write(o, event, &kind, version, context.keep);
        if let Some(raw) = said(&event.raw).filter(|_| context.keep.raw) {
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
    context: &Context<'_>,
    product: &Product<'_>,
    version: Version,
) {
    o.object("metadata", |o| {
        o.text("version", version.number());
        o.text("uid", &*event.native_id);
        o.text("event_code", &*event.native_type);
        o.text("original_time", original_time(event));
        o.number("logged_time", event.logged);
        o.text("source", Some(context.component).filter(|_| version.has_source()));
        o.text("log_name", product.log_name);
        o.object("product", |o| {
            o.text("name", product.name);
            // The schema wants one; its word for what is not known is this.
            o.text("vendor_name", products::vendor(context.component).unwrap_or("Unknown"));
        });
        o.text("correlation_uid", said(&event.correlation));
        o.texts("labels", labels(event));
        let id = said(&event.domain_event_id).map(|id| ("idcs_event_id", id));
        o.objects("tags", id.into_iter().chain(context.owner.entries()), |o, (name, value)| {
            o.text("name", name);
            o.text("value", value);
        });
        o.texts("profiles", event.cloud.as_ref().map(|_| CLOUD_PROFILE));
    });
}

fn classification(o: &mut Object<'_>, kind: &Kind<'_>) {
    o.number("category_uid", kind.class.category());
    o.number("class_uid", kind.class.uid());
    o.text("class_name", kind.class.caption());
    o.number("activity_id", kind.activity);
    o.text("activity_name", kind.name);
    o.number("type_uid", kind.class.uid() * 100 + kind.activity);
}

fn status(o: &mut Object<'_>, event: &SignOnEvent) {
    let severity_id = match event.outcome {
        Outcome::Failure => enums::SEVERITY_LOW,
        _ => enums::SEVERITY_INFORMATIONAL,
    };
    o.number("severity_id", severity_id);
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
        o.object("session", |o| identities::session(o, session));
    }
    endpoints::signed_in_to(o, event, product.service);
}
