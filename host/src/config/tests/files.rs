//! What files that are right mean, and how several become one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{EXAMPLE, environment, refused, source, toml};
use crate::config::{ComponentRef, Config, CredentialsConfig, Start, Syntax};
use crate::render::Format;
use crate::runtime::ComponentFile;
use crate::sinks::SinkKind;

const SINK: &str = "[sinks.o]\ntype = 'stdout'\ninputs = ['*']\n";

fn load(files: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |(name, text): &(&str, &str)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths: Vec<PathBuf> = files.iter().map(write).collect();
    Config::load(&paths, &environment)
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

#[test]
fn the_example_means_what_it_says() {
    let config = toml(EXAMPLE);
    assert_eq!(config.data_dir, Path::new("/var/lib/signon"));
    let [oci, own] = config.sources.as_slice() else { panic!() };
    assert_eq!((oci.id.as_str(), oci.tenant.as_str()), ("acme_oci", "acme"));
    assert_eq!(oci.component, ComponentRef::BuiltIn("oci_audit".to_owned()));
    assert_eq!(
        serde_json::to_string(&oci.settings).unwrap(),
        r#"{"regions":["us-ashburn-1"],"compartments":["ocid1.tenancy.oc1..aaaa"]}"#
    );
    let Some(CredentialsConfig::OciApiKey { config_file, profile, passphrase: None }) =
        &oci.credentials
    else {
        panic!()
    };
    assert_eq!(
        (config_file.as_path(), profile.as_str()),
        (Path::new("/home/me/.oci/config"), "DEFAULT")
    );
    assert_eq!(own.component, ComponentRef::File(ComponentFile::at("conf/own.wasm")));
    assert_eq!(own.start, Start::Before(Duration::from_secs(90)));
    assert_eq!(own.readings.as_ref().unwrap()[1], Duration::from_secs(1200));
    assert_eq!(own.longest_range, Some(Duration::from_secs(3600)));
    assert_eq!(own.allow[0].origin, "https://x");
    assert!(own.allow[0].private_addresses && own.allow_private_addresses);
    assert!(own.classes.sign_on && own.classes.other && !own.classes.account);
    assert_eq!(own.labels["environment"], "production");
    let [siem, screen] = config.sinks.as_slice() else { panic!() };
    let SinkKind::File(file) = &siem.kind else { panic!() };
    assert_eq!((file.path.as_path(), &file.rotation), (Path::new("conf/events.ndjson"), &None));
    assert!(siem.takes("acme_oci") && siem.takes("acme_own") && !siem.takes("other"));
    assert!(matches!(screen.kind, SinkKind::Stdout(_)) && screen.format == Format::Ocsf);
    assert!(screen.takes("acme_own") && !screen.takes("acme_oci"));
    assert_eq!((siem.keep.raw, siem.keep.unmapped), (true, false));
    assert_eq!((screen.keep.raw, screen.keep.unmapped), (false, true));
}

#[test]
fn what_is_not_said_has_its_documented_default() {
    let config = toml(&source("type = 'oci_audit'\n"));
    let acme = &config.sources[0];
    assert_eq!(
        (acme.tenant.as_str(), acme.allow_private_addresses, acme.labels.len()),
        ("acme", false, 0)
    );
    assert_eq!(acme.start, Start::Before(Duration::from_secs(24 * 3600)));
    assert!(acme.settings.is_empty() && acme.credentials.is_none() && acme.allow.is_empty());
    assert!(acme.readings.is_none() && acme.longest_range.is_none());
    let config = toml(&source("type = 'oci_audit'\ncredentials.type = 'oci_api_key'\n"));
    let Some(CredentialsConfig::OciApiKey { config_file, profile, .. }) =
        &config.sources[0].credentials
    else {
        panic!()
    };
    assert_eq!(
        (config_file.as_path(), profile.as_str()),
        (Path::new("/home/me/.oci/config"), "DEFAULT")
    );
}

#[test]
fn every_way_to_write_a_start_is_read() {
    for (written, expected) in [
        ("'now'", Start::Now),
        ("'earliest'", Start::Earliest),
        ("'7d ago'", Start::Before(Duration::from_secs(7 * 86400))),
        ("'2026-01-31T08:00:00Z'", Start::At(1_769_846_400_000)),
        ("'2026-01-31T09:00:00.5+01:00'", Start::At(1_769_846_400_500)),
        ("2026-01-31T08:00:00Z", Start::At(1_769_846_400_000)),
        ("2026-01-31 08:00Z", Start::At(1_769_846_400_000)),
    ] {
        let config = toml(&source(&format!("type = 'oci_audit'\nstart = {written}\n")));
        assert_eq!(config.sources[0].start, expected, "{written}");
    }
}

#[test]
fn a_secret_is_there_and_is_not_printed() {
    let config = toml(&source(
        "type = 'oci_audit'\n[sources.acme.credentials]\ntype = 'oci_api_key'\nuser = 'u'\n\
         tenancy = 't'\nfingerprint = '12:34'\nkey_file = 'k.pem'\npassphrase = '${PASSPHRASE}'\n",
    ));
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(format!("{config:?}").contains("[secret]"));
    let Some(CredentialsConfig::OciApiKeyInline { key_file, passphrase, .. }) =
        &config.sources[0].credentials
    else {
        panic!()
    };
    assert_eq!(key_file, Path::new("conf/k.pem"));
    assert_eq!(passphrase.as_ref().unwrap().expose(), "hunter2");
    let none = source(
        "type = 'oci_audit'\ncredentials = { type = 'oci_api_key', passphrase = '${NO:-}' }\n",
    );
    let Some(CredentialsConfig::OciApiKey { passphrase, .. }) = &toml(&none).sources[0].credentials
    else {
        panic!()
    };
    assert!(passphrase.is_none());
}

#[test]
fn a_variable_stands_for_a_text_or_a_boolean() {
    let config = toml(&source(
        "type = 'oci_audit'\nregions = ['${REGION}', '${NO:-x}', '$${REGION}']\nallow_private_addresses = '${YES}'\n",
    ));
    let acme = &config.sources[0];
    assert_eq!(acme.settings["regions"], serde_json::json!(["us-ashburn-1", "x", "${REGION}"]));
    assert!(acme.allow_private_addresses);
    let told =
        refused(&source("type = 'oci_audit'\nallow_private_addresses = 'true'\n"), Syntax::Toml);
    let path = "sources.acme.allow_private_addresses";
    assert_eq!(told, [format!("5:27: {path}: expected true or false, found \"true\"")]);
}

#[test]
fn a_component_can_point_into_its_settings() {
    let text = source(
        "type = 'oci_audit'\nregions = ['a',\n  'b']\n\"a/b~\" = { 'c d' = 1 }\nregoins = []\n",
    );
    let config = toml(&text);
    let acme = &config.sources[0];
    for (pointer, line, column, path) in [
        ("", 3, 10, "sources.acme"),
        ("/regions", 5, 1, "sources.acme.regions"),
        ("/regions/1", 6, 3, "sources.acme.regions[1]"),
        ("/regions/7", 5, 1, "sources.acme.regions[7]"),
        ("/a~1b~0/c d", 7, 12, "sources.acme.\"a/b~\".\"c d\""),
        ("/nothing/at/all", 3, 10, "sources.acme.nothing.at.all"),
        ("no pointer", 3, 10, "sources.acme"),
        ("/type", 4, 1, "sources.acme.type"),
    ] {
        let place = acme.place_of(pointer);
        assert_eq!((place.line, place.column), (line, column), "{pointer}");
        assert_eq!(acme.path_of(pointer), path);
    }
    let problem = acme.problem("/regoins", "unknown key; did you mean \"regions\"?");
    assert_eq!(
        problem.to_string(),
        "conf/signon.toml:8:1: sources.acme.regoins: unknown key; did you mean \"regions\"?"
    );
    assert_eq!(crate::config::SourceConfig::host_key_near("tenent"), Some("tenant"));
}

#[test]
fn files_of_both_syntaxes_are_merged_in_their_order() {
    let config = load(&[
        ("b.toml", "data_dir = 'state'\n[sources.z]\ntype = 'oci_audit'\n[sources.a]\ntype = 'oci_audit'\n"),
        ("a.yml", "sources:\n  m: {type: oci_audit}\nsinks:\n  o: {type: stdout, inputs: ['?']}\n"),
    ])
    .unwrap();
    let ids: Vec<&str> = config.sources.iter().map(|source| source.id.as_str()).collect();
    assert_eq!(ids, ["z", "a", "m"]);
    assert!(config.data_dir.ends_with("state"));
    assert_eq!((config.sources[2].place.line, config.sources[2].place.column), (2, 3));
}

#[test]
fn what_is_given_twice_is_refused_with_both_places() {
    let error = load(&[
        ("a.toml", &format!("data_dir = 'a'\n[sources.x]\ntype = 'oci_audit'\n{SINK}")),
        ("b.toml", &format!("data_dir = 'b'\n[sources.x]\ntype = 'oci_audit'\n{SINK}")),
    ])
    .unwrap_err();
    assert_eq!(
        error.lines().collect::<Vec<_>>(),
        [
            "b.toml:1:1: data_dir: already given at a.toml:1:1; keep one of the two",
            "b.toml:2:10: sources.x: already defined at a.toml:2:10; rename one of the two",
            "b.toml:4:8: sinks.o: already defined at a.toml:4:8; rename one of the two",
        ]
    );
}

#[test]
fn files_that_cannot_be_read_are_all_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("latin.toml"), b"data_dir = 'd'\n# \xe4\n").unwrap();
    std::fs::write(path("bad.yaml"), "a: [\n").unwrap();
    let paths = [path("no.toml"), path("latin.toml"), path("bad.yaml"), path("no.toml")];
    let error = Config::load(&paths, &environment).unwrap_err().to_string();
    let told: Vec<&str> =
        error.lines().map(|line| &line[folder.path().display().to_string().len() + 1..]).collect();
    assert!(told[0].starts_with("no.toml: cannot read the file: "), "{error}");
    assert_eq!(told[1], "latin.toml:2:1: the line is not UTF-8; save the file as UTF-8");
    assert!(told[2].starts_with("bad.yaml:"), "{error}");
    assert_eq!(told[3], "no.toml: the file is given twice; name it once");
    assert_eq!(told.len(), 4);
    let error = Config::load(&[], &environment).unwrap_err().to_string();
    assert_eq!(error, "configuration: no file is given; name at least one");
}
