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

/// The kind of a factor by the source's word for it.
pub fn factor_kind(word: &str) -> FactorKind {
    use FactorKind as F;
    match word.to_ascii_uppercase().as_str() {
        "USERNAME_PASSWORD" | "PASSWORD" | "USERNAMEPASSWORD" => F::Password,
        "OTP" | "MFA" => F::OneTimePassword,
        "TOTP" => F::TimeBasedPassword,
        "SMS" => F::Sms,
        "EMAIL" => F::Email,
        "PHONE_CALL" | "VOICE" => F::PhoneCall,
        "PUSH" => F::PushNotification,
        "SECURITY_QUESTIONS" | "SECURITY_QUESTION" => F::SecurityQuestion,
        "FIDO_AUTHENTICATOR" | "FIDO2" | "FIDO" | "WEBAUTHN" | "PASSKEY" => F::WebAuthn,
        "U2F" => F::U2f,
        "YUBICO_OTP" | "HARDWARE_TOKEN" => F::HardwareToken,
        _ => F::Other(word.to_owned()),
    }
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
