//! Fuzzes the normalizer of `idcs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    signon_fuzz::check(data, idcs::normalizer::open);
});
