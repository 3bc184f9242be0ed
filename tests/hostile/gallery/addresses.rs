//! Requests to every kind of address that is none of a component's business. All of
//! them are granted here as origins: what is left is the address itself.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use serde_json::json;
use signon_host::net::{Addresses, HttpClient, PrivateAddresses, Resolver};

use crate::evil::Evil;
use crate::stage::{Attack, Stage, stage};

/// Asks for these URLs, each granted by its origin. Private addresses are not.
fn asking(stage: &Stage, urls: &[String]) -> Attack {
    let origin = |url: &String| url.trim_end_matches('/').to_owned();
    let origins: Vec<String> = urls.iter().map(origin).collect();
    let order = json!({ "attack": "get", "urls": urls, "origins": origins });
    stage.attack(order).without_private_addresses()
}

/// Fails the test unless every one is stopped at its address.
fn assert_prohibited(stage: &Stage, attack: &Attack, urls: &[String]) {
    let seen = stage.sees(attack);
    assert_eq!(seen.len(), urls.len());
    for (url, seen) in urls.iter().zip(seen) {
        assert_eq!(seen, "ErrorCode::DestinationIpProhibited", "{url}");
    }
}

#[test]
fn loopback_in_every_writing_is_not_dialled() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let port = evil.port();
    // Decimal, hexadecimal, octal, short, mapped, compatible, by name.
    let urls: Vec<String> = [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.255.255.254",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "localhost",
        "LOCALHOST",
    ]
    .iter()
    .map(|host| format!("http://{host}:{port}/"))
    .collect();
    assert_prohibited(&stage, &asking(&stage, &urls), &urls);
    assert_eq!(evil.connections(), 0);
}

#[test]
fn a_dot_at_the_end_leads_nowhere_else() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let hosts = ["localhost.", "127.0.0.1.", "2130706433.", "0x7f.1.", "LOCALHOST."];
    let urls: Vec<String> =
        hosts.iter().map(|host| format!("http://{host}:{}/", evil.port())).collect();
    // Some systems know no such name, others take the dot for nothing.
    let seen = stage.sees(&asking(&stage, &urls));
    assert_eq!(seen.len(), urls.len());
    assert!(!seen.iter().any(|seen| seen.starts_with("200 ")), "{seen:?}");
    assert_eq!(evil.connections(), 0);
}

#[test]
fn private_link_local_metadata_and_translated_addresses_are_not_dialled() {
    let stage = stage();
    let urls: Vec<String> = [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        "192.0.0.192",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "198.18.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "[fd00:c1::a9fe:a9fe]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[2603:c020::5efe:a00:1]",
        "[2001:db8::1]",
    ]
    .iter()
    .map(|host| format!("http://{host}/"))
    .collect();
    assert_prohibited(&stage, &asking(&stage, &urls), &urls);
}

#[test]
fn odd_forms_of_ipv6_are_not_dialled() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let urls: Vec<String> = [
        "[0:0:0:0:0:0:0:0]",
        "[0:0:0:0:0:0:0:1]",
        "[0000::0001]",
        "[::ffff:0.0.0.0]",
        "[::ffff:0:0]",
        "[::0.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1:fffe::7f00:1]",
        "[2002:7f00:1::1]",
        "[2002:c0a8:101::]",
        "[2002::1]",
        "[fec0::1]",
        "[5f00::1]",
        "[3fff::1]",
        "[100::1]",
    ]
    .iter()
    .map(|host| format!("http://{host}:{}/", evil.port()))
    .collect();
    assert_prohibited(&stage, &asking(&stage, &urls), &urls);
    assert_eq!(evil.connections(), 0);
    // A scope is no part of a URL: there is no such rule, and no such request.
    for host in ["[::1%lo]", "[::1%25lo]", "[fe80::1%25eth0]"] {
        let url = format!("http://{host}:{}/", evil.port());
        let order = json!({ "attack": "get", "urls": [url], "origins": [evil.origin()] });
        let seen = stage.sees(&stage.attack(order)).remove(0);
        assert!(seen.ends_with(" refused") || seen == "ErrorCode::HttpRequestDenied", "{seen}");
    }
}

