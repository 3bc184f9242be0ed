//! What the words of a row mean. Data, one screen; the lists are open, so words
//! they lack are kept as they are. No value is documented beyond the examples
//! `AuthN` and `Logout` and "successful or denied", so case does not count.

use signon_kit::contract::{Activity, EventClass, EventKind, Outcome};

/// Stands for the name of an activity in a row that names none.
pub const UNNAMED: &str = "unnamed";

/// What a row of that `type` is.
pub static ACTIVITIES: [(&str, Activity); 2] =
    [("AuthN", Activity::Logon), ("Logout", Activity::Logoff)];

/// How it ended, by the word in `status`; `fail*` is every word that begins so.
pub static OUTCOMES: [(&str, Outcome); 4] = [
    ("success", Outcome::Success),
    ("successful", Outcome::Success),
    ("denied", Outcome::Failure),
    ("fail*", Outcome::Failure),
];

/// Whether more than one factor took part, by `mfaUsed`, native or quoted.
pub static FACTORS: [(&str, bool); 2] = [("true", true), ("false", false)];

/// Which members of a row a field of the neutral event is made of, the first before the
/// others, as docs/mapping.md shows it.
pub static FIELDS: [(&str, &[&str]); 8] = [
    ("user / actor .name", &["userID.loginID", "userID"]),
    ("user / actor .uid, .uid-alt", &["userID.userGUID"]),
    ("user.dn", &["userID.userDN"]),
    ("source-addresses, source-port", &["ipAddress"]),
    ("agent.original", &["attributeMap"]),
    ("factors, mfa", &["mfaUsed"]),
    ("logon-method", &["userID.loginType", "loginType"]),
    ("correlation", &["oracleECID"]),
];

/// What was done, by `type`.
pub fn activity(kind: Option<&str>) -> Activity {
    let Some(kind) = kind else {
        return Activity::Other(UNNAMED.to_owned());
    };
    let row = ACTIVITIES.iter().find(|(word, _)| word.eq_ignore_ascii_case(kind));
    row.map_or_else(|| Activity::Other(kind.to_owned()), |(_, activity)| activity.clone())
}

/// The classes of rows, for humans: the API gives sign-ons only.
pub fn kinds() -> Vec<EventKind> {
    let kind = |name: &str| EventKind { name: name.to_owned(), class: EventClass::SignOn };
    ACTIVITIES.iter().map(|(name, _)| kind(name)).chain([kind("*")]).collect()
}

/// How it ended, by `status`.
pub fn outcome(status: Option<&str>) -> Outcome {
    let Some(status) = status else {
        return Outcome::Unknown;
    };
    let fits = |word: &str| match word.strip_suffix('*') {
        Some(head) => {
            status.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
        }
        None => word.eq_ignore_ascii_case(status),
    };
    let row = OUTCOMES.iter().find(|(word, _)| fits(word));
    row.map_or_else(|| Outcome::Other(status.to_owned()), |(_, outcome)| outcome.clone())
}

/// Whether more than one factor took part, if `used` says so.
pub fn mfa(used: &str) -> Option<bool> {
    FACTORS.iter().find(|(word, _)| word.eq_ignore_ascii_case(used)).map(|(_, used)| *used)
}

/// Whether a key of the attribute map is the user agent's: `User-Agent`,
/// `userAgent`, `HTTP_USER_AGENT`.
pub fn is_agent(key: &str) -> bool {
    let letters: String =
        key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    letters.ends_with("useragent")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_in_any_case_and_unknown_ones_are_kept() {
        assert_eq!(activity(Some("AUTHN")), Activity::Logon);
        assert_eq!(activity(Some("logout")), Activity::Logoff);
        assert_eq!(activity(Some("AuthZ")), Activity::Other("AuthZ".into()));
        assert_eq!(activity(None), Activity::Other(UNNAMED.into()));
        for word in ["success", "Successful", "SUCCESS"] {
            assert_eq!(outcome(Some(word)), Outcome::Success);
        }
        for word in ["denied", "FAILURE", "Failed", "fail"] {
            assert_eq!(outcome(Some(word)), Outcome::Failure);
        }
        assert_eq!(outcome(Some("Pending")), Outcome::Other("Pending".into()));
        assert_eq!(outcome(None), Outcome::Unknown);
    }

    #[test]
    fn an_agent_is_known_by_its_key_however_it_is_spelled() {
        for key in ["User-Agent", "userAgent", "HTTP_USER_AGENT", "oam.user_agent"] {
            assert!(is_agent(key), "{key}");
        }
        assert!(!is_agent("agent") && !is_agent("userAgentId") && !is_agent(""));
    }
}
