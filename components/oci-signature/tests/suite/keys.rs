//! Every form a key file comes in, and every way in which it can be wrong.
use crate::common::{PASSPHRASE, key, key_file};
use base64::{Engine, engine::general_purpose::STANDARD};
use oci_signature::{Fingerprint, KeyError, PrivateKey, PublicKey};
use proptest::prelude::*;

const CONVERT: &str = "openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256";

fn fingerprint() -> Fingerprint {
    key_file("rsa2048.fingerprint").trim().parse().unwrap()
}

fn assert_is_the_key(text: &str, passphrase: Option<&str>) {
    let key = PrivateKey::from_pem(text, passphrase).unwrap();
    assert_eq!(key.fingerprint(), fingerprint());
    assert_eq!(key.bits(), 2048);
}

fn refusal(text: &str, passphrase: Option<&str>) -> KeyError {
    PrivateKey::from_pem(text, passphrase).unwrap_err()
}

/// The defect as a variant, and the command that the message has to show.
fn assert_refused(name: &str, passphrase: Option<&str>, expected: KeyError, command: &str) {
    let error = refusal(&key_file(name), passphrase);
    assert_eq!(error, expected, "{name}");
    assert!(error.to_string().contains(command), "{name}: {error}");
}

#[test]
fn one_key_is_read_from_every_supported_form() {
    assert_is_the_key(&key_file("rsa2048.pkcs1.pem"), None);
    assert_is_the_key(&key_file("rsa2048.pkcs8.pem"), None);
    assert_is_the_key(&key_file("rsa2048.pkcs8_encrypted.pem"), Some(PASSPHRASE));
    assert_is_the_key(&key_file("rsa2048.pkcs8_scrypt.pem"), Some(PASSPHRASE));
    assert_is_the_key(&key_file("rsa2048.oci_api_key.pem"), None);
}

#[test]
fn the_command_for_a_legacy_key_makes_one_that_is_read() {
    assert_is_the_key(&key_file("rsa2048.mended.pem"), Some(PASSPHRASE));
}

#[test]
fn text_around_the_block_and_damaged_line_ends_are_forgiven() {
    for name in ["rsa2048.pkcs1.pem", "rsa2048.pkcs8.pem"] {
        let text = key_file(name);
        assert_is_the_key(&text.replace('\n', "\r\n"), None);
        assert_is_the_key(&text.replace('\n', "\\n"), None);
        assert_is_the_key(&text.replace('\n', "\\r\\n"), None);
        assert_is_the_key(&text.replace('\n', " "), None);
        assert_is_the_key(&format!("\u{feff}{text}"), None);
        assert_is_the_key(&format!("Bag Attributes: <none>\n{text}OCI_API_KEY\n"), None);
        assert_is_the_key(&format!("{}\n{text}", key_file("rsa2048.certificate.pem")), None);
        assert_is_the_key(text.trim_end(), None);
    }
}

#[test]
fn a_passphrase_for_a_plain_key_is_ignored() {
    assert_is_the_key(&key_file("rsa2048.pkcs8.pem"), Some("unneeded"));
}

#[test]
fn a_legacy_encrypted_key_is_refused_with_the_command_that_converts_it() {
    for passphrase in [None, Some(PASSPHRASE)] {
        assert_refused(
            "rsa2048.legacy_encrypted.pem",
            passphrase,
            KeyError::LegacyEncryption,
            CONVERT,
        );
    }
}

#[test]
fn an_unsupported_encryption_is_refused_with_the_command_that_converts_it() {
    for name in ["rsa2048.pbes1.pem", "rsa2048.pbes2_des3.pem", "rsa2048.pbes2_sha1.pem"] {
        let expected = KeyError::UnsupportedEncryption;
        assert_refused(name, Some(PASSPHRASE), expected, CONVERT);
    }
}

#[test]
fn a_key_without_its_passphrase_is_refused_with_the_command_that_helps() {
    for passphrase in [None, Some("")] {
        assert_refused(
            "rsa2048.pkcs8_encrypted.pem",
            passphrase,
            KeyError::MissingPassphrase,
            "openssl pkcs8 -topk8 -nocrypt",
        );
    }
}

#[test]
fn a_wrong_passphrase_is_called_wrong_however_its_padding_falls() {
    let text = key_file("rsa2048.pkcs8_encrypted.pem");
    // Of so many wrong ones a few decrypt to valid padding.
    for number in 0..600 {
        assert_eq!(refusal(&text, Some(&format!("wrong {number}"))), KeyError::WrongPassphrase);
    }
    assert_refused(
        "rsa2048.pkcs8_scrypt.pem",
        Some("wrong"),
        KeyError::WrongPassphrase,
        "openssl pkey -in KEY.pem -noout",
    );
}

