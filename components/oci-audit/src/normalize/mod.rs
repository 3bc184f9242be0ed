//! One audit record to one neutral event.
//!
//! Secrets leave the text first; only the redacted text is read further. Three
//! shapes of the same record are understood: ListEvents (CloudEvents 0.1),
//! Logging (CloudEvents 1.0) and the Events service (`eventID`, lower-case types).
//! Both generations of sign-on records are: the tenancy's own, with a status and a
//! `login_result`, and the identity domain's, with `additionalDetails`.

mod factors;
pub mod names;
mod people;

use std::borrow::Cow;

use signon_kit::contract::{
    Agent, CloudPlace, Endpoint, EventClass, HttpInfo, Idp, Named, Outcome, Protocol, ReadOptions,
    SessionInfo, SignOnEvent,
};
use signon_kit::fields::Fields;
use signon_kit::identity::Equals;
use signon_kit::json::{Node, Parsed};
use signon_kit::outcome::{self, Hints};
use signon_kit::people as words;
use signon_kit::redact::{Keep, List, MARK, redact};
use signon_kit::text::cut;

/// Maps in which whoever asked or answered chose the names.
const LISTS: [List<'static>; 4] = [
    (&["data", "request", "headers"], Keep::Headers),
    (&["data", "request", "parameters"], Keep::Parameters),
    (&["data", "response", "headers"], Keep::Headers),
    (&["data", "response", "payload"], Keep::Payload),
];

pub use signon_kit::identity::ID_FROM_CONTENT;

/// Where records have their type.
pub const TYPE_KEYS: [&str; 2] = ["eventType", "type"];

/// Where a record was fetched, which it does not say itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// Region identifier.
    pub region: Option<String>,
    /// Realm key.
    pub realm: Option<String>,
}

/// What was decided about a record when it was recognized, and is not decided again.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Its type.
    pub event_type: &'a str,
    /// The member that says its id, and what it says.
    pub id: Option<(&'static str, &'a str)>,
}

/// A sign-on record that cannot become an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// Why.
    pub reason: String,
    /// The record without its secrets; `None` where it could not be scrubbed.
    pub scrubbed: Option<String>,
}

/// Makes an event of a record's text; `equals` names it where it has no id.
///
/// # Errors
///
/// [`Unreadable`] for what is no JSON object or has no time.
pub fn record(
    text: &str,
    known: Known<'_>,
    origin: &Origin,
    options: ReadOptions,
    equals: &mut Equals,
) -> Result<SignOnEvent, Unreadable> {
    let unreadable = |reason: String| Unreadable { reason, scrubbed: None };
    let parsed = Parsed::read(text).map_err(|error| unreadable(format!("not JSON: {error}")))?;
    let (clean, redacted) = redact(parsed, &LISTS);
    let mut event = read(Fields::new(&clean, options.text_limit), clean.text(), known, origin)?;
    if event.native_id.is_empty() {
        event.native_id = equals.name(clean.text());
    }
    event.native_type = cut(event.native_type, options.text_limit as usize).into_owned();
    event.raw = options.keep_raw.then(|| clean.text().to_owned());
    event.redacted = redacted;
    Ok(event)
}

