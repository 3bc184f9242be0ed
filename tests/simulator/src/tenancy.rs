//! Who is calling: OCI request signatures, verified as Oracle verifies them, for every
//! service of OCI.
//!
//! The invariant: nothing behind [`Tenancy::authenticate`] runs for a request whose
//! signature, key or date is not right, and every refusal is Oracle's 401.

use oci_signature::{Authorization, ReceivedRequest};

use crate::answer::Refusal;
use crate::api::Call;
use crate::authentication::{check_date, refused};
use crate::identity::{Caller, Names};
use crate::instance::Instance;

/// What OCI's services know of their callers.
pub(crate) struct Tenancy {
    pub(crate) names: Names,
    pub(crate) caller: Caller,
    pub(crate) instance: Instance,
    /// The first is the home region.
    pub(crate) regions: Vec<String>,
}

impl Tenancy {
    /// Accepts the request or says what is wrong with it.
    pub(crate) fn authenticate(&self, call: &Call<'_>) -> Result<(), Refusal> {
        call.signed(|request| self.verify(request, call.now))
    }

    /// `now` is the simulator's time in Unix milliseconds.
    fn verify(&self, request: &ReceivedRequest<'_>, now: i64) -> Result<(), Refusal> {
        let mut values = request
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .map(|(_, value)| *value);
        let value = values.next().ok_or_else(|| refused("the Authorization header is missing"))?;
        if values.next().is_some() {
            return Err(refused("the Authorization header is there more than once"));
        }
        let authorization =
            Authorization::parse(value).map_err(|error| refused(error.to_string()))?;
        let key_id = &authorization.key_id;
        let key = self.caller.key(key_id).cloned().or_else(|| self.instance.key(key_id, now));
        let key = key.ok_or_else(|| refused("the keyId is not known, or its token has ended"))?;
        oci_signature::verify(&authorization, request, &key)
            .map_err(|error| refused(error.to_string()))?;
        check_date(&authorization, request, now)
    }
}
