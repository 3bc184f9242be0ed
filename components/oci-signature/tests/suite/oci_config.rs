//! `~/.oci/config`, as people and tools write it.
use oci_signature::{Identity, OciConfig, OciConfigError, Profile, expand_home};
use proptest::prelude::*;

const FINGERPRINT: &str = "73:61:a2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7";
const CONFIG: &str = "\
# made by hand
[DEFAULT]
user=ocid1.user.oc1..aaaa
fingerprint=73:61:A2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7
tenancy=ocid1.tenancy.oc1..bbbb
region=US-Ashburn-1
key_file=~/.oci/oci_api_key.pem
pass_phrase = a=b==#;

; another
[OTHER]
region = phx
USER = ocid1.user.oc1..cccc

[SESSION]
security_token_file=~/.oci/sessions/token
key_file=/keys/session.pem
log_requests=true
";

fn config(text: &str) -> OciConfig {
    OciConfig::parse(text).unwrap()
}

fn profile(text: &str, name: &str) -> Result<Profile, OciConfigError> {
    config(text).profile(name)
}

fn parse_error(text: &str) -> OciConfigError {
    OciConfig::parse(text).unwrap_err()
}

#[test]
fn the_default_profile_is_read() {
    let profile = profile(CONFIG, "DEFAULT").unwrap();
    assert_eq!(profile.name, "DEFAULT");
    assert_eq!(profile.tenancy, "ocid1.tenancy.oc1..bbbb");
    assert_eq!(profile.region.as_deref(), Some("us-ashburn-1"));
    assert_eq!(profile.key_file, "~/.oci/oci_api_key.pem");
    assert_eq!(
        profile.identity,
        Identity::ApiKey {
            user: "ocid1.user.oc1..aaaa".to_owned(),
            fingerprint: FINGERPRINT.parse().unwrap(),
        }
    );
}

#[test]
fn equals_signs_and_comment_marks_inside_a_value_belong_to_it() {
    let passphrase = profile(CONFIG, "DEFAULT").unwrap().passphrase.unwrap();
    assert_eq!(passphrase.expose(), "a=b==#;");
}

#[test]
fn a_profile_inherits_what_it_does_not_say() {
    let profile = profile(CONFIG, "OTHER").unwrap();
    assert_eq!(profile.region.as_deref(), Some("phx"));
    assert_eq!(profile.tenancy, "ocid1.tenancy.oc1..bbbb");
    assert!(profile.passphrase.is_some());
    let Identity::ApiKey { user, fingerprint } = profile.identity else { panic!("an API key") };
    assert_eq!(user, "ocid1.user.oc1..cccc");
    assert_eq!(fingerprint.to_string(), FINGERPRINT);
}

#[test]
fn a_session_token_needs_neither_user_nor_fingerprint() {
    let expected = Identity::SessionToken { token_file: "~/.oci/sessions/token".to_owned() };
    assert_eq!(profile(CONFIG, "SESSION").unwrap().identity, expected);
    let alone = "[S]\nsecurity_token_file=t\ntenancy=ocid1.tenancy.oc1..b\nkey_file=k\n";
    let expected = Identity::SessionToken { token_file: "t".to_owned() };
    let alone = profile(alone, "S").unwrap();
    assert_eq!(alone.identity, expected);
    assert!(alone.region.is_none() && alone.passphrase.is_none());
}

#[test]
fn a_profile_s_own_user_beats_an_inherited_session_token() {
    let text = CONFIG.replace("[DEFAULT]", "[DEFAULT]\nsecurity_token_file=t");
    let inherited = profile(&text.replace("USER", "ignored"), "OTHER").unwrap();
    assert!(matches!(inherited.identity, Identity::SessionToken { .. }));
    let own = profile(&text, "OTHER").unwrap();
    assert!(matches!(own.identity, Identity::ApiKey { .. }));
}

#[test]
fn go_s_spelling_of_the_passphrase_is_read() {
    let text = CONFIG.replace("pass_phrase", "PassPhrase");
    let passphrase = profile(&text, "DEFAULT").unwrap().passphrase.unwrap();
    assert_eq!(passphrase.expose(), "a=b==#;");
    let both = CONFIG.replace("[OTHER]", "[OTHER]\npassphrase=a\npass_phrase=b");
    let expected = OciConfigError::DuplicateKey { line: 13, first: 12 };
    assert_eq!(parse_error(&both), expected);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let text = format!("\u{feff}{}", CONFIG.replace('\n', "\r\n"));
    let names: Vec<String> = config(&text).profile_names().map(str::to_owned).collect();
    assert_eq!(names, ["DEFAULT", "OTHER", "SESSION"]);
    assert_eq!(profile(&text, "DEFAULT").unwrap().key_file, "~/.oci/oci_api_key.pem");
}

#[test]
fn an_unknown_profile_is_refused_with_those_that_exist() {
    let message = profile(CONFIG, "default").unwrap_err().to_string();
    assert_eq!(message, "no profile [default]; the file has [DEFAULT], [OTHER], [SESSION]");
    let message = profile("", "DEFAULT").unwrap_err().to_string();
    assert_eq!(message, "no profile [DEFAULT]; the file has no profile at all");
}

