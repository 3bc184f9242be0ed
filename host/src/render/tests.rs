//! What a line says of an event: by example, by law, and to the byte.

mod arbitrary;
mod context;
mod examples;
mod golden;
mod laws;
mod listed_fields;
mod ocsf_laws;
mod reading;
mod records;
mod schemas;

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Context, Format, Keep, Owner, UnknownFormat, event_id};
use crate::contract::{
    Activity, Agent, CloudPlace, Endpoint, EventClass, Factor, FactorKind, HttpInfo, Identity, Idp,
    Named, Outcome, Protocol, SessionInfo, SignOnEvent, UserKind,
};

/// Every version of OCSF.
const OCSF: [Format; 4] = [Format::Ocsf, Format::Ocsf1_5, Format::Ocsf1_7, Format::Ocsf1_9];

/// A record with as many fields as any.
const RECORD: &str = include_str!(
    "../../../tests/fixtures/oci/identitysignon-interactivelogin-success-identitydomain.logging.json"
);

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What `oci-audit` makes of [`RECORD`], with little of `unmapped`, and with the
/// region of a record that was fetched.
pub(crate) fn sample_event() -> SignOnEvent {
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
fn bare_event(activity: Activity, outcome: Outcome) -> SignOnEvent {
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

/// Whose the events of these tests are.
static OWNER: LazyLock<Owner> = LazyLock::new(|| Owner {
    tenant: "acme".to_owned(),
    source: "acme_oci".to_owned(),
    labels: [("environment".to_owned(), "production".to_owned())].into(),
});

/// A line with everything that it can say.
fn render(event: &SignOnEvent, component: &str, format: Format) -> String {
    keeping(event, component, Keep::ALL, format)
}

fn keeping(event: &SignOnEvent, component: &str, keep: Keep, format: Format) -> String {
    super::render(event, &Context { component, owner: &OWNER, keep }, format)
}

fn ocsf(event: &SignOnEvent) -> Value {
    ocsf_of(event, "oci-audit")
}

fn ocsf_of(event: &SignOnEvent, source: &str) -> Value {
    rendered(event, source, Format::Ocsf)
}

fn rendered(event: &SignOnEvent, source: &str, format: Format) -> Value {
    serde_json::from_str(&render(event, source, format)).unwrap()
}

/// The attributes of an OpenTelemetry log record, each with its one value.
fn attributes(record: &Value) -> serde_json::Map<String, Value> {
    let mut found = serde_json::Map::new();
    for attribute in record["attributes"].as_array().unwrap() {
        assert_eq!(attribute["value"].as_object().unwrap().len(), 1, "{attribute}");
        let key = attribute["key"].as_str().unwrap().to_owned();
        let before = found.insert(key, attribute["value"].clone());
        assert_eq!(before, None, "{attribute} is there twice");
    }
    found
}
