//! Fuzzes the normalizer of `oam`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    signon_fuzz::check(data, oam::normalizer::open);
});