#[test]
fn every_malformed_line_is_refused_with_its_number() {
    for (text, expected) in [
        ("\nuser=x", OciConfigError::BeforeProfile { line: 2 }),
        ("[A]\n\n# c\nuser", OciConfigError::NoEquals { line: 4 }),
        ("[A]\nuser: x", OciConfigError::NoEquals { line: 2 }),
        ("[A]\n = x", OciConfigError::NoKey { line: 2 }),
        ("[A", OciConfigError::BadProfileLine { line: 1 }),
        ("[ ]", OciConfigError::BadProfileLine { line: 1 }),
        ("[A] x", OciConfigError::BadProfileLine { line: 1 }),
        ("[A]\nu=1\nk=2\nU=3", OciConfigError::DuplicateKey { line: 4, first: 2 }),
        (
            "[A]\n[B]\n[A]",
            OciConfigError::DuplicateProfile { line: 3, first: 1, name: "A".to_owned() },
        ),
    ] {
        let error = parse_error(text);
        assert_eq!(error, expected);
        assert!(error.to_string().starts_with("line "), "{error}");
    }
    assert!(OciConfig::parse("[A] # comment\n[B];x").is_ok());
}

#[test]
fn a_missing_or_empty_key_is_named() {
    for key in ["user", "fingerprint", "tenancy", "key_file"] {
        for replacement in ["other=", &format!("{key}=\n#")] {
            let text = CONFIG.replace(&format!("\n{key}="), &format!("\n{replacement}"));
            let error = profile(&text, "DEFAULT").unwrap_err();
            let expected = OciConfigError::MissingKey { profile: "DEFAULT".to_owned(), key };
            assert_eq!(error, expected, "{replacement}");
            assert!(error.to_string().contains(key));
        }
    }
}

#[test]
fn values_of_the_wrong_shape_are_refused_with_line_and_key() {
    for (bad, key, line) in [
        ("user=x", "user", 3),
        ("user=ocid1.user", "user", 3),
        ("user=ocid1.user.oc1..", "user", 3),
        ("user=.user.oc1..a", "user", 3),
        ("user=ocid1.user.oc1..a b", "user", 3),
        ("user=ocid1.user.oc1..a/b", "user", 3),
    ] {
        let text = CONFIG.replace("user=ocid1.user.oc1..aaaa", bad);
        let error = profile(&text, "DEFAULT").unwrap_err();
        let profile = "DEFAULT".to_owned();
        assert_eq!(error, OciConfigError::NotAnOcid { line, profile, key }, "{bad}");
    }
    let text = CONFIG.replace("=73:61", "=SHA256:73:61");
    let message = profile(&text, "OTHER").unwrap_err().to_string();
    assert!(message.starts_with("line 4: `fingerprint` of profile [OTHER]"), "{message}");
    assert!(message.contains("16 pairs"), "{message}");
    let old_style = CONFIG.replace("ocid1.user.oc1..aaaa", "ocid1:user:oc1:phx-1:a_a-1");
    assert!(profile(&old_style, "DEFAULT").is_ok());
}

#[test]
fn settings_that_change_who_signs_are_refused_and_not_ignored() {
    for (setting, key, fragment) in [
        ("key_content=-----BEGIN", "key_content", "key_file"),
        ("authentication_type=Instance_Principal", "authentication_type", "instance principals"),
        ("authentication_type=something", "authentication_type", "not supported"),
        ("delegation_token_file=t", "delegation_token_file", "delegation"),
    ] {
        let text = CONFIG.replace("[DEFAULT]", &format!("[DEFAULT]\n{setting}"));
        for name in ["DEFAULT", "OTHER"] {
            let error = profile(&text, name).unwrap_err();
            let OciConfigError::Unsupported { line: 3, key: found, .. } = error else {
                panic!("{error:?}")
            };
            assert_eq!(found, key);
            assert!(error.to_string().contains(fragment), "{error}");
        }
    }
}

#[test]
fn a_tilde_becomes_the_home_directory() {
    let expand = |path| expand_home(path, Some("/home/a/"));
    assert_eq!(expand("~/.oci/key.pem").unwrap(), "/home/a/.oci/key.pem");
    assert_eq!(expand("~").unwrap(), "/home/a/");
    assert_eq!(expand("/x/~/y").unwrap(), "/x/~/y");
    assert_eq!(expand("x").unwrap(), "x");
    assert_eq!(expand("~root/x"), Err(OciConfigError::HomeOfAnotherUser));
    assert_eq!(expand_home("~/x", Some("/")).unwrap(), "/x");
    assert_eq!(expand_home("~/x", None), Err(OciConfigError::NoHome));
    assert_eq!(expand_home("~/x", Some("")), Err(OciConfigError::NoHome));
    assert_eq!(expand_home("/x", None).unwrap(), "/x");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        text in "(\\[[A-Z]{0,2}\\]?\n|[a-z_]{0,4}=?.{0,6}\n|.{0,9}\n){0,12}",
        free in any::<String>(),
    ) {
        for text in [&text, &free, &format!("{CONFIG}{free}")] {
            if let Ok(config) = OciConfig::parse(text) {
                let names: Vec<String> = config.profile_names().map(str::to_owned).collect();
                for name in &names {
                    let _ = config.profile(name);
                }
                let _ = config.profile(&free);
            }
        }
        let _ = expand_home(&free, Some(&text));
        let _ = expand_home(&format!("~{free}"), None);
    }

    #[test]
    fn an_error_of_parsing_says_a_line_that_exists(text in "([\\[\\]=#;a \n]){0,40}") {
        if let Err(error) = OciConfig::parse(&text) {
            let message = error.to_string();
            let number = message.strip_prefix("line ").unwrap().split_once(':').unwrap().0;
            let number: usize = number.parse().unwrap();
            prop_assert!((1..=text.lines().count()).contains(&number));
        }
    }
}
