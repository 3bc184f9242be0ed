//! Factors of a sign-on, from the text that Java prints for a map or list of them.

use crate::contract::{Factor, FactorKind};

/// `{USERNAME_PASSWORD=AUTH_SUCCESS, TOTP=AUTH_SUCCESS}` as Java prints a map,
/// `[PUSH]` as it prints a list, or a plain list of words.
pub fn parse(text: &str) -> Vec<Factor> {
    text.trim_matches(['{', '}', '[', ']', ' '])
        .split([',', ';'])
        .filter_map(|entry| {
            let (name, outcome) = match entry.split_once('=') {
                Some((name, outcome)) => (name.trim(), Some(outcome.trim().to_owned())),
                None => (entry.trim(), None),
            };
            (!name.is_empty()).then(|| Factor {
                kind: factor_kind(name),
                name: name.to_owned(),
                outcome,
            })
        })
        .collect()
}

/// What a factor is by the source's word for it. The list is open.
pub static KINDS: [(&str, FactorKind); 21] = [
    ("USERNAME_PASSWORD", FactorKind::Password),
    ("PASSWORD", FactorKind::Password),
    ("USERNAMEPASSWORD", FactorKind::Password),
    ("OTP", FactorKind::OneTimePassword),
    ("MFA", FactorKind::OneTimePassword),
    ("TOTP", FactorKind::TimeBasedPassword),
    ("SMS", FactorKind::Sms),
    ("EMAIL", FactorKind::Email),
    ("PHONE_CALL", FactorKind::PhoneCall),
    ("VOICE", FactorKind::PhoneCall),
    ("PUSH", FactorKind::PushNotification),
    ("SECURITY_QUESTIONS", FactorKind::SecurityQuestion),
    ("SECURITY_QUESTION", FactorKind::SecurityQuestion),
    ("FIDO_AUTHENTICATOR", FactorKind::WebAuthn),
    ("FIDO2", FactorKind::WebAuthn),
    ("FIDO", FactorKind::WebAuthn),
    ("WEBAUTHN", FactorKind::WebAuthn),
    ("PASSKEY", FactorKind::WebAuthn),
    ("U2F", FactorKind::U2f),
    ("YUBICO_OTP", FactorKind::HardwareToken),
    ("HARDWARE_TOKEN", FactorKind::HardwareToken),
];

/// The kind of a factor by the source's word for it, whatever its case.
pub fn factor_kind(word: &str) -> FactorKind {
    let row = KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    row.map_or_else(|| FactorKind::Other(word.to_owned()), |(_, kind)| kind.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn java_maps_and_lists_are_read() {
        let factors = parse("{USERNAME_PASSWORD=AUTH_SUCCESS, TOTP=AUTH_SUCCESS}");
        assert_eq!(factors.len(), 2);
        assert_eq!(factors[0].kind, FactorKind::Password);
        assert_eq!(factors[1].outcome.as_deref(), Some("AUTH_SUCCESS"));
        assert_eq!(parse("[PUSH]")[0].kind, FactorKind::PushNotification);
        assert!(parse("{}").is_empty());
    }
}
