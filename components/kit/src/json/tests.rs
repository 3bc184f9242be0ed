//! Laws of reading JSON.

use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;

#[test]
fn every_value_keeps_its_exact_text() {
    let text = r#" {"a": [1, 2.50e+3, 9007199254740993], "b":{"c" : "x\u0041"}, "d":null} "#;
    let parsed = Parsed::read(text).unwrap();
    let node = parsed.root();
    let a = node.get("a").unwrap();
    assert_eq!(a.raw(), "[1, 2.50e+3, 9007199254740993]");
    assert_eq!(&text[a.span()], a.raw());
    let c = node.get("b").unwrap().get("c").unwrap();
    assert_eq!(c.raw(), r#""x\u0041""#);
    assert_eq!(c.as_str().as_deref(), Some("xA"));
    assert!(node.get("d").unwrap().is_blank());
}

#[test]
fn lone_surrogates_are_replaced_and_not_refused() {
    let parsed = Parsed::read(r#"{"a\ud800":"b\udc00"}"#).unwrap();
    let node = parsed.root();
    let member = node.children().next().unwrap();
    assert!(member.key().starts_with('a') && member.key().contains('\u{fffd}'));
    assert!(member.as_str().unwrap().contains('\u{fffd}'));
    assert_eq!(node.get(&member.key()).unwrap().index(), member.index());
}

#[test]
fn deep_nesting_becomes_opaque_and_does_not_overflow() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let parsed = Parsed::read(deep.as_str()).unwrap();
    let node = parsed.root();
    assert_eq!(node.raw().len(), 200_000);
}

#[test]
fn of_duplicate_keys_the_last_counts_and_none_is_lost() {
    let parsed = Parsed::read(r#"{"a":1,"a":2}"#).unwrap();
    let node = parsed.root();
    assert_eq!(node.get("a").unwrap().raw(), "2");
    assert_eq!(node.children().count(), 2);
}

#[test]
fn pointers_escape_as_rfc_6901_says() {
    assert_eq!(pointer("/a", "b/c~d"), "/a/b~1c~0d");
}

/// Texts that are JSON, almost JSON, or nothing like it.
fn texts() -> impl Strategy<Value = String> {
    const PIECES: [&str; 42] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\"",
        "null",
        "true",
        "false",
        "nul",
        "0",
        "-0",
        "01",
        "1.5",
        "-1.",
        ".5",
        "1e9",
        "1E+",
        "2e-3",
        "9007199254740993",
        " ",
        "\n",
        "\t",
        "\r",
        "\u{b}",
        "\"",
        "\\",
        "\\u12",
        "\\u0041",
        "\\ud800",
        "\\\"",
        "\\x",
        "\u{1}",
        "ü",
        "\u{2028}",
        "{\"k\":",
        "[[",
        "]]",
        "\"0123456789abcdef",
        "}}",
    ];
    proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..12)
        .prop_map(|pieces| pieces.concat())
}

/// Values as serde_json writes them, with blanks.
fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,40}".prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            proptest::collection::vec((".{0,20}", inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    });
    (value, any::<bool>()).prop_map(|(value, pretty)| match pretty {
        true => serde_json::to_string_pretty(&value).unwrap(),
        false => value.to_string(),
    })
}

