//! The neutral event of a record of an identity domain.

use std::borrow::Cow;

use super::attributes as at;
use super::kinds::{self, Kind};
use super::record::{Place, Record};
use super::{identities, origin};
use crate::contract::{
    Activity, CloudPlace, EventClass, Factor, IdentityDomain, Idp, Named, Outcome, Protocol,
    SignOnEvent,
};
use crate::factors;
use crate::outcome::{self, Hints};
use crate::redact::MARK;
use crate::time;
use crate::user_kinds;

/// Set when a way around the second factor was made or removed.
pub const MFA_BYPASS: &str = "mfa-bypass";

/// The AuditEvent's id, in what carries one.
const ID: Place = Place::named(&["id"]);

/// What a source decides about a record itself.
#[derive(Debug, Default)]
pub struct Head {
    /// The id of the event.
    pub native_id: String,
    /// The source's own type.
    pub native_type: String,
    /// What OCI calls the operation.
    pub native_name: Option<String>,
    /// What that name, or the type, says.
    pub kind: Option<Kind>,
    /// When it happened, and as received.
    pub time: (i64, String),
    /// Remarks so far.
    pub labels: Vec<String>,
    /// Realm key, where the source knows it.
    pub realm: Option<String>,
    /// Region identifier, where the source knows it.
    pub region: Option<String>,
}

/// What the domain calls the event, without taking it.
pub fn event_id<'n>(record: &Record<'n>) -> Option<Cow<'n, str>> {
    record.peek(&at::EVENT_ID)
}

/// The event of a record: what its source decided, and what the record says.
pub fn event(mut record: Record<'_>, head: Head) -> SignOnEvent {
    let Head { native_id, native_type, native_name, kind, time: (time, original_time), .. } = head;
    let mut labels = head.labels;
    let same_as = same_as(&mut record, &native_id);
    let event_id = record.text(&at::EVENT_ID);
    let known = kind_of(&record, event_id.as_deref(), kind);
    let Kind { class, activity, protocol } = known.clone().unwrap_or(UNKNOWN);
    let own_name = || event_id.as_deref().or(native_name.as_deref()).unwrap_or(&native_type);
    let activity = activity.unwrap_or_else(|| Activity::Other(own_name().to_owned()));
    if activity == Activity::BypassCode {
        labels.push(MFA_BYPASS.to_owned());
    }
    let result = result(&mut record, &activity, event_id.as_deref());
    if result.conflict {
        labels.push(outcome::CONFLICT.to_owned());
    }
    let identities = identities::read(&mut record, class, event_id.as_deref());
    // What no table knows, and tells how somebody fared, is a sign-on.
    let tells = matches!(result.outcome, Outcome::Success | Outcome::Failure);
    let unknown = known.is_none() && event_id.is_some();
    let class =
        if unknown && tells && identities.user.is_some() { EventClass::SignOn } else { class };

    let (source_addresses, source_port) = origin::source(&mut record);
    let agent = origin::agent(&mut record);
    let service = origin::service(&mut record);
    let idp = origin::provider(&mut record);
    let protocol = protocol.or_else(|| protocol_of(idp.as_ref(), service.as_ref()));
    let session = origin::session(&mut record);
    let (factors, mfa) = proofs(&mut record, &activity);
    let target = origin::target(&mut record);
    let http = origin::http(&mut record, result.status.as_deref());
    let cloud = cloud(&mut record, head.realm, head.region);
    let correlation = record.id(&at::EXECUTION);
    // The execution context again, in newer records.
    let group = record.id(&at::GROUP).filter(|group| Some(group) != correlation.as_ref());
    let logged = record.time(&at::CREATED).or_else(|| stored(&mut record));
    SignOnEvent {
        native_id,
        same_as,
        native_type,
        native_name,
        domain_event_id: event_id,
        time,
        original_time,
        logged,
        class,
        activity,
        outcome: result.outcome,
        code: result.code,
        reason: result.reason,
        failure: result.failure,
        message: result.message,
        user: identities.user,
        actor: identities.actor,
        app: identities.app,
        idp,
        source_addresses,
        source_port,
        agent,
        service,
        target,
        session,
        factors,
        mfa,
        protocol,
        auth_type: record.text(&at::AUTH_TYPE),
        logon_method: None,
        policy: record.text(&at::POLICY),
        rule: record.text(&at::RULE),
        http,
        cloud,
        correlation,
        group,
        labels,
        unmapped: record.unmapped(),
        raw: None,
        redacted: Vec::new(),
    }
}

/// When the domain stored a row.
fn stored(record: &mut Record<'_>) -> Option<i64> {
    let text = record.fields().peek(&at::META_CREATED)?;
    if time::is_exact(&text) {
        return record.fields().time(&at::META_CREATED);
    }
    time::parse(&text)
}

/// What no table knows.
const UNKNOWN: Kind = Kind { class: EventClass::Other, activity: None, protocol: None };

/// By the domain's id where a table knows it, else by the name that OCI gives, else by
/// the words in the id.
fn kind_of(record: &Record<'_>, event_id: Option<&str>, named: Option<Kind>) -> Option<Kind> {
    let by_id = event_id.and_then(kinds::of_id);
    let tells = |kind: &Kind| kind.activity.is_some();
    // Of ids a family may be all that is known; a name that is of an account has a row.
    let is_account = |kind: &Kind| kind.class == EventClass::Account;
    let named = || named.clone();
    let mut kind = by_id
        .clone()
        .filter(tells)
        .or_else(|| named().filter(|kind| tells(kind) || is_account(kind)))
        .or(by_id)
        .or_else(named)?;
    if kind.activity == Some(Activity::AccountUpdate)
        && let Some(blocked) = record.peek(&BLOCKED)
    {
        let blocked = blocked.eq_ignore_ascii_case("true");
        kind.activity = Some(if blocked { Activity::AccountLock } else { Activity::AccountUnlock });
    }
    Some(kind)
}

