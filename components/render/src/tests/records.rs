//! Rules of the mapping to ECS and OpenTelemetry, by example.

use super::*;

fn ecs(event: &SignOnEvent) -> Value {
    rendered(event, "oci_audit", Format::Ecs)
}

fn otel(event: &SignOnEvent) -> Value {
    rendered(event, "oci_audit", Format::Otel)
}

/// The text of an attribute.
fn text<'a>(attributes: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a str> {
    attributes.get(name).map(|value| value["stringValue"].as_str().unwrap())
}

#[test]
fn every_activity_has_its_category_and_its_event_name() {
    use Activity as A;
    for (activity, category, kind, name) in [
        (A::Logon, json!(["authentication", "session"]), json!(["start"]), "logon"),
        (A::FederatedAttempt, json!(["authentication"]), json!(["start"]), "logon"),
        (A::AppAccess, json!(["authentication"]), json!(["start"]), "logon"),
        (A::Logoff, json!(["authentication", "session"]), json!(["end"]), "logoff"),
        (A::MfaChallenge, json!(["authentication"]), json!(["info"]), "mfa"),
        (A::MfaVerify, json!(["authentication"]), json!(["info"]), "mfa"),
        (A::SessionModify, json!(["session"]), json!(["info"]), "other"),
        (A::TokenRequest, json!(["authentication"]), json!(["info"]), "other"),
        (A::AuthcodeRequest, json!(["authentication"]), json!(["info"]), "other"),
        (A::SupportAccount, json!(["authentication"]), json!(["info"]), "other"),
        (A::Other("New".into()), json!(["authentication"]), json!(["info"]), "other"),
        (A::PasswordChange, json!(["iam"]), json!(["user", "change"]), "password_change"),
        (A::PasswordReset, json!(["iam"]), json!(["user", "change"]), "password_reset"),
        (A::AccountCreate, json!(["iam"]), json!(["user", "creation"]), "account_change"),
        (A::AccountDelete, json!(["iam"]), json!(["user", "deletion"]), "account_change"),
        (A::AccountLock, json!(["iam"]), json!(["user", "change"]), "account_change"),
        (A::BypassCode, json!(["iam"]), json!(["user", "change"]), "account_change"),
    ] {
        let event = bare_event(activity, Outcome::Success);
        let document = ecs(&event);
        assert_eq!(document["event"]["category"], category, "{:?}", event.activity);
        assert_eq!(document["event"]["type"], kind, "{:?}", event.activity);
        let name = format!("oracle.signon.{name}");
        assert_eq!(otel(&event)["eventName"], json!(name), "{:?}", event.activity);
    }
}

#[test]
fn a_failed_sign_on_starts_no_session_and_tells_its_code() {
    let event =
        SignOnEvent { code: some("SSO-1001"), ..bare_event(Activity::Logon, Outcome::Failure) };
    let document = ecs(&event);
    assert_eq!(document["event"]["category"], json!(["authentication"]));
    assert_eq!(document["event"]["outcome"], json!("failure"));
    assert_eq!(document["error"]["code"], json!("SSO-1001"));
    let record = otel(&event);
    assert_eq!((&record["severityNumber"], &record["severityText"]), (&json!(13), &json!("WARN")));
    assert_eq!(text(&attributes(&record), "error.type"), Some("SSO-1001"));
    let silent = otel(&bare_event(Activity::Logon, Outcome::Failure));
    assert_eq!(text(&attributes(&silent), "error.type"), Some("_OTHER"));
}

#[test]
fn a_success_has_no_error_whatever_its_code() {
    let event = SignOnEvent { code: some("200"), ..sample_event() };
    assert_eq!(ecs(&event).get("error"), None);
    let record = otel(&event);
    assert_eq!(record["severityText"], json!("INFO"));
    let attributes = attributes(&record);
    assert_eq!(text(&attributes, "error.type"), None);
    assert_eq!(text(&attributes, "oracle.signon.code"), Some("200"));
}

#[test]
fn a_challenge_that_was_sent_has_no_outcome_yet() {
    let event = bare_event(Activity::MfaChallenge, Outcome::Initiated);
    let document = ecs(&event);
    assert_eq!(document["event"]["outcome"], json!("unknown"));
    assert_eq!(document["oracle"]["signon"]["outcome"], json!("initiated"));
    assert_eq!(text(&attributes(&otel(&event)), "oracle.signon.outcome"), Some("initiated"));
}

#[test]
fn who_changed_an_account_is_the_user_and_whose_it_is_the_target() {
    let admin = Identity {
        name: some("admin"),
        uid: some("a-1"),
        uid_alt: some("a-2"),
        ..sample_event().user.unwrap()
    };
    let reset =
        SignOnEvent { activity: Activity::PasswordReset, actor: Some(admin), ..sample_event() };
    let document = ecs(&reset);
    assert_eq!(document["user"]["name"], json!("admin"));
    assert_eq!(document["user"]["target"]["name"], json!("gstest6"));
    assert_eq!(document["oracle"]["signon"]["actor"], json!({"kind": "user", "uid_alt": "a-2"}));
    assert_eq!(
        document["related"]["user"],
        json!(["gstest6", "bf1662629b0b46df83e93a39a842ed35", "admin", "a-1"])
    );
    let found = attributes(&otel(&reset));
    assert_eq!(text(&found, "user.name"), Some("admin"));
    assert_eq!(text(&found, "oracle.signon.user.name"), Some("gstest6"));

    let sign_on = SignOnEvent { activity: Activity::Logon, ..reset };
    assert_eq!(ecs(&sign_on)["user"]["name"], json!("gstest6"));
    assert_eq!(ecs(&sign_on)["oracle"]["signon"]["actor"]["name"], json!("admin"));
    assert_eq!(text(&attributes(&otel(&sign_on)), "user.name"), Some("gstest6"));
}

