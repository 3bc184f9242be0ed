//! Where an event came from, what it went to, and what was asked for on the way.

use super::attributes as at;
use super::record::{Place, Record};
use super::texts::{Hops, hops, split_port, without_values};
use crate::contract::{Agent, Endpoint, HttpInfo, Idp, Named, SessionInfo};
use crate::json::Node;
use crate::redact::MARK;

/// Where OCI records have the headers of a request.
const HEADERS: [&str; 3] = ["data", "request", "headers"];

/// The addresses of the client, and its port.
pub fn source(record: &mut Record<'_>) -> (Vec<String>, Option<u16>) {
    let mut found = Hops::default();
    if let Some(list) = record.peek(&at::ADDRESS) {
        found = hops(&list);
        if !found.says_more {
            record.take_same(&at::ADDRESS, &list);
        }
    }
    for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
        if !found.addresses.is_empty() {
            break;
        }
        if let Some((node, list)) = header(record, name) {
            found = hops(&list);
            if !found.says_more {
                record.fields().take_node(node);
            }
        }
    }
    let port = found.port.or_else(|| {
        let text = record.text_if(&at::PORT, &|text| is_port(text));
        text.or_else(|| {
            let (node, text) = header(record, "x-real-port").filter(|(_, text)| is_port(text))?;
            record.fields().take_node(node);
            Some(text)
        })
        .and_then(|text| text.parse().ok())
    });
    (found.addresses, port)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A header of the request, in any case, and its text.
fn header<'n>(record: &mut Record<'n>, name: &str) -> Option<(Node<'n>, String)> {
    let fields = record.fields();
    let headers = fields.node(&HEADERS)?;
    let header = headers.children().find(|member| member.key().eq_ignore_ascii_case(name))?;
    let text = fields.text_of(header)?;
    (text != MARK).then(|| (header, text.into_owned()))
}

/// With what the client says it is.
pub fn agent(record: &mut Record<'_>) -> Option<Agent> {
    let mut original = record.text(&at::AGENT);
    if let Some((node, text)) = header(record, "user-agent")
        && original.as_ref().is_none_or(|known| *known == text)
    {
        record.fields().take_node(node);
        original = Some(text);
    }
    let agent = Agent {
        original,
        browser: record.text(&at::BROWSER),
        platform: record.text(&at::PLATFORM),
    };
    (agent.original.is_some() || agent.browser.is_some() || agent.platform.is_some())
        .then_some(agent)
}

/// The application, or the relying party where none is named.
pub fn service(record: &mut Record<'_>) -> Option<Named> {
    let uid = record.text(&at::APPLICATION_ID);
    let kind = record.text(&at::APPLICATION_TYPE);
    if let Some(uid) = &uid {
        record.take_same(&at::RELYING_PARTY, uid);
    }
    let name =
        record.text(&at::APPLICATION_NAME).or_else(|| match record.peek(&at::RELYING_PARTY) {
            // Said by the id.
            Some(party) if uid.as_deref() == Some(&*party) => Some(party.into_owned()),
            _ => record.text(&at::RELYING_PARTY),
        });
    (name.is_some() || uid.is_some() || kind.is_some()).then_some(Named { name, uid, kind })
}

/// Who vouches for the person.
pub fn provider(record: &mut Record<'_>) -> Option<Idp> {
    let idp = Idp {
        name: record.text(&at::PROVIDER_NAME),
        kind: record.text(&at::PROVIDER_TYPE),
        policy: record.text(&at::PROVIDER_POLICY),
        rule: record.text(&at::PROVIDER_RULE),
    };
    let something =
        idp.name.is_some() || idp.kind.is_some() || idp.policy.is_some() || idp.rule.is_some();
    something.then_some(idp)
}

/// The session that was made, used or ended.
pub fn session(record: &mut Record<'_>) -> Option<SessionInfo> {
    let single_sign_on = record.text(&at::SESSION_ID);
    let console = record.text(&at::CONSOLE_SESSION);
    // Stars and our own mark name no credential.
    let is_named = |id: &str| id != MARK && !id.starts_with("***");
    let (uid, uid_alt) = match single_sign_on {
        Some(uid) => (Some(uid), console),
        None => (console, None),
    };
    let session = SessionInfo {
        uid,
        uid_alt,
        credential_uid: record.text_if(&at::CREDENTIALS, &is_named),
        created: record.time(&at::SESSION_CREATED),
        expires: record.time(&at::SESSION_EXPIRES),
    };
    let something = session.uid.is_some()
        || session.credential_uid.is_some()
        || session.created.is_some()
        || session.expires.is_some();
    something.then_some(session)
}

/// The place that answered.
pub fn target(record: &mut Record<'_>) -> Option<Endpoint> {
    let name = record.text(&at::RESOURCE);
    let mut port = None;
    let mut hostname = address(record, &at::HOST_NAME, &mut port);
    let ip = address(record, &at::HOST_IP, &mut port);
    if hostname.is_none()
        && ip.is_none()
        && let Some((node, text)) = header(record, "host")
    {
        record.fields().take_node(node);
        let (host, port_of_host) = split_port(&text);
        (hostname, port) = (Some(host.to_owned()), port_of_host);
    }
    (name.is_some() || hostname.is_some() || ip.is_some()).then_some(Endpoint {
        name,
        hostname,
        ip,
        port,
    })
}

/// An address without its port, which goes into `port`; with another one it stays where
/// it is, too.
fn address(record: &mut Record<'_>, place: &Place, port: &mut Option<u16>) -> Option<String> {
    let text = record.peek(place)?.into_owned();
    let (address, own_port) = split_port(&text);
    *port = port.or(own_port);
    if own_port.is_none() || own_port == *port {
        record.take_same(place, &text);
    }
    Some(address.to_owned())
}

/// What was asked for, and what came back.
pub fn http(record: &mut Record<'_>, status: Option<&str>) -> Option<HttpInfo> {
    let http = HttpInfo {
        request_id: record.text(&at::REQUEST_ID),
        method: record.text(&at::METHOD),
        path: record.text(&at::PATH),
        url: web_address(record, "oci-original-url"),
        referrer: web_address(record, "referer"),
        status: status.and_then(|status| status.parse().ok()),
        response_message: record.text(&at::RESPONSE_MESSAGE),
    };
    let something = http.request_id.is_some()
        || http.method.is_some()
        || http.path.is_some()
        || http.url.is_some()
        || http.referrer.is_some()
        || http.status.is_some()
        || http.response_message.is_some();
    something.then_some(http)
}

/// What a header points to; with values in its query it stays where it is, too.
fn web_address(record: &mut Record<'_>, name: &str) -> Option<String> {
    let (node, text) = header(record, name)?;
    let (address, had_more) = without_values(&text);
    if !had_more {
        record.fields().take_node(node);
    }
    (!address.is_empty()).then_some(address)
}
