//! Rules of the mapping, by example.

use super::*;

#[test]
fn a_format_is_known_by_its_name_and_another_name_is_told_the_known_ones() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    let error: UnknownFormat = "xml".parse::<Format>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown format `xml`: use one of ocsf, ocsf-1.5, ocsf-1.7, ocsf-1.9, ecs, otel, raw"
    );
}

#[test]
fn every_activity_has_its_number_in_ocsf_1_8() {
    use Activity as A;
    for (activity, type_uid, activity_name) in [
        (A::Logon, 300_201, "Logon"),
        (A::FederatedAttempt, 300_201, "Logon"),
        (A::AppAccess, 300_201, "Logon"),
        (A::Logoff, 300_202, "Logoff"),
        (A::MfaChallenge, 300_206, "Preauth"),
        (A::MfaVerify, 300_206, "Preauth"),
        (A::SessionModify, 300_299, "TheName"),
        (A::TokenRequest, 300_299, "TheName"),
        (A::AuthcodeRequest, 300_299, "TheName"),
        (A::SupportAccount, 300_299, "TheName"),
        (A::Other("New".into()), 300_299, "New"),
        (A::AccountCreate, 300_101, "Create"),
        (A::AccountEnable, 300_102, "Enable"),
        (A::PasswordChange, 300_103, "Password Change"),
        (A::PasswordReset, 300_104, "Password Reset"),
        (A::AccountDisable, 300_105, "Disable"),
        (A::AccountDelete, 300_106, "Delete"),
        (A::AccountLock, 300_109, "Lock"),
        (A::AccountUnlock, 300_112, "Unlock"),
        (A::AccountUpdate, 300_199, "TheName"),
        (A::BypassCode, 300_199, "TheName"),
    ] {
        let event =
            SignOnEvent { native_name: some("TheName"), ..bare_event(activity, Outcome::Success) };
        let line = ocsf(&event);
        assert_eq!(line["type_uid"], json!(type_uid), "{:?}", event.activity);
        assert_eq!(line["activity_name"], json!(activity_name), "{:?}", event.activity);
    }
}

#[test]
fn ocsf_1_9_has_its_own_class_and_numbers_for_accounts() {
    use Activity as A;
    for (activity, type_uid, activity_name) in [
        (A::Logon, 300_201, "Logon"),
        (A::AccountCreate, 300_701, "Create"),
        (A::AccountUpdate, 300_702, "Update"),
        (A::AccountDelete, 300_703, "Delete"),
        (A::AccountEnable, 300_704, "Enable"),
        (A::AccountDisable, 300_705, "Disable"),
        (A::AccountLock, 300_706, "Lock"),
        (A::AccountUnlock, 300_707, "Unlock"),
        (A::PasswordChange, 300_708, "Password Change"),
        (A::PasswordReset, 300_709, "Password Reset"),
        (A::BypassCode, 300_799, "TheName"),
    ] {
        let event =
            SignOnEvent { native_name: some("TheName"), ..bare_event(activity, Outcome::Success) };
        let line = rendered(&event, "oci_audit", Format::Ocsf1_9);
        assert_eq!(line["metadata"]["version"], json!("1.9.0"));
        assert_eq!(line["type_uid"], json!(type_uid), "{:?}", event.activity);
        assert_eq!(line["class_uid"], json!(type_uid / 100), "{:?}", event.activity);
        assert_eq!(line["activity_name"], json!(activity_name), "{:?}", event.activity);
    }
}

#[test]
fn a_version_has_only_attributes_that_it_knows() {
    let event = SignOnEvent {
        user: Some(Identity { kind: UserKind::Service, ..sample_event().user.unwrap() }),
        app: Some(Named { name: some("Console"), uid: some("console-1"), kind: None }),
        ..sample_event()
    };
    for (format, number, has_source, service, has_application) in [
        (Format::Ocsf1_5, "1.5.0", false, 99, false),
        (Format::Ocsf1_7, "1.7.0", true, 4, false),
        (Format::Ocsf, "1.8.0", true, 4, false),
        (Format::Ocsf1_9, "1.9.0", true, 4, true),
    ] {
        let line = rendered(&event, "oci_audit", format);
        assert_eq!(line["metadata"]["version"], json!(number));
        assert_eq!(line["metadata"].get("source").is_some(), has_source, "{format}");
        assert_eq!(line["user"]["type_id"], json!(service), "{format}");
        assert_eq!(line["user"]["type"], json!("Service"), "{format}");
        let application = line["actor"].get("application");
        let expected = json!({"name": "Console", "uid": "console-1"});
        assert_eq!(application, Some(&expected).filter(|_| has_application), "{format}");
        assert_eq!(line["actor"].get("app_name").is_none(), has_application, "{format}");
    }
}

