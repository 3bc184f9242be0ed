//! Fuzzes the normalizer of `oci-audit`.
#![no_main]

use oci_audit::normalizer::Normalizer;

signon_fuzz::reads!(Normalizer);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    signon_fuzz::check(data, || Reader(Normalizer::new(signon_fuzz::OPTIONS)));
});
