//! Oracle's published examples and those derived from them, byte for byte. Where they come from is
//! said in `vectors.json` itself.
use crate::common::{TestRng, borrow, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use oci_signature::{
    Authorization, Body, DateHeader, PrivateKey, ReceivedRequest, RequestToSign, Signer,
    VerifyError, signed_date, signing_string, verify, verify_exempt,
};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors.json")).unwrap()
}

fn published_key(file: &Value) -> PrivateKey {
    let number = |name: &str| {
        let digits = file["private_key"][name].as_str().unwrap();
        let even = format!("{}{digits}", "0".repeat(digits.len() % 2));
        (0..even.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&even[at..at + 2], 16).unwrap())
            .collect::<Vec<u8>>()
    };
    PrivateKey::from_components_any_size(
        &number("n"),
        &number("e"),
        &number("d"),
        &number("p"),
        &number("q"),
    )
    .unwrap()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

fn signs_body(vector: &Value) -> bool {
    vector["signed_headers_order"].as_array().unwrap().len() == 6
}

/// Authority and target of a URL, cut and not parsed: parsers re-encode.
fn split_url(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").unwrap().1;
    rest.split_at(rest.find('/').unwrap())
}

fn request(vector: &Value) -> RequestToSign<'_> {
    let (host, target) = split_url(text(vector, "url"));
    let headers = &vector["headers"];
    assert_eq!(headers["host"], host);
    let (date_header, date) = match headers["x-date"].as_str() {
        Some(date) => (DateHeader::XDate, date),
        None => (DateHeader::Date, text(headers, "date")),
    };
    let body = match vector["body"].as_str() {
        None => Body::None,
        Some(body) if signs_body(vector) => {
            Body::Signed { content_type: text(headers, "content-type"), bytes: body.as_bytes() }
        }
        Some(_) => Body::Exempt,
    };
    RequestToSign { method: text(vector, "method"), target, host, date, date_header, body }
}

#[test]
fn every_vector_is_signed_byte_for_byte() {
    let file = vectors();
    let all = file["vectors"].as_array().unwrap();
    assert_eq!(all.len(), 16);
    for vector in all {
        let id = text(vector, "id");
        let signer = Signer::new(text(vector, "keyId"), published_key(&file));
        let request = request(vector);
        assert_eq!(signing_string(&request), text(vector, "signing_string"), "{id}");
        let headers = signer.sign(&request, &mut TestRng(1)).unwrap();
        assert_eq!(header(&headers, "authorization"), text(vector, "authorization"), "{id}");
        let authorization = Authorization::parse(header(&headers, "authorization")).unwrap();
        assert_eq!(STANDARD.encode(&authorization.signature), text(vector, "signature"), "{id}");
        assert_eq!(authorization.key_id, text(vector, "keyId"), "{id}");
        for name in authorization.headers.iter().map(String::as_str) {
            if name != "(request-target)" {
                assert_eq!(header(&headers, name), text(&vector["headers"], name), "{id}: {name}");
            }
        }
    }
}

#[test]
fn every_vector_verifies() {
    let file = vectors();
    let key = published_key(&file).public_key();
    for vector in file["vectors"].as_array().unwrap() {
        let id = text(vector, "id");
        let authorization = Authorization::parse(text(vector, "authorization")).unwrap();
        let headers: Vec<(&str, &str)> = vector["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let to_sign = request(vector);
        let received = ReceivedRequest {
            method: to_sign.method,
            target: to_sign.target,
            headers: &headers,
            body: vector["body"].as_str().unwrap_or("").as_bytes(),
        };
        let is_exempt = matches!(to_sign.body, Body::Exempt);
        if is_exempt {
            assert_eq!(
                verify(&authorization, &received, &key),
                Err(VerifyError::NotSigned("content-length")),
                "{id}"
            );
            assert_eq!(verify_exempt(&authorization, &received, &key), Ok(()), "{id}");
        } else {
            assert_eq!(verify(&authorization, &received, &key), Ok(()), "{id}");
        }
        assert_eq!(signed_date(&authorization, &received), Some(to_sign.date), "{id}");
    }
}

#[test]
fn a_signature_over_a_trailing_newline_does_not_verify() {
    let file = vectors();
    let negative = &file["negative"][0];
    let official = &file["vectors"][0];
    assert_eq!(text(negative, "signing_string"), format!("{}\n", text(official, "signing_string")));
    let genuine = text(official, "authorization");
    let forged = genuine.replace(text(official, "signature"), text(negative, "wrong_signature"));
    assert_ne!(genuine, forged);
    let to_sign = request(official);
    let headers = [("date", to_sign.date), ("host", to_sign.host)];
    let received =
        ReceivedRequest { method: "GET", target: to_sign.target, headers: &headers, body: b"" };
    assert_eq!(
        verify(
            &Authorization::parse(&forged).unwrap(),
            &received,
            &published_key(&file).public_key()
        ),
        Err(VerifyError::Signature)
    );
}

#[test]
fn the_fingerprint_of_the_published_key_is_the_one_openssl_gives() {
    let file = vectors();
    assert_eq!(
        published_key(&file).fingerprint().to_string(),
        text(&file, "fingerprint_of_this_key_md5_spki")
    );
}

#[test]
fn a_signature_does_not_depend_on_the_generator() {
    let file = vectors();
    let signer = Signer::new("k", published_key(&file));
    let request = request(&file["vectors"][0]);
    let first = signer.sign(&request, &mut TestRng(1)).unwrap();
    assert_eq!(first, signer.sign(&request, &mut TestRng(2)).unwrap());
    assert_eq!(borrow(&first).len(), 3);
}
