//! Laws of taking secrets out.

use super::*;

const LISTS: [List<'static>; 3] = [
    (&["headers"], Keep::Headers),
    (&["parameters"], Keep::Parameters),
    (&["payload"], Keep::Payload),
];

fn redacted(text: &str) -> (String, Vec<String>) {
    let (clean, pointers) = redact(Parsed::read(text).unwrap(), &LISTS);
    (clean.text().to_owned(), pointers)
}

/// What becomes of a text that stands in a record.
fn scrubbed(text: &str) -> String {
    text::scrub(text).unwrap_or_else(|| text.to_owned())
}

#[test]
fn only_the_secret_is_replaced_and_its_place_told() {
    let text = r#"{ "a" : 1.0, "Opc-Obo-Token": ["x"], "n":{"notificationSmsOtpCode": "123456"} }"#;
    let (clean, pointers) = redacted(text);
    assert_eq!(
        clean,
        r#"{ "a" : 1.0, "Opc-Obo-Token": "[redacted]", "n":{"notificationSmsOtpCode": "[redacted]"} }"#
    );
    assert_eq!(pointers, ["/Opc-Obo-Token", "/n/notificationSmsOtpCode"]);
}

#[test]
fn of_maps_an_allow_list_is_kept_in_any_case() {
    let (_, pointers) = redacted(
        r#"{"x":{"headers":{"X-New":1}},"headers":{"USER-AGENT":["curl"],"X-New-Credential":["s"]},
            "parameters":{"client_id":["c"],"Scope":["s"],"login_hint":["h"],"redirect_uri":["u"]},
            "payload":[{"login_result":"OK","anything":{"a":1},"none":null,"stars":["***"]}]}"#,
    );
    assert_eq!(
        pointers,
        ["/headers/X-New-Credential", "/parameters/login_hint", "/payload/0/anything"]
    );
}

#[test]
fn maps_that_are_text_are_read_as_maps() {
    let (clean, pointers) = redacted(
        r#"{"headers":"{\"User-Agent\": [\"curl\"], \"X-New\": [\"s\"]}","parameters":"None","payload":"[{\"q\":1}]"}"#,
    );
    assert_eq!(
        clean,
        r#"{"headers":"{\"User-Agent\": [\"curl\"], \"X-New\": \"[redacted]\"}","parameters":"None","payload":"[{\"q\":\"[redacted]\"}]"}"#
    );
    assert_eq!(pointers, ["/headers", "/payload"]);
}

#[test]
fn a_redirect_is_kept_without_its_query() {
    let (clean, pointers) = redacted(
        r#"{"parameters":{"redirect_uri":["https://a/cb?x=1"],"redirectUri":"https://b/#y"}}"#,
    );
    assert_eq!(
        clean,
        r#"{"parameters":{"redirect_uri":["https://a/cb?[redacted]"],"redirectUri":"https://b/#[redacted]"}}"#
    );
    assert_eq!(pointers, ["/parameters/redirect_uri/0", "/parameters/redirectUri"]);
}

#[test]
fn tokens_are_known_by_their_looks() {
    for secret in [
        "ST$eyJraWQiOi",
        "x eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2ln y",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0",
        "Bearer abc",
        "-----BEGIN PRIVATE KEY-----",
        r"ST\u0024abc",
        r#"{\"otpCode\":\"1\"}"#,
        "{channel=SMS, otpCode=1234}",
        "AKIAIOSFODNN7EXAMPLE",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        "/reset/eyJhbGciOiJub25lIn0",
    ] {
        let text = format!("{{\"v\":\"{secret}\"}}");
        assert_eq!(redacted(&text).1, ["/v"], "{secret}");
    }
}

#[test]
fn what_is_no_secret_stays() {
    for plain in [
        r#"{"ssoCompletedFactors":"{USERNAME_PASSWORD=AUTH_SUCCESS}"}"#,
        r#"{"ssoCompletedFactors":"{USERNAME_PASSWORD=, OTP=WHATEVER}"}"#,
        r#"{"password":null,"cookie":"***","secret":[],"token":["****"],"pin":true}"#,
        r#"{"credentials":"ocid1.tenancy.oc1..a/ocid1.user.oc1..b/20:3b"}"#,
        r#"{"identity":{"credentials":"ABCDEF0123456789"}}"#,
        r#"{"auditEventMapValue":"{\"schemas\"}"}"#,
        r#"{"v":"{\"password\":\"*********\",\"mappingAttributeValue\":\"mallory\"}"}"#,
        r#"{"code":"404","errors":[{"code":"NotAuthenticated"},{"code":"SSO-1001"}]}"#,
        r#"{"publicKey":"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"}"#,
        r#"{"name":"user","value":"x","type":"User"}"#,
        r#"["authorization_code","refresh_token","client_credentials"]"#,
        r#"{"v":"Status code: 404, error code 1001 and 2024 is a year"}"#,
        r#"{"v":"Basic authentication failed, token expired, bearer of news"}"#,
        r#"{"v":"urn:ietf:params:oauth:token-type:access_token:x https://token.example.com:8443/"}"#,
        r#"{"v":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/115.0"}"#,
        r#"{"v":"Mac OS X","w":"Macintosh; Intel Mac OS X 10.15; a=b"}"#,
        r#"{"v":"Your password must be changed: it expired on 2024-05-01T10:00:00Z"}"#,
    ] {
        assert_eq!(redacted(plain), (plain.to_owned(), vec![]), "{plain}");
    }
}