/// The event, without an id where the record has none.
fn read(
    mut f: Fields<'_>,
    clean: &str,
    known: Known<'_>,
    origin: &Origin,
) -> Result<SignOnEvent, Unreadable> {
    let mut labels = Vec::new();
    let is_clean = f.take_saying(&TYPE_KEYS, known.event_type);
    let native_type = if is_clean { known.event_type.trim() } else { MARK }.to_owned();
    let native_id = known.id.and_then(|(key, id)| f.own_id(key, id)).unwrap_or_default();
    if native_id.is_empty() {
        labels.push(ID_FROM_CONTENT.to_owned());
    }
    let (time, original_time) = time(&mut f).ok_or_else(|| Unreadable {
        reason: "no readable eventTime, time or responseTime".to_owned(),
        scrubbed: Some(clean.to_owned()),
    })?;
    let name = f
        .text(&["data", "eventName"])
        .unwrap_or_else(|| names::event_name(&native_type).to_owned());
    let domain_event_id = f.first(&[
        &["data", "additionalDetails", "eventId"],
        &["data", "additionalDetails", "eventid"],
        &["data", "additionalDetails", "eventID"],
    ]);
    let meaning = names::meaning(&name);
    let activity = names::refine(meaning.activity, domain_event_id.as_deref());

    let message = f.first(&[&["data", "message"], &["data", "additionalDetails", "message"]]);
    let login_result = f.text(&["data", "response", "payload", "login_result"]);
    let status = f.first(&[
        &["data", "response", "status"],
        &["data", "additionalDetails", "httpResponseStatus"],
    ]);
    let (outcome, conflict) = outcome::decide(
        &activity,
        Hints {
            event_id: domain_event_id.as_deref(),
            login_result: login_result.as_deref(),
            status: status.as_deref(),
            message: message.as_deref(),
        },
    );
    if conflict {
        labels.push(outcome::CONFLICT.to_owned());
    }
    let http = http(&mut f, status.as_deref());
    let response_message = http.as_ref().and_then(|http| http.response_message.clone());
    let reason_value = f.text(&["data", "additionalDetails", "reasonValue"]);
    let comments = f.text(&["data", "additionalDetails", "ssoComments"]);
    let reason = if outcome == Outcome::Failure {
        comments.or_else(|| login_result.clone()).or(response_message)
    } else {
        comments
    };

    let people = people::read(&mut f, &activity);
    let source_addresses = source_addresses(&mut f);
    let agent = agent(&mut f);
    let service = service(&mut f);
    let idp = idp(&mut f);
    let protocol = meaning.protocol.or_else(|| protocol(idp.as_ref(), service.as_ref()));
    let session = session(&mut f);
    let (factors, mfa) = factors::read(&mut f, &activity);
    Ok(SignOnEvent {
        same_as: same_as(&mut f, &native_id),
        native_id,
        native_type,
        native_name: Some(name),
        domain_event_id,
        time,
        original_time,
        logged: f.time(&["oracle", "ingestedtime"]),
        activity,
        outcome,
        code: login_result.or(reason_value).or(status),
        reason,
        message,
        user: people.user,
        actor: people.actor,
        app: people.app,
        idp,
        source_addresses,
        agent,
        service,
        target: target(&mut f),
        session,
        factors,
        mfa,
        protocol,
        policy: f.first(&[
            &["data", "additionalDetails", "ssoMatchedSignOnPolicyName"],
            &["data", "additionalDetails", "ssoMatchedSignOnPolicy"],
        ]),
        rule: f.first(&[
            &["data", "additionalDetails", "ssoMatchedSignOnRuleName"],
            &["data", "additionalDetails", "ssoMatchedSignOnRule"],
        ]),
        http,
        cloud: Some(cloud(&mut f, origin)),
        correlation: f.id(&["data", "additionalDetails", "ecId"]),
        class: EventClass::SignOn,
        failure: None,
        source_port: None,
        auth_type: None,
        logon_method: None,
        group: None,
        labels,
        unmapped: f.unmapped(),
        raw: None,
        redacted: Vec::new(),
    })
}

/// The id of the identity domain's AuditEvent that the record was made of: beside the
/// details, and in the AuditEvent's own text where the record carries that.
fn same_as(f: &mut Fields<'_>, native_id: &str) -> Vec<String> {
    const BESIDE: [&str; 3] = ["data", "additionalDetails", "id"];
    let beside = f.peek(&BESIDE).map(Cow::into_owned);
    f.also(&BESIDE, Some(native_id));
    let inside = f
        .node(&["data", "additionalDetails", "auditEventMapValue"])
        .and_then(Node::scalar_text)
        .and_then(|text| {
            let event = Parsed::read(text).ok()?;
            event.root().get("id")?.scalar_text().map(Cow::into_owned)
        });
    let mut ids: Vec<String> = beside.into_iter().chain(inside).collect();
    ids.retain(|id| !id.is_empty() && id != MARK);
    ids.sort();
    ids.dedup();
    ids
}

/// The first place that holds a time, and its text.
fn time(f: &mut Fields<'_>) -> Option<(i64, String)> {
    let places: [&[&str]; 4] = [
        &["eventTime"],
        &["time"],
        &["data", "response", "responseTime"],
        &["oracle", "ingestedtime"],
    ];
    let readable = places.iter().find_map(|place| {
        let text = f.peek(place)?;
        f.time(place).map(|time| (time, text.into_owned()))
    });
    readable.or_else(|| places.iter().find_map(|place| f.any_time(place)))
}

/// Nearest to the person first; proxies follow, as in `X-Forwarded-For`.
fn source_addresses(f: &mut Fields<'_>) -> Vec<String> {
    const CLIENT_IP: [&str; 3] = ["data", "additionalDetails", "clientIp"];
    let main = f.text(&["data", "identity", "ipAddress"]);
    f.also(&CLIENT_IP, main.as_deref());
    main.or_else(|| f.text(&CLIENT_IP)).map(|list| words::hops(&list)).unwrap_or_default()
}

fn agent(f: &mut Fields<'_>) -> Option<Agent> {
    const SSO: [&str; 3] = ["data", "additionalDetails", "ssoUserAgent"];
    let main = f.text(&["data", "identity", "userAgent"]);
    f.also(&SSO, main.as_deref());
    let agent = Agent {
        original: main.or_else(|| f.text(&SSO)),
        browser: f.text(&["data", "additionalDetails", "ssoBrowser"]),
        platform: f.text(&["data", "additionalDetails", "ssoPlatform"]),
    };
    (agent.original.is_some() || agent.browser.is_some() || agent.platform.is_some())
        .then_some(agent)
}

