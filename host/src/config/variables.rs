//! `${VAR}`, `${VAR:-default}` and `$$` in text values.
//!
//! Runs over the tree, never over the file's text: invariant: whatever a variable
//! holds, it stays inside the text it was named in and cannot become a key.

use zeroize::Zeroizing;

use super::hidden::Hidden;
use crate::schema::{Node, Problems, Value, index_path, key_path};

/// Looks up an environment variable.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Replaces the variables in every text below `node`.
pub(super) fn expand_all(
    node: &mut Node,
    path: &str,
    environment: Environment<'_>,
    hidden: &mut Hidden,
    problems: &mut Problems,
) {
    match &mut node.value {
        Value::Table(entries) => {
            for entry in entries {
                let path = key_path(path, &entry.key);
                expand_all(&mut entry.node, &path, environment, hidden, problems);
            }
        }
        Value::List(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                expand_all(element, &index_path(path, index), environment, hidden, problems);
            }
        }
        Value::Text(text) => match expand(&text.text, environment) {
            Ok(expanded) => {
                for (variable, value) in expanded.names.iter().zip(&expanded.values) {
                    hidden.add(variable, value);
                }
                if !expanded.names.is_empty() {
                    let variables = expanded.names.concat();
                    hidden.add_text(&variables, &expanded.text, &expanded.values);
                    text.variables = Some(variables);
                }
                text.text = expanded.text;
            }
            Err(message) => {
                problems.add(&node.place, path, message);
                node.value = Value::Faulty;
            }
        },
        Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Nothing
        | Value::Faulty => {}
    }
}

/// A text with its variables replaced.
#[derive(Default)]
struct Expanded {
    text: Zeroizing<String>,
    /// The variables, each as it is written without its default: `${NAME}`.
    names: Vec<String>,
    values: Vec<Zeroizing<String>>,
}

fn expand(text: &str, environment: Environment<'_>) -> Result<Expanded, String> {
    let mut expanded = Expanded::default();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        expanded.text.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.text.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (inside, after) =
                after.split_once('}').ok_or("\"${\" without its \"}\"; a plain $ is written $$")?;
            let value = value_of(inside, environment)?;
            expanded.text.push_str(&value);
            let name = inside.split_once(":-").map_or(inside, |(name, _)| name);
            expanded.names.push(format!("${{{name}}}"));
            expanded.values.push(value);
            rest = after;
        } else {
            expanded.text.push('$');
        }
    }
    expanded.text.push_str(rest);
    Ok(expanded)
}

/// The value of what stands between the braces. A variable that is set to
/// nothing has its default, as in a shell.
fn value_of(inside: &str, environment: Environment<'_>) -> Result<Zeroizing<String>, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    // Whatever is no name may be a piece of a secret, so it is not shown.
    if !is_name(name) {
        return Err(
            "variables are written ${NAME} or ${NAME:-default}; a plain $ is written $$".to_owned()
        );
    }
    if default.is_some_and(|default| default.contains("${")) {
        return Err(format!("the default of ${{{name}}} holds a variable; write a plain text"));
    }
    let value = environment(name).map(Zeroizing::new);
    match (value, default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(Zeroizing::new(default.to_owned())),
        (None, None) => Err(format!(
            "the variable {name} is not set; set it or give a default: ${{{name}:-default}}"
        )),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "REGION" => Some("us-ashburn-1".to_owned()),
            "EMPTY" => Some(String::new()),
            "NASTY" => Some("${REGION} $$ \"\n[sinks.evil]\n".to_owned()),
            _ => None,
        }
    }

    fn expanded(text: &str) -> Result<String, String> {
        expand(text, &environment).map(|expanded| expanded.text.to_string())
    }

    #[test]
    fn a_variable_its_default_and_a_plain_dollar_are_told_apart() {
        for (text, expected) in [
            ("a ${REGION} b", "a us-ashburn-1 b"),
            ("${REGION}${REGION:-x}", "us-ashburn-1us-ashburn-1"),
            ("${EMPTY}", ""),
            ("${EMPTY:-x}", "x"),
            ("${NOBODY:-}", ""),
            ("${NOBODY:-a:-b $c}", "a:-b $c"),
            ("$${REGION}", "${REGION}"),
            ("$$$${REGION}", "$${REGION}"),
            ("$$${REGION}", "$us-ashburn-1"),
            ("$HOME costs 5$", "$HOME costs 5$"),
        ] {
            assert_eq!(expanded(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_variable_without_value_is_named_and_what_is_no_variable_is_not_shown() {
        assert!(expanded("${NOBODY}").unwrap_err().contains("NOBODY is not set"));
        assert!(expanded("${NOBODY:-${REGION}}").unwrap_err().contains("default of ${NOBODY}"));
        for text in ["hunter2${", "${hunter 2}", "${}", "${1hunter}", "${hunter:?2}"] {
            let message = expanded(text).unwrap_err();
            assert!(!message.contains("hunter"), "{message}");
        }
    }

    #[test]
    fn what_a_variable_holds_is_not_read_again() {
        assert_eq!(expanded("${NASTY}").unwrap(), environment("NASTY").unwrap());
    }

    proptest! {
        #[test]
        fn any_text_with_its_dollars_doubled_comes_out_as_it_was(text in ".*") {
            let out = expand(&text.replace('$', "$$"), &environment).unwrap();
            prop_assert_eq!(out.text.as_str(), &text);
            prop_assert!(out.names.is_empty());
        }

        #[test]
        fn no_text_makes_it_panic(text in "[${}:A-Z -]*") {
            let _ = expand(&text, &environment);
        }
    }
}
