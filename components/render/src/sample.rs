//! What tests of lines need: an event with as many fields as any, one with as few, and what
//! a line says.

use std::collections::HashSet;

use chrono::DateTime;
use serde_json::Value;
use signon_contract::{
    Activity, Agent, CloudPlace, Endpoint, EventClass, Factor, FactorKind, HttpInfo, Identity, Idp,
    Named, Outcome, SessionInfo, SignOnEvent, UserKind,
};

/// A record with as many fields as any.
pub const RECORD: &str = include_str!(
    "../../../tests/fixtures/oci/identitysignon-interactivelogin-success-identitydomain.logging.json"
);

/// A text that is there.
pub fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What `oci_audit` makes of [`RECORD`], with little of `unmapped`, and with the
/// region of a record that was fetched.
pub fn sample_event() -> SignOnEvent {
    let compartment = "ocid1.tenancy.oc1..aaaaaexampleaaaaa";
    SignOnEvent {
        native_id: "fd380a65-c887-4d48-8a52-c405c0c96bc4".to_owned(),
        same_as: Vec::new(),
        native_type: "com.oraclecloud.IdentitySignOn.InteractiveLogin".to_owned(),
        native_name: some("InteractiveLogin"),
        domain_event_id: some("sso.session.create.success"),
        time: 1_646_846_313_983,
        original_time: "2022-03-09T17:18:33.983Z".to_owned(),
        logged: Some(1_646_846_318_743),
        activity: Activity::Logon,
        outcome: Outcome::Success,
        code: None,
        reason: some("Session create success"),
        message: some("InteractiveLogin succeeded"),
        user: Some(Identity {
            name: some("gstest6"),
            uid: some("bf1662629b0b46df83e93a39a842ed35"),
            uid_alt: None,
            display_name: some("GS Test6"),
            email: None,
            domain: some("Default"),
            dn: None,
            kind: UserKind::User,
        }),
        actor: None,
        app: None,
        idp: Some(Idp {
            name: some("UserNamePassword"),
            kind: some("LOCAL"),
            policy: None,
            rule: None,
        }),
        source_addresses: vec!["10.0.64.2".to_owned()],
        agent: Some(Agent {
            original: some(
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:97.0) Gecko/20100101 Firefox/97.0",
            ),
            browser: some("Firefox"),
            platform: some("Mac OS X"),
        }),
        service: Some(Named {
            name: some("IAM LoginClient"),
            uid: some("LoginClient_APPID"),
            kind: some("APP"),
        }),
        target: Some(Endpoint {
            name: some("https://cloud.oracle.com"),
            hostname: some("idcs-sso-56d"),
            ip: some("10.244.28.18"),
            port: None,
        }),
        session: Some(SessionInfo {
            uid: some("61142895dd5b4d"),
            uid_alt: None,
            credential_uid: None,
            created: Some(1_646_846_313_000),
            expires: Some(1_646_875_113_000),
        }),
        factors: vec![Factor {
            kind: FactorKind::Password,
            name: "USERNAME_PASSWORD".to_owned(),
            outcome: some("AUTH_SUCCESS"),
        }],
        mfa: Some(false),
        protocol: None,
        policy: some("Default Sign-On Policy"),
        rule: some("Default Sign-On Rule"),
        http: Some(HttpInfo {
            request_id: some("DWsez1ESf10000000"),
            method: None,
            path: None,
            url: None,
            referrer: None,
            status: None,
            response_message: None,
        }),
        cloud: Some(CloudPlace {
            realm: some("oc1"),
            region: some("us-ashburn-1"),
            zone: some("AD3"),
            account_uid: some(compartment),
            account_name: some("cc"),
            organization_uid: some(compartment),
            service: None,
            domain: None,
        }),
        correlation: some("vm4Cr1w^j00000000"),
        class: EventClass::SignOn,
        failure: None,
        source_port: None,
        auth_type: None,
        logon_method: None,
        group: None,
        labels: vec![],
        unmapped:
            r#"{"data":{"additionalDetails":{"ssoLocalIp":"127.0.0.1","n":9007199254740993}}}"#
                .to_owned(),
        raw: some(RECORD),
        redacted: vec![],
    }
}

/// An event that says no more than the contract demands.
pub fn bare_event(activity: Activity, outcome: Outcome) -> SignOnEvent {
    SignOnEvent {
        native_id: "id-1".to_owned(),
        same_as: Vec::new(),
        native_type: "com.oraclecloud.IdentitySignOn.Something".to_owned(),
        activity,
        outcome,
        native_name: None,
        domain_event_id: None,
        logged: None,
        reason: None,
        message: None,
        user: None,
        idp: None,
        source_addresses: vec![],
        agent: None,
        service: None,
        target: None,
        session: None,
        factors: vec![],
        mfa: None,
        policy: None,
        rule: None,
        http: None,
        cloud: None,
        correlation: None,
        unmapped: "{}".to_owned(),
        raw: None,
        ..sample_event()
    }
}

/// Every leaf of a line as text; times also in milliseconds.
pub fn leaves_of(line: &Value) -> HashSet<String> {
    let mut found = HashSet::new();
    leaves(line, &mut found);
    let milliseconds: Vec<String> = found
        .iter()
        .filter_map(|text| match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Some(time.timestamp_millis().to_string()),
            Err(_) => text.strip_suffix("000000").map(str::to_owned),
        })
        .collect();
    found.extend(milliseconds);
    found
}

fn leaves(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(members) => members.values().for_each(|member| leaves(member, found)),
        other => drop(found.insert(other.to_string())),
    }
}
