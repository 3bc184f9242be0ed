//! A quick look leaves nothing: whatever it passes over, looking closely finds no secret
//! there either.

use std::cell::Cell;

use proptest::prelude::*;

use super::documented::ATTRIBUTES;
use super::laws::{capital, quoted, redacted};
use super::names::Secrecy;
use super::{names, secret_terms, seeds};

thread_local! {
    /// Whether everything is looked at closely.
    pub static LOOKS_CLOSELY: Cell<bool> = const { Cell::new(false) };
}

/// Whatever secrets are made of, are written with, or are mistaken for.
fn pieces() -> impl Strategy<Value = String> {
    const SIGNS: [&str; 78] = [
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
        "sign",
        "SigN",
        "new",
        "Auth",
    ];
    let words: Vec<&str> = secret_terms::STRONG
        .into_iter()
        .chain(secret_terms::WORDS)
        .chain(secret_terms::ABOUT)
        .collect();
    let more: Vec<&str> =
        secret_terms::BEFORE.into_iter().chain(secret_terms::BEHIND).chain(ATTRIBUTES).collect();
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
        1 => prop::sample::select(secret_terms::PLAIN_CODES.to_vec()).prop_map(|plain| format!("{plain}Code")),
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