#[test]
fn what_is_no_address_is_in_no_field_for_addresses() {
    let event = SignOnEvent {
        source_addresses: ["<redacted>", "192.0.2.7", "fe80::1%eth0"].map(str::to_owned).into(),
        target: Some(Endpoint {
            name: some("portal"),
            hostname: None,
            ip: some("unknown"),
            port: None,
        }),
        ..sample_event()
    };
    let document = ecs(&event);
    assert_eq!(document["source"], json!({"address": "<redacted>"}));
    assert_eq!(document["destination"], json!({"address": "unknown"}));
    assert_eq!(document["related"]["ip"], json!(["192.0.2.7"]));
    assert_eq!(
        document["oracle"]["signon"]["source_addresses"],
        json!(["<redacted>", "192.0.2.7", "fe80::1%eth0"])
    );
    assert_eq!(document["oracle"]["signon"]["target"]["name"], json!("portal"));
    assert_eq!(document.get("url"), None);
}

#[test]
fn the_path_of_a_request_never_stands_beside_the_url_of_another() {
    let http = HttpInfo { path: some("/admin/v1/Users"), ..sample_event().http.unwrap() };
    let event = SignOnEvent { http: Some(http), ..sample_event() };
    let document = ecs(&event);
    assert_eq!(document["url"], json!({"path": "/admin/v1/Users"}));
    assert_eq!(document["oracle"]["signon"]["target"]["name"], json!("https://cloud.oracle.com"));
    assert_eq!(ecs(&sample_event())["url"], json!({"original": "https://cloud.oracle.com"}));
    let attributes = attributes(&otel(&event));
    assert_eq!(text(&attributes, "url.full"), None);
    assert_eq!(text(&attributes, "url.path"), Some("/admin/v1/Users"));
}

#[test]
fn keys_of_the_source_never_become_fields() {
    let unmapped = r#"{"data":{"request":{"parameters":{"..":[1],"":{"a":1e400}}}}}"#;
    let event = SignOnEvent { unmapped: unmapped.to_owned(), ..sample_event() };
    assert_eq!(ecs(&event)["oracle"]["signon"]["unmapped"], json!(unmapped));
    assert_eq!(text(&attributes(&otel(&event)), "oracle.signon.unmapped"), Some(unmapped));
}

#[test]
fn a_method_that_the_conventions_do_not_know_keeps_its_word() {
    let event = |method: &str| SignOnEvent {
        http: Some(HttpInfo { method: some(method), ..sample_event().http.unwrap() }),
        ..sample_event()
    };
    let known = attributes(&otel(&event("POST")));
    assert_eq!(text(&known, "http.request.method"), Some("POST"));
    assert_eq!(known.get("http.request.method_original"), None);
    let odd = attributes(&otel(&event("getit")));
    assert_eq!(text(&odd, "http.request.method"), Some("_OTHER"));
    assert_eq!(text(&odd, "http.request.method_original"), Some("getit"));
}

#[test]
fn what_the_contract_has_no_activity_for_has_the_category_of_its_class() {
    for (class, category, kind, name) in [
        (EventClass::SignOn, Some(json!(["authentication"])), json!(["info"]), "other"),
        (EventClass::Account, Some(json!(["iam"])), json!(["user", "info"]), "account_change"),
        (EventClass::Other, None, json!(["info"]), "other"),
    ] {
        let mail = SignOnEvent {
            activity: Activity::Other("notification.delivery.success".to_owned()),
            class,
            ..sample_event()
        };
        for component in ["oci_audit", "idcs", "acme"] {
            let document = rendered(&mail, component, Format::Ecs);
            assert_eq!(document["event"].get("category"), category.as_ref());
            assert_eq!(document["event"]["type"], kind);
            assert_eq!(document["event"]["action"], json!("notification.delivery.success"));
            let record = rendered(&mail, component, Format::Otel);
            assert_eq!(record["eventName"], json!(format!("oracle.signon.{name}")));
        }
    }
}

#[test]
fn the_url_of_a_request_stands_before_the_place_that_answered() {
    let http = HttpInfo {
        url: some("https://a.example/x?y"),
        referrer: some("https://b.example/"),
        ..sample_event().http.unwrap()
    };
    let event = SignOnEvent { http: Some(http), ..sample_event() };
    let document = ecs(&event);
    assert_eq!(document["url"], json!({"original": "https://a.example/x?y"}));
    assert_eq!(document["http"]["request"]["referrer"], json!("https://b.example/"));
    assert_eq!(document["oracle"]["signon"]["target"]["name"], json!("https://cloud.oracle.com"));
    let found = attributes(&otel(&event));
    assert_eq!(text(&found, "url.full"), Some("https://a.example/x?y"));
    assert_eq!(text(&found, "oracle.signon.http.referrer"), Some("https://b.example/"));
}