#[test]
fn what_is_no_private_key_is_named() {
    let check = "openssl rsa -in KEY.pem -noout -check";
    assert_refused("rsa2048.public.pem", None, KeyError::PublicKeyGiven, check);
    assert_refused("rsa2048.public_pkcs1.pem", None, KeyError::PublicKeyGiven, check);
    assert_refused("rsa2048.certificate.pem", None, KeyError::CertificateGiven, check);
    assert_refused(
        "rsa2048.openssh.pem",
        None,
        KeyError::OpenSsh,
        "ssh-keygen -p -m PEM -f KEY.pem",
    );
    assert_eq!(refusal("ssh-rsa AAAA user@host", None), KeyError::PublicKeyGiven);
    let other = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----";
    assert_eq!(refusal(other, None), KeyError::UnknownBlock);
}

#[test]
fn a_key_of_another_kind_is_refused_with_the_command_for_an_rsa_key() {
    let not_rsa = |algorithm| KeyError::NotRsa { algorithm };
    let make = "openssl genrsa -out KEY.pem 2048";
    let curve = not_rsa("an elliptic curve key");
    assert_refused("ec.sec1.pem", None, curve.clone(), make);
    assert_refused("ec.pkcs8.pem", None, curve, make);
    let edwards = not_rsa("an Edwards curve key (Ed25519, Ed448)");
    assert_refused("ed25519.pem", None, edwards, make);
    let pss = not_rsa("an RSA key restricted to PSS");
    assert_refused("rsa_pss.pem", None, pss, make);
}

#[test]
fn a_short_key_is_refused_with_its_length() {
    assert_refused(
        "rsa1024.pem",
        None,
        KeyError::TooShort { bits: 1024 },
        "openssl genrsa -out KEY.pem 2048",
    );
}

#[test]
fn an_empty_file_and_garbage_are_told_apart() {
    for empty in ["", "\n\n", "\u{feff}", " \r\n\t"] {
        assert_eq!(refusal(empty, None), KeyError::Empty);
    }
    for garbage in ["not a key", "{\"kty\":\"RSA\"}", "----BEGIN RSA PRIVATE KEY----"] {
        assert_eq!(refusal(garbage, None), KeyError::NoPemBlock);
    }
}

#[test]
fn a_file_cut_anywhere_inside_the_block_is_called_truncated() {
    let text = key_file("rsa2048.pkcs8.pem");
    for length in "-----BEGIN P".len()..text.trim_end().len() {
        assert_eq!(refusal(&text[..length], None), KeyError::Truncated, "{length}");
    }
}

#[test]
fn a_file_that_lost_lines_in_the_middle_is_called_damaged() {
    for name in ["rsa2048.pkcs8.pem", "rsa2048.pkcs1.pem", "rsa2048.pkcs8_encrypted.pem"] {
        let text = key_file(name);
        for lost in 1..text.lines().count() - 1 {
            let kept: Vec<&str> = text
                .lines()
                .enumerate()
                .filter_map(|(index, line)| (index != lost).then_some(line))
                .collect();
            let error = refusal(&kept.join("\n"), Some(PASSPHRASE));
            assert_eq!(error, KeyError::Damaged, "{name} without line {lost}");
        }
    }
}

#[test]
fn a_key_whose_numbers_do_not_fit_is_refused() {
    let refused = PrivateKey::from_components_any_size(&[15], &[3], &[4], &[3], &[5]);
    assert_eq!(refused.unwrap_err(), KeyError::Damaged);
    for numbers in [[0, 0, 0, 0, 0], [15, 3, 3, 1, 15], [1, 1, 1, 1, 1]] {
        let [n, e, d, p, q] = numbers.map(|number| [number]);
        let refused = PrivateKey::from_components_any_size(&n, &e, &d, &p, &q);
        assert_eq!(refused.unwrap_err(), KeyError::Damaged);
    }
    let long = [0xff; 16_384 / 8 + 1];
    let refused = PrivateKey::from_components_any_size(&long, &[3], &[3], &[3], &[3]);
    assert_eq!(refused.unwrap_err(), KeyError::TooLong { bits: 16_392 });
}

