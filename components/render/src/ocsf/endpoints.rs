//! Where it came from, what it went to, and the cloud around both.

use super::classes::Class;
use super::enums::{self, is_ip};
use super::version::Version;
use crate::contract::{Endpoint, HttpInfo, Named, SignOnEvent};
use crate::event::{addresses, said};
use crate::json::Object;

/// `cloud.provider`, by the name that the schema's own texts use.
const PROVIDER: &str = "Oracle Cloud";

/// The addresses an event came from, sorted by where they can stand.
#[derive(Debug, Default)]
pub struct Origin<'e> {
    /// `src_endpoint.ip`
    pub ip: Option<&'e str>,
    /// `src_endpoint.name`, for what is no address: redacted, with a port.
    pub name: Option<&'e str>,
    /// `src_endpoint.intermediate_ips`
    pub hops: Vec<&'e str>,
    /// Hops that are no addresses and have no place.
    pub odd: Vec<&'e str>,
}

/// Sorts the addresses of an event, nearest to the person first.
pub fn origin(event: &SignOnEvent) -> Origin<'_> {
    let mut addresses = addresses(event);
    let first = addresses.next();
    let (hops, odd) = addresses.partition(|address| is_ip(address));
    let ip = first.filter(|address| is_ip(address));
    Origin { ip, name: if ip.is_none() { first } else { None }, hops, odd }
}

/// Writes `src_endpoint`.
pub fn source(o: &mut Object<'_>, event: &SignOnEvent) {
    let origin = origin(event);
    o.object("src_endpoint", |o| {
        o.text("ip", origin.ip);
        o.text("name", origin.name);
        // A port alone makes no valid endpoint.
        if !o.is_empty() {
            o.number("port", event.source_port.map(i64::from));
        }
        o.texts("intermediate_ips", origin.hops);
    });
}

/// Whether `src_endpoint` has a place for the port.
pub fn has_source(event: &SignOnEvent) -> bool {
    addresses(event).next().is_some()
}

/// Whether an endpoint has what makes it one.
pub fn is_endpoint(target: &Endpoint) -> bool {
    said(&target.name).or(said(&target.hostname)).or(said(&target.ip)).is_some()
}

/// Whether a service has what makes it one.
pub fn is_named(service: &Named) -> bool {
    said(&service.name).or(said(&service.uid)).is_some()
}

/// Writes `service` and `dst_endpoint`, at least one of which must be there.
pub fn signed_in_to(o: &mut Object<'_>, event: &SignOnEvent, fallback: &str) {
    let service = event.service.as_ref().filter(|service| is_named(service));
    let target = event.target.as_ref();
    let has_target = target.is_some_and(is_endpoint);
    if let Some(service) = service {
        o.object("service", |o| {
            o.text("name", said(&service.name));
            o.text("uid", said(&service.uid));
            o.texts("labels", said(&service.kind));
        });
    } else if !has_target {
        o.object("service", |o| o.text("name", fallback));
    }
    if let Some(target) = target {
        let address = said(&target.ip);
        o.object("dst_endpoint", |o| {
            o.text("svc_name", said(&target.name));
            o.text("hostname", said(&target.hostname));
            o.text("ip", address.filter(|address| is_ip(address)));
            o.text("name", address.filter(|address| !is_ip(address)));
            if has_target {
                o.number("port", target.port.map(i64::from));
            }
        });
    }
}

/// Writes `http_request` and `http_response`.
pub fn http(o: &mut Object<'_>, event: &SignOnEvent, version: Version) {
    let http = event.http.as_ref();
    o.object("http_request", |o| {
        if let Some(http) = http {
            o.text("uid", said(&http.request_id));
            o.text("http_method", said(&http.method).filter(|word| enums::is_http_method(word)));
            o.text("referrer", said(&http.referrer));
            o.object("url", |o| {
                o.text("url_string", said(&http.url));
                o.text("path", said(&http.path));
            });
        }
        o.text("user_agent", event.agent.as_ref().and_then(|agent| said(&agent.original)));
    });
    if let Some(http) = http.filter(|http| http.status.is_some()) {
        o.object("http_response", |o| {
            let message = if version.has_response_status() { "status" } else { "message" };
            o.number("code", http.status.map(i64::from));
            o.text(message, said(&http.response_message));
        });
    }
}

/// Writes `cloud` and `api`, for events that have a place in the cloud.
pub fn cloud(o: &mut Object<'_>, event: &SignOnEvent, class: Class) {
    let Some(cloud) = &event.cloud else { return };
    o.object("cloud", |o| {
        o.text("provider", PROVIDER);
        o.text("cloud_partition", said(&cloud.realm));
        o.text("region", said(&cloud.region));
        o.text("zone", said(&cloud.zone));
        let (name, uid) = (said(&cloud.account_name), said(&cloud.account_uid));
        if name.is_some() || uid.is_some() {
            o.object("account", |o| {
                o.text("name", name);
                o.text("uid", uid);
                o.number("type_id", enums::ACCOUNT_OCI_COMPARTMENT);
            });
        }
        o.object("org", |o| o.text("uid", said(&cloud.organization_uid)));
    });
    o.object("api", |o| {
        o.text("operation", operation(event));
        o.object("service", |o| o.text("name", said(&cloud.service)));
        if let Some(http) = &event.http {
            api_call(o, http, class);
        }
    });
}

/// What `http_request` and `http_response` do not say, which the base class lacks.
fn api_call(o: &mut Object<'_>, http: &HttpInfo, class: Class) {
    let base = class == Class::Base;
    o.object("request", |o| o.text("uid", said(&http.request_id).filter(|_| base)));
    if base || http.status.is_none() {
        o.object("response", |o| {
            o.number("code", http.status.map(i64::from));
            o.text("message", said(&http.response_message));
        });
    }
}

/// `api.operation`, which `api` must have.
fn operation(event: &SignOnEvent) -> &str {
    match said(&event.native_name) {
        Some(name) => name,
        None if !event.native_type.is_empty() => &event.native_type,
        None => "Unknown",
    }
}
