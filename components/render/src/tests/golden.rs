//! Whole lines, so that no change of output goes unseen.

use super::*;
use crate::contract::{FailureClass, IdentityDomain};

/// Set this to write the golden files anew; the diff is then the change to review.
const REGENERATE: &str = "SIGNON_REGENERATE_GOLDEN";

/// A failure as tenancies without identity domains record it, which has no id.
fn legacy() -> SignOnEvent {
    SignOnEvent {
        native_id: "sha256:5948aaf08aa27346328547d24e07f14bc1886398a6455311ea44f91176222dfc"
            .to_owned(),
        native_type: "com.oraclecloud.IdentitySignOn.InteractiveLogin".to_owned(),
        native_name: some("InteractiveLogin"),
        time: 1_699_871_130_589,
        original_time: "2023-11-13T10:25:30.589Z".to_owned(),
        code: some("PASSWORD_INVALID"),
        reason: some("PASSWORD_INVALID"),
        message: some("InteractiveLogin failed"),
        user: Some(Identity {
            name: some("<your-username>"),
            uid: some("ocid1.user.oc1.uniqueId"),
            uid_alt: None,
            display_name: None,
            email: None,
            domain: None,
            dn: None,
            kind: UserKind::Unknown,
        }),
        source_addresses: vec!["<ip-address>".to_owned()],
        http: Some(HttpInfo {
            request_id: None,
            method: None,
            path: None,
            url: None,
            referrer: None,
            status: Some(400),
            response_message: None,
        }),
        labels: vec!["id-from-content".to_owned()],
        raw: some(include_str!(
            "../../../../tests/fixtures/oci/identitysignon-interactivelogin-failed-legacy.livelabs.json"
        )),
        ..bare_event(Activity::Logon, Outcome::Failure)
    }
}

/// Source and event: every class, both generations, rich and poor.
fn events() -> Vec<(&'static str, SignOnEvent)> {
    let reset = SignOnEvent {
        activity: Activity::PasswordReset,
        domain_event_id: some("admin.user.password.reset.success"),
        actor: Some(Identity {
            name: some("uiChangePassword"),
            kind: UserKind::Service,
            ..sample_event().user.unwrap()
        }),
        app: Some(Named { name: some("Console"), uid: some("console-1"), kind: some("web") }),
        http: Some(HttpInfo {
            request_id: some("r-1"),
            method: some("POST"),
            path: some("/admin/v1/Users"),
            url: None,
            referrer: None,
            status: Some(200),
            response_message: some("OK"),
        }),
        redacted: vec!["/data/request/headers/Authorization/0".to_owned()],
        raw: None,
        ..sample_event()
    };
    let notification = SignOnEvent {
        native_type: "notification.delivery.success".to_owned(),
        native_name: None,
        activity: Activity::Other("notification.delivery.success".to_owned()),
        class: EventClass::Other,
        cloud: None,
        raw: some(r#"{"id":"fd380a65-c887-4d48-8a52-c405c0c96bc4","ratio":0.10}"#),
        ..sample_event()
    };
    let challenge = SignOnEvent {
        native_name: some("FactorMfa"),
        factors: vec![Factor {
            kind: FactorKind::PushNotification,
            name: "PUSH".to_owned(),
            outcome: None,
        }],
        mfa: Some(true),
        ..bare_event(Activity::MfaChallenge, Outcome::Initiated)
    };
    let [sign_on, account, other] = rich();
    vec![
        ("oci_audit", sign_on),
        ("oci_audit", account),
        ("idcs", other),
        ("oci_audit", sample_event()),
        ("oci_audit", legacy()),
        ("oci_audit", reset),
        ("oci_audit", challenge),
        ("idcs", notification),
        ("oam", bare_event(Activity::Other("AuthZ".to_owned()), Outcome::Unknown)),
        ("acme", bare_event(Activity::Logoff, Outcome::Other("gone".to_owned()))),
    ]
}

/// What was never there before, in an event of each class.
fn rich() -> [SignOnEvent; 3] {
    let of = |class| SignOnEvent {
        activity: Activity::Other("Something".to_owned()),
        outcome: Outcome::Failure,
        class,
        failure: Some(FailureClass::PolicyDenied),
        source_addresses: vec!["203.0.113.7".to_owned(), "2001:db8::1".to_owned()],
        source_port: Some(51_234),
        auth_type: some("natv"),
        logon_method: some("FORM"),
        group: some("csid-1"),
        idp: Some(Idp {
            name: some("Azure AD"),
            kind: some("SAML"),
            policy: some("Default IdP Policy"),
            rule: some("Partners"),
        }),
        target: Some(Endpoint { port: Some(443), ..sample_event().target.unwrap() }),
        http: Some(HttpInfo {
            method: some("GET"),
            path: some("/fed/v1/sp/sso"),
            url: some("https://idcs-1.identity.oraclecloud.com/fed/v1/sp/sso?RelayState"),
            referrer: some("https://login.example.com/"),
            status: Some(403),
            ..sample_event().http.unwrap()
        }),
        user: Some(Identity { domain: None, ..sample_event().user.unwrap() }),
        actor: sample_event().user.map(|user| Identity { domain: None, ..user }),
        cloud: Some(CloudPlace {
            domain: Some(IdentityDomain {
                uid: some("ocid1.domain.oc1..aaaa"),
                name: some("idcs-0123456789abcdef0123456789abcdef"),
                display_name: some("Partners"),
            }),
            ..sample_event().cloud.unwrap()
        }),
        ..sample_event()
    };
    [EventClass::SignOn, EventClass::Account, EventClass::Other].map(of)
}

/// As sinks have it unless told otherwise.
fn line(event: &SignOnEvent, component: &str, format: Format) -> String {
    keeping(event, component, Keep::DEFAULT, format)
}

#[test]
fn lines_are_the_golden_ones_byte_for_byte() {
    for format in Format::ALL {
        let lines: String =
            events().iter().map(|(source, event)| line(event, source, format) + "\n").collect();
        let path = format!(
            "{}/../../tests/fixtures/golden/render.{format}.ndjson",
            env!("CARGO_MANIFEST_DIR")
        );
        if std::env::var_os(REGENERATE).is_some() {
            std::fs::write(&path, &lines).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap();
        for (line, golden) in lines.lines().zip(golden.lines()) {
            assert_eq!(line, golden, "{path}: if this is meant, set {REGENERATE}=1 and review");
        }
        assert_eq!(lines.len(), golden.len(), "{path} has other events");
    }
}