#[test]
fn a_challenge_that_was_sent_does_not_count_as_a_success() {
    let line = ocsf(&bare_event(Activity::MfaChallenge, Outcome::Initiated));
    assert_eq!((&line["status_id"], &line["status"]), (&json!(99), &json!("initiated")));
    let odd = ocsf(&bare_event(Activity::Logon, Outcome::Other("PENDING".into())));
    assert_eq!((&odd["status_id"], &odd["status"]), (&json!(99), &json!("PENDING")));
    let unknown = ocsf(&bare_event(Activity::Logon, Outcome::Unknown));
    assert_eq!((&unknown["status_id"], &unknown["status"]), (&json!(0), &json!("Unknown")));
}

#[test]
fn only_a_failure_is_worth_a_look() {
    for (outcome, severity_id) in [
        (Outcome::Failure, 2),
        (Outcome::Success, 1),
        (Outcome::Unknown, 1),
        (Outcome::Initiated, 1),
    ] {
        assert_eq!(ocsf(&bare_event(Activity::Logon, outcome))["severity_id"], json!(severity_id));
    }
}

#[test]
fn somebody_signed_in_to_something_even_where_the_record_does_not_say() {
    let line = ocsf(&bare_event(Activity::Logon, Outcome::Success));
    assert_eq!(line["user"], json!({"name": "Unknown", "type_id": 0}));
    assert_eq!(line["service"]["name"], json!("Oracle Cloud Infrastructure Identity Sign-On"));
    assert_eq!(line.get("actor"), None);
    let event = SignOnEvent {
        target: Some(Endpoint { name: None, hostname: some("node"), ip: None, port: None }),
        ..bare_event(Activity::Logon, Outcome::Success)
    };
    assert_eq!(ocsf(&event).get("service"), None);
}

#[test]
fn an_account_event_has_no_attribute_of_a_sign_on_and_loses_none() {
    let event = SignOnEvent {
        activity: Activity::PasswordReset,
        actor: Some(Identity { name: some("admin"), ..sample_event().user.unwrap() }),
        protocol: Some(Protocol::Saml),
        ..sample_event()
    };
    let line = ocsf(&event);
    for key in ["service", "session", "dst_endpoint", "is_mfa", "is_remote", "auth_protocol_id"] {
        assert_eq!(line.get(key), None, "{key}");
    }
    assert_eq!(line["user"]["name"], json!("gstest6"));
    assert_eq!(line["actor"]["user"]["name"], json!("admin"));
    assert_eq!(line["actor"]["session"]["created_time"], json!(1_646_846_313_000_i64));
    let ours = &line["unmapped"]["signon"];
    assert_eq!(ours["service"]["uid"], json!("LoginClient_APPID"));
    assert_eq!((&ours["mfa"], &ours["protocol"]), (&json!(false), &json!("saml")));
}

#[test]
fn what_the_contract_has_no_activity_for_goes_by_its_class() {
    let other = |class| SignOnEvent {
        native_type: "something.new".to_owned(),
        activity: Activity::Other("something.new".to_owned()),
        class,
        ..sample_event()
    };
    for (class, format, class_uid) in [
        (EventClass::SignOn, Format::Ocsf, 3002),
        (EventClass::Account, Format::Ocsf, 3001),
        (EventClass::Account, Format::Ocsf1_9, 3007),
        (EventClass::Other, Format::Ocsf, 0),
        (EventClass::Other, Format::Ocsf1_9, 0),
    ] {
        for component in ["oci_audit", "idcs", "acme"] {
            let line = rendered(&other(class), component, format);
            assert_eq!(line["class_uid"], json!(class_uid), "{class:?}");
            assert_eq!(line["activity_id"], json!(99), "{class:?}");
            assert_eq!(line["activity_name"], json!("something.new"), "{class:?}");
        }
    }
    // Whatever the class, an activity that is known says what it is.
    let logon = SignOnEvent { class: EventClass::Other, ..sample_event() };
    assert_eq!(ocsf(&logon)["class_uid"], json!(3002));
}

