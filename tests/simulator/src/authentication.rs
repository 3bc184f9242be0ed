//! Who is calling: OCI request signatures, verified as Oracle verifies them.
//!
//! The invariant: nothing behind it runs for a request whose signature,
//! key or date is not right, and every refusal is Oracle's 401.

use http::StatusCode;
use oci_signature::{Authorization, ReceivedRequest};

use crate::answer::Refusal;
use crate::identity::Caller;
use crate::instance::Instance;

/// Largest difference between a signed date and the server's clock.
const MOST_SKEW_SECONDS: u64 = 5 * 60;

/// Accepts the request or says what is wrong with it.
///
/// `now` is the simulator's time in Unix milliseconds.
pub(crate) fn authenticate(
    caller: &Caller,
    instance: &Instance,
    request: &ReceivedRequest<'_>,
    now: i64,
) -> Result<(), Refusal> {
    let mut values = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map(|(_, value)| *value);
    let value = values.next().ok_or_else(|| refused("the Authorization header is missing"))?;
    if values.next().is_some() {
        return Err(refused("the Authorization header is there more than once"));
    }
    let authorization = Authorization::parse(value).map_err(|error| refused(error.to_string()))?;
    let key_id = &authorization.key_id;
    let key = caller.key(key_id).cloned().or_else(|| instance.key(key_id, now));
    let key = key.ok_or_else(|| refused("the keyId is not known, or its token has ended"))?;
    oci_signature::verify(&authorization, request, &key)
        .map_err(|error| refused(error.to_string()))?;
    check_date(&authorization, request, now)
}

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
