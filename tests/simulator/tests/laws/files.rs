//! Files written for clients, and records taken from files.

use std::path::Path;

use signon_simulator::{Options, SimulatorError};

use crate::client::{Client, DAY, NOW, list_target, options, start};

/// The published shape of a failed call of another service, and a sign-on;
/// written here by hand, with odd spacing, a number no double can hold and a
/// repeated key.
const ORDINARY: &str = r#"{ "eventType" : "com.oraclecloud.virtualNetwork.CreateVcn", "eventId":"a-1","eventTime":"2019-12-08T03:08:53.799Z", "data":{"n":123456789012345678901234567890,"n":1.0} }"#;
const SIGN_ON: &str = r#"{"eventType":"com.oraclecloud.identitysignon.interactivelogin","eventId":"b-2","eventTime":"2019-12-08T03:10:00Z","data":{"eventName":"InteractiveLogin"}}"#;

async fn from_file(content: &str) -> Result<signon_simulator::Simulator, SimulatorError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events");
    std::fs::write(&path, content).unwrap();
    signon_simulator::Simulator::start(Options { oci_events: Some(path), ..options(99) }).await
}

#[tokio::test]
async fn records_of_a_file_are_served_byte_for_byte() {
    for content in [format!("{ORDINARY}\n\n{SIGN_ON}\n"), format!(" [\n{ORDINARY} ,\n{SIGN_ON}]\n")]
    {
        let simulator = from_file(&content).await.unwrap();
        assert_eq!(simulator.records(), 2);
        assert_eq!(Vec::from_iter(simulator.truth()), ["b-2"]);
        let client = Client::new(&simulator);
        let start = simulator.first_minute();
        assert_eq!(start, 1_575_774_480_000);
        let reply = client.get(&client.list(start, NOW, None)).await;
        let body = String::from_utf8(reply.body.unwrap().to_vec()).unwrap();
        assert_eq!(body, format!("[{ORDINARY},{SIGN_ON}]"));
        // Elsewhere there is nothing.
        let empty = list_target(simulator.empty_compartment(), start, NOW, None);
        assert_eq!(client.get(&empty).await.json(), serde_json::json!([]));
    }
}

#[tokio::test]
async fn a_file_that_holds_no_records_is_refused_with_the_place() {
    let timeless = SIGN_ON.replace("2019-12-08T03:10:00Z", "soon");
    let cases = [
        (format!("{ORDINARY}\n{{\n"), "line 2"),
        (format!("[{ORDINARY},"), "the array"),
        (format!("[{ORDINARY},{timeless}]"), "record 2"),
        ("{\"eventId\":1}".to_owned(), "eventId"),
        ("{\"eventId\":\"x\"}".to_owned(), "eventTime"),
    ];
    for (content, says) in cases {
        let message = from_file(&content).await.unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    }
    let missing = Options { oci_events: Some("/nowhere/events.json".into()), ..options(0) };
    let error = signon_simulator::Simulator::start(missing).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/events.json"), "{error}");
}

#[tokio::test]
async fn an_empty_file_serves_nothing() {
    let simulator = from_file("").await.unwrap();
    assert_eq!((simulator.records(), simulator.truth().len()), (0, 0));
}

#[tokio::test]
async fn the_written_configuration_leads_back_to_the_simulator() {
    let simulator = start(Options {
        regions: vec!["us-ashburn-1".into(), "us-phoenix-1".into()],
        ..options(40)
    })
    .await;
    let parent = tempfile::tempdir().unwrap();
    // A name that must be escaped in TOML; the directory does not exist yet.
    let directory = parent.path().join("a \"quoted\" name");
    simulator.write_config(&directory).unwrap();
    // Twice: what is there is replaced.
    simulator.write_config(&directory).unwrap();

    let text = std::fs::read_to_string(directory.join("signon.toml")).unwrap();
    let config: toml::Table = text.parse().unwrap();
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    assert_eq!(config["data_dir"].as_str(), Some(&*path("state")));
    let source = &config["sources"]["oci_audit"];
    assert_eq!(source["type"].as_str(), Some("oci_audit"));
    assert_eq!(source["tenant"].as_str(), Some("simulated"));
    assert_eq!(source["regions"].as_array().unwrap().len(), 2);
    assert_eq!(source["compartments"][0].as_str(), Some(simulator.tenancy()));
    let endpoint = format!("{}/{{region}}", simulator.http_url());
    assert_eq!(source["endpoint"].as_str(), Some(&*endpoint));
    assert_eq!(source["allow_private_addresses"].as_bool(), Some(true));
    let start = chrono::DateTime::parse_from_rfc3339(source["start"].as_str().unwrap()).unwrap();
    assert_eq!(start.timestamp_millis(), simulator.first_minute());
    assert_eq!(start.timestamp_millis() % 60_000, 0);
    let credentials = &source["credentials"];
    assert_eq!(credentials["type"].as_str(), Some("oci_api_key"));
    assert_eq!(credentials["profile"].as_str(), Some("DEFAULT"));
    assert_eq!(credentials["config_file"].as_str(), Some(&*path("oci_config")));
    let sink = &config["sinks"]["file"];
    assert_eq!(sink["inputs"][0].as_str(), Some("oci_audit"));
    assert_eq!(sink["path"].as_str(), Some(&*path("events.ndjson")));
    assert_eq!(sink["format"].as_str(), Some("ocsf"));

    // From that start on, everything is there.
    let client = Client::new(&simulator);
    let mut found = 0;
    for region in ["/us-ashburn-1", "/us-phoenix-1"] {
        let reading = client.read(region, simulator.first_minute(), NOW).await;
        found += reading.ids().len();
    }
    assert_eq!(found, 40);
    private(&directory);
}

#[cfg(unix)]
fn private(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for name in ["oci_key.pem", "session_token"] {
        let mode = std::fs::metadata(directory.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[cfg(not(unix))]
fn private(_: &Path) {}

#[tokio::test]
async fn the_truth_is_written_one_id_a_line() {
    let simulator = start(options(400)).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("truth");
    simulator.write_truth(&path).unwrap();
    let written = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 20);
    assert_eq!(lines, Vec::from_iter(simulator.truth()));
    let nowhere = simulator.write_truth(&directory.path().join("no/where"));
    assert!(nowhere.unwrap_err().to_string().contains("no/where"));
    assert!(NOW - simulator.first_minute() < DAY + 120_000);
}
