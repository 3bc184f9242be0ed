//! The attribute map of a row, in every form that its schema allows: a list of
//! pairs, one pair alone, such pairs inside a member of their own, or a plain map.

use signon_kit::fields::Fields;
use signon_kit::json::{Kind, Node};

use super::names;

/// The member of a row that holds it.
const MAP: &str = "attributeMap";

/// How deep pairs may be nested; one level is expected.
const DEEPEST: usize = 4;

/// Takes the user agent, and nothing else, out of a row.
pub fn take_agent(fields: &mut Fields<'_>) -> Option<String> {
    let found = find(fields.node(&[MAP])?, DEEPEST)?;
    // With more than key and value it is used, and left where it is.
    if let Some(pair) = found.pair {
        fields.take_node(pair);
    }
    Some(found.agent)
}

struct Found<'n> {
    agent: String,
    /// What holds nothing but this pair.
    pair: Option<Node<'n>>,
}

fn find(node: Node<'_>, depth: usize) -> Option<Found<'_>> {
    let deeper = depth.checked_sub(1)?;
    match (node.kind(), node.get("key")) {
        (Kind::Object, Some(key)) => {
            let value = node.get("value")?;
            let agent = key.as_str().filter(|key| names::is_agent(key)).and(single(value))?;
            Some(Found { agent, pair: (node.children().count() == 2).then_some(node) })
        }
        (Kind::Object, None) => node.children().find_map(|member| match single(member) {
            Some(agent) if names::is_agent(&member.key()) => {
                Some(Found { agent, pair: Some(member) })
            }
            _ => find(member, deeper),
        }),
        _ => node.children().find_map(|element| find(element, deeper)),
    }
}

/// A text, or a list of just one.
fn single(node: Node<'_>) -> Option<String> {
    let text = node.or_only_element().as_str()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use signon_kit::json::Parsed;

    use super::*;

    #[test]
    fn the_agent_is_found_in_every_form_and_only_it_is_lifted() {
        for (map, rest) in [
            (
                r#"[{"key":"User-Agent","value":["M/5"]},{"key":"d","value":[1]}]"#,
                r#"[{"key":"d","value":[1]}]"#,
            ),
            (
                r#"[{"key":"d","value":"x"}, {"value":"M/5","key":"userAgent"}]"#,
                r#"[{"key":"d","value":"x"}]"#,
            ),
            (
                r#"{"attribute":[{"key":"User-Agent","value":"M/5"},{"key":"d"}]}"#,
                r#"{"attribute":[{"key":"d"}]}"#,
            ),
            (r#"{"attribute":{"key":"User-Agent","value":["M/5"]}}"#, ""),
            (r#"{"key":"User-Agent","value":"M/5"}"#, ""),
            (r#"{"userAgent":"M/5","d":[ 1]}"#, r#"{"d":[ 1]}"#),
            (
                r#"[{"key":"User-Agent","value":"M/5","t":1}]"#,
                r#"[{"key":"User-Agent","value":"M/5","t":1}]"#,
            ),
        ] {
            let text = format!(r#"{{"a":1, "attributeMap": {map} ,"b":[ 2 ]}}"#);
            let parsed = Parsed::read(text).unwrap();
            let mut fields = Fields::new(&parsed, 0);
            assert_eq!(take_agent(&mut fields).as_deref(), Some("M/5"), "{map}");
            let rest = match rest {
                "" => String::new(),
                rest => format!(r#","attributeMap":{rest}"#),
            };
            assert_eq!(fields.unmapped(), format!(r#"{{"a":1{rest},"b":[ 2 ]}}"#));
        }
    }

    #[test]
    fn what_is_no_single_agent_stays_where_it_is() {
        for map in [
            r#"[{"key":"User-Agent","value":["a","b"]}]"#,
            r#"[{"key":"User-Agent"}]"#,
            r#"[{"key":"device","value":"x"}]"#,
            r#"[[[[[[{"key":"User-Agent","value":"x"}]]]]]]"#,
            "null",
            "7",
        ] {
            let text = format!(r#"{{"attributeMap":{map}}}"#);
            let parsed = Parsed::read(text.as_str()).unwrap();
            let mut fields = Fields::new(&parsed, 0);
            assert_eq!(take_agent(&mut fields), None, "{map}");
            let nothing = "{}".to_owned();
            assert_eq!(fields.unmapped(), if map == "null" { nothing } else { text });
        }
    }
}
