//! What is refused, and with which words.

use http::Method;
use oci_signature::{PrivateKey, Signer};
use signon_simulator::{Options, Simulator, SimulatorError};

use crate::client::{Client, DAY, Headers, NOW, escaped, list_target, options, start, start_with};

/// Sends what `spoil` makes of a properly signed request.
async fn spoilt(client: &Client, spoil: impl FnOnce(&mut Headers)) -> (u16, String, String) {
    let target = client.list(NOW - DAY, NOW, None);
    let mut headers = client.sign(&Method::GET, &target);
    spoil(&mut headers);
    client.send(&Method::GET, &target, &headers).await.refusal()
}

fn replace(headers: &mut Headers, name: &str, from: &str, to: &str) {
    let (_, value) = headers.iter_mut().find(|(known, _)| known == name).unwrap();
    assert!(value.contains(from), "{value}");
    *value = value.replace(from, to);
}

#[tokio::test]
async fn a_request_that_is_not_properly_signed_is_not_authenticated() {
    let simulator = start(options(10)).await;
    let mut client = Client::new(&simulator);
    let mut refusals = vec![
        (
            "missing",
            spoilt(&client, |headers| {
                headers.retain(|(name, _)| name != "authorization");
            })
            .await,
        ),
        (
            "more than once",
            spoilt(&client, |headers| {
                headers.push(("authorization".into(), "Signature".into()));
            })
            .await,
        ),
        (
            "",
            spoilt(&client, |headers| {
                replace(headers, "authorization", "Signature ", "Bearer ");
            })
            .await,
        ),
        (
            "host",
            spoilt(&client, |headers| {
                replace(headers, "authorization", " host", "");
            })
            .await,
        ),
        (
            "(request-target)",
            spoilt(&client, |headers| {
                replace(headers, "authorization", " (request-target)", "");
            })
            .await,
        ),
        (
            "",
            spoilt(&client, |headers| {
                replace(headers, "authorization", "signature=\"", "signature=\"AAAA");
            })
            .await,
        ),
        (
            "keyId",
            spoilt(&client, |headers| {
                replace(headers, "authorization", "ocid1.user.", "ocid1.user2.");
            })
            .await,
        ),
        (
            "",
            spoilt(&client, |headers| {
                replace(headers, "authorization", "rsa-sha256", "hmac-sha256");
            })
            .await,
        ),
    ];
    // Another query than the one signed.
    let target = client.list(NOW - DAY, NOW, None);
    let headers = client.sign(&Method::GET, &target);
    let other = target.replace("%3A", ":");
    assert_ne!(other, target);
    let reply = client.send(&Method::GET, &other, &headers).await;
    refusals.push(("", reply.refusal()));
    // Another key under the same id.
    let other = start(options(0)).await;
    let directory = tempfile::tempdir().unwrap();
    other.write_config(directory.path()).unwrap();
    let pem = std::fs::read_to_string(directory.path().join("oci_key.pem")).unwrap();
    let key = PrivateKey::from_pem(&pem, None).unwrap();
    client.signer = Signer::new(client.signer.key_id(), key);
    refusals.push(("", client.get(&target).await.refusal()));

    for (says, (status, code, message)) in &refusals {
        assert_eq!((*status, code.as_str()), (401, "NotAuthenticated"), "{message}");
        assert!(message.contains(says), "{says}: {message}");
    }
    assert_eq!(simulator.statistics().rejected[&401], refusals.len() as u64);
}

#[tokio::test]
async fn a_date_more_than_five_minutes_off_is_not_authenticated() {
    let simulator = start(options(10)).await;
    let mut client = Client::new(&simulator);
    let target = client.list(NOW - DAY, NOW, None);
    // A minute of room for the clock that runs on while the test does.
    for (skew, status) in [(-240, 200), (240, 200), (-301, 401), (361, 401)] {
        client.clock = simulator.now() / 1000 + skew;
        let reply = client.get(&target).await;
        assert_eq!(reply.status, status, "{skew} s");
        if status == 401 {
            let (_, code, message) = reply.refusal();
            assert_eq!(code, "NotAuthenticated");
            assert!(message.contains("off the server's clock"), "{message}");
        }
    }
}

#[tokio::test]
async fn the_simulators_clock_can_be_off() {
    let simulator = start_with(10, &["skew=-3600"]).await;
    let mut client = Client::new(&simulator);
    client.clock = NOW / 1000;
    let target = client.list(NOW - DAY, NOW, None);
    let reply = client.get(&target).await;
    assert_eq!(reply.status, 401);
    // The way out: the server says what time it thinks it is.
    client.clock = oci_signature::parse_imf_fixdate(reply.header("date").unwrap()).unwrap();
    assert!((NOW / 1000 - client.clock).abs_diff(3600) < 120);
    assert_eq!(client.get(&target).await.status, 200);
}

