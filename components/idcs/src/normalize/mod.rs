//! One AuditEvents row to one neutral event.
//!
//! Secrets leave the text first (one-time codes of text messages stand in these
//! rows in clear); only the redacted text is read further. Every row with a time
//! becomes an event: what is no sign-on is told by its activity, not left out.

mod factors;
pub mod names;
mod people;

use signon_kit::contract::{
    Activity, Agent, CloudPlace, Endpoint, EventClass, Idp, Named, Outcome, Protocol, ReadOptions,
    SessionInfo, SignOnEvent,
};
use signon_kit::fields::Fields;
use signon_kit::json::{Kind, Parsed};
use signon_kit::outcome::{self, Hints};
use signon_kit::people as words;
use signon_kit::redact::redact;

use crate::walk::RowKey;

pub use signon_kit::identity::ID_FROM_CONTENT;

/// Set when a way around the second factor was made or removed.
pub const MFA_BYPASS: &str = "mfa-bypass";

/// Type of a row that was fetched without its `eventId`.
const NO_TYPE: &str = "AuditEvent";

/// Where the event id stands; clients and exports spell it in several ways.
const EVENT_ID: [&[&str]; 3] = [&["eventId"], &["eventid"], &["eventID"]];

/// A row that cannot become an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// Why.
    pub reason: String,
    /// The row without its secrets; `None` where it could not be scrubbed.
    pub scrubbed: Option<String>,
}

/// Whether a member of a row is when it happened; clients and exports spell it in
/// several ways.
pub fn is_time(key: &str) -> bool {
    key.eq_ignore_ascii_case("timestamp")
}

/// A row without its secrets, and the JSON Pointers of what was taken out.
///
/// # Errors
///
/// [`Unreadable`] for what is no JSON.
pub fn clean(text: &str) -> Result<(Parsed<'_>, Vec<String>), Unreadable> {
    let unreadable = |reason: String| Unreadable { reason, scrubbed: None };
    let parsed = Parsed::read(text).map_err(|error| unreadable(format!("not JSON: {error}")))?;
    Ok(redact(parsed, &[]))
}

/// Makes an event of a row's text, under its key.
///
/// # Errors
///
/// [`Unreadable`] for what is no JSON object or has no time.
pub fn row(text: &str, key: RowKey, options: ReadOptions) -> Result<SignOnEvent, Unreadable> {
    let (clean, redacted) = clean(text)?;
    let mut event = read(Fields::new(&clean, options.text_limit), &clean, key)?;
    event.raw = options.keep_raw.then(|| clean.text().to_owned());
    event.redacted = redacted;
    Ok(event)
}

