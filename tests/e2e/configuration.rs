//! What may be written into a configuration: the schema that editors complete from, and
//! `docs/configuration.md`, which is written by `cargo xtask configuration`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Finished, Service, options, repository, root, signon};

/// Set this to write the page anew; the diff is then the change to review.
const REGENERATE: &str = "SIGNON_REGENERATE_GOLDEN";

const PAGE: &str = "docs/configuration.md";

#[test]
fn the_page_about_the_configuration_says_what_the_tables_say() {
    let page = Finished::of(&mut signon(["schema", "--markdown"])).success().stdout;
    let path = repository(PAGE);
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, found) in page.lines().zip(found.lines()) {
        assert_eq!(line, found, "{PAGE}: if this is meant, run cargo xtask configuration");
    }
    assert_eq!(page.len(), found.len(), "{PAGE} is older: run cargo xtask configuration");
}

fn schema() -> Value {
    let schema = Finished::of(&mut signon(["schema"])).success().stdout;
    serde_json::from_str(&schema).unwrap()
}

/// Every configuration that we show to somebody, with where it stands.
fn shown() -> Vec<(String, String)> {
    let mut shown = Vec::new();
    let mut pages = vec![root().join("README.md")];
    collect(&root().join("docs"), &mut pages);
    collect(&root().join("examples"), &mut pages);
    for path in pages {
        let name = path.display().to_string();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") if path.ends_with("signon.toml") => {
                shown.push((name, std::fs::read_to_string(&path).unwrap()));
            }
            Some("md") => {
                let text = std::fs::read_to_string(&path).unwrap();
                let blocks = text.split("```toml\n").skip(1);
                let blocks = blocks.filter_map(|rest| rest.split("```").next());
                let ours =
                    blocks.filter(|block| block.contains("[sources.") || block.contains("[sinks."));
                shown.extend(ours.map(|block| (name.clone(), block.to_owned())));
            }
            _ => {}
        }
    }
    shown
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("node_modules") || path.ends_with("target") => {}
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}

fn json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

/// A page may show some keys of a table and leave out what it is about.
fn leave_out_fragments(file: &mut Value) {
    for room in ["sources", "sinks"] {
        if let Some(tables) = file.get_mut(room).and_then(Value::as_object_mut) {
            tables
                .retain(|_, table| table.get("type").is_some() || table.get("component").is_some());
        }
    }
}

#[test]
fn the_schema_takes_every_configuration_that_is_shown_to_somebody() {
    let schema = schema();
    jsonschema::draft7::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let shown = shown();
    assert!(shown.len() >= 8, "{}", shown.len());
    let simulated = std::fs::read_to_string(Service::start(options()).path("signon.toml")).unwrap();
    for (name, text) in shown.into_iter().chain([("the simulator's".to_owned(), simulated)]) {
        let mut file = json(&text);
        if name.ends_with(".md") {
            leave_out_fragments(&mut file);
        }
        let wrong: Vec<String> =
            validator.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}\n{text}");
    }
}

#[test]
fn the_schema_knows_the_keys_of_components_and_refuses_slips_in_them() {
    let validator = jsonschema::draft7::new(&schema()).unwrap();
    let fits = |keys: &str| validator.is_valid(&json(&format!("[sources.a]\n{keys}")));
    let audit = "type = 'oci_audit'\nregions = ['x']\ncompartments = ['ocid1.tenancy.oc1..a']";
    assert!(fits(audit));
    assert!(fits(&audit.replace("'x'", "'${REGION}'").replace("ocid1.tenancy.oc1..a", "${T}")));
    assert!(!fits(&audit.replace("regions", "regoins")));
    assert!(!fits(&format!("{audit}\ncredential = {{ type = 'oci_resource_principal' }}")));
    assert!(!fits("type = 'oci_audit'\nregions = ['x']"));
    assert!(!fits(&format!("{audit}\nauth = {{ user = 'u' }}")));
    assert!(fits("type = 'idcs'\ndomain_url = 'https://x'\npage_size = 1000"));
    assert!(!fits("type = 'idcs'\ndomain_url = 'https://x'\npage_size = 1001"));
    assert!(fits("component = 'own.wasm'\nanything = 1"));
    assert!(!fits("component = 'own.wasm'\ntype = 'oam'\nbase_url = 'https://x'"));
    assert!(!fits("component = 'own.wasm'\ntenant = 1"));
}
