//! Which factors took part in a sign-on.

use signon_kit::contract::{Activity, Factor};

use signon_kit::factors::parse;
use signon_kit::fields::Fields;

const COMPLETED: [&str; 3] = ["data", "additionalDetails", "ssoCompletedFactors"];
const ASKED: [&str; 3] = ["data", "additionalDetails", "ssoAuthFactor"];

/// The factors, and whether there was more than one, as far as that is known.
pub fn read(f: &mut Fields<'_>, activity: &Activity) -> (Vec<Factor>, Option<bool>) {
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
