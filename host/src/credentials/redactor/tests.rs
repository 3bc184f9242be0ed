use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn knows(secrets: &[&str]) -> Redactor {
    let mut redactor = Redactor::default();
    secrets.iter().for_each(|secret| redactor.know(secret));
    redactor
}

/// Forms in which services were seen to repeat what they were sent, and their kin.
fn echoes(secret: &str) -> Vec<String> {
    let percent = |upper: bool, keep: &dyn Fn(u8) -> bool| -> String {
        let encode = |byte: u8| match (keep(byte), upper) {
            (true, _) => char::from(byte).to_string(),
            (false, true) => format!("%{byte:02X}"),
            (false, false) => format!("%{byte:02x}"),
        };
        secret.bytes().map(encode).collect()
    };
    let reserved = percent(true, &|byte| byte.is_ascii_alphanumeric());
    let json = serde_json::to_string(secret).unwrap();
    let points = |prefix: &str, suffix: &str, hexadecimal: bool| -> String {
        let code = |char: char| match (char.is_alphanumeric(), hexadecimal) {
            (true, _) => char.to_string(),
            (false, true) => format!("{prefix}{:04x}{suffix}", u32::from(char)),
            (false, false) => format!("{prefix}{}{suffix}", u32::from(char)),
        };
        secret.chars().map(code).collect()
    };
    let mut echoes = vec![
        secret.to_owned(),
        secret.to_ascii_uppercase(),
        percent(true, &|_| false),
        percent(false, &|byte| byte.is_ascii_alphanumeric()),
        reserved.replace('%', "%25"),
        reserved.replace('%', "%2525"),
        reserved.replace("%20", "+"),
        reserved,
        json.replace('/', "\\/"),
        json.replace('\\', "\\\\"),
        serde_json::to_string(&json).unwrap(),
        json,
        points("\\u", "", true),
        points("\\\\u", "", true),
        points("&#x", ";", true),
        points("&#", ";", false),
        secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"),
        secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
    ];
    for before in ["", "x", "me", "user:"] {
        let pair = format!("{before}{secret}");
        echoes.push(STANDARD.encode(&pair));
        echoes.push(URL_SAFE.encode(&pair));
        echoes.push(STANDARD_NO_PAD.encode(format!("{pair} and more")));
        echoes.push(URL_SAFE_NO_PAD.encode(format!("{{\"authorization\":\"{pair}\"}}")));
        echoes.push(STANDARD.encode(&pair).replace('=', "%3D").replace('+', "%2B"));
    }
    echoes
}

/// Bytes in a row that are left of an echo in a text.
fn left_of(echo: &str, text: &str) -> usize {
    let (echo, text) = (echo.as_bytes(), text.as_bytes());
    let is_left = |length: &usize| {
        echo.windows(*length).any(|part| text.windows(*length).any(|other| other == part))
    };
    (1..=echo.len()).take_while(is_left).count()
}

#[test]
fn a_secret_is_taken_out_in_every_form() {
    for secret in
        ["OAUTHTOKEN_qwertyuiop", "a/b+c=d&\"e<f>'g h", "Tr0ub4dor&3/x", "pÄsswörd-ünd-mehr"]
    {
        let redactor = knows(&[secret]);
        for echo in echoes(secret) {
            let text = format!("cannot parse [Authorization: {echo}], sorry");
            let cleaned = redactor.clean(&text);
            assert!(
                cleaned.starts_with("cannot parse [") && cleaned.ends_with(", sorry"),
                "{cleaned}"
            );
            assert!(cleaned.contains(REDACTED), "{secret}: {text} -> {cleaned}");
            assert!(!cleaned.contains(&echo), "{cleaned}");
        }
    }
}

#[test]
fn a_part_of_a_long_secret_is_taken_out() {
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzaWdub24iLCJleHAiOjE3fQ.kBPn2-hbZ_9QxYcRk0mYt3A";
    let redactor = knows(&[token]);
    let signature = token.rsplit('.').next().unwrap();
    for part in [signature, &token[..30], &token[21..50], &token[token.len() - 13..]] {
        let cleaned = redactor.clean(&format!("bad token {part}…"));
        assert!(cleaned.starts_with("bad token [secret]"), "{part}: {cleaned}");
    }
    assert_eq!(redactor.cleaned("an error that repeats nothing of what was sent"), None);
}

#[test]
fn what_is_secret_in_a_header_or_an_address_is_known_and_what_is_not_stays() {
    let mut redactor = Redactor::default();
    redactor.know_authorization(
        "Signature version=\"1\",keyId=\"ocid1.tenancy.oc1..aaaa/ocid1.user.oc1..bbbb/aa:bb\",\
         algorithm=\"rsa-sha256\",headers=\"date host\",signature=\"Zm9vYmFyYmF6cXV4Zm9v+/=\"",
    );
    redactor.know_authorization("Basic dXNlcm5hbWU6czNjcjN0LXBhc3N3b3Jk");
    redactor.know_authorization("Bearer T0KEN-of-a-client");
    redactor.know_authorization("Signature version=\"1\",keyId=\"ST$eyJ0b2tlbi5vZi5hLnNlc3Npb24\"");
    redactor
        .know_address(&"https://me:w0rd-of-mine@a.example/t?key=qu3ry-value&b".parse().unwrap());
    for secret in [
        "Zm9vYmFyYmF6cXV4Zm9v+/=",
        "dXNlcm5hbWU6czNjcjN0LXBhc3N3b3Jk",
        "s3cr3t-password",
        "T0KEN-of-a-client",
        "eyJ0b2tlbi5vZi5hLnNlc3Npb24",
        "w0rd-of-mine",
        "qu3ry-value",
    ] {
        assert_eq!(redactor.clean(&format!("<{secret}>")).matches(REDACTED).count(), 1, "{secret}");
        assert!(!redactor.clean(secret).contains(secret), "{secret}");
    }
    let harmless = "ocid1.tenancy.oc1..aaaa is not username's, rsa-sha256 at a.example";
    assert_eq!(redactor.clean(harmless), harmless);
}

#[test]
fn an_address_is_shown_without_user_and_query() {
    let uri: Uri = "https://me:secret@a.example:8443/oauth2/token?key=secret".parse().unwrap();
    assert_eq!(shown(&uri), "https://a.example:8443/oauth2/token");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the secret and whatever stands around it.
    #[test]
    fn no_form_of_a_random_secret_passes(
        secret in "[A-Za-z0-9+/=._~&%\"\\\\ -]{16,60}",
        before in "[ -~]{0,20}",
        form in 0_usize..38,
    ) {
        prop_assume!(secret.bytes().filter(u8::is_ascii_alphanumeric).count() >= 12);
        let echoes = echoes(&secret);
        let echo = &echoes[form % echoes.len()];
        let cleaned = knows(&[&secret]).clean(&format!("{before} {echo} end"));
        // Words around it in a form are no secret; an escape has up to eight bytes.
        prop_assert!(left_of(echo, &cleaned) < 40, "{echo} -> {cleaned}");
        prop_assert!(cleaned.contains(REDACTED), "{echo} -> {cleaned}");
    }

    /// It neither panics nor touches what holds no secret.
    #[test]
    fn any_text_can_be_cleaned(text in "\\PC{0,60}", escapes in "[%&#;u0-9a-f\\\\]{0,40}") {
        let redactor = knows(&["OAUTHTOKEN_qwertyuiop"]);
        for text in [&text, &escapes, &format!("{escapes}{text}{escapes}")] {
            prop_assert_eq!(&redactor.clean(text), text);
        }
    }
}
