//! Which factors took part in a sign-on.

use signon_kit::contract::{Activity, Factor};
use signon_kit::factors::parse;
use signon_kit::fields::Fields;

/// The factors, and whether there was more than one, as far as that is known.
pub fn read(f: &mut Fields<'_>, activity: &Activity) -> (Vec<Factor>, Option<bool>) {
    let mut factors = list(f, "ssoCompletedFactors");
    let completed = factors.len();
    for factor in list(f, "ssoAuthFactor") {
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

fn list(f: &mut Fields<'_>, key: &str) -> Vec<Factor> {
    let mut factors = f.text(&[key]).map(|text| parse(&text)).unwrap_or_default();
    for factor in &mut factors {
        // `{USERNAME_PASSWORD=}`, as these rows have it, says nothing of how it went.
        factor.outcome = factor.outcome.take().filter(|outcome| !outcome.is_empty());
    }
    factors
}
