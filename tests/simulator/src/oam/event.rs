//! A sign-in audit event, and reading one out of a file.
//!
//! The invariant: an event says nothing that Oracle's schema does not name.
//! Events out of a file are read and written again, because the form of a
//! reply is a matter of the service and not of the file; what could not be
//! written again is refused.

use chrono::DateTime;
use serde_json::{Map, Value};

/// One `EventData`; what is `None` is left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: Option<i64>,
    /// Unix milliseconds.
    pub(crate) access_time: i64,
    pub(crate) kind: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) ip_address: Option<String>,
    pub(crate) mfa_used: Option<bool>,
    pub(crate) ecid: Option<String>,
    pub(crate) user: Option<User>,
    pub(crate) attributes: Option<Vec<(String, Vec<String>)>>,
}

/// `userID`
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct User {
    pub(crate) login_id: Option<String>,
    pub(crate) login_type: Option<String>,
    pub(crate) dn: Option<String>,
    pub(crate) guid: Option<String>,
}

const MEMBERS: [&str; 9] = [
    "eventID",
    "accessTime",
    "type",
    "status",
    "ipAddress",
    "mfaUsed",
    "oracleECID",
    "userID",
    "attributeMap",
];
const USER_MEMBERS: [&str; 4] = ["loginID", "loginType", "userDN", "userGUID"];

/// An event, with its time.
pub(crate) struct Row {
    pub(crate) event: Event,
    /// When it can be found, Unix milliseconds.
    pub(crate) stored: i64,
}

impl Event {
    /// Reads an event in any of the forms in which the service may write it.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        let members = object(value, "the event", &MEMBERS)?;
        let time = members.get("accessTime").and_then(time).ok_or(
            "no `accessTime` with a date-time such as 2025-06-15T15:07:00.045Z or Unix milliseconds",
        )?;
        let id = match present(members, "eventID") {
            None => None,
            Some(id) => {
                let id = id.as_i64().or_else(|| id.as_str()?.parse().ok());
                Some(id.ok_or("`eventID` is no 64-bit integer")?)
            }
        };
        let mfa_used = match present(members, "mfaUsed") {
            None => None,
            Some(Value::Bool(used)) => Some(*used),
            Some(Value::String(used)) if used == "true" || used == "false" => Some(used == "true"),
            Some(_) => return Err("`mfaUsed` is neither true nor false".to_owned()),
        };
        Ok(Self {
            id,
            access_time: time,
            kind: text(members, "type")?,
            status: text(members, "status")?,
            ip_address: text(members, "ipAddress")?,
            mfa_used,
            ecid: text(members, "oracleECID")?,
            user: present(members, "userID").map(user).transpose()?,
            attributes: present(members, "attributeMap").map(attributes).transpose()?,
        })
    }
}

fn object<'a>(
    value: &'a Value,
    what: &str,
    known: &[&str],
) -> Result<&'a Map<String, Value>, String> {
    let members = value.as_object().ok_or_else(|| format!("{what} is no object"))?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("{what} has `{name}`, which the service does not know")),
        None => Ok(members),
    }
}

fn present<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match present(members, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{name}` is no text")),
    }
}

fn time(value: &Value) -> Option<i64> {
    if let Some(milliseconds) = value.as_i64() {
        return Some(milliseconds);
    }
    let text = value.as_str()?;
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    text.parse().ok().or_else(|| Some(time.ok()?.timestamp_millis()))
}

fn user(value: &Value) -> Result<User, String> {
    let members = object(value, "`userID`", &USER_MEMBERS)?;
    Ok(User {
        login_id: text(members, "loginID")?,
        login_type: text(members, "loginType")?,
        dn: text(members, "userDN")?,
        guid: text(members, "userGUID")?,
    })
}

fn attributes(value: &Value) -> Result<Vec<(String, Vec<String>)>, String> {
    let list = match value.get("attribute") {
        Some(nested) => nested,
        None => value,
    };
    let list = match list {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let attribute = |value: &Value| {
        let members = object(value, "an attribute", &["key", "value"])?;
        let key = text(members, "key")?.ok_or("an attribute has no `key`")?;
        let values = match present(members, "value") {
            None => Some(Vec::new()),
            Some(Value::String(one)) => Some(vec![one.clone()]),
            Some(Value::Array(list)) => {
                list.iter().map(|one| Some(one.as_str()?.to_owned())).collect()
            }
            Some(_) => None,
        };
        Ok((key, values.ok_or("an attribute's `value` holds no texts")?))
    };
    list.iter().map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_read_in_each_form() {
        let plain = json!({
            "eventID": 9007199254740993_i64, "accessTime": "2025-06-15T15:07:00.045Z",
            "mfaUsed": true, "userID": {"loginID": "bob"}, "status": null,
            "attributeMap": [{"key": "device", "value": ["phone"]}]
        });
        let other = json!({
            "eventID": "9007199254740993", "accessTime": "1750000020045", "mfaUsed": "true",
            "userID": {"loginID": "bob"},
            "attributeMap": {"attribute": {"key": "device", "value": "phone"}}
        });
        let event = Event::read(&plain).unwrap();
        assert_eq!(event, Event::read(&other).unwrap());
        assert_eq!(event.id, Some(9_007_199_254_740_993));
        assert_eq!(event.attributes.unwrap(), [("device".to_owned(), vec!["phone".to_owned()])]);
    }

    #[test]
    fn what_could_not_be_written_again_is_refused() {
        for (event, says) in [
            (json!([]), "no object"),
            (json!({}), "accessTime"),
            (json!({"accessTime": "soon"}), "accessTime"),
            (json!({"accessTime": 1, "eventID": 1.5}), "eventID"),
            (json!({"accessTime": 1, "colour": "red"}), "colour"),
            (json!({"accessTime": 1, "type": 5}), "type"),
            (json!({"accessTime": 1, "mfaUsed": "yes"}), "mfaUsed"),
            (json!({"accessTime": 1, "userID": {"name": "x"}}), "name"),
            (json!({"accessTime": 1, "attributeMap": [{"value": []}]}), "key"),
            (json!({"accessTime": 1, "attributeMap": [{"key": "k", "value": [1]}]}), "value"),
        ] {
            let reason = Event::read(&event).unwrap_err();
            assert!(reason.contains(says), "{event}: {reason}");
        }
    }
}
