//! Fuzzes the normalizer of `oam`.
#![no_main]

use oam::normalizer::Normalizer;

signon_fuzz::reads!(Normalizer);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    signon_fuzz::check(data, || Reader(Normalizer::new(signon_fuzz::OPTIONS)));
});