fn service(f: &mut Fields<'_>) -> Option<Named> {
    let name = f.text(&["data", "additionalDetails", "ssoApplicationName"]);
    let uid = f.text(&["data", "additionalDetails", "ssoApplicationId"]);
    let kind = f.text(&["data", "additionalDetails", "ssoApplicationType"]);
    const RELYING_PARTY: [&str; 3] = ["data", "additionalDetails", "ssoRp"];
    f.also(&RELYING_PARTY, uid.as_deref());
    let name = name.or_else(|| f.text(&RELYING_PARTY));
    (name.is_some() || uid.is_some()).then_some(Named { name, uid, kind })
}

fn idp(f: &mut Fields<'_>) -> Option<Idp> {
    let name = f.text(&["data", "additionalDetails", "ssoIdentityProvider"]);
    let kind = f.text(&["data", "additionalDetails", "ssoIdentityProviderType"]);
    (name.is_some() || kind.is_some()).then_some(Idp { name, kind, policy: None, rule: None })
}

/// A protocol only where a field names it.
fn protocol(idp: Option<&Idp>, service: Option<&Named>) -> Option<Protocol> {
    let kinds = [idp.and_then(|idp| idp.kind.as_deref()), service.and_then(|s| s.kind.as_deref())];
    kinds.into_iter().flatten().find_map(words::protocol)
}

fn session(f: &mut Fields<'_>) -> Option<SessionInfo> {
    let single_sign_on = f.text(&["data", "additionalDetails", "ssoSessionId"]);
    let console = f.text(&["data", "identity", "consoleSessionId"]);
    // Stars and our own mark name no credential.
    const CREDENTIALS: [&str; 3] = ["data", "identity", "credentials"];
    let named = f.peek(&CREDENTIALS).is_some_and(|id| id != MARK && !id.starts_with("***"));
    let credential_uid = if named { f.text(&CREDENTIALS) } else { None };
    let (uid, uid_alt) = match single_sign_on {
        Some(uid) => (Some(uid), console),
        None => (console, None),
    };
    let session = SessionInfo {
        uid,
        uid_alt,
        credential_uid,
        created: f.time(&["data", "additionalDetails", "ssoSessionCreateTime"]),
        expires: f.time(&["data", "additionalDetails", "ssoSessionExpiryTime"]),
    };
    let something = session.uid.is_some()
        || session.credential_uid.is_some()
        || session.created.is_some()
        || session.expires.is_some();
    something.then_some(session)
}

fn target(f: &mut Fields<'_>) -> Option<Endpoint> {
    let target = Endpoint {
        name: f.text(&["data", "additionalDetails", "ssoProtectedResource"]),
        hostname: f.text(&["data", "additionalDetails", "hostName"]),
        ip: f.text(&["data", "additionalDetails", "hostIp"]),
        port: None,
    };
    (target.name.is_some() || target.hostname.is_some() || target.ip.is_some()).then_some(target)
}

fn http(f: &mut Fields<'_>, status: Option<&str>) -> Option<HttpInfo> {
    let http = HttpInfo {
        request_id: f.text(&["data", "request", "id"]),
        method: f.text(&["data", "request", "action"]),
        path: f.text(&["data", "request", "path"]),
        url: None,
        referrer: None,
        status: status.and_then(|status| status.parse().ok()),
        response_message: f.text(&["data", "response", "message"]),
    };
    let something = http.request_id.is_some()
        || http.method.is_some()
        || http.path.is_some()
        || http.status.is_some()
        || http.response_message.is_some();
    something.then_some(http)
}

fn cloud(f: &mut Fields<'_>, origin: &Origin) -> CloudPlace {
    let tenancy = f.text(&["data", "identity", "tenantId"]);
    f.also(&["oracle", "tenantid"], tenancy.as_deref());
    let compartment = f.text(&["data", "compartmentId"]);
    f.also(&["oracle", "compartmentid"], compartment.as_deref());
    f.also(&["extensions", "compartmentId"], compartment.as_deref());
    CloudPlace {
        realm: origin.realm.clone(),
        region: origin.region.clone(),
        zone: f.text(&["data", "availabilityDomain"]),
        account_uid: compartment,
        account_name: f.text(&["data", "compartmentName"]),
        organization_uid: tenancy.or_else(|| f.text(&["oracle", "tenantid"])),
        // In the Logging shape `source` is a resource's name, not a service.
        domain: None,
        service: if f.node(&["specversion"]).is_none() { f.text(&["source"]) } else { None },
    }
}
