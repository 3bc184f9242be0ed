//! What a verifier refuses, and why.

use crate::common::{
    DATE, GET, POST, body, borrow, check, check_with, header, key_file, list, set, sign,
};
use oci_signature::{
    Authorization, Body, DateHeader, PrivateKey, ReceivedRequest, RequestToSign, VerifyError,
    signed_date, verify, verify_exempt,
};

#[test]
fn another_key_does_not_verify() {
    let other = PrivateKey::from_pem(&key_file("other2048.pem"), None).unwrap();
    let headers = sign(&GET);
    let authorization = Authorization::parse(header(&headers, "authorization")).unwrap();
    let received = ReceivedRequest {
        method: "GET",
        target: GET.target,
        headers: &borrow(&headers),
        body: b"",
    };
    assert_eq!(verify(&authorization, &received, &other.public_key()), Err(VerifyError::Signature));
}

#[test]
fn the_order_of_the_headers_parameter_is_followed() {
    let mut headers = sign(&GET);
    list(&mut headers, "date (request-target) host", "host (request-target) date");
    assert_eq!(check(&GET, &headers, b""), Err(VerifyError::Signature));
    list(&mut headers, "host (request-target) date", "Date (request-target) HOST");
    assert_eq!(check(&GET, &headers, b""), Ok(()));
}

#[test]
fn every_required_header_must_be_signed() {
    for (listed, missing) in [
        ("(request-target) host", "date"),
        ("date host", "(request-target)"),
        ("date (request-target)", "host"),
    ] {
        let mut headers = sign(&GET);
        list(&mut headers, "date (request-target) host", listed);
        assert_eq!(check(&GET, &headers, b""), Err(VerifyError::NotSigned(missing)));
    }
    for missing in ["content-length", "content-type", "x-content-sha256"] {
        let mut headers = sign(&POST);
        list(&mut headers, &format!(" {missing}"), "");
        let result = check(&POST, &headers, body(&POST));
        assert_eq!(result, Err(VerifyError::NotSigned(missing)));
    }
}

#[test]
fn an_exempt_upload_verifies_only_as_exempt() {
    let upload = RequestToSign { method: "PUT", body: Body::Exempt, ..GET };
    let headers = sign(&upload);
    assert_eq!(headers.len(), 3);
    assert_eq!(check(&upload, &headers, b"x"), Err(VerifyError::NotSigned("content-length")));
    assert_eq!(check_with(verify_exempt, &upload, &headers, b"x"), Ok(()));
}

#[test]
fn a_signed_hash_is_compared_even_where_it_is_not_required() {
    let upload = RequestToSign { method: "PUT", ..POST };
    let headers = sign(&upload);
    let changed = b"{\"a\":2}";
    let result = check_with(verify_exempt, &upload, &headers, changed);
    assert_eq!(result, Err(VerifyError::BodyHash));
    let delete = RequestToSign { method: "DELETE", ..POST };
    let result = check(&delete, &sign(&delete), changed);
    assert_eq!(result, Err(VerifyError::BodyHash));
}

#[test]
fn an_unsigned_x_date_does_not_renew_an_old_request() {
    let mut headers = sign(&GET);
    headers.push(("X-Date", "Thu, 02 May 2024 12:00:00 GMT".to_owned()));
    assert_eq!(check(&GET, &headers, b""), Err(VerifyError::NotSigned("x-date")));
    let authorization = Authorization::parse(header(&headers, "authorization")).unwrap();
    let received = ReceivedRequest {
        method: "GET",
        target: GET.target,
        headers: &borrow(&headers),
        body: b"",
    };
    assert_eq!(signed_date(&authorization, &received), None);
}

#[test]
fn a_signed_x_date_wins_over_a_date() {
    let request = RequestToSign { date_header: DateHeader::XDate, ..GET };
    let mut headers = sign(&request);
    headers.insert(0, ("date", "Thu, 02 May 2024 12:00:00 GMT".to_owned()));
    assert_eq!(check(&request, &headers, b""), Ok(()));
    let authorization = Authorization::parse(header(&headers, "authorization")).unwrap();
    let received = ReceivedRequest {
        method: "GET",
        target: GET.target,
        headers: &borrow(&headers),
        body: b"",
    };
    assert_eq!(signed_date(&authorization, &received), Some(DATE));
}

#[test]
fn ambiguous_requests_are_refused() {
    let mut repeated = sign(&GET);
    repeated.push(("Host", "evil.example".to_owned()));
    let result = check(&GET, &repeated, b"");
    assert_eq!(result, Err(VerifyError::Repeated("host".to_owned())));

    let mut listed_twice = sign(&GET);
    list(&mut listed_twice, "date (", "date DATE (");
    let result = check(&GET, &listed_twice, b"");
    assert_eq!(result, Err(VerifyError::ListedTwice("date".to_owned())));

    let mut absent = sign(&GET);
    list(&mut absent, "date (", "date accept (");
    let result = check(&GET, &absent, b"");
    assert_eq!(result, Err(VerifyError::Absent("accept".to_owned())));

    let mut broken = sign(&GET);
    set(&mut broken, "host", "a\nx: b");
    let result = check(&GET, &broken, b"");
    assert_eq!(result, Err(VerifyError::LineBreak("host".to_owned())));
}

#[test]
fn another_version_or_algorithm_is_refused() {
    let mut headers = sign(&GET);
    list(&mut headers, "version=\"1\",", "");
    assert_eq!(check(&GET, &headers, b""), Ok(()));
    let mut headers = sign(&GET);
    list(&mut headers, "version=\"1\"", "version=\"2\"");
    assert_eq!(check(&GET, &headers, b""), Err(VerifyError::Version));
    for algorithm in ["rsa-sha1", "rsa-pss-sha256", "RSA-SHA256", "hmac-sha256"] {
        let mut headers = sign(&GET);
        list(&mut headers, "rsa-sha256", algorithm);
        assert_eq!(check(&GET, &headers, b""), Err(VerifyError::Algorithm));
    }
}
