//! Keys, passphrases and tokens stay out of everything that may be logged.

use std::fmt::Debug;

use crate::common::{KEY_ID, PASSPHRASE, TestRng, header, key, key_file};
use oci_signature::{
    Authorization, AuthorizationError, Body, DateHeader, Fingerprint, OciConfig, OciConfigError,
    PrivateKey, ReceivedRequest, RequestToSign, Secret, SignError, Signer, VerifyError,
    session_token_key_id,
};

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln";
const SECRET: &str = "hunter2hunter2";

fn shown(thing: &impl Debug) -> String {
    format!("{thing:?} {thing:#?}")
}

/// Everything an error shows.
fn said(error: &impl std::error::Error) -> String {
    format!("{error} {}", shown(error))
}

const REQUEST: RequestToSign<'static> = RequestToSign {
    method: "GET",
    target: "/",
    host: "h",
    date: "d",
    date_header: DateHeader::Date,
    body: Body::None,
};

#[test]
fn a_private_key_shows_its_size_and_fingerprint_only() {
    let text = format!("{:?}", key());
    let fingerprint = key_file("rsa2048.fingerprint");
    let fingerprint = fingerprint.trim();
    assert_eq!(
        text,
        format!("PrivateKey {{ bits: 2048, fingerprint: Fingerprint({fingerprint}), .. }}")
    );
}

#[test]
fn a_session_token_is_shown_neither_by_signer_nor_by_authorization() {
    let signer = Signer::new(session_token_key_id(TOKEN), key());
    assert!(!shown(&signer).contains(TOKEN));
    let headers = signer.sign(&REQUEST, &mut TestRng(1)).unwrap();
    let authorization = Authorization::parse(header(&headers, "authorization")).unwrap();
    assert_eq!(authorization.key_id, format!("ST${TOKEN}"));
    assert!(!shown(&authorization).contains(TOKEN));
    let api_key = Signer::new(KEY_ID, key());
    assert!(shown(&api_key).contains(KEY_ID));
}

#[test]
fn a_secret_is_not_shown() {
    assert_eq!(format!("{:?}", Secret::new(SECRET)), "Secret(redacted)");
    assert_eq!(Secret::new(SECRET).expose(), SECRET);
}

#[test]
fn a_configuration_does_not_show_its_values() {
    let text = format!(
        "[DEFAULT]\nuser=ocid1.user.oc1..a\ntenancy=ocid1.tenancy.oc1..b\nkey_file=k\n\
         fingerprint=73:61:a2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7\npass_phrase={SECRET}\n"
    );
    let config = OciConfig::parse(&text).unwrap();
    assert!(!shown(&config).contains(SECRET));
    assert!(!shown(&config.profile("DEFAULT").unwrap()).contains(SECRET));
}

#[test]
fn no_error_of_a_configuration_quotes_a_value() {
    let base = "[DEFAULT]\nuser=ocid1.user.oc1..a\ntenancy=ocid1.tenancy.oc1..b\nkey_file=k\n\
                fingerprint=73:61:a2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7\n";
    let mut errors: Vec<OciConfigError> = Vec::new();
    for line in [SECRET.to_owned(), format!("={SECRET}"), format!("[{SECRET}")] {
        errors.push(OciConfig::parse(&format!("{base}{line}")).unwrap_err());
    }
    errors.push(OciConfig::parse(&format!("{SECRET}=1")).unwrap_err());
    errors.push(OciConfig::parse(&format!("[A]\n{SECRET}=1\n{SECRET}=2")).unwrap_err());
    for key in ["user", "tenancy", "fingerprint", "key_content", "authentication_type"] {
        let kept: String = base
            .lines()
            .filter(|line| !line.starts_with(&format!("{key}=")))
            .map(|line| format!("{line}\n"))
            .collect();
        let config = OciConfig::parse(&format!("{kept}{key}={SECRET}\n")).unwrap();
        errors.push(config.profile("DEFAULT").unwrap_err());
    }
    assert_eq!(errors.len(), 10);
    for error in errors {
        assert!(!said(&error).contains(SECRET), "{error}");
    }
}

#[test]
fn no_error_of_a_key_quotes_the_file_or_the_passphrase() {
    let plain = key_file("rsa2048.pkcs8.pem");
    let damaged = plain.replacen('M', "*", 1);
    let cut = &plain[..plain.len() / 2];
    let secret_block = format!("-----BEGIN {SECRET}-----\n{SECRET}\n-----END {SECRET}-----");
    for text in [
        SECRET,
        &secret_block,
        &damaged,
        cut,
        &key_file("rsa2048.legacy_encrypted.pem"),
        &key_file("rsa2048.pkcs8_encrypted.pem"),
        &key_file("ec.pkcs8.pem"),
    ] {
        let error = PrivateKey::from_pem(text, Some(SECRET)).unwrap_err();
        let said = said(&error);
        assert!(!said.contains(SECRET), "{said}");
        for line in text.lines().filter(|line| line.len() == 64) {
            assert!(!said.contains(line), "{said}");
        }
    }
    let mut wrong = key_file("rsa2048.pkcs8_encrypted.pem");
    wrong.insert(wrong.find("MI").unwrap() + 40, '!');
    let error = PrivateKey::from_pem(&wrong, Some(PASSPHRASE)).unwrap_err();
    assert!(!said(&error).contains(PASSPHRASE));
}

#[test]
fn no_error_of_a_header_quotes_a_token() {
    for text in [
        TOKEN.to_owned(),
        format!("Bearer {TOKEN}"),
        format!("Signature {TOKEN}"),
        format!("Signature {TOKEN}=\"x\""),
        format!("Signature keyId={TOKEN}"),
        format!("Signature keyId=\"{TOKEN}\""),
        format!("Signature keyId=\"{TOKEN}\\\""),
        format!("Signature keyId=\"{TOKEN}\",{TOKEN}"),
        format!("Signature keyId=\"{TOKEN}\",keyId=\"{TOKEN}\""),
    ] {
        let error: AuthorizationError = Authorization::parse(&text).unwrap_err();
        let said = said(&error);
        assert!(!said.contains(TOKEN), "{said}");
    }
    let broken = Signer::new(format!("ST${TOKEN}\n{TOKEN}"), key());
    let error: SignError = broken.sign(&REQUEST, &mut TestRng(1)).unwrap_err();
    assert!(!said(&error).contains(TOKEN));
    assert!(!said(&VerifyError::Signature).contains(TOKEN));
    assert!(!said(&TOKEN.parse::<Fingerprint>().unwrap_err()).contains(TOKEN));
}

#[test]
fn a_body_is_not_shown() {
    let request = RequestToSign {
        body: Body::Signed { content_type: "t", bytes: SECRET.as_bytes() },
        ..REQUEST
    };
    assert!(shown(&request).contains(&SECRET.len().to_string()));
    assert!(!format!("{request:?}").contains("104, 117"));
    assert!(!shown(&request).contains(SECRET));
}

#[test]
fn a_received_request_shows_neither_its_headers_values_nor_its_body() {
    let authorization = format!("Signature keyId=\"ST${TOKEN}\"");
    let received = ReceivedRequest {
        method: "POST",
        target: "/",
        headers: &[("authorization", &authorization)],
        body: SECRET.as_bytes(),
    };
    assert!(shown(&received).contains("authorization"));
    assert!(!shown(&received).contains(TOKEN));
    assert!(!format!("{received:?}").contains("104, 117"));
}
