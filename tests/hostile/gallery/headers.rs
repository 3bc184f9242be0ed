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
