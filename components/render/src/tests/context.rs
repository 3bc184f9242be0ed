//! What a line says beside its event: whose it is, and how much of the record it
//! carries.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::reading::parse;
use super::*;
use crate::contract::IdentityDomain;
use crate::json::compact_object;

/// The formats that say what an event means, by a vocabulary.
const MEANING: [Format; 6] =
    [Format::Ocsf, Format::Ocsf1_5, Format::Ocsf1_7, Format::Ocsf1_9, Format::Ecs, Format::Otel];

/// A line without the record and what the component left over of it.
fn bare(mut line: Value, event: &SignOnEvent, format: Format) -> Value {
    match format {
        Format::Ecs => {
            line["event"].as_object_mut().unwrap().remove("original");
            line["oracle"]["signon"].as_object_mut().unwrap().remove("unmapped");
        }
        Format::Otel => {
            line.as_object_mut().unwrap().remove("body");
            let attributes = line["attributes"].as_array_mut().unwrap();
            attributes.retain(|attribute| attribute["key"] != json!("oracle.signon.unmapped"));
        }
        _ => {
            for key in ["raw_data", "raw_data_size"] {
                line.as_object_mut().unwrap().remove(key);
            }
            bare_unmapped(&mut line, event);
        }
    }
    line
}

/// What is ours is the last member of `unmapped`, behind all of theirs.
fn bare_unmapped(line: &mut Value, event: &SignOnEvent) {
    let theirs = compact_object(&event.unmapped)
        .map(|theirs| serde_json::from_str::<Value>(&theirs).unwrap());
    let Some(unmapped) = line.get_mut("unmapped").and_then(Value::as_object_mut) else { return };
    match theirs.as_ref().and_then(Value::as_object) {
        Some(theirs) => {
            unmapped.retain(|key, _| !theirs.contains_key(key));
            if let Some((_, ours)) = unmapped.clone().into_iter().next() {
                *unmapped = [("signon".to_owned(), ours)].into_iter().collect();
            }
        }
        None => {
            if let Some(ours) = unmapped.get_mut("signon").and_then(Value::as_object_mut) {
                ours.remove("unmapped");
                if ours.is_empty() {
                    unmapped.clear();
                }
            }
        }
    }
    if unmapped.is_empty() {
        line.as_object_mut().unwrap().remove("unmapped");
    }
}

proptest! {
    #[test]
    fn what_is_not_kept_is_not_there_and_nothing_else_is_missing(
        event in arbitrary::event(), component in arbitrary::source(),
    ) {
        for format in MEANING {
            let whole = parse(&keeping(&event, &component, Keep::ALL, format));
            let nothing = parse(&keeping(&event, &component, Keep::NOTHING, format));
            prop_assert_eq!(&bare(whole, &event, format), &nothing);
        }
    }

    #[test]
    fn each_part_is_kept_by_itself(
        event in arbitrary::event(), component in arbitrary::source(), keep in arbitrary::keep(),
    ) {
        for format in MEANING {
            let line = parse(&keeping(&event, &component, keep, format));
            let whole = parse(&keeping(&event, &component, Keep::ALL, format));
            let raw = match format {
                Format::Ecs => "/event/original",
                Format::Otel => "/body",
                _ => "/raw_data",
            };
            let kept = whole.pointer(raw).filter(|_| keep.raw);
            prop_assert_eq!(line.pointer(raw), kept);
            prop_assert_eq!(event_id(&line.to_string(), format), Some(event.native_id.clone()));
        }
    }

    #[test]
    fn a_raw_line_is_the_record_whatever_is_kept_and_whosever_it_is(
        event in arbitrary::event(), keep in arbitrary::keep(), owner in arbitrary::owner(),
    ) {
        let context = Context { component: "oci_audit", owner: &owner, keep };
        let line = crate::render(&event, &context, Format::Raw);
        prop_assert_eq!(line, render(&event, "oci_audit", Format::Raw));
    }

    #[test]
    fn every_line_says_whose_event_it_is(
        event in arbitrary::event(), owner in arbitrary::owner(), other in arbitrary::owner(),
    ) {
        for format in MEANING {
            let line = |owner: &Owner| {
                let context = Context { component: "oam", owner, keep: Keep::NOTHING };
                crate::render(&event, &context, format)
            };
            let found = leaves_of(&parse(&line(&owner)));
            for (_, value) in owner.entries() {
                prop_assert!(found.contains(value), "{:?} is missing as {}", value, format);
            }
            prop_assert_eq!(owner == other, line(&owner) == line(&other));
        }
    }
}

#[test]
fn each_vocabulary_has_its_place_for_whose_event_it_is() {
    let line = rendered(&sample_event(), "oci_audit", Format::Ocsf);
    assert_eq!(
        line["metadata"]["tags"],
        json!([
            {"name": "idcs_event_id", "value": "sso.session.create.success"},
            {"name": "signon_tenant", "value": "acme"},
            {"name": "signon_source", "value": "acme_oci"},
            {"name": "environment", "value": "production"},
        ])
    );
    let document = rendered(&sample_event(), "oci_audit", Format::Ecs);
    assert_eq!(
        document["labels"],
        json!({"signon_tenant": "acme", "signon_source": "acme_oci", "environment": "production"})
    );
    let found = attributes(&rendered(&sample_event(), "oci_audit", Format::Otel));
    for (name, value) in [
        ("signon.tenant", "acme"),
        ("signon.source", "acme_oci"),
        ("signon.label.environment", "production"),
    ] {
        assert_eq!(found[name], json!({ "stringValue": value }));
    }
}

