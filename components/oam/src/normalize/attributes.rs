//! The attribute map of a row, in every form that its schema allows: a list of
//! pairs, one pair alone, such pairs inside a member of their own, or a plain map.

use std::borrow::Cow;

use signon_kit::json::{Node, Value, push_string};

use super::names;

/// The member of a row that holds it.
const MAP: &str = "attributeMap";

/// How deep pairs may be nested; one level is expected.
const DEEPEST: usize = 4;

/// The user agent's text, and the row without that one pair.
pub struct Lifted<'a> {
    /// The text as it stood.
    pub agent: Option<String>,
    /// The row's JSON, in which everything else is as it was.
    pub rest: Cow<'a, str>,
}

/// Lifts the user agent out of a row.
pub fn lift_agent(text: &str) -> Lifted<'_> {
    let nothing = Lifted { agent: None, rest: Cow::Borrowed(text) };
    let Ok(root) = Node::parse(text) else {
        return nothing;
    };
    let Some(map) = root.get(MAP) else {
        return nothing;
    };
    let Some(found) = find(map, DEEPEST) else {
        return nothing;
    };
    let Some(pair) = found.pair else {
        // More than key and value: used, and left where it is.
        return Lifted { agent: Some(found.agent), ..nothing };
    };
    let span = map.span_in(text);
    let mut rest = String::with_capacity(text.len());
    rest.push_str(&text[..span.start]);
    if !write_without(map, pair.raw.as_ptr(), &mut rest) {
        rest.push_str("null");
    }
    rest.push_str(&text[span.end..]);
    Lifted { agent: Some(found.agent), rest: Cow::Owned(rest) }
}

struct Found<'n, 'a> {
    agent: String,
    /// What holds nothing but this pair.
    pair: Option<&'n Node<'a>>,
}

fn find<'n, 'a>(node: &'n Node<'a>, depth: usize) -> Option<Found<'n, 'a>> {
    let deeper = depth.checked_sub(1)?;
    match &node.value {
        Value::Array(elements) => elements.iter().find_map(|element| find(element, deeper)),
        Value::Object(members) => match node.get("key") {
            Some(key) => {
                let value = node.get("value")?;
                let agent = key.as_str().filter(|key| names::is_agent(key)).and(single(value))?;
                Some(Found { agent, pair: (members.len() == 2).then_some(node) })
            }
            None => members.iter().find_map(|(name, member)| match single(member) {
                Some(agent) if names::is_agent(name) => Some(Found { agent, pair: Some(member) }),
                _ => find(member, deeper),
            }),
        },
        _ => None,
    }
}

/// A text, or a list of just one.
fn single(node: &Node<'_>) -> Option<String> {
    let node = match &node.value {
        Value::Array(elements) if elements.len() == 1 => &elements[0],
        _ => node,
    };
    let text = node.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Writes a value without the one whose text is at `left_out`; `false`, and
/// nothing, if nothing is left.
fn write_without(node: &Node<'_>, left_out: *const u8, out: &mut String) -> bool {
    if node.raw.as_ptr() == left_out {
        return false;
    }
    let before = out.len();
    let mut kept = 0;
    match &node.value {
        Value::Array(elements) => {
            out.push('[');
            for element in elements {
                let start = out.len();
                out.push_str(if kept == 0 { "" } else { "," });
                if write_without(element, left_out, out) {
                    kept += 1;
                } else {
                    out.truncate(start);
                }
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (name, member) in members {
                let start = out.len();
                out.push_str(if kept == 0 { "" } else { "," });
                push_string(out, name);
                out.push(':');
                if write_without(member, left_out, out) {
                    kept += 1;
                } else {
                    out.truncate(start);
                }
            }
            out.push('}');
        }
        _ => {
            out.push_str(node.raw);
            return true;
        }
    }
    if kept == 0 && !node.is_blank() {
        out.truncate(before);
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
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
            (r#"{"attribute":{"key":"User-Agent","value":["M/5"]}}"#, "null"),
            (r#"{"key":"User-Agent","value":"M/5"}"#, "null"),
            (r#"{"userAgent":"M/5","d":[ ]}"#, r#"{"d":[]}"#),
            (
                r#"[{"key":"User-Agent","value":"M/5","t":1}]"#,
                r#"[{"key":"User-Agent","value":"M/5","t":1}]"#,
            ),
        ] {
            let text = format!(r#"{{"a":1, "attributeMap": {map} ,"b":[ 2 ]}}"#);
            let lifted = lift_agent(&text);
            assert_eq!(lifted.agent.as_deref(), Some("M/5"), "{map}");
            assert_eq!(lifted.rest, format!(r#"{{"a":1, "attributeMap": {rest} ,"b":[ 2 ]}}"#));
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
            let lifted = lift_agent(&text);
            assert!(lifted.agent.is_none() && lifted.rest == text, "{map}");
        }
    }
}
