//! Every text of an event but `raw` and `unmapped`. Written out field by field, so
//! that a field which the contract gains does not compile until it is here.

use crate::contract::{
    Activity, Agent, CloudPlace, Endpoint, Factor, FactorKind, HttpInfo, Identity, IdentityDomain,
    Idp, Named, Outcome, Protocol, SessionInfo, SignOnEvent, UserKind,
};

/// Calls `see` with each text.
pub fn each_text(event: &SignOnEvent, see: &mut dyn FnMut(&str)) {
    let SignOnEvent {
        native_id,
        same_as,
        native_type,
        native_name,
        domain_event_id,
        time: _,
        original_time,
        logged: _,
        class: _,
        activity,
        outcome,
        code,
        reason,
        failure: _,
        message,
        user,
        actor,
        app,
        idp,
        source_addresses,
        source_port: _,
        agent,
        service,
        target,
        session,
        factors,
        mfa: _,
        protocol,
        auth_type,
        logon_method,
        policy,
        rule,
        http,
        cloud,
        correlation,
        group,
        labels,
        unmapped: _,
        raw: _,
        redacted,
    } = event;
    [native_id, native_type, original_time].into_iter().for_each(|text| see(text));
    let described = [native_name, domain_event_id, code, reason, message, policy, rule];
    let optional = described.into_iter().chain([auth_type, logon_method, correlation, group]);
    optional.flatten().for_each(|text| see(text));
    for texts in [same_as, source_addresses, labels, redacted] {
        texts.iter().for_each(|text| see(text));
    }
    if let Activity::Other(name) = activity {
        see(name);
    }
    if let Outcome::Other(word) = outcome {
        see(word);
    }
    if let Some(Protocol::Other(name)) = protocol {
        see(name);
    }
    [user, actor].into_iter().flatten().for_each(|identity| of_identity(identity, see));
    for named in [app, service].into_iter().flatten() {
        let Named { name, uid, kind } = named;
        all(&[name, uid, kind], see);
    }
    if let Some(Idp { name, kind, policy, rule }) = idp {
        all(&[name, kind, policy, rule], see);
    }
    if let Some(Agent { original, browser, platform }) = agent {
        all(&[original, browser, platform], see);
    }
    if let Some(Endpoint { name, hostname, ip, port: _ }) = target {
        all(&[name, hostname, ip], see);
    }
    if let Some(SessionInfo { uid, uid_alt, credential_uid, created: _, expires: _ }) = session {
        all(&[uid, uid_alt, credential_uid], see);
    }
    for Factor { kind, name, outcome } in factors {
        if let FactorKind::Other(kind) = kind {
            see(kind);
        }
        see(name);
        all(&[outcome], see);
    }
    if let Some(http) = http {
        let HttpInfo { request_id, method, path, url, referrer, status: _, response_message } =
            http;
        all(&[request_id, method, path, url, referrer, response_message], see);
    }
    if let Some(cloud) = cloud {
        let CloudPlace {
            realm,
            region,
            zone,
            account_uid,
            account_name,
            organization_uid,
            service,
            domain,
        } = cloud;
        all(&[realm, region, zone, account_uid, account_name, organization_uid, service], see);
        if let Some(IdentityDomain { uid, name, display_name }) = domain {
            all(&[uid, name, display_name], see);
        }
    }
}

/// About how much memory an event takes, in bytes.
pub fn event_bytes(event: &SignOnEvent) -> u64 {
    let mut bytes = size_of::<SignOnEvent>();
    each_text(event, &mut |text| bytes += text.len() + size_of::<String>());
    let unmapped = event.unmapped.len();
    let raw = event.raw.as_ref().map_or(0, |text| text.len());
    (bytes + unmapped + raw) as u64
}

fn of_identity(identity: &Identity, see: &mut dyn FnMut(&str)) {
    let Identity { name, uid, uid_alt, display_name, email, domain, dn, kind } = identity;
    all(&[name, uid, uid_alt, display_name, email, domain, dn], see);
    if let UserKind::Other(kind) = kind {
        see(kind);
    }
}

fn all(texts: &[&Option<String>], see: &mut dyn FnMut(&str)) {
    texts.iter().copied().flatten().for_each(|text| see(text));
}