#[test]
fn the_first_address_is_the_source_and_what_is_no_address_is_a_name() {
    let from = |addresses: &[&str]| {
        let event = SignOnEvent {
            source_addresses: addresses.iter().map(|&address| address.to_owned()).collect(),
            ..bare_event(Activity::Logon, Outcome::Success)
        };
        ocsf(&event)
    };
    assert_eq!(
        from(&["10.0.0.1", "192.0.2.7", "2001:db8::1"])["src_endpoint"],
        json!({"ip": "10.0.0.1", "intermediate_ips": ["192.0.2.7", "2001:db8::1"]})
    );
    assert_eq!(from(&["<redacted>"])["src_endpoint"], json!({"name": "<redacted>"}));
    let odd = from(&["10.0.0.1", "junk"]);
    assert_eq!(odd["src_endpoint"], json!({"ip": "10.0.0.1"}));
    assert_eq!(odd["unmapped"]["signon"]["source_addresses"], json!(["junk"]));
}

#[test]
fn factors_and_protocols_carry_their_numbers_and_an_unknown_word_stays() {
    let factor = |kind| Factor { kind, name: String::new(), outcome: None };
    let event = SignOnEvent {
        factors: vec![
            factor(FactorKind::TimeBasedPassword),
            factor(FactorKind::Other("CARRIER_PIGEON".into())),
        ],
        protocol: Some(Protocol::Oauth2),
        ..bare_event(Activity::Logon, Outcome::Success)
    };
    let line = ocsf(&event);
    assert_eq!(
        line["auth_factors"],
        json!([
            {"factor_type_id": 7, "factor_type": "OTP", "is_totp": true},
            {"factor_type_id": 99, "factor_type": "CARRIER_PIGEON"},
        ])
    );
    assert_eq!(
        (&line["auth_protocol_id"], &line["auth_protocol"]),
        (&json!(6), &json!("OAUTH 2.0"))
    );
}

#[test]
fn a_bypass_code_and_a_support_account_can_be_found_by_label() {
    for (activity, label) in
        [(Activity::BypassCode, "bypass-code"), (Activity::SupportAccount, "support-account")]
    {
        let event = SignOnEvent {
            labels: vec!["outcome-conflict".to_owned()],
            ..bare_event(activity, Outcome::Success)
        };
        assert_eq!(ocsf(&event)["metadata"]["labels"], json!(["outcome-conflict", label]));
    }
}

#[test]
fn a_label_that_the_component_set_already_is_not_there_twice() {
    let event = SignOnEvent {
        labels: vec!["bypass-code".to_owned()],
        ..bare_event(Activity::BypassCode, Outcome::Success)
    };
    assert_eq!(ocsf(&event)["metadata"]["labels"], json!(["bypass-code"]));
}

#[test]
fn a_member_of_the_source_is_never_mistaken_for_ours() {
    let event = SignOnEvent { unmapped: r#"{"signon":1.50}"#.to_owned(), ..sample_event() };
    let line = render(&event, "oci_audit", Format::Ocsf);
    assert!(line.contains(r#""unmapped":{"signon":1.50,"signon_":{"idp":"#), "{line}");
}

#[test]
fn a_raw_line_is_the_record_and_gets_an_id_only_where_it_has_none() {
    let line = |raw: Option<&str>| {
        let event = SignOnEvent {
            raw: raw.map(str::to_owned),
            ..bare_event(Activity::Logon, Outcome::Success)
        };
        render(&event, "oci_audit", Format::Raw)
    };
    let stand_in = |text: &str| {
        format!(
            r#"{{"signon":{{"native_id":"id-1","native_type":"com.oraclecloud.IdentitySignOn.Something","original_time":"2022-03-09T17:18:33.983Z"{text}}}}}"#
        )
    };
    for (raw, expected) in [
        (
            Some("{ \"eventId\" : \"id-1\",\n \"n\" : 1.0e2 }"),
            r#"{"eventId":"id-1","n":1.0e2}"#.into(),
        ),
        (Some(r#"{"n":1}"#), r#"{"n":1,"signon":{"native_id":"id-1"}}"#.into()),
        (Some(r#"{"id":"id-2"}"#), r#"{"id":"id-2","signon":{"native_id":"id-1"}}"#.into()),
        (Some("{}"), r#"{"signon":{"native_id":"id-1"}}"#.into()),
        (Some(r#"{"signon":2}"#), stand_in(r#","text":"{\"signon\":2}""#)),
        (Some("torn {"), stand_in(r#","text":"torn {""#)),
        (None, stand_in("")),
    ] {
        assert_eq!(line(raw), expected);
        assert_eq!(event_id(&expected, Format::Raw).as_deref(), Some("id-1"));
    }
}