#[test]
fn what_repeats_another_field_is_not_said_again() {
    let event = SignOnEvent { actor: sample_event().user, ..sample_event() };
    let line = ocsf(&event);
    // A provider needs somebody beside it to be valid.
    let uid = "bf1662629b0b46df83e93a39a842ed35";
    assert_eq!(line["actor"]["user"], json!({ "uid": uid }));
    assert_eq!(line["actor"].get("session"), None);
    for (object, key) in [
        ("metadata", "original_event_uid"),
        ("metadata", "original_time"),
        ("metadata", "tenant_uid"),
        ("api", "request"),
    ] {
        assert_eq!(line[object].get(key), None, "{object}.{key}");
    }
    for key in ["category_name", "type_name", "severity"] {
        assert_eq!(line.get(key), None, "{key}");
    }
    let mut observed = BTreeSet::new();
    for observable in line["observables"].as_array().unwrap() {
        let what = (observable["type_id"].to_string(), observable["value"].to_string());
        assert!(observed.insert(what), "{observable} is there twice");
    }
    let plain = SignOnEvent { idp: None, policy: None, ..event };
    assert_eq!(ocsf(&plain).get("actor"), None);
    let document = rendered(&plain, "oci_audit", Format::Ecs);
    assert_eq!(document["oracle"]["signon"].get("actor"), None);
    assert_eq!(document["oracle"]["signon"].get("original_time"), None);
    assert_eq!(document.get("organization"), None);
    let found = attributes(&rendered(&plain, "oci_audit", Format::Otel));
    assert!(found.keys().all(|key| !key.starts_with("oracle.signon.actor.")));
    assert!(!found.contains_key("oracle.signon.original_time"));
    // The compartment is the tenancy itself.
    assert!(!found.contains_key("oracle.signon.cloud.account_uid"));
}

#[test]
fn the_identity_domain_is_the_users_where_nothing_else_is_told_of_him() {
    let with = |of_user: Option<&str>| {
        let domain = IdentityDomain {
            uid: some("ocid1.domain.oc1..a"),
            name: some("idcs-0"),
            display_name: some("Partners"),
        };
        SignOnEvent {
            user: Some(Identity {
                domain: of_user.map(str::to_owned),
                ..sample_event().user.unwrap()
            }),
            cloud: Some(CloudPlace { domain: Some(domain), ..sample_event().cloud.unwrap() }),
            ..sample_event()
        }
    };
    let (own, other) = (ocsf(&with(None)), ocsf(&with(Some("Default"))));
    assert_eq!(own["user"]["domain"], json!("Partners"));
    let ids = json!({"uid": "ocid1.domain.oc1..a", "name": "idcs-0"});
    assert_eq!(own["unmapped"]["signon"]["cloud"]["domain"], ids);
    assert_eq!(other["user"]["domain"], json!("Default"));
    let told = &other["unmapped"]["signon"]["cloud"]["domain"];
    assert_eq!(told["display_name"], json!("Partners"));
    let document = rendered(&with(None), "oci_audit", Format::Ecs);
    assert_eq!(document["user"]["domain"], json!("Partners"));
    assert_eq!(document["oracle"]["signon"]["cloud"]["domain"], ids);
    let found = attributes(&rendered(&with(None), "oci_audit", Format::Otel));
    assert_eq!(found["oracle.signon.user.domain"], json!({"stringValue": "Partners"}));
}

#[test]
fn ports_stand_at_their_addresses_and_without_one_beside_them() {
    let with = |address: Option<&str>, target: Option<Endpoint>| SignOnEvent {
        source_addresses: address.into_iter().map(str::to_owned).collect(),
        source_port: Some(51_234),
        target,
        ..sample_event()
    };
    let target = Endpoint { port: Some(443), ..sample_event().target.unwrap() };
    let event = with(Some("203.0.113.7"), Some(target));
    let line = ocsf(&event);
    assert_eq!(line["src_endpoint"]["port"], json!(51_234));
    assert_eq!(line["dst_endpoint"]["port"], json!(443));
    let document = rendered(&event, "oci_audit", Format::Ecs);
    assert_eq!(document["source"]["port"], json!(51_234));
    assert_eq!(document["destination"]["port"], json!(443));
    let found = attributes(&rendered(&event, "oci_audit", Format::Otel));
    assert_eq!(found["client.port"], json!({"intValue": "51234"}));
    assert_eq!(found["server.port"], json!({"intValue": "443"}));
    let alone = Endpoint { name: None, hostname: None, ip: None, port: Some(443) };
    let line = ocsf(&with(None, Some(alone)));
    assert_eq!(line.get("src_endpoint").or(line.get("dst_endpoint")), None);
    assert_eq!(line["unmapped"]["signon"]["source_port"], json!(51_234));
    assert_eq!(line["unmapped"]["signon"]["target"], json!({"port": 443}));
}
