//! Properties of taking secrets out: whatever the name, wherever it stands.

use std::cell::Cell;

use proptest::prelude::*;

use super::documented::ATTRIBUTES;
use super::*;

thread_local! {
    /// Whether everything is looked at closely.
    pub static LOOKS_CLOSELY: Cell<bool> = const { Cell::new(false) };
}

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

fn capital(word: &str) -> String {
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

fn quoted(text: &str) -> String {
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

fn redacted(text: &str) -> (String, Vec<String>) {
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

/// Whatever secrets are made of, are written with, or are mistaken for.
fn pieces() -> impl Strategy<Value = String> {
    const SIGNS: [&str; 75] = [
        "=",
        ":",
        ": ",
        " = ",
        "=>",
        "\"",
        "'",
        "\\",
        "\\\"",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "</",
        "/",
        "&",
        "%",
        "%3d",
        "%25",
        "%2570",
        "\\u0070",
        "&quot;",
        "&#61;",
        ".",
        ",",
        ", ",
        ";",
        " ",
        "  ",
        "\n",
        "\t",
        "\u{c}",
        "-",
        "--",
        "_",
        "$",
        "ST$",
        "://",
        "@",
        "#",
        "?",
        ")",
        "\u{fc}",
        "\u{430}",
        "\u{200b}",
        "\u{ff50}",
        "*",
        "~",
        "+",
        "1234",
        "482913",
        "eyJ",
        "eyJhbGciOiJub25lIn0",
        "eyJhbGciOiJub25lIn0.",
        "ZXlKaGJHY2lPaUpTVXpJMU5pSjk",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        "AKIAIOSFODNN7EXAMPLE",
        "cGFzc3dvcmQ9aHVudGVyMiZ1PWI",
        "PRIVATE KEY-",
        "-----END",
        "Bearer ",
        "Digest ",
        "basic",
        "urn:",
        "<![CDATA[",
        "]]>",
        " is ",
        "is your code",
        "name",
        "value",
        "api key",
        "p_w",
        "Auth",
    ];
    let words: Vec<&str> =
        words::STRONG.into_iter().chain(words::WORDS).chain(words::ABOUT).collect();
    let more: Vec<&str> =
        words::BEFORE.into_iter().chain(words::BEHIND).chain(ATTRIBUTES).collect();
    prop_oneof![
        4 => prop::sample::select(SIGNS.to_vec()).prop_map(str::to_owned),
        2 => prop::sample::select(words.clone()).prop_map(str::to_owned),
        1 => prop::sample::select(words.clone()).prop_map(str::to_uppercase),
        1 => prop::sample::select(words.clone()).prop_map(capital),
        1 => (prop::sample::select(words), "[-_. ]|%[2-7][0-9a-f]").prop_map(|(word, sign)| {
            let (head, rest) = word.split_at(word.len() / 2);
            format!("{head}{sign}{rest}")
        }),
        1 => prop::sample::select(more).prop_map(str::to_owned),
        1 => prop::sample::select(words::PLAIN_CODES.to_vec()).prop_map(|plain| format!("{plain}Code")),
        2 => "[A-Za-z0-9+/_-]{1,40}",
        1 => "[a-zA-Z]{1,9}",
        1 => "\\PC{0,6}",
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(pieces(), 0..10).prop_map(|pieces| pieces.concat())
}

/// Records of such names and texts, in each other, and as texts in texts.
fn any_records() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => texts().prop_map(|text| quoted(&text)),
        1 => "-?[1-9][0-9]{0,4}|true|null|\"\"|\"[*]{3}\"",
    ];
    let keys = || {
        let maps = vec!["request", "headers", "parameters", "response", "payload", "identity"];
        let parts = vec!["name", "value", "KEY", "redirect_uri", "credentials", "ssoAuthFactor"];
        prop_oneof![prop::sample::select(maps), prop::sample::select(parts)]
            .prop_map(str::to_owned)
            .boxed()
    };
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let members =
            (prop_oneof![2 => pieces().boxed(), 2 => keys(), 1 => texts().boxed()], inner.clone())
                .prop_map(|(key, value)| format!("{}:{value}", quoted(&key)));
        prop_oneof![
            3 => prop::collection::vec(members, 0..4)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
            1 => prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            1 => inner.prop_map(|value| quoted(&value)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8_000))]

    /// Each quick look that is followed by no closer one leaves nothing to be found.
    #[test]
    fn a_quick_look_finds_what_looking_closely_at_everything_finds(record in any_records()) {
        let quick = redacted(&record);
        LOOKS_CLOSELY.set(true);
        let closely = redacted(&record);
        LOOKS_CLOSELY.set(false);
        prop_assert_eq!(quick, closely);
    }

    #[test]
    fn a_name_without_a_seed_is_no_secrets(name in texts()) {
        LOOKS_CLOSELY.set(true);
        let secrecy = names::secrecy_of_bytes(name.as_bytes());
        LOOKS_CLOSELY.set(false);
        prop_assert!(secrecy == Secrecy::Open || seeds::may_be_secret(name.as_bytes()), "{}", name);
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
