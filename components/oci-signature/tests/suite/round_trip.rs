//! What is signed verifies, and what was changed afterwards does not.
use crate::common::{GET, POST, TestRng, body, check, header, key, set, sign, signer};
use oci_signature::{
    Authorization, Body, DateHeader, ReceivedRequest, RequestToSign, SignError, Signer,
    VerifyError, content_sha256, session_token_key_id, signed_date, signing_string, verify,
};
use proptest::prelude::*;

#[test]
fn what_is_signed_verifies_for_every_method_and_both_dates() {
    for method in ["GET", "HEAD", "DELETE", "get"] {
        for date_header in [DateHeader::Date, DateHeader::XDate] {
            let request = RequestToSign { method, date_header, ..GET };
            assert_eq!(check(&request, &sign(&request), b""), Ok(()));
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "post"] {
        let request = RequestToSign { method, ..POST };
        assert_eq!(check(&request, &sign(&request), body(&request)), Ok(()));
    }
}

#[test]
fn the_headers_come_in_lower_case_and_in_the_order_of_the_signing_string() {
    let headers = sign(&POST);
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let expected =
        ["date", "host", "content-length", "content-type", "x-content-sha256", "authorization"];
    assert_eq!(names, expected);
    assert_eq!(header(&headers, "content-length"), "7");
    assert_eq!(header(&headers, "x-content-sha256"), content_sha256(b"{\"a\":1}"));
}

#[test]
fn an_empty_body_is_signed_with_its_length_and_hash() {
    let empty = Body::Signed { content_type: "application/json", bytes: b"" };
    let request = RequestToSign { body: empty, ..POST };
    let headers = sign(&request);
    assert_eq!(header(&headers, "content-length"), "0");
    assert_eq!(
        header(&headers, "x-content-sha256"),
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    );
    assert_eq!(check(&request, &headers, b""), Ok(()));
    assert_eq!(check(&request, &headers, b"x"), Err(VerifyError::ContentLength { actual: 1 }));
}

#[test]
fn a_post_without_a_body_to_sign_is_not_signed() {
    for method in ["POST", "PUT", "PATCH", "patch"] {
        let request = RequestToSign { method, ..GET };
        let error = signer().sign(&request, &mut TestRng(7));
        assert_eq!(error, Err(SignError::BodyNotGiven));
    }
}

#[test]
fn nothing_is_signed_that_would_not_arrive_as_it_was_signed() {
    let typed = |content_type| Body::Signed { content_type, bytes: b"" };
    let bad = [
        (RequestToSign { method: "", ..GET }, "method"),
        (RequestToSign { method: "GET\n", ..GET }, "method"),
        (RequestToSign { target: "", ..GET }, "target"),
        (RequestToSign { target: "https://h/", ..GET }, "target"),
        (RequestToSign { target: "/a b", ..GET }, "target"),
        (RequestToSign { target: "/a\nhost: x", ..GET }, "target"),
        (RequestToSign { target: "/ä", ..GET }, "target"),
        (RequestToSign { target: "/a#b", ..GET }, "target"),
        (RequestToSign { host: "", ..GET }, "host"),
        (RequestToSign { host: "user@h", ..GET }, "host"),
        (RequestToSign { host: "h\r\n", ..GET }, "host"),
        (RequestToSign { host: "h/", ..GET }, "host"),
        (RequestToSign { date: "", ..GET }, "date"),
        (RequestToSign { date: " x", ..GET }, "date"),
        (RequestToSign { date: "x\nhost: y", ..GET }, "date"),
        (RequestToSign { body: typed(""), ..POST }, "content type"),
        (RequestToSign { body: typed("a\r\nb"), ..POST }, "content type"),
    ];
    for (request, expected) in bad {
        match signer().sign(&request, &mut TestRng(7)) {
            Err(SignError::Part { part, .. }) => assert_eq!(part, expected),
            other => panic!("{request:?}: {other:?}"),
        }
    }
    let injecting = Signer::new("a\",headers=\"", key());
    let error = injecting.sign(&GET, &mut TestRng(7));
    assert!(matches!(error, Err(SignError::KeyId(_))), "{error:?}");
}

#[test]
fn a_token_file_s_line_end_does_not_reach_the_key_id() {
    assert_eq!(session_token_key_id(" a.b.c\r\n"), "ST$a.b.c");
}

/// The text with one byte replaced by another one from the visible range.
fn change(text: &str, at: prop::sample::Index, to: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    let to = b'!' + to % 94;
    bytes[at] = if bytes[at] == to { if to == b'!' { b'~' } else { to - 1 } } else { to };
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn any_request_that_is_signed_verifies(
        target in "/[!-\"$-~]{0,60}",
        host in "[a-z0-9.-]{1,30}(:[0-9]{1,5})?",
        date in "[!-~]([ -~]{0,30}[!-~])?",
        content_type in "[!-~]([ -~]{0,30}[!-~])?",
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
        seed in any::<u64>(),
    ) {
        let request = RequestToSign {
            method: "POST",
            target: &target,
            host: &host,
            date: &date,
            date_header: DateHeader::XDate,
            body: Body::Signed { content_type: &content_type, bytes: &bytes },
        };
        let headers = signer().sign(&request, &mut TestRng(seed)).unwrap();
        prop_assert_eq!(check(&request, &headers, &bytes), Ok(()));
    }

    #[test]
    fn a_changed_byte_is_always_noticed(
        part in 0..7,
        at in any::<prop::sample::Index>(),
        to in any::<u8>(),
        bytes in proptest::collection::vec(any::<u8>(), 1..100),
    ) {
        let signed_body = Body::Signed { content_type: "application/json", bytes: &bytes };
        let request = RequestToSign { body: signed_body, ..POST };
        let mut headers = sign(&request);
        let mut received_body = bytes.clone();
        let target = if part == 0 { change(request.target, at, to) } else { request.target.to_owned() };
        match part {
            0 => {}
            1 => {
                let at = at.index(received_body.len());
                received_body[at] ^= to.max(1);
            }
            _ => {
                let names = ["host", "date", "content-length", "content-type", "x-content-sha256"];
                let name = names[part as usize - 2];
                let changed = change(header(&headers, name), at, to);
                set(&mut headers, name, &changed);
            }
        }
        let received = RequestToSign { target: &target, ..request };
        let expected = if part == 1 { VerifyError::BodyHash } else { VerifyError::Signature };
        prop_assert_eq!(check(&received, &headers, &received_body), Err(expected));
    }

    #[test]
    fn no_request_makes_signer_or_verifier_panic(
        method in any::<String>(),
        target in any::<String>(),
        value in any::<String>(),
        names in proptest::collection::vec(any::<String>(), 0..6),
        bytes in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let request = RequestToSign {
            method: &method,
            target: &target,
            host: &value,
            date: &value,
            date_header: DateHeader::Date,
            body: Body::Signed { content_type: &value, bytes: &bytes },
        };
        let _ = signing_string(&request);
        let _ = signer().sign(&request, &mut TestRng(7));
        let headers: Vec<(&str, &str)> = names
            .iter()
            .map(String::as_str)
            .chain(["host", "date"])
            .map(|name| (name, value.as_str()))
            .collect();
        let mut listed: Vec<String> = names.clone();
        listed.extend(["host", "date", "(request-target)"].map(str::to_owned));
        let authorization = Authorization {
            version: None,
            headers: listed,
            key_id: value.clone(),
            algorithm: "rsa-sha256".to_owned(),
            signature: bytes.clone(),
        };
        let received = ReceivedRequest {
            method: &method,
            target: &target,
            headers: &headers,
            body: &bytes,
        };
        let public = key().public_key();
        prop_assert!(verify(&authorization, &received, &public).is_err());
        let _ = signed_date(&authorization, &received);
    }
}
