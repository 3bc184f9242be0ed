//! Properties of taking secrets out: whatever the name, wherever it stands.

use proptest::prelude::*;

use super::documented::ATTRIBUTES;
use super::*;

const LISTS: [List<'static>; 3] = [
    (&["request", "headers"], Keep::Headers),
    (&["request", "parameters"], Keep::Parameters),
    (&["response", "payload"], Keep::Payload),
];

/// Names that passed when secrets were known by the whole of their name, in their words.
const NAMES: [&[&str]; 44] = [
    &["code"],
    &["code", "verifier"],
    &["device", "code"],
    &["user", "code"],
    &["saml", "request"],
    &["saml", "art"],
    &["relay", "state"],
    &["id", "token", "hint"],
    &["jsessionid"],
    &["sid"],
    &["pass"],
    &["pin"],
    &["otp"],
    &["totp"],
    &["mfa", "code"],
    &["verification", "code"],
    &["token"],
    &["jwt"],
    &["ticket"],
    &["oam", "authn", "cookie"],
    &["authn", "token"],
    &["security", "answer"],
    &["trust", "token"],
    &["device", "token"],
    &["bypass", "codes"],
    &["recovery", "code"],
    &["csrf"],
    &["x", "amz", "security", "token"],
    &["access", "token"],
    &["refresh", "token"],
    &["client", "secret"],
    &["client", "assertion"],
    &["password"],
    &["passwd"],
    &["pwd"],
    &["passphrase"],
    &["api", "key"],
    &["private", "key"],
    &["shared", "secret"],
    &["signing", "key"],
    &["credential"],
    &["bearer"],
    &["saml", "response"],
    &["one", "time", "code"],
];

const BEFORE: [&str; 8] = ["", "", "", "my", "user", "old", "x", "contoso"];
const BEHIND: [&str; 8] = ["", "", "", "value", "2", "new", "text", "hash"];

pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A name made of such words, in one of the ways in which names are written.
fn names() -> impl Strategy<Value = String> {
    let affix = |list: [&'static str; 8]| prop::sample::select(list.to_vec());
    let words = (affix(BEFORE), prop::sample::select(NAMES.to_vec()), affix(BEHIND));
    (words, 0..8usize).prop_map(|((before, words, behind), style)| {
        let all: Vec<&str> = std::iter::once(before)
            .chain(words.iter().copied())
            .chain(std::iter::once(behind))
            .filter(|word| !word.is_empty())
            .collect();
        let camel = || all.iter().map(|word| capital(word)).collect::<String>();
        match style {
            0 => format!("{}{}", all[0], &camel()[all[0].len()..]),
            1 => camel(),
            2 => all.join("_"),
            3 => all.join("-"),
            4 => all.join("."),
            5 => all.join("_").to_uppercase(),
            6 => all.join("-").to_uppercase(),
            _ => all.iter().map(|word| capital(word)).collect::<Vec<_>>().join("-"),
        }
    })
}

fn secrets() -> impl Strategy<Value = String> {
    "[A-Za-z0-9]{3,20}".prop_map(|rest| format!("Zq7{rest}"))
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A record for each place in which a name and its secret can stand.
fn records(name: &str, secret: &str) -> Vec<String> {
    let member = format!("{{{}:{}}}", quoted(name), quoted(secret));
    let again = format!("{{\"a\":{},\"b\":1}}", quoted(&member));
    let percent = crate::text::percent_encode(&format!("{name}={secret}&u=b"));
    let texts = [
        format!("https://app.example/cb?u=b&{name}={secret}&x=1"),
        format!("https://app.example/cb#{name}={secret}"),
        format!("u=b&{name}={secret}"),
        format!("u=b; {name}={secret}; x=1"),
        format!("failed for bob, {name}: {secret}, from 192.0.2.1"),
        format!("{name} = '{secret}'"),
        format!("{{u=b, {name}={secret}}}"),
        format!("prefix {member}"),
        member.clone(),
        again.clone(),
        format!("prefix {again} suffix"),
        format!("{{'u': 'b', '{name}': '{secret}'}}"),
        format!("{{\"name\":{},\"value\":{}}}", quoted(name), quoted(secret)),
        format!("{{\"VALUE\":{},\"Key\":{}}}", quoted(secret), quoted(name)),
        format!("[{}, {}]", quoted(name), quoted(secret)),
        format!("<e><{name}>{secret}</{name}></e>"),
        format!("<a><key>{name}</key><value>{secret}</value></a>"),
        format!("redirect={percent}"),
    ];
    let mut records = vec![
        format!("{{\"request\":{{\"parameters\":{{{}:[{}]}}}}}}", quoted(name), quoted(secret)),
        format!("{{\"response\":{{\"payload\":{member}}}}}"),
        format!("{{\"request\":{{\"headers\":{member}}}}}"),
        format!("{{\"additionalDetails\":{member}}}"),
        format!("{{\"additionalDetails\":{{{}:[[{}]]}}}}", quoted(name), quoted(secret)),
        format!("{{\"l\":[{{\"Name\":{},\"Value\":[{}]}}]}}", quoted(name), quoted(secret)),
        format!("{{\"l\":[{{\"value\":{},\"KEY\":{}}}]}}", quoted(secret), quoted(name)),
        format!("{{\"l\":[{},{}]}}", quoted(name), quoted(secret)),
    ];
    for text in texts {
        records.push(format!("{{\"additionalDetails\":{{\"x\":{}}}}}", quoted(&text)));
        records
            .push(format!("{{\"request\":{{\"headers\":{{\"Referer\":[{}]}}}}}}", quoted(&text)));
    }
    records
}

pub(super) fn redacted(text: &str) -> (String, Vec<String>) {
    let (clean, pointers) = redact(Parsed::read(text).unwrap(), &LISTS);
    (clean.text().to_owned(), pointers)
}

/// Values as Oracle's attributes have them.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9a-f]{32}",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
        "ocid1\\.user\\.oc1\\.\\.[a-z0-9]{60}",
        "[a-z]{3,10}\\.[a-z]{3,10}@[a-z]{3,10}\\.example",
        "20[0-9]{2}-0[1-9]-1[0-9]T1[0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z",
        "SSO-[0-9]{4}",
        "[1-5][0-9]{2}",
        "10\\.0\\.[0-9]{1,2}\\.[0-9]{1,2}",
        "sso\\.session\\.(create|delete)\\.(success|failure)",
        "https://[a-z]{3,10}\\.example\\.com:8443/[a-z]{1,8}",
        Just("{USERNAME_PASSWORD=AUTH_SUCCESS, TOTP=AUTH_SUCCESS}".to_owned()),
        Just("effect:ALLOW,authenticationFactor:IDP,allowUserToSkip2FAEnrolment:false".to_owned()),
        Just("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:97.0) Gecko/20100101".to_owned()),
        Just("Password has been reset for Your tenant1 account".to_owned()),
        Just("urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_name_made_of_such_words_lets_its_value_through(name in names(), secret in secrets()) {
        for record in records(&name, &secret) {
            let (clean, pointers) = redacted(&record);
            prop_assert!(!clean.contains(&secret), "{} of {}", clean, record);
            prop_assert!(!pointers.is_empty());
        }
    }

    #[test]
    fn a_mask_removes_nothing(
        name in names(),
        mask in prop_oneof!["\\*{1,12}", Just(MARK.to_owned()), Just("xxxxxx".to_owned())],
    ) {
        let member = format!("{{{}:{}}}", quoted(&name), quoted(&mask));
        for record in [
            format!("{{\"additionalDetails\":{member}}}"),
            format!("{{\"x\":{}}}", quoted(&member)),
            format!("{{\"x\":\"https://a/cb?{name}={mask}&u=b\"}}"),
            format!("{{\"l\":[{{\"name\":{},\"value\":{}}}]}}", quoted(&name), quoted(&mask)),
        ] {
            prop_assert_eq!(redacted(&record), (record.clone(), vec![]));
        }
    }

    #[test]
    fn documented_attributes_always_pass(
        members in prop::collection::vec((prop::sample::select(ATTRIBUTES.to_vec()), values()), 1..8),
    ) {
        // The value of a pair is whatever the key beside it says.
        let members: Vec<String> = members
            .iter()
            .filter(|(name, _)| pairs::part(name.as_bytes()).is_none())
            .map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)))
            .collect();
        let object = format!("{{{}}}", members.join(","));
        for record in [format!("{{\"data\":{object}}}"), format!("{{\"x\":{}}}", quoted(&object))] {
            prop_assert_eq!(redacted(&record), (record.clone(), vec![]));
        }
    }

    #[test]
    fn arbitrary_text_never_panics_and_stays_json(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "password", "=", ":", "\"", "'", "\\", "{", "}", "[", "]", "<", ">", "/", "&", "%", "%3d",
            "\\u0070", "ZXlKaGJHY2lPaUpTVXpJMU5pSjk", "eyJhbGciOiJub25lIn0", ".", ",", ";", " ", "\n",
            "Bearer", "Digest", "name", "value", "code", "is", "1234", "://", "@", "ST$", "ü", "\u{430}",
            "&quot;", "PRIVATE", "KEY-", "urn:", "<![CDATA[", "</password>", "-----END", "*", "\u{200b}",
        ]), 0..40),
    ) {
        let record = format!("{{\"x\":{}}}", quoted(&pieces.concat()));
        let (clean, pointers) = redacted(&record);
        prop_assert!(Parsed::read(clean.as_str()).is_ok());
        prop_assert_eq!(clean == record, pointers.is_empty());
        // What was taken out once is not taken out again.
        let again = redacted(&clean).0;
        prop_assert!(Parsed::read(again.as_str()).is_ok());
    }
}

/// Texts that a scan which looks too far ahead or behind takes minutes for.
#[test]
fn hostile_texts_are_read_in_one_pass() {
    for piece in [
        "key=",
        "value=",
        "password ",
        "{\"value\":",
        "\"name\":\"",
        "<value>",
        "<value><![CDATA[",
        "eyJhbGciOiJub25lIn0.",
        "ZXlKaGJHY2lPaUpT/",
        "Digest ",
        "Bearer ",
        "\"password\",",
        "\\\"",
        "%25",
        "a,",
        "   ",
        "PRIVATE KEY",
        "ST$",
        "://",
        "{",
        "code 1",
        "<password ",
        "urn:",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        let _ = text::scrub(&text);
    }
}
