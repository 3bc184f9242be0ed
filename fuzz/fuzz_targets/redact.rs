//! Fuzzes the redaction: no panic, what is left is JSON, and all that was not taken out is
//! what it was.
#![no_main]

use signon_kit::json::Parsed;
use signon_kit::redact::{Keep, redact};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = serde_json::Value::from(String::from_utf8_lossy(data));
    let lists = [(&["parameters"][..], Keep::Parameters)];
    for record in [format!("{{\"x\":{text}}}"), format!("{{\"parameters\":{text}}}")] {
        let Ok(parsed) = Parsed::read(record.as_str()) else { continue };
        let (clean, pointers) = redact(parsed, &lists);
        assert!(serde_json::from_str::<serde_json::Value>(clean.text()).is_ok());
        assert_eq!(pointers.is_empty(), clean.text() == record);
    }
});