/// A name whose owner changes their mind with every question.
#[derive(Debug)]
struct Rebinding {
    answers: Mutex<Vec<Vec<SocketAddr>>>,
}

impl Resolver for Rebinding {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Addresses<'a> {
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { io::Result::Ok(answer) })
    }
}

#[test]
fn a_name_is_looked_up_and_checked_anew_at_every_dial() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let inside = SocketAddr::from(([127, 0, 0, 1], evil.port()));
    // Nothing first: a test dials nobody outside.
    let answers = Mutex::new(vec![vec![], vec![inside]]);
    let url = format!("http://rebinding.example:{}/", evil.port());
    let attack = asking(&stage, &[url.clone(), url]);
    let tls = HttpClient::trust(None).unwrap();
    let resolver = Arc::new(Rebinding { answers });
    let client = HttpClient::with_resolver(tls, PrivateAddresses::default(), resolver);
    let attack = attack.clone().through(attack.door_with(client));
    let seen = stage.sees(&attack);
    assert!(seen[0].contains("has no address"), "{seen:?}");
    assert_eq!(seen[1], "ErrorCode::DestinationIpProhibited", "{seen:?}");
    assert_eq!(evil.connections(), 0);
}

#[test]
fn a_name_with_one_address_inside_is_not_dialled_at_all() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let inside = SocketAddr::from(([127, 0, 0, 1], evil.port()));
    let outside = SocketAddr::from(([192, 88, 98, 1], 9));
    for answer in [vec![outside, inside], vec![inside, outside]] {
        let url = format!("http://mixed.example:{}/", evil.port());
        let attack = asking(&stage, std::slice::from_ref(&url));
        let tls = HttpClient::trust(None).unwrap();
        let resolver = Arc::new(Rebinding { answers: Mutex::new(vec![answer]) });
        let client = HttpClient::with_resolver(tls, PrivateAddresses::default(), resolver);
        let attack = attack.clone().through(attack.door_with(client));
        assert_prohibited(&stage, &attack, &[url]);
    }
    assert_eq!(evil.connections(), 0);
}

#[test]
fn another_origin_than_the_granted_one_is_denied() {
    let stage = stage();
    let (granted, other) = (Evil::start(&stage), Evil::start(&stage));
    let port = granted.port();
    let urls = [
        // Another port, another scheme, another host, a user in front.
        other.url("/"),
        format!("https://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://127.0.0.1.evil.example:{port}/"),
        format!("http://127.0.0.1@evil.example:{port}/"),
        format!("http://user@127.0.0.1:{port}/"),
        format!("http://user:password@127.0.0.1:{port}/"),
        "http://127.0.0.1/".to_owned(),
    ];
    let order = json!({ "attack": "get", "urls": urls, "origins": [granted.origin()] });
    let seen = stage.sees(&stage.attack(order));
    for (url, seen) in urls.iter().zip(&seen) {
        assert_eq!(seen, "ErrorCode::HttpRequestDenied", "{url}");
    }
    assert_eq!((granted.connections(), other.connections()), (0, 0));
}

#[test]
fn a_denial_is_told_with_the_error_it_caused_and_with_no_other() {
    let stage = stage();
    let order = json!({ "attack": "leak", "urls": ["http://10.0.0.1/secret"] });
    let error = stage.beside(&stage.attack(order)).unwrap_err().to_string();
    assert!(error.contains("GET /secret is not granted"), "{error}");
    // The same egress, another session: nothing of it is left.
    let order = json!({ "attack": "leak", "urls": [] });
    let error = stage.beside(&stage.attack(order)).unwrap_err().to_string();
    assert_eq!(error, "forbidden: ");
}