#[test]
fn a_key_file_may_not_ask_for_more_work_than_it_is_worth() {
    assert_refused(
        "rsa2048.many_iterations.pem",
        Some(PASSPHRASE),
        KeyError::UnsupportedEncryption,
        CONVERT,
    );
    // scrypt's parameters as openssl writes them: N = 16384, r = 8, p = 1.
    let cheap = [2, 2, 0x40, 0, 2, 1, 8, 2, 1, 1];
    let wide = [2, 2, 0x40, 0, 2, 1, 127, 2, 1, 1];
    let parallel = [2, 2, 0x40, 0, 2, 1, 8, 2, 1, 100];
    for costly in [wide, parallel] {
        let text = patch(&key_file("rsa2048.pkcs8_scrypt.pem"), &cheap, &costly);
        let error = refusal(&text, Some(PASSPHRASE));
        assert_eq!(error, KeyError::UnsupportedEncryption);
    }
}

/// The PEM text with one run of bytes inside replaced by another of the same length.
fn patch(text: &str, from: &[u8], to: &[u8]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.len() - 1;
    let mut der = STANDARD.decode(lines[1..last].concat()).unwrap();
    let at = der.windows(from.len()).position(|run| run == from).unwrap();
    der[at..at + to.len()].copy_from_slice(to);
    format!("{}\n{}\n{}", lines[0], STANDARD.encode(der), lines[last])
}

#[test]
fn a_wrong_fingerprint_is_refused_with_both() {
    let key = key();
    assert_eq!(key.check_fingerprint(&fingerprint()), Ok(()));
    let other = PrivateKey::from_pem(&key_file("other2048.pem"), None).unwrap();
    let error = key.check_fingerprint(&other.fingerprint()).unwrap_err();
    let message = error.to_string();
    assert!(message.contains(&fingerprint().to_string()), "{message}");
    assert!(message.contains(&other.fingerprint().to_string()), "{message}");
    assert!(message.contains("openssl md5 -c"), "{message}");
}

#[test]
fn the_public_half_is_written_as_openssl_writes_it() {
    let public = key().public_key();
    assert_eq!(public.to_pem(), key_file("rsa2048.public.pem"));
    assert_eq!(PublicKey::from_pem(&public.to_pem()).unwrap(), public);
    assert_eq!(public.fingerprint(), fingerprint());
}

#[test]
fn what_is_no_public_key_is_named_with_the_command_that_makes_one() {
    for (name, expected, command) in [
        ("rsa2048.pkcs1.pem", KeyError::PrivateKeyGiven, "openssl pkey -in KEY.pem -pubout"),
        ("rsa2048.pkcs8_encrypted.pem", KeyError::PrivateKeyGiven, "-pubout"),
        ("rsa2048.certificate.pem", KeyError::CertificateForPublicKey, "openssl x509"),
        ("rsa2048.public_pkcs1.pem", KeyError::Pkcs1PublicKey, "-RSAPublicKey_in"),
        (
            "ec.public.pem",
            KeyError::NotRsa { algorithm: "an elliptic curve key" },
            "openssl genrsa",
        ),
    ] {
        let error = PublicKey::from_pem(&key_file(name)).unwrap_err();
        assert_eq!(error, expected, "{name}");
        assert!(error.to_string().contains(command), "{name}: {error}");
    }
    assert_eq!(PublicKey::from_pem("").unwrap_err(), KeyError::Empty);
    assert_eq!(PublicKey::from_pem("x").unwrap_err(), KeyError::NoPemBlock);
}

proptest! {
    #[test]
    fn no_text_makes_a_key_reader_panic(text in any::<String>(), passphrase in any::<Option<String>>()) {
        let _ = PrivateKey::from_pem(&text, passphrase.as_deref());
        let _ = PublicKey::from_pem(&text);
    }

    #[test]
    fn no_block_content_makes_a_key_reader_panic(
        label in "(RSA PRIVATE KEY|PRIVATE KEY|ENCRYPTED PRIVATE KEY|PUBLIC KEY|RSA PUBLIC KEY)",
        body in "[ -~\n]{0,200}",
    ) {
        let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        let _ = PrivateKey::from_pem(&text, Some("x"));
        let _ = PublicKey::from_pem(&text);
    }

    #[test]
    fn no_changed_character_makes_a_key_reader_panic(
        name in prop::sample::select(vec![
            "rsa2048.pkcs1.pem",
            "rsa2048.pkcs8.pem",
            "rsa2048.pkcs8_encrypted.pem",
            "rsa2048.public.pem",
        ]),
        at in any::<proptest::sample::Index>(),
        character in "[A-Za-z0-9+/=\n]",
    ) {
        let mut text = key_file(name);
        let at = at.index(text.len());
        text.replace_range(at..=at, &character);
        let _ = PrivateKey::from_pem(&text, Some(PASSPHRASE));
        let _ = PublicKey::from_pem(&text);
    }
}
