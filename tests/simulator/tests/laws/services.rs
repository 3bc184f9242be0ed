//! All services together: one history, told three times.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use http::Method;
use serde_json::Value;
use signon_simulator::{IDCS_EVENT_IDS, Options, SECRET_MARKER, Service, Simulator};

use crate::client::{Client, DAY, NOW, options, start};
use crate::domain::{Domain, EVENTS};
use crate::oam::{AUDIT, Reader, events, period};
use crate::web::{all_services, ask, start_all, written};

/// The rows of the identity domain and the events of the sign-in audit.
async fn told(simulator: &Simulator) -> (BTreeMap<String, Value>, Vec<Value>) {
    let rows = Domain::new(simulator).await.walk(NOW - DAY, NOW, 1000).await.rows;
    let target = format!("/events/1?pageSize=10000&{}", period(NOW - DAY, NOW));
    (rows, events(&Reader::new(simulator).get(&target).await.json()))
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_sign_on_seen_by_several_services_has_one_ecid_and_several_ids() {
    let simulator = start(Options { sign_on_share: 0.5, page_size: 1000, ..all_services() }).await;
    let (rows, logins) = told(&simulator).await;
    let reading = Client::new(&simulator).read("", NOW - DAY, NOW).await;
    // Beside the AuditEvent, or in it, as records of the years have it.
    let details = |record: &Value, name: &str| {
        let beside = text(record, &format!("/data/additionalDetails/{name}"));
        let inner = text(record, "/data/additionalDetails/auditEventMapValue");
        let inner = serde_json::from_str::<Value>(&inner).unwrap_or_default();
        if beside.is_empty() { text(&inner, &format!("/{name}")) } else { beside }
    };
    let by_ecid: BTreeMap<String, &Value> = reading
        .records
        .values()
        .map(|record| (details(record, "ecId"), record))
        .filter(|(ecid, _)| !ecid.is_empty())
        .collect();
    let mut pairs = 0;
    for (id, row) in &rows {
        let Some(record) = by_ecid.get(&text(row, "/ecId")) else { continue };
        pairs += 1;
        assert_ne!(*id, text(record, "/eventId"));
        assert_eq!(text(row, "/eventId"), details(record, "eventId"));
        // Addresses and people agree; who changes a password acts through an app.
        assert_eq!(text(row, "/clientIp"), text(record, "/data/identity/ipAddress"));
        if text(row, "/actorType") == "User" {
            assert_eq!(text(row, "/actorName"), details(record, "actorName"));
        }
    }
    assert_eq!(pairs, 50, "a third of the rows");
    let mut triples = 0;
    let mut shared = 0;
    for login in &logins {
        let ecid = text(login, "/oracleECID");
        let Some(record) = by_ecid.get(&ecid) else { continue };
        shared += 1;
        assert_eq!(text(login, "/userID/loginID"), details(record, "actorName"));
        let failed = details(record, "eventId").ends_with(".failure");
        let denied =
            ["denied", "failure", "failed"].contains(&&*text(login, "/status").to_lowercase());
        assert_eq!(failed, denied);
        triples += usize::from(rows.values().any(|row| text(row, "/ecId") == ecid));
    }
    assert!(shared >= 25, "{shared}");
    assert!(triples >= 5, "{triples}");
}

#[tokio::test]
async fn every_event_id_is_there_and_looks_as_oracle_writes_it() {
    let simulator = start_all(&[]).await;
    let (rows, _) = told(&simulator).await;
    let seen: BTreeSet<String> = rows.values().map(|row| text(row, "/eventId")).collect();
    assert_eq!(seen, IDCS_EVENT_IDS.map(str::to_owned).into());
    let count = |test: &dyn Fn(&Value) -> bool| {
        let count = rows.values().filter(|row| test(row)).count();
        assert!(count > 0);
        count
    };
    let event = |row: &Value| text(row, "/eventId");
    for row in rows.values() {
        assert!(row.as_object().unwrap().values().all(|value| !value.is_null()), "{row}");
        assert_eq!(text(row, "/meta/resourceType"), "AuditEvent");
        assert!(text(row, "/meta/created") >= text(row, "/timestamp"));
        let application = event(row).starts_with("sso.app.access.");
        assert_eq!(row.get("actorDisplayName").is_none(), application);
    }
    count(&|row| row["actorId"] == "IDCS" && row["reasonValue"] == "SSO-1001");
    count(&|row| {
        event(row) == "admin.me.password.change.success"
            && row["actorName"] == "uiChangePassword"
            && row["actorType"] == "App"
            && row["adminResourceId"].is_string()
    });
    count(&|row| row["clientIp"] == "10.xxx.xx.xxx");
    count(&|row| text(row, "/clientIp").contains(','));
    count(&|row| row["ssoCompletedFactors"] == "{USERNAME_PASSWORD=}");
    count(&|row| text(row, "/ssoSessionCreateTime").len() == 20);
    count(&|row| text(row, "/notificationDeliveryEmailTo").starts_with('['));
    count(&|row| text(row, "/adminValuesAdded").starts_with("{\""));
    count(&|row| row["meterAsOPCService"].is_boolean());
    count(&|row| row["domainOcid"].is_string());
    count(&|row| row["serviceName"] == "Messaging");
}

#[tokio::test]
async fn secrets_stand_only_where_a_redaction_looks_for_them() {
    let simulator = start_all(&[]).await;
    let (rows, logins) = told(&simulator).await;
    let mut places = BTreeSet::new();
    for row in rows.values() {
        for (name, value) in row.as_object().unwrap() {
            if value.to_string().contains(SECRET_MARKER) {
                places.insert(name.clone());
            }
        }
    }
    assert_eq!(Vec::from_iter(places), ["notificationSmsOtpCode"]);
    assert!(logins.iter().all(|login| !login.to_string().contains(SECRET_MARKER)));
    for name in ["idcs_client_secret", "oam_password"] {
        assert!(written(&simulator, name).contains(SECRET_MARKER));
    }
}

#[tokio::test]
async fn sign_in_audit_events_are_of_all_types_and_spellings() {
    let simulator = start_all(&[]).await;
    let (_, logins) = told(&simulator).await;
    let values = |pointer: &str| -> BTreeSet<String> {
        logins.iter().map(|login| text(login, pointer)).collect()
    };
    let types = values("/type");
    for kind in ["AuthN", "Logout", "AuthZ", "authn"] {
        assert!(types.contains(kind), "{kind}");
    }
    assert!(types.len() > 4);
    let statuses = values("/status");
    for status in ["success", "SUCCESS", "Denied", "denied", "Failed"] {
        assert!(statuses.contains(status), "{status}");
    }
    assert!(logins.iter().any(|login| login["eventID"].as_i64().unwrap() > 1 << 53));
    assert!(logins.iter().any(|login| login.get("attributeMap").is_none()));
    assert!(logins.iter().any(|login| login["mfaUsed"] == true));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_history_and_another_seed_another() {
    let one = told(&start_all(&[]).await).await;
    assert_eq!(one, told(&start_all(&[]).await).await);
    let other = told(&start(Options { seed: 8, ..all_services() }).await).await;
    assert!(one.0.keys().all(|id| !other.0.contains_key(id)));
}

#[tokio::test]
async fn a_service_that_is_not_asked_for_is_not_there() {
    let simulator = start(options(10)).await;
    for path in [EVENTS, AUDIT, "/idcs/oauth2/v1/token"] {
        let reply = ask(&simulator, Method::GET, path, &[], "").await;
        assert_eq!(reply.status, 404);
    }
    for service in [Service::Idcs, Service::Oam] {
        assert_eq!(simulator.records_of(service), 0);
        assert!(simulator.truth_of(service).is_empty());
    }
    let simulator = start(Options { services: vec![Service::Oam], ..options(10) }).await;
    assert_eq!(Client::new(&simulator).get("/20190901/configuration").await.status, 404);
}

#[tokio::test]
async fn the_written_configuration_has_a_source_for_each_service() {
    let simulator = start(all_services()).await;
    let directory = tempfile::tempdir().unwrap();
    simulator.write_config(directory.path()).unwrap();
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap();
    let config: toml::Table = read("signon.toml").parse().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    for service in Service::ALL {
        let source = &config["sources"][service.name()];
        assert_eq!(source["type"].as_str(), Some(service.name()));
        assert_eq!(source["tenant"].as_str(), Some("simulated"));
        assert_eq!(source["allow_private_addresses"].as_bool(), Some(true));
        let start = chrono::DateTime::parse_from_rfc3339(source["start"].as_str().unwrap());
        assert_eq!(start.unwrap().timestamp_millis(), simulator.first_minute_of(service));
    }
    let idcs = &config["sources"]["idcs"];
    assert_eq!(idcs["domain_url"].as_str(), Some(&*simulator.idcs_url()));
    let credentials = &idcs["credentials"];
    assert_eq!(credentials["type"].as_str(), Some("oauth2_client_credentials"));
    assert_eq!(credentials["client_id"].as_str(), Some(simulator.idcs_client_id()));
    assert_eq!(credentials["client_secret_file"].as_str(), Some(&*path("idcs_client_secret")));
    let oam = &config["sources"]["oam"];
    assert_eq!(oam["base_url"].as_str(), Some(&*simulator.http_url()));
    let credentials = &oam["credentials"];
    assert_eq!(credentials["type"].as_str(), Some("basic"));
    assert_eq!(credentials["username"].as_str(), Some(simulator.oam_username()));
    assert_eq!(credentials["password_file"].as_str(), Some(&*path("oam_password")));
    let inputs: Vec<_> = config["sinks"]["file"]["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(toml::Value::as_str)
        .collect();
    assert_eq!(inputs, ["oci_audit", "idcs", "oam"]);
    private(directory.path());
}

#[cfg(unix)]
fn private(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for name in ["idcs_client_secret", "idcs_client_key.pem", "oam_password"] {
        let mode = std::fs::metadata(directory.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[cfg(not(unix))]
fn private(_: &Path) {}

#[tokio::test]
async fn the_truth_is_written_of_all_services_served() {
    let simulator = start(all_services()).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("truth");
    simulator.write_truth(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let expected: BTreeSet<String> =
        Service::ALL.iter().flat_map(|service| simulator.truth_of(*service)).collect();
    assert_eq!(lines, expected);
    assert_eq!(lines.len(), 20 + 150 + 100);
    assert_eq!(simulator.truth(), simulator.truth_of(Service::OciAudit));
}
