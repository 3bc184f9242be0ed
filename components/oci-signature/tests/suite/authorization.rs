//! The `Authorization` header, read and written.
use oci_signature::{Authorization, AuthorizationError};
use proptest::prelude::*;

const HEADER: &str = "Signature version=\"1\",headers=\"date (request-target) host\",\
                      keyId=\"a/b/c\",algorithm=\"rsa-sha256\",signature=\"AQID\"";

fn parse(text: &str) -> Result<Authorization, AuthorizationError> {
    Authorization::parse(text)
}

#[test]
fn every_parameter_is_read() {
    let read = parse(HEADER).unwrap();
    assert_eq!(read.version.as_deref(), Some("1"));
    assert_eq!(read.headers, ["date", "(request-target)", "host"]);
    assert_eq!(read.key_id, "a/b/c");
    assert_eq!(read.algorithm, "rsa-sha256");
    assert_eq!(read.signature, [1, 2, 3]);
    assert_eq!(read.render().unwrap(), HEADER);
}

#[test]
fn the_order_of_the_python_sdk_is_read_too() {
    let python = "Signature algorithm=\"rsa-sha256\",headers=\"date (request-target) host\",\
                  keyId=\"a/b/c\",signature=\"AQID\",version=\"1\"";
    assert_eq!(parse(python), parse(HEADER));
}

#[test]
fn the_scheme_and_the_names_may_be_in_any_case_and_blanks_between_parameters_are_skipped() {
    let loose = HEADER
        .replace("Signature ", "  sIGNATURE \t ")
        .replace("keyId", "KEYID")
        .replace("\",", "\" ,\t ");
    assert_eq!(parse(&format!("{loose}  ")), parse(HEADER));
}

#[test]
fn only_the_version_may_be_missing() {
    let absent = parse(&HEADER.replace("version=\"1\",", "")).unwrap();
    assert_eq!(absent.version, None);
    assert_eq!(parse(&absent.render().unwrap()), Ok(absent));
    for (pair, name) in [
        ("headers=\"date (request-target) host\",", "headers"),
        ("keyId=\"a/b/c\",", "keyId"),
        ("algorithm=\"rsa-sha256\",", "algorithm"),
        (",signature=\"AQID\"", "signature"),
    ] {
        let error = parse(&HEADER.replace(pair, "")).unwrap_err();
        assert_eq!(error, AuthorizationError::MissingParameter(name));
        assert!(error.to_string().contains(name));
    }
}

#[test]
fn an_unknown_a_repeated_and_an_unquoted_parameter_are_named() {
    assert_eq!(
        parse(&format!("{HEADER},expires=\"1\"")),
        Err(AuthorizationError::UnknownParameter("expires".to_owned()))
    );
    assert_eq!(
        parse(&format!("{HEADER},KeyId=\"x\"")),
        Err(AuthorizationError::DuplicateParameter("keyId"))
    );
    for value in ["1", "\"1", "", " \"1\""] {
        assert_eq!(
            parse(&format!("Signature version={value}")),
            Err(AuthorizationError::Unquoted("version"))
        );
    }
}

#[test]
fn another_scheme_or_none_is_refused() {
    for text in ["", "Signature", "Basic dTpw", "Bearer x", "signatures a=\"b\"", "a=\"b\""] {
        assert_eq!(parse(text), Err(AuthorizationError::Scheme), "{text}");
    }
}

#[test]
fn values_that_have_two_readings_are_refused() {
    for (pair, name) in [
        ("keyId=\"\"", "keyId"),
        ("keyId=\"a\\\"", "keyId"),
        ("keyId=\"a\tb\"", "keyId"),
        ("keyId=\"ä\"", "keyId"),
        ("headers=\"a  b\"", "headers"),
    ] {
        let before = if name == "keyId" {
            "keyId=\"a/b/c\""
        } else {
            "headers=\"date (request-target) host\""
        };
        let error = parse(&HEADER.replace(before, pair));
        assert_eq!(error, Err(AuthorizationError::BadValue(name)), "{pair}");
    }
    for base64 in ["AQI", "AQID=", "A-_D", "AQ ID", "AQID\n"] {
        let error = parse(&HEADER.replace("AQID", base64)).unwrap_err();
        let expected = [AuthorizationError::NotBase64, AuthorizationError::BadValue("signature")];
        assert!(expected.contains(&error), "{base64}: {error}");
    }
}

