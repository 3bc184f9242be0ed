//! What lines and events say, read without the code that wrote them.

use super::*;
use crate::fields::rfc3339;

/// Parsed the way most consumers do, strictly.
pub fn parse(line: &str) -> Value {
    assert!(!line.contains(['\n', '\r']), "more than one line: {line}");
    let value: Value = serde_json::from_str(line).unwrap();
    assert!(value.is_object(), "no object: {line}");
    value
}

/// Every leaf with its dotted path; arrays are transparent.
pub fn paths(value: &Value) -> Vec<(String, Value)> {
    fn walk(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, path, found)),
            Value::Object(members) => {
                for (key, member) in members {
                    let dot = if path.is_empty() { "" } else { "." };
                    walk(member, &format!("{path}{dot}{key}"), found);
                }
            }
            leaf => found.push((path.to_owned(), leaf.clone())),
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// Whether anything in a value is null or empty.
pub fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty() || items.iter().any(is_hollow),
        Value::Object(members) => members.is_empty() || members.values().any(is_hollow),
        _ => false,
    }
}

/// Everything that an event says in words of its source.
pub fn said_by(event: &SignOnEvent) -> Vec<String> {
    let mut said = vec![
        some(&event.native_id),
        some(&event.native_type),
        // Written as everywhere, it is the time.
        some(&event.original_time).filter(|text| rfc3339(event.time).as_ref() != Some(text)),
        event.native_name.clone(),
        event.domain_event_id.clone(),
        event.code.clone(),
        event.reason.clone(),
        event.message.clone(),
        event.policy.clone(),
        event.rule.clone(),
        event.correlation.clone(),
        event.auth_type.clone(),
        event.logon_method.clone(),
        event.group.clone(),
        event.source_port.map(|port| port.to_string()),
        event.raw.clone(),
        event.mfa.map(|mfa| mfa.to_string()),
        event.logged.map(|time| time.to_string()),
        some(&event.time.to_string()),
    ];
    for who in [&event.user, &event.actor].into_iter().flatten().cloned() {
        said.extend([who.name, who.uid, who.uid_alt, who.display_name, who.email, who.domain]);
        said.push(who.dn);
        said.extend(match who.kind {
            UserKind::Other(word) => Some(Some(word)),
            _ => None,
        });
    }
    for named in [&event.app, &event.service].into_iter().flatten().cloned() {
        said.extend([named.name, named.uid, named.kind]);
    }
    said.extend(
        event.idp.clone().into_iter().flat_map(|idp| [idp.name, idp.kind, idp.policy, idp.rule]),
    );
    let agents = event.agent.clone().into_iter();
    said.extend(agents.flat_map(|agent| [agent.original, agent.browser, agent.platform]));
    let targets = event.target.clone().into_iter();
    said.extend(targets.flat_map(|target| {
        [target.name, target.hostname, target.ip, target.port.map(|port| port.to_string())]
    }));
    if let Some(session) = event.session.clone() {
        said.extend([session.uid, session.uid_alt, session.credential_uid]);
        said.extend([session.created, session.expires].map(|time| Some(time?.to_string())));
    }
    if let Some(http) = event.http.clone() {
        said.extend([http.request_id, http.method, http.path, http.response_message]);
        said.extend([http.url, http.referrer]);
        said.push(http.status.map(|status| status.to_string()));
    }
    if let Some(cloud) = event.cloud.clone() {
        said.extend([cloud.realm, cloud.region, cloud.zone, cloud.account_uid]);
        said.extend([cloud.account_name, cloud.organization_uid, cloud.service]);
        let domains = cloud.domain.into_iter();
        said.extend(domains.flat_map(|domain| [domain.uid, domain.name, domain.display_name]));
    }
    for factor in event.factors.iter().cloned() {
        said.extend([Some(factor.name), factor.outcome]);
        said.extend(match factor.kind {
            FactorKind::Other(word) => Some(Some(word)),
            _ => None,
        });
    }
    for texts in [&event.source_addresses, &event.labels, &event.redacted] {
        said.extend(texts.iter().cloned().map(Some));
    }
    for word in [
        match &event.activity {
            Activity::Other(word) => Some(word),
            _ => None,
        },
        match &event.outcome {
            Outcome::Other(word) => Some(word),
            _ => None,
        },
        match &event.protocol {
            Some(Protocol::Other(word)) => Some(word),
            _ => None,
        },
    ] {
        said.push(word.cloned());
    }
    said.into_iter().flatten().filter(|text| !text.is_empty()).collect()
}
