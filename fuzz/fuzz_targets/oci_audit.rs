//! Fuzzes the normalizer of `oci_audit`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    signon_fuzz::check(data, oci_audit::normalizer::open);
});
