//! Which factors took part in a sign-on.

use signon_kit::contract::{Activity, Factor};

use super::fields::Fields;
use super::names::factor_kind;

const COMPLETED: [&str; 3] = ["data", "additionalDetails", "ssoCompletedFactors"];
const ASKED: [&str; 3] = ["data", "additionalDetails", "ssoAuthFactor"];

/// The factors, and whether there was more than one, as far as that is known.
pub fn read(f: &mut Fields<'_, '_>, activity: &Activity) -> (Vec<Factor>, Option<bool>) {
    let mut factors = f.text(&COMPLETED).map(|text| parse(&text)).unwrap_or_default();
    let completed = factors.len();
    for factor in f.text(&ASKED).map(|text| parse(&text)).unwrap_or_default() {
        if !factors.iter().any(|known| known.name == factor.name) {
            factors.push(factor);
        }
    }
    let mfa = match (activity, completed) {
        (Activity::MfaChallenge | Activity::MfaVerify, _) => Some(true),
        (_, 0) => None,
        (_, 1) => Some(false),
        _ => Some(true),
    };
    (factors, mfa)
}

/// `{USERNAME_PASSWORD=AUTH_SUCCESS, TOTP=AUTH_SUCCESS}` as Java prints a map,
/// `[PUSH]` as it prints a list, or a plain list of words.
fn parse(text: &str) -> Vec<Factor> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use signon_kit::contract::FactorKind;

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