/// Whether a node is what serde_json says.
fn same(node: Node<'_>, value: &serde_json::Value) -> bool {
    match (node.kind(), value) {
        (Kind::Null, serde_json::Value::Null) => true,
        (Kind::Bool | Kind::Number, serde_json::Value::Bool(_) | serde_json::Value::Number(_)) => {
            serde_json::from_str::<serde_json::Value>(node.raw()).is_ok_and(|ours| ours == *value)
        }
        (Kind::String, serde_json::Value::String(theirs)) => node.as_str().unwrap() == *theirs,
        (Kind::Array, serde_json::Value::Array(theirs)) => {
            node.children().count() == theirs.len()
                && node.children().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        (Kind::Object, serde_json::Value::Object(theirs)) => {
            theirs.iter().all(|(key, theirs)| node.get(key).is_some_and(|ours| same(ours, theirs)))
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_serde_json_takes_is_taken_and_nothing_else(text in texts()) {
        let theirs = serde_json::from_str::<&RawValue>(&text);
        let ours = Parsed::read(text.as_str());
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}: {:?}", text, ours);
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            prop_assert_eq!(ours.root().raw(), theirs.get());
        }
    }

    #[test]
    fn values_are_what_serde_json_says(text in documents()) {
        let parsed = Parsed::read(text.as_str()).unwrap();
        let node = parsed.root();
        prop_assert!(same(node, &serde_json::from_str(&text).unwrap()), "{}", text);
    }

    #[test]
    fn what_was_replaced_is_as_if_read_anew(
        text in documents(),
        chosen in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        with in proptest::collection::vec(prop_oneof![Just("[redacted]".to_owned()), ".{0,12}"], 6),
    ) {
        let parsed = Parsed::read(text.as_str()).unwrap();
        let count = parsed.entries.len();
        let mut chosen: Vec<usize> = chosen.into_iter().map(|index| index.index(count)).collect();
        chosen.sort_unstable();
        let mut end = 0;
        chosen.retain(|index| {
            let apart = *index >= end;
            if apart {
                end = parsed.entries[*index].next as usize;
            }
            apart
        });
        let pointers: Vec<String> =
            parsed.nodes().filter(|node| chosen.contains(&node.index())).map(Node::pointer).collect();
        let values: Vec<(usize, &str)> =
            chosen.iter().copied().zip(with.iter().map(String::as_str)).collect();
        let replaced = parsed.replace(&values);
        let anew = Parsed::read(replaced.text()).unwrap();
        prop_assert_eq!(&replaced, &anew);
        for (pointer, with) in pointers.iter().zip(&with) {
            let found = anew.nodes().find(|node| node.pointer() == *pointer).unwrap();
            prop_assert_eq!(found.as_str().unwrap(), with.as_str());
        }
    }

    #[test]
    fn a_document_cut_anywhere_is_refused_without_a_panic(text in documents(), at in any::<prop::sample::Index>()) {
        let mut at = at.index(text.len().max(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let cut = &text[..at];
        prop_assert_eq!(Parsed::read(cut).is_ok(), serde_json::from_str::<&RawValue>(cut).is_ok());
    }
}

#[test]
fn a_text_of_nothing_but_values_is_refused_before_it_fills_the_memory() {
    let many = format!("[{}0]", "[],".repeat(1 << 20));
    assert!(Parsed::read(many.as_str()).unwrap_err().to_string().contains("too many values"));
}

proptest! {
    #[test]
    fn a_member_is_found_by_its_name_as_in_going_through_the_list(
        keys in proptest::collection::vec("[ab]{0,2}|prefix[ab]suffix[ab]|\u{e4}{0,3}|\\\\u0061", 0..30),
    ) {
        let members: Vec<String> =
            keys.iter().enumerate().map(|(at, key)| format!("\"{key}\":{{\"{key}\":{at}}}")).collect();
        let parsed = Parsed::read(format!("{{{}}}", members.join(","))).unwrap();
        let names = Names::of(&parsed);
        let root = parsed.root();
        for name in keys.iter().map(String::as_str).chain(["a", "none", ""]) {
            let found = names.get(root, name);
            prop_assert_eq!(found.map(Node::index), root.get(name).map(Node::index), "{}", name);
            let Some(found) = found else { continue };
            let inside = names.get(found, name).map(Node::index);
            prop_assert_eq!(inside, found.get(name).map(Node::index));
        }
    }
}

#[test]
fn names_of_one_hash_are_found_beyond_the_room_for_them() {
    // Alike in length, at the beginning and at the end.
    let name = |number: usize| format!("beginnin{number:05}theends!");
    let members: Vec<String> = (0..5_000).map(|at| format!("{:?}:{at}", name(at))).collect();
    let again = format!("{:?}:5000", name(4_999));
    let parsed = Parsed::read(format!("{{{},{again}}}", members.join(","))).unwrap();
    let names = Names::of(&parsed);
    let found = |name: &str| names.get(parsed.root(), name).map(Node::raw);
    assert_eq!(found(&name(0)), Some("0"));
    assert_eq!(found(&name(3_000)), Some("3000"));
    assert_eq!(found(&name(4_999)), Some("5000"));
    assert_eq!(found(&name(5_000)), None);
}
