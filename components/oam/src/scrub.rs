//! Takes secrets out of a row before anything else reads it: what the kit knows by
//! name and looks, and what pairs of key and value hide from it, since there the
//! name of the secret is itself a value.

use signon_kit::json::{Kind, Node, Parsed};
use signon_kit::redact::{MARK, is_secret_key, redact};

/// Members that name the value beside them.
const KEYS: [&str; 2] = ["key", "name"];

/// Members that hold such a value.
const VALUES: [&str; 2] = ["value", "values"];

/// A row's JSON without its secrets, and the JSON Pointers of what was taken out.
pub fn scrub(parsed: Parsed<'_>) -> (Parsed<'_>, Vec<String>) {
    let mut secrets = Vec::new();
    find_pairs(parsed.root(), &mut secrets);
    let mut pointers: Vec<String> = secrets.iter().map(|secret| secret.pointer()).collect();
    let secrets: Vec<usize> = secrets.into_iter().map(Node::index).collect();
    let (clean, known) = redact(parsed.replace(&secrets, MARK), &[]);
    pointers.extend(known);
    (clean, pointers)
}

/// Values beside a secret's name, in the order of the text.
fn find_pairs<'n>(node: Node<'n>, found: &mut Vec<Node<'n>>) {
    let is_one = |member: Node<'_>, names: [&str; 2]| names.contains(&member.key().as_ref());
    let is_secret = node.kind() == Kind::Object
        && node.children().any(|member| {
            is_one(member, KEYS) && member.as_str().is_some_and(|name| is_secret_key(&name))
        });
    for child in node.children() {
        if is_secret && is_one(child, VALUES) && !child.is_blank() {
            found.push(child);
        } else {
            find_pairs(child, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_secret_by_the_key_beside_it() {
        let text = r#"{"m":[ {"value":["s"], "key":"Set-Cookie"},{"key":"device","value":"d"}],"otp":"1"}"#;
        let (clean, pointers) = scrub(Parsed::read(text).unwrap());
        assert_eq!(
            clean.text(),
            r#"{"m":[ {"value":"[redacted]", "key":"Set-Cookie"},{"key":"device","value":"d"}],"otp":"[redacted]"}"#
        );
        assert_eq!(pointers, ["/m/0/value", "/otp"]);
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        let text = r#"{"key":"user-agent","value":["Mozilla"],"name":{"value":1}}"#;
        let (clean, pointers) = scrub(Parsed::read(text).unwrap());
        assert!(clean.text() == text && pointers.is_empty());
    }
}
