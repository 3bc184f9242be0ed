//! Attacks on the form of a request: headers that are the host's, requests that are
//! two, paths that are another.

use serde_json::json;

use crate::evil::Evil;
use crate::stage::stage;

#[test]
fn headers_that_are_the_hosts_cannot_be_set_and_none_can_be_smuggled() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let url = evil.url("/granted");
    let order = json!({ "attack": "headers", "url": url, "origins": [evil.origin()] });
    let seen = stage.sees(&stage.attack(order));
    assert_eq!(seen.len(), 24);
    for seen in &seen {
        let refused = seen.contains("HeaderError::") && !seen.contains("connection ");
        assert!(refused, "{seen:?}");
    }
    assert_eq!(evil.connections(), 0);
}

#[test]
fn a_request_cannot_be_two_or_another() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let order = json!({
        "attack": "odd-requests",
        "url": evil.url("/granted"),
        "origins": [evil.origin()],
        "prefix": "/granted",
    });
    let seen = stage.sees(&stage.attack(order));
    assert_eq!(seen.len(), 20);
    for seen in &seen {
        let refused = seen.ends_with(" refused")
            || seen == "ErrorCode::HttpRequestDenied"
            || seen == "ErrorCode::HttpProtocolError";
        assert!(refused, "{seen:?}");
    }
    assert_eq!(evil.received(), "", "nothing reached the service");
}

#[test]
fn headers_that_proxies_and_services_trust_are_not_sent() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let names = [
        "x-http-method",
        "x-method-override",
        "oam_remote_user",
        "x-forwarded-proto",
        "x-forwarded-prefix",
        "x-forwarded-user",
        "x-forwarded-server",
        "x-remote-user",
        "x-client-ip",
        "true-client-ip",
        "opc-principal",
        "opc-delegation-token",
        "x-original-host",
        "x-amz-security-token",
        "via",
        "x-anything",
    ];
    let order = json!({
        "attack": "odd-headers",
        "url": evil.url("/granted"),
        "names": names,
        "origins": [evil.origin()],
    });
    let seen = stage.sees(&stage.attack(order));
    assert_eq!(seen.len(), names.len());
    for (name, seen) in names.iter().zip(&seen) {
        assert_eq!(seen, "ErrorCode::HttpRequestDenied", "{name}");
    }
    assert_eq!(evil.connections(), 0);
}

#[test]
fn a_path_that_some_server_decodes_again_does_not_pass() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let tails = [
        "..;/users",
        "..;a=b/users",
        "%2e%2e;/users",
        "..%3b/users",
        "%252e%252e%252fusers",
        "..%00/users",
        "..%20/users",
        "..%09/users",
        ".../users",
        "%c0%ae%c0%ae/users",
        "..%c0%afusers",
        "..%e2%88%95users",
        "..\u{2215}users",
        "x%0d%0aHost:%20evil",
        "%u002e%u002e/users",
        ";/../users",
        "?a=%0d%0ax",
        "?a=%00",
        "?a=\u{e9}",
    ];
    let urls: Vec<String> =
        tails.iter().map(|tail| evil.url(&format!("/granted/{tail}"))).collect();
    let order = json!({
        "attack": "get",
        "urls": urls,
        "origins": [evil.origin()],
        "prefix": "/granted",
    });
    for (url, seen) in urls.iter().zip(stage.sees(&stage.attack(order))) {
        let refused = seen == "ErrorCode::HttpRequestDenied" || seen.ends_with(" refused");
        assert!(refused, "{url}: {seen}");
    }
    assert_eq!(evil.received(), "", "nothing reached the service");
}

#[test]
fn a_length_that_is_a_lie_makes_no_second_request() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let order =
        json!({ "attack": "length", "url": evil.url("/granted"), "origins": [evil.origin()] });
    stage.sees(&stage.attack(order));
    assert!(!evil.received().contains("/smuggled"), "{}", evil.received());
}

#[test]
fn a_body_beyond_its_limit_is_not_sent() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let order = json!({
        "attack": "huge-body",
        "bytes": 2 << 20,
        "url": evil.url("/granted"),
        "origins": [evil.origin()],
    });
    let seen = stage.sees(&stage.attack(order));
    assert!(seen[0].contains("HttpRequestBodySize"), "{seen:?}");
    assert_eq!(evil.connections(), 0);
}

#[test]
fn a_redirect_is_not_followed_and_cannot_be_followed_elsewhere() {
    let stage = stage();
    let (evil, other) = (Evil::start(&stage), Evil::start(&stage));
    for (path, status) in [("/redirect", "302"), ("/next", "200")] {
        for target in [other.url("/"), "http://169.254.169.254/opc/v2/".to_owned()] {
            evil.point_at(&target);
            let order = json!({
                "attack": "follow",
                "urls": [evil.url(path)],
                "origins": [evil.origin()],
            });
            let seen = stage.sees(&stage.attack(order));
            assert_eq!(seen, [status, "ErrorCode::HttpRequestDenied"]);
        }
    }
    assert_eq!(other.connections(), 0);
}