fn read(mut f: Fields<'_>, parsed: &Parsed<'_>, key: RowKey) -> Result<SignOnEvent, Unreadable> {
    let clean = parsed.text();
    let unreadable =
        |reason: &str| Unreadable { reason: reason.to_owned(), scrubbed: Some(clean.to_owned()) };
    if parsed.root().kind() != Kind::Object {
        return Err(unreadable("not a JSON object"));
    }
    let (time, original_time) = time(&mut f, key.time)
        .ok_or_else(|| unreadable("no readable timestamp: not an AuditEvents row"))?;
    let mut labels = Vec::new();
    match key.id.filter(|_| key.has_name) {
        Some(id) => {
            f.take_saying(&["id"], &id);
        }
        None => labels.push(ID_FROM_CONTENT.to_owned()),
    }
    let event_id = EVENT_ID.iter().find_map(|path| f.peek(path));
    let native_type = event_id.as_deref().unwrap_or(NO_TYPE).to_owned();
    let activity = names::activity(&native_type);
    if activity == Activity::BypassCode {
        labels.push(MFA_BYPASS.to_owned());
    }
    let message = f.text(&["message"]);
    let (outcome, conflict) = outcome(&activity, event_id.as_deref(), message.as_deref());
    if conflict {
        labels.push(outcome::CONFLICT.to_owned());
    }
    let comments = f.text(&["ssoComments"]);
    let failed = outcome == Outcome::Failure;
    let reason = comments.or_else(|| message.clone().filter(|_| failed));
    // Reads the event id itself, which is taken only then.
    let people = people::read(&mut f, &activity);
    f.first(&EVENT_ID);
    let service = service(&mut f);
    let idp = idp(&mut f);
    let (factors, mfa) = factors::read(&mut f, &activity);
    Ok(SignOnEvent {
        native_id: key.name,
        same_as: Vec::new(),
        native_type,
        native_name: None,
        domain_event_id: None,
        time,
        original_time,
        logged: f.time(&["meta", "created"]),
        activity,
        outcome,
        code: f.text(&["reasonValue"]),
        reason,
        message,
        user: people.user,
        actor: people.actor,
        app: people.app,
        protocol: protocol(idp.as_ref(), service.as_ref()),
        idp,
        source_addresses: source_addresses(&mut f),
        agent: agent(&mut f),
        service,
        target: target(&mut f),
        session: session(&mut f),
        factors,
        mfa,
        policy: f.first(&[&["ssoMatchedSignOnPolicyName"], &["ssoMatchedSignOnPolicy"]]),
        rule: f.first(&[&["ssoMatchedSignOnRuleName"], &["ssoMatchedSignOnRule"]]),
        http: None,
        cloud: cloud(&mut f),
        correlation: f.id(&["ecId"]),
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

/// When it happened; when it was stored, for a row fetched without that.
fn time(f: &mut Fields<'_>, known: Option<(i64, String)>) -> Option<(i64, String)> {
    match known {
        Some((time, text)) => {
            f.take_where(is_time, &text);
            Some((time, text.trim().to_owned()))
        }
        None => f.any_time(&["meta", "created"]),
    }
}

/// The tail of the event id says it, and nothing else is a result.
fn outcome(activity: &Activity, event_id: Option<&str>, message: Option<&str>) -> (Outcome, bool) {
    let hints = Hints { event_id, message, ..Hints::default() };
    match activity {
        // Ids of this family are known by their prefix only: one that does not
        // say how it went is no success, as it is where only successes are written.
        Activity::MfaVerify => outcome::decide(&Activity::SessionModify, hints),
        activity => outcome::decide(activity, hints),
    }
}

/// Nearest to the person first; a redacted address stays as it is.
fn source_addresses(f: &mut Fields<'_>) -> Vec<String> {
    words::hops(&f.text(&["clientIp"]).unwrap_or_default())
}

fn agent(f: &mut Fields<'_>) -> Option<Agent> {
    let agent = Agent {
        original: f.text(&["ssoUserAgent"]),
        browser: f.text(&["ssoBrowser"]),
        platform: f.text(&["ssoPlatform"]),
    };
    (agent.original.is_some() || agent.browser.is_some() || agent.platform.is_some())
        .then_some(agent)
}

/// The application, or the relying party where none is named.
fn service(f: &mut Fields<'_>) -> Option<Named> {
    let uid = f.text(&["ssoApplicationId"]);
    let name = f.first(&[&["ssoApplicationName"], &["ssoRp"]]);
    let kind = f.text(&["ssoApplicationType"]);
    (name.is_some() || uid.is_some() || kind.is_some()).then_some(Named { name, uid, kind })
}

fn idp(f: &mut Fields<'_>) -> Option<Idp> {
    let name = f.text(&["ssoIdentityProvider"]);
    let kind = f.text(&["ssoIdentityProviderType"]);
    (name.is_some() || kind.is_some()).then_some(Idp { name, kind, policy: None, rule: None })
}

/// A protocol only where a field names it.
fn protocol(idp: Option<&Idp>, service: Option<&Named>) -> Option<Protocol> {
    let kinds = [idp.and_then(|idp| idp.kind.as_deref()), service.and_then(|s| s.kind.as_deref())];
    kinds.into_iter().flatten().find_map(words::protocol)
}

fn session(f: &mut Fields<'_>) -> Option<SessionInfo> {
    let session = SessionInfo {
        uid: f.text(&["ssoSessionId"]),
        uid_alt: None,
        credential_uid: None,
        created: f.time(&["ssoSessionCreateTime"]),
        expires: f.time(&["ssoSessionExpiryTime"]),
    };
    (session.uid.is_some() || session.created.is_some() || session.expires.is_some())
        .then_some(session)
}

fn target(f: &mut Fields<'_>) -> Option<Endpoint> {
    let target = Endpoint {
        name: f.text(&["ssoProtectedResource"]),
        hostname: f.first(&[&["ssoApplicationHostId"], &["hostName"]]),
        ip: f.text(&["hostIp"]),
        port: None,
    };
    (target.name.is_some() || target.hostname.is_some() || target.ip.is_some()).then_some(target)
}

fn cloud(f: &mut Fields<'_>) -> Option<CloudPlace> {
    let cloud = CloudPlace {
        realm: None,
        region: None,
        zone: None,
        account_uid: f.text(&["compartmentOcid"]),
        account_name: None,
        organization_uid: f.text(&["tenancyOcid"]),
        service: f.text(&["serviceName"]),
        domain: None,
    };
    (cloud.account_uid.is_some() || cloud.organization_uid.is_some() || cloud.service.is_some())
        .then_some(cloud)
}
