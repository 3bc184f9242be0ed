//! Laws of reports.

mod examples;
mod formats;
mod passes;
mod searches;

use crate::contract::{
    Activity, CloudPlace, EventClass, Factor, FactorKind, HttpInfo, Identity, IdentityDomain,
    Named, Outcome, SessionInfo, SignOnEvent, UserKind,
};
use crate::render::{Context, Format, render};

/// Every format that a report reads by itself; `raw` goes through components.
const FORMATS: [Format; 6] =
    [Format::Ocsf, Format::Ocsf1_5, Format::Ocsf1_7, Format::Ocsf1_9, Format::Ecs, Format::Otel];

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn line(event: &SignOnEvent, format: Format) -> String {
    render(event, &Context::of("oci_audit"), format)
}

fn lines(events: &[SignOnEvent], format: Format) -> String {
    events.iter().map(|event| line(event, format) + "\n").collect()
}

fn user(name: &str) -> Identity {
    Identity {
        name: some(name),
        uid: Some(format!("ocid1.user.oc1..{name}")),
        uid_alt: None,
        display_name: None,
        email: None,
        domain: some("Default"),
        dn: None,
        kind: UserKind::User,
    }
}

/// A sign-on, minutes after the beginning of 2026.
fn sign_on(name: &str, address: &str, minutes: i64, outcome: Outcome) -> SignOnEvent {
    SignOnEvent {
        native_id: format!("{name}-{minutes}"),
        same_as: Vec::new(),
        native_type: "com.oraclecloud.IdentitySignOn.InteractiveLogin".to_owned(),
        native_name: some("InteractiveLogin"),
        domain_event_id: some("sso.session.create.success"),
        time: 1_767_225_600_000 + minutes * 60_000,
        original_time: String::new(),
        logged: None,
        class: EventClass::SignOn,
        activity: Activity::Logon,
        outcome,
        code: None,
        reason: None,
        failure: None,
        message: some("InteractiveLogin"),
        user: Some(user(name)),
        actor: None,
        app: None,
        idp: None,
        source_addresses: vec![address.to_owned()],
        source_port: None,
        agent: None,
        service: Some(Named { name: some("Payroll"), uid: some("app-1"), kind: None }),
        target: None,
        session: Some(SessionInfo {
            uid: some("session-1"),
            uid_alt: None,
            credential_uid: some("ocid1.credential.oc1..a"),
            created: None,
            expires: None,
        }),
        factors: vec![Factor {
            kind: FactorKind::Password,
            name: "USERNAME_PASSWORD".to_owned(),
            outcome: None,
        }],
        mfa: None,
        protocol: None,
        auth_type: some("natv"),
        logon_method: None,
        policy: None,
        rule: None,
        http: Some(HttpInfo {
            request_id: None,
            method: None,
            path: None,
            url: None,
            referrer: None,
            status: Some(204),
            response_message: None,
        }),
        cloud: Some(CloudPlace {
            realm: some("oc1"),
            region: some("us-ashburn-1"),
            zone: None,
            account_uid: some("ocid1.compartment.oc1..a"),
            account_name: some("cc"),
            organization_uid: some("ocid1.tenancy.oc1..a"),
            service: None,
            domain: Some(IdentityDomain {
                uid: some("ocid1.domain.oc1..a"),
                name: some("idcs-0123456789abcdef"),
                display_name: some("Partners"),
            }),
        }),
        correlation: some("ecid-1"),
        group: None,
        labels: Vec::new(),
        unmapped: r#"{"data":{"additionalDetails":{"ssoLocalIp":"127.0.0.1"},"identity":{"ipAddress":"203.0.113.9","principalName":"principal \"1\""}}}"#.to_owned(),
        raw: None,
        redacted: Vec::new(),
    }
}
