//! Sign-in audit events as XML.
//!
//! The invariant: what is written is well-formed XML 1.0, whatever an attacker
//! put into a user agent: markup is escaped, and characters that XML cannot
//! hold become U+FFFD.

use std::fmt::Write;

use super::event::{Event, User};
use crate::faults::OamRendering;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";

/// The reply with these events.
pub(super) fn events(events: &[&Event], rendering: &OamRendering) -> String {
    let mut out = DECLARATION.to_owned();
    if events.is_empty() {
        out.push_str("<Events/>");
        return out;
    }
    out.push_str("<Events>");
    for event in events {
        event_data(&mut out, event, rendering);
    }
    out.push_str("</Events>");
    out
}

/// The reply with the number of events.
pub(super) fn count(count: usize, rendering: &OamRendering) -> String {
    match rendering.bare_count {
        true => format!("{DECLARATION}<count>{count}</count>"),
        false => format!("{DECLARATION}<Stats><count>{count}</count></Stats>"),
    }
}

fn event_data(out: &mut String, event: &Event, rendering: &OamRendering) {
    out.push_str("<eventData>");
    let id = event.id.map(|id| id.to_string());
    let used = event.mfa_used.map(|used| used.to_string());
    let time = rendering.time(event.access_time);
    element(out, "accessTime", Some(&time));
    if let Some(attributes) = &event.attributes {
        attribute_map(out, attributes, rendering);
    }
    element(out, "eventID", id.as_deref());
    element(out, "ipAddress", event.ip_address.as_deref());
    element(out, "mfaUsed", used.as_deref());
    element(out, "oracleECID", event.ecid.as_deref());
    element(out, "status", event.status.as_deref());
    element(out, "type", event.kind.as_deref());
    if let Some(known) = &event.user {
        user(out, known);
    }
    out.push_str("</eventData>");
}

fn user(out: &mut String, user: &User) {
    out.push_str("<userID>");
    element(out, "loginID", user.login_id.as_deref());
    element(out, "loginType", user.login_type.as_deref());
    element(out, "userDN", user.dn.as_deref());
    element(out, "userGUID", user.guid.as_deref());
    out.push_str("</userID>");
}

fn attribute_map(out: &mut String, attributes: &[(String, Vec<String>)], rendering: &OamRendering) {
    let (outer, inner) = match rendering.nested_attributes {
        true => (Some("attributeMap"), "attribute"),
        false => (None, "attributeMap"),
    };
    out.extend(outer.map(|name| format!("<{name}>")));
    for (key, values) in attributes {
        let _ = write!(out, "<{inner}>");
        element(out, "key", Some(key));
        for value in values {
            element(out, "value", Some(value));
        }
        let _ = write!(out, "</{inner}>");
    }
    out.extend(outer.map(|name| format!("</{name}>")));
}

fn element(out: &mut String, name: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    // Writing to a text never fails.
    let _ = write!(out, "<{name}>");
    for character in value.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // Read back as they are only when written so.
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    let _ = write!(out, "</{name}>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_its_element() {
        let mut out = String::new();
        element(&mut out, "value", Some("</value><!--\u{1}\t& ]]> \u{1f511}"));
        assert_eq!(out, "<value>&lt;/value&gt;&lt;!--\u{fffd}&#9;&amp; ]]&gt; \u{1f511}</value>");
    }
}
