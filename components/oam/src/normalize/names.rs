//! What the words of a row mean. Data, one screen; the lists are open, so words
//! they lack are kept as they are. No value is documented beyond the examples
//! `AuthN` and `Logout` and "successful or denied", so case does not count.

use signon_kit::contract::{Activity, Outcome};

/// Stands for the name of an activity in a row that names none.
pub const UNNAMED: &str = "unnamed";

/// What was done, by `type`.
pub fn activity(kind: Option<&str>) -> Activity {
    let Some(kind) = kind else {
        return Activity::Other(UNNAMED.to_owned());
    };
    match kind.to_ascii_lowercase().as_str() {
        "authn" => Activity::Logon,
        "logout" => Activity::Logoff,
        _ => Activity::Other(kind.to_owned()),
    }
}

/// How it ended, by `status`.
pub fn outcome(status: Option<&str>) -> Outcome {
    let Some(status) = status else {
        return Outcome::Unknown;
    };
    match status.to_ascii_lowercase().as_str() {
        "success" | "successful" => Outcome::Success,
        "denied" => Outcome::Failure,
        failed if failed.starts_with("fail") => Outcome::Failure,
        _ => Outcome::Other(status.to_owned()),
    }
}

/// Whether more than one factor took part, by `mfaUsed`, native or quoted.
pub fn mfa(used: &str) -> Option<bool> {
    match used.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
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
