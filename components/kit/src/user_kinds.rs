//! What the words about people and their protocols mean, the same in every source.
//! Data; the lists are open, so words they lack are kept.

use crate::contract::{Protocol, UserKind};

/// What somebody is, by the word in `actorType`.
pub static USER_KINDS: [(&str, UserKind); 6] = [
    ("User", UserKind::User),
    ("App", UserKind::Service),
    ("Client", UserKind::Service),
    ("Service", UserKind::Service),
    ("Admin", UserKind::Admin),
    ("System", UserKind::System),
];

/// What is in the name of a provider's or application's type: `NONOPC:SAML`.
pub static PROTOCOLS: [(&str, Protocol); 4] = [
    ("SAML", Protocol::Saml),
    ("OIDC", Protocol::OpenId),
    ("OPENID", Protocol::OpenId),
    ("OAUTH", Protocol::Oauth2),
];

/// What somebody is, whatever the word's case.
pub fn user_kind(word: Option<String>) -> UserKind {
    let Some(word) = word else {
        return UserKind::Unknown;
    };
    match USER_KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&word)) {
        Some((_, kind)) => kind.clone(),
        None => UserKind::Other(word),
    }
}

/// The protocol that a type names, if it names one.
pub fn protocol(kind: &str) -> Option<Protocol> {
    let kind = kind.to_ascii_uppercase();
    PROTOCOLS.iter().find(|(word, _)| kind.contains(word)).map(|(_, protocol)| protocol.clone())
}

/// Good enough to tell a login that is a mail address from one that is not.
pub fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains(['@', ' '])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_in_any_case_and_unknown_ones_are_kept() {
        assert_eq!(user_kind(Some("CLIENT".into())), UserKind::Service);
        assert_eq!(user_kind(Some("Robot".into())), UserKind::Other("Robot".into()));
        assert_eq!(user_kind(None), UserKind::Unknown);
        assert_eq!(protocol("nonopc:saml"), Some(Protocol::Saml));
        assert_eq!(protocol("LOCAL"), None);
    }

    #[test]
    fn a_mail_address_is_told_from_a_login() {
        assert!(is_email("a@b.example"));
        for login in ["a", "a@b", "@b.example", "a@b@c.example", "a@b c.example"] {
            assert!(!is_email(login), "{login}");
        }
    }
}