/// Whether a user may sign in, as `UpdateUserState` is asked to set it.
const BLOCKED: Place = Place {
    names: &["blocked"],
    elsewhere: &[
        &["data", "stateChange", "current", "blocked"],
        &["data", "request", "payload", "blocked"],
        &["data", "request", "parameters", "blocked"],
    ],
};

/// The ids of the AuditEvent that the record was made of: beside the details, and in the
/// AuditEvent's own text.
fn same_as(record: &mut Record<'_>, native_id: &str) -> Vec<String> {
    if record.is_bare() {
        return Vec::new();
    }
    let mut ids = record.all(&ID);
    record.take_same(&ID, native_id);
    ids.retain(|id| id != MARK);
    ids.sort();
    ids.dedup();
    ids
}

/// How it ended.
struct Ending {
    outcome: Outcome,
    conflict: bool,
    code: Option<String>,
    reason: Option<String>,
    failure: Option<crate::contract::FailureClass>,
    message: Option<String>,
    status: Option<String>,
}

fn result(record: &mut Record<'_>, activity: &Activity, event_id: Option<&str>) -> Ending {
    let message = record.text(&at::MESSAGE);
    let login_result = record.peek(&at::LOGIN_RESULT).map(Cow::into_owned);
    let status = record.text_if(&at::STATUS, &|status| status.parse::<u16>().is_ok());
    let hints = Hints {
        event_id,
        login_result: login_result.as_deref(),
        status: status.as_deref(),
        message: message.as_deref(),
    };
    let (outcome, conflict) = outcome::decide(activity, hints);
    let failed = outcome == Outcome::Failure;
    let code = record.text(&at::REASON).or_else(|| login_result.clone()).or_else(|| status.clone());
    let said = record.text(&at::COMMENTS);
    // The answer's message is a field of its own, and is left for it.
    let answered = record.peek(&at::RESPONSE_MESSAGE).map(Cow::into_owned);
    let of_failure = || login_result.clone().or(answered).or_else(|| message.clone());
    let reason = if failed { said.or_else(of_failure) } else { said };
    // It stays where it is if neither says it.
    if let Some(result) = &login_result
        && (code == login_result || reason == login_result)
    {
        record.take_same(&at::LOGIN_RESULT, result);
    }
    let failure = if failed {
        outcome::failure_class(code.as_deref(), reason.as_deref(), event_id)
    } else {
        None
    };
    Ending { outcome, conflict, code, reason, failure, message, status }
}

/// A protocol only where a field names it.
fn protocol_of(idp: Option<&Idp>, service: Option<&Named>) -> Option<Protocol> {
    let kinds = [idp.and_then(|idp| idp.kind.as_deref()), service.and_then(|s| s.kind.as_deref())];
    kinds.into_iter().flatten().find_map(user_kinds::protocol)
}

/// The factors, and whether there was more than one, as far as that is known.
fn proofs(record: &mut Record<'_>, activity: &Activity) -> (Vec<Factor>, Option<bool>) {
    let mut list = |place: &Place| {
        let mut list = record.text(place).map(|text| factors::parse(&text)).unwrap_or_default();
        for factor in &mut list {
            // `{USERNAME_PASSWORD=}` says nothing of how it went.
            factor.outcome = factor.outcome.take().filter(|outcome| !outcome.is_empty());
        }
        list
    };
    let mut factors = list(&at::FACTORS_DONE);
    let completed = factors.len();
    for factor in list(&at::FACTOR) {
        let is_same = |known: &Factor| {
            known.name == factor.name
                && (factor.outcome.is_none() || known.outcome == factor.outcome)
        };
        if !factors.iter().any(is_same) {
            factors.push(factor);
        }
    }
    let mfa = match (activity, completed) {
        (Activity::MfaChallenge | Activity::MfaVerify, _) => Some(true),
        (_, 0) => None,
        (_, 1) => Some(false),
        _ => Some(true),
    };
    (factors, mfa)
}

fn cloud(
    record: &mut Record<'_>,
    realm: Option<String>,
    region: Option<String>,
) -> Option<CloudPlace> {
    let domain = IdentityDomain {
        uid: record.text(&at::DOMAIN_ID),
        name: record.text(&at::DOMAIN_NAME),
        display_name: record.text(&at::DOMAIN_DISPLAY_NAME),
    };
    let in_domain = domain.uid.is_some() || domain.name.is_some() || domain.display_name.is_some();
    // In the Logging shape `source` is a resource's name, not a service.
    let is_logging = record.fields().node(&["specversion"]).is_some();
    let of_record = !record.is_bare() && !is_logging;
    let by_source = if of_record { record.fields().text(&["source"]) } else { None };
    let cloud = CloudPlace {
        realm,
        region,
        zone: record.text(&at::ZONE),
        account_uid: record.text(&at::COMPARTMENT),
        account_name: record.text(&at::COMPARTMENT_NAME),
        organization_uid: record.text(&at::TENANCY),
        service: by_source.or_else(|| record.text(&at::SERVICE)),
        domain: in_domain.then_some(domain),
    };
    let something = cloud.account_uid.is_some()
        || cloud.organization_uid.is_some()
        || cloud.service.is_some()
        || cloud.domain.is_some();
    (something || !record.is_bare()).then_some(cloud)
}
