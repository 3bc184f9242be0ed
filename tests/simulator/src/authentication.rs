//! The date of a signature, and Oracle's 401.

use http::StatusCode;
use oci_signature::{Authorization, ReceivedRequest};

use crate::answer::Refusal;

/// Largest difference between a signed date and the server's clock.
const MOST_SKEW_SECONDS: u64 = 5 * 60;

/// The signed date may be a little off the simulator's time, no more.
pub(crate) fn check_date(
    authorization: &Authorization,
    request: &ReceivedRequest<'_>,
    now: i64,
) -> Result<(), Refusal> {
    let date = oci_signature::signed_date(authorization, request)
        .ok_or_else(|| refused("neither date nor x-date is signed"))?;
    let signed = oci_signature::parse_imf_fixdate(date)
        .ok_or_else(|| refused(format!("the signed date '{date}' is not an IMF-fixdate")))?;
    let skew = signed.abs_diff(now.div_euclid(1000));
    if skew > MOST_SKEW_SECONDS {
        return Err(refused(format!(
            "the signed date '{date}' is {skew} s off the server's clock, at most \
             {MOST_SKEW_SECONDS} s are allowed"
        )));
    }
    Ok(())
}

/// Oracle's 401.
pub(crate) fn refused(reason: impl Into<String>) -> Refusal {
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "NotAuthenticated",
        format!(
            "The required information to complete authentication was not provided or was \
             incorrect: {}",
            reason.into()
        ),
    )
}
