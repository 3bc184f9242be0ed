//! An identity domain and an Access Manager whose pages never end: told, and bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::support::{Running, run, wait_until};
use crate::surface::hostile::Hostile;

/// Requests in which an endless listing has to be told: two thousand that bring next to
/// nothing, several times over for other readings and attempts.
const MANY: u64 = 30_000;

/// What a page brings.
#[derive(Clone, Copy, PartialEq)]
enum Paging {
    /// A record that is new, and a total that is never reached.
    New,
    /// The same record each time, and a total that is never reached.
    Same,
}

/// The time from which on is asked for.
fn from(target: &str) -> String {
    let text = target.replace("%22", "\"").replace("%20", " ").replace("%3A", ":");
    let behind = |mark: &str| text.split_once(mark).map(|(_, rest)| rest.to_owned());
    let found = behind("timestamp ge \"").or_else(|| behind("timestamp eq \""));
    let found = found.or_else(|| behind("fromDate=")).unwrap_or_default();
    found.split(['"', '&']).next().unwrap_or_default().to_owned()
}

fn idcs(paging: Paging, number: u64, target: &str) -> String {
    if target.contains("/token") {
        return json!({ "access_token": "t", "expires_in": 3600, "token_type": "Bearer" })
            .to_string();
    }
    let number = if paging == Paging::Same { 1 } else { number };
    let row = json!({
        "id": format!("row{number:012}"), "eventId": "sso.session.create.success",
        "timestamp": from(target), "actorName": "bob", "ecId": format!("e{number}")
    });
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 1_000_000_000, "startIndex": 1, "itemsPerPage": 1, "Resources": [row]
    })
    .to_string()
}

fn oam(paging: Paging, number: u64, target: &str) -> String {
    let number = if paging == Paging::Same { 1 } else { number };
    let event = json!({
        "eventID": number, "accessTime": from(target), "type": "AuthN", "status": "Successful",
        "userID": { "loginID": "bob" }
    });
    json!({ "Events": { "eventData": [event] } }).to_string()
}

/// Runs a source until it has told that something is wrong; gives back the log and how
/// many requests that took.
fn told(paging: Paging, is_idcs: bool) -> (String, u64) {
    let asked = Arc::new(AtomicU64::new(0));
    let counting = asked.clone();
    let service = Hostile::start(move |target| {
        let number = 1 + counting.fetch_add(1, Ordering::Relaxed);
        let answer = if is_idcs { idcs } else { oam };
        (200, answer(paging, number, target))
    });
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://127.0.0.1:{}", service.port);
    let kind = match is_idcs {
        true => format!(
            "type = 'idcs'\ndomain_url = '{url}'\npage_size = 1\ncredentials = {{ \
             type = 'oauth2_client_credentials', client_id = 'c', client_secret = 'sssssssssss', \
             token_url = '{url}/token' }}"
        ),
        false => format!(
            "type = 'oam'\nbase_url = '{url}'\npage_size = 1\ncredentials = {{ type = 'basic', \
             username = 'u', password = 'ppppppppppp' }}"
        ),
    };
    let config = folder.path().join("signon.toml");
    let text = format!(
        "data_dir = 'data'\n[sources.evil]\n{kind}\nallow_private_addresses = true\n\
         start = '2m ago'\npoll_interval = '1s'\nreadings = ['0s']\n\
         [sinks.out]\ntype = 'file'\ninputs = ['*']\npath = 'out.ndjson'\n"
    );
    std::fs::write(&config, text).unwrap();
    let running = Running::start(&mut run(&config, false));
    wait_until("the endless listing to be told", || {
        let log = running.stderr();
        let is_told = |line: &str| {
            ["Reading does not end.", "Reading failed.", "Source finding."]
                .iter()
                .any(|what| line.contains(what))
        };
        log.lines().any(is_told)
    });
    let requests = asked.load(Ordering::Relaxed);
    let log = running.stderr();
    running.terminate();
    running.wait().success();
    (log, requests)
}

#[test]
fn pages_that_always_bring_something_new_are_told_and_bounded() {
    for is_idcs in [true, false] {
        let (log, requests) = told(Paging::New, is_idcs);
        assert!(log.contains("does not end"), "idcs {is_idcs}: {log}");
        assert!(requests < MANY, "idcs {is_idcs}: {requests}");
    }
}

#[test]
fn pages_that_always_bring_the_same_are_told_at_once() {
    // Where there is a count. Access Manager's pages have none, and one that brings nothing
    // new is their end.
    let (log, requests) = told(Paging::Same, true);
    assert!(requests < 1_000, "{requests}: {log}");
}
