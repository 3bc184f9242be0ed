//! Takes secrets out of a row before anything else reads it: what the kit knows by
//! name and looks, and what pairs of key and value hide from it, since there the
//! name of the secret is itself a value.

use std::borrow::Cow;

use signon_kit::json::{JsonError, Node, Value, pointer, push_string};
use signon_kit::redact::{MARK, redact};

/// Members that name the value beside them.
const KEYS: [&str; 2] = ["key", "name"];

/// Members that hold such a value.
const VALUES: [&str; 2] = ["value", "values"];

/// A row's JSON without its secrets, and the JSON Pointers of what was taken out.
///
/// # Errors
///
/// When the text is no JSON.
pub fn scrub(text: &str) -> Result<(Cow<'_, str>, Vec<String>), JsonError> {
    let root = Node::parse(text)?;
    let mut pairs = Vec::new();
    find_pairs(&root, String::new(), &mut pairs);
    let mut clean = Cow::Borrowed(text);
    let mut pointers = Vec::new();
    if !pairs.is_empty() {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for (secret, pointer) in pairs {
            let span = secret.span_in(text);
            out.push_str(&text[copied..span.start]);
            push_string(&mut out, MARK);
            copied = span.end;
            pointers.push(pointer);
        }
        out.push_str(&text[copied..]);
        clean = Cow::Owned(out);
    }
    let known = redact(&clean, &Node::parse(&clean)?, &[]);
    if let Some(text) = known.text {
        clean = Cow::Owned(text);
    }
    pointers.extend(known.pointers);
    Ok((clean, pointers))
}

/// Values beside a secret's name, in the order of the text.
fn find_pairs<'n, 'a>(node: &'n Node<'a>, at: String, found: &mut Vec<(&'n Node<'a>, String)>) {
    match &node.value {
        Value::Object(members) => {
            let is_secret = members.iter().any(|(name, member)| {
                KEYS.contains(&name.as_ref()) && member.as_str().is_some_and(is_secret_name)
            });
            for (name, member) in members {
                let below = pointer(&at, name);
                if is_secret && VALUES.contains(&name.as_ref()) && !member.is_blank() {
                    found.push((member, below));
                } else {
                    find_pairs(member, below, found);
                }
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                find_pairs(element, pointer(&at, &index.to_string()), found);
            }
        }
        _ => {}
    }
}

/// Whether the kit would take out a member of that name.
fn is_secret_name(name: &str) -> bool {
    let mut probe = "{".to_owned();
    push_string(&mut probe, name);
    probe.push_str(":0}");
    Node::parse(&probe).is_ok_and(|node| !redact(&probe, &node, &[]).pointers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_secret_by_the_key_beside_it() {
        let text = r#"{"m":[ {"value":["s"], "key":"Set-Cookie"},{"key":"device","value":"d"}],"otp":"1"}"#;
        let (clean, pointers) = scrub(text).unwrap();
        assert_eq!(
            clean,
            r#"{"m":[ {"value":"[redacted]", "key":"Set-Cookie"},{"key":"device","value":"d"}],"otp":"[redacted]"}"#
        );
        assert_eq!(pointers, ["/m/0/value", "/otp"]);
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        let text = r#"{"key":"user-agent","value":["Mozilla"],"name":{"value":1}}"#;
        let (clean, pointers) = scrub(text).unwrap();
        assert!(matches!(clean, Cow::Borrowed(_)) && pointers.is_empty());
    }
}