#[test]
fn what_stands_around_a_secret_stays() {
    for (text, clean) in [
        ("bob code: 12", "bob code: [redacted]"),
        ("https://a/cb?code=S1&state=1", "https://a/cb?code=[redacted]&state=1"),
        ("https://a/cb#access_token=S1&x=1", "https://a/cb#access_token=[redacted]&x=1"),
        ("see https://bob:S1@host/x now", "see https://[redacted]@host/x now"),
        ("user=bob&password=S%26x&ip=1", "user=bob&password=[redacted]&ip=1"),
        ("Authorization: Bearer S1 from bob", "Authorization: [redacted] from bob"),
        ("{\"password\": \"a\\\"b\", \"u\": 1}", "{\"password\": \"[redacted]\", \"u\": 1}"),
        ("p {'password': 'S1', 'u': 'b'}", "p {'password': '[redacted]', 'u': 'b'}"),
        ("{channel=SMS, otpCode=12 34, u=bob}", "{channel=SMS, otpCode=[redacted], u=bob}"),
        ("Your one time code is 482913. Bye", "Your one time code is [redacted]. Bye"),
        ("482913 is your verification code", "[redacted] is your verification code"),
        ("api key: S1; u: b", "api key: [redacted]; u: b"),
        ("login --password S1 bob", "login --password [redacted] bob"),
        ("password%3dS1%26u%3db", "password%3d[redacted]%26u%3db"),
        ("{\"pass\\u0077ord\":\"S1\"} x", "{\"pass\\u0077ord\":\"[redacted]\"} x"),
        ("name=token&value=S1&u=b", "name=token&value=[redacted]&u=b"),
        (
            "{\"Value\":\"S1\",\"NAME\":\"otp\"} {\"value\":\"b\"}",
            "{\"Value\":\"[redacted]\",\"NAME\":\"otp\"} {\"value\":\"b\"}",
        ),
        (
            "<a><ns:password>S1</ns:password><b>c</b></a>",
            "<a><ns:password>[redacted]</ns:password><b>c</b></a>",
        ),
        ("<key>pin</key><value>S1</value>", "<key>pin</key><value>[redacted]</value>"),
        ("&lt;password&gt;S1&lt;/password&gt;", "&lt;password&gt;[redacted]&lt;/password&gt;"),
        ("[\"a\", \"password\", \"S1\", \"b\"]", "[\"a\", \"password\", \"[redacted]\", \"b\"]"),
        ("Cookie: a=1; b=2\nu: b", "Cookie: [redacted]\nu: b"),
        ("https://a/?ssoCookie=a%3D1;b=2&u=b", "https://a/?ssoCookie=[redacted]&u=b"),
        ("password: *** u: b", "password: *** u: b"),
    ] {
        assert_eq!(scrubbed(text), clean, "{text}");
    }
}

#[test]
fn a_pair_is_secret_by_the_key_beside_it_in_any_order_and_case() {
    let (clean, pointers) = redacted(
        r#"{"m":[ {"value":["s"], "Key":"Set-Cookie"},{"key":"device","value":"d"}],"l":["x","otp","1"],"t":["eyJhbGciOiJSUzI1NiJ9","b"]}"#,
    );
    assert_eq!(
        clean,
        r#"{"m":[ {"value":"[redacted]", "Key":"Set-Cookie"},{"key":"device","value":"d"}],"l":["x","otp","[redacted]"],"t":"[redacted]"}"#
    );
    assert_eq!(pointers, ["/m/0/value", "/l/2", "/t"]);
}

#[test]
fn secrets_by_the_thousand_are_each_taken_out_at_their_place() {
    let many = 60_000;
    let (clean, pointers) = redacted(&format!("[{}0]", "\"ST$\",".repeat(many)));
    assert_eq!(pointers.len(), many);
    assert_eq!(pointers.last().unwrap(), "/59999");
    assert_eq!(clean.matches(MARK).count(), many);
}

#[test]
fn what_cannot_be_looked_into_is_taken_out_whole() {
    let deep = format!("{{\"v\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(redacted(&deep).1.len(), 1);
}