#[tokio::test]
async fn parameters_are_checked_as_documented() {
    let simulator = start(options(10)).await;
    let client = Client::new(&simulator);
    let (start, end) = (escaped("2025-06-14T00:00:00Z"), escaped("2025-06-15T00:00:00Z"));
    let compartment = format!("compartmentId={}", client.tenancy);
    let times = format!("startTime={start}&endTime={end}");
    let all = format!("{compartment}&{times}");
    let cases = [
        (times.clone(), "MissingParameter", "compartmentId"),
        (format!("compartmentId=&{times}"), "MissingParameter", "compartmentId"),
        (format!("{compartment}&endTime={end}"), "MissingParameter", "startTime"),
        (format!("{compartment}&startTime={start}"), "MissingParameter", "endTime"),
        (
            format!("{compartment}&startTime=yesterday&endTime={end}"),
            "InvalidParameter",
            "startTime",
        ),
        (
            format!("{compartment}&startTime={start}&endTime=2025-06-15"),
            "InvalidParameter",
            "endTime",
        ),
        (
            format!("{compartment}&startTime={end}&endTime={start}"),
            "InvalidParameter",
            "later than startTime",
        ),
        (
            format!("{compartment}&startTime={end}&endTime={end}"),
            "InvalidParameter",
            "later than startTime",
        ),
        (format!("{all}&limit=10"), "InvalidParameter", "limit"),
        (format!("{all}&opc-next-page=x"), "InvalidParameter", "opc-next-page"),
        (format!("{all}&{compartment}"), "InvalidParameter", "compartmentId"),
        (format!("{all}&page=%zz"), "InvalidParameter", "page"),
        (format!("{all}&page=garbage"), "InvalidParameter", "page"),
        (String::new(), "MissingParameter", "compartmentId"),
    ];
    for (query, code, says) in &cases {
        let target = format!("/20190901/auditEvents?{query}");
        let (status, actual, message) = client.get(&target).await.refusal();
        assert_eq!((status, actual.as_str()), (400, *code), "{query}");
        assert!(message.contains(says), "{query}: {message}");
    }
    assert_eq!(simulator.statistics().rejected[&400], cases.len() as u64);
}

#[tokio::test]
async fn a_page_token_belongs_to_its_query() {
    let simulator = start(Options {
        regions: vec!["us-ashburn-1".into(), "us-phoenix-1".into()],
        ..options(500)
    })
    .await;
    let client = Client::new(&simulator);
    let first = client.get(&client.list(NOW - DAY, NOW, None)).await;
    let token = first.header("opc-next-page").unwrap();
    assert!(token.ends_with("=="), "{token}");
    let others = [
        client.list(NOW - DAY, NOW - 60_000, Some(token)),
        client.list(NOW - DAY + 60_000, NOW, Some(token)),
        list_target(simulator.empty_compartment(), NOW - DAY, NOW, Some(token)),
        format!("/us-phoenix-1{}", client.list(NOW - DAY, NOW, Some(token))),
    ];
    for target in others {
        let (status, code, message) = client.get(&target).await.refusal();
        assert_eq!((status, code.as_str()), (400, "InvalidParameter"));
        assert!(message.contains("another"), "{message}");
    }
    // Neither order nor spelling of the parameters matters.
    let spelled = client
        .list(NOW - DAY, NOW, Some(token))
        .replace("%3A", ":")
        .replace("&endTime", "&end%54ime");
    assert_eq!(client.get(&spelled).await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let simulator = start(options(10)).await;
    let client = Client::new(&simulator);
    let target = client.list(NOW - DAY, NOW, None);
    let unknown = list_target("ocid1.tenancy.oc1..unknown", NOW - DAY, NOW, None);
    let cases = [
        (Method::GET, unknown, "NotAuthorizedOrNotFound"),
        (Method::GET, format!("/mars-north-1{target}"), "NotAuthorizedOrNotFound"),
        (
            Method::GET,
            "/20190901/configuration?compartmentId=x".to_owned(),
            "NotAuthorizedOrNotFound",
        ),
        (Method::DELETE, target.clone(), "NotFound"),
        (Method::GET, "/20190901/auditEvent".to_owned(), "NotFound"),
        (Method::GET, "/".to_owned(), "NotFound"),
    ];
    for (method, target, expected) in cases {
        let headers = client.sign(&method, &target);
        let reply = client.send(&method, &target, &headers).await;
        let (status, code, _) = reply.refusal();
        assert_eq!((status, code.as_str()), (404, expected), "{method} {target}");
        assert!(reply.header("opc-request-id").is_some());
    }
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let error = Simulator::start(Options { listen: "0.0.0.0:0".parse().unwrap(), ..options(0) })
        .await
        .unwrap_err();
    assert!(matches!(error, SimulatorError::NotLoopback(_)), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let first = start(options(0)).await;
    let error =
        Simulator::start(Options { listen: first.address(), ..options(0) }).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains(&first.address().to_string()), "{message}");
}