#[test]
fn malformed_text_is_refused_with_its_place() {
    for (text, at) in [
        ("Signature x", 10),
        ("Signature =\"1\"", 10),
        ("Signature version=\"1\";keyId=\"a\"", 21),
        ("Signature version=\"1\",", 22),
        ("Signature version=\"1\",,keyId=\"a\"", 22),
        ("  Signature a b=\"1\"  ", 12),
    ] {
        assert_eq!(parse(text), Err(AuthorizationError::Malformed(at)), "{text}");
    }
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    let good = parse(HEADER).unwrap();
    let bad = [
        Authorization { key_id: "a\"b".to_owned(), ..good.clone() },
        Authorization { key_id: "a\r\nb".to_owned(), ..good.clone() },
        Authorization { key_id: String::new(), ..good.clone() },
        Authorization { algorithm: "a\\".to_owned(), ..good.clone() },
        Authorization { version: Some(String::new()), ..good.clone() },
        Authorization { headers: Vec::new(), ..good.clone() },
        Authorization { headers: vec!["a b".to_owned()], ..good.clone() },
        Authorization { headers: vec![String::new(), "a".to_owned()], ..good.clone() },
        Authorization { signature: Vec::new(), ..good },
    ];
    for authorization in bad {
        let error = authorization.render();
        assert!(matches!(error, Err(AuthorizationError::BadValue(_))), "{authorization:?}");
    }
}

prop_compose! {
    fn any_authorization()(
        version in proptest::option::of("[0-9]{1,3}"),
        headers in proptest::collection::vec("[a-zA-Z0-9()-]{1,12}", 1..6),
        key_id in "[ !#-\\[\\]-~]{1,60}",
        algorithm in "[a-z0-9-]{1,20}",
        signature in proptest::collection::vec(any::<u8>(), 1..80),
    ) -> Authorization {
        Authorization { version, headers, key_id, algorithm, signature }
    }
}

/// The parameters of a rendered header; the values that `any_authorization` makes may hold commas,
/// so the cuts are made where a quote, a comma and a name meet.
fn parameters(rendered: &str) -> Vec<String> {
    let mut rest = rendered.strip_prefix("Signature ").unwrap();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let open = rest.find('"').unwrap() + 1;
        let end = open + rest[open..].find('"').unwrap() + 1;
        found.push(rest[..end].to_owned());
        rest = rest[end..].strip_prefix(',').unwrap_or("");
    }
    found
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_in_any_order(
        (authorization, shuffled) in any_authorization().prop_flat_map(|authorization| {
            let found = parameters(&authorization.render().unwrap());
            (Just(authorization), Just(found).prop_shuffle())
        }),
    ) {
        let text = format!("Signature {}", shuffled.join(","));
        prop_assert_eq!(parse(&text), Ok(authorization));
    }

    #[test]
    fn what_is_read_can_be_written_and_read_again(text in "Signature [a-zA-Z=\", ]{0,80}") {
        if let Ok(authorization) = parse(&text) {
            let rendered = authorization.render().unwrap();
            prop_assert_eq!(parse(&rendered), Ok(authorization));
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), tail in any::<String>()) {
        let _ = parse(&text);
        let _ = parse(&format!("Signature {text}=\"{tail}\",{text}"));
        let _ = parse(&format!("{HEADER}{text}"));
    }

    #[test]
    fn no_changed_character_makes_the_reader_panic(
        at in any::<proptest::sample::Index>(),
        character in any::<char>(),
    ) {
        let mut text = HEADER.to_owned();
        let at = at.index(text.len());
        text.replace_range(at..=at, &character.to_string());
        let _ = parse(&text);
    }
}
