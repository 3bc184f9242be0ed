//! Services that repeat what they were sent: the credential of a request comes back in
//! whatever form and is shown to nobody, the guest included.

use serde_json::json;
use signon_host::credentials::{Basic, Credential, Secret};

use crate::evil::Evil;
use crate::stage::{Attack, Stage, stage};

const PASSWORD: &str = "p4ssW0rd/of+the=source";

/// The pair as it goes over the wire.
const ENCODED: &str = "bWU6cDRzc1cwcmQvb2YrdGhlPXNvdXJjZQ==";

fn attack(stage: &Stage, evil: &Evil, kind: &str) -> Attack {
    let forms = ["plain", "percent", "twice", "json", "part", "upper"];
    let urls: Vec<String> = forms.iter().map(|form| evil.url(&format!("/echo/{form}"))).collect();
    let order = json!({ "attack": kind, "urls": urls, "origins": [evil.origin()] });
    let secret = Secret::Text(PASSWORD.to_owned().into());
    let basic = stage.runtime.block_on(Basic::new("me", secret)).unwrap();
    stage.attack(order).signed(Credential::Basic(basic))
}

/// Fails the test if twelve letters in a row of what was sent are in a text.
fn assert_holds_nothing(text: &str) {
    let letters = |text: &str| -> String {
        let text = text.replace("%25", "%").replace("\\u00", "%");
        let text = text.replace("%2f", "").replace("%2b", "").replace("%3d", "");
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let found = letters(text);
    for secret in [ENCODED, PASSWORD] {
        let secret = letters(secret).into_bytes();
        for part in secret.windows(12) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!found.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn a_credential_that_is_echoed_is_not_shown_to_the_guest() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let seen = stage.sees(&attack(&stage, &evil, "get"));
    // It was sent, and the guest read the errors.
    assert!(evil.received().contains(ENCODED), "{}", evil.received());
    assert_eq!(seen.len(), 6);
    for seen in seen {
        assert!(seen.starts_with("400 ") && seen.contains("cannot parse"), "{seen}");
        assert!(seen.contains("[secret]"), "{seen}");
        assert_holds_nothing(&seen);
    }
}

#[test]
fn a_credential_that_is_echoed_is_not_in_the_error_of_its_session() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let error = stage.beside(&attack(&stage, &evil, "leak")).unwrap_err().to_string();
    assert!(error.starts_with("forbidden: ") && error.contains("[secret]"), "{error}");
    assert_holds_nothing(&error);
}
