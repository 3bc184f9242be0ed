//! `component`: a file, by its path alone or with what its operator says about it.

use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::{Value as Json, json};

use crate::runtime::{ComponentFile, Imports};
use crate::schema::{
    Checked, Field, Kind, PATH, Parsed, Problems, Table, Words, keys, table_of, word,
};

impl Words for Imports {
    const WHAT: &'static str = "set of imports";

    fn words() -> Vec<(&'static str, Self)> {
        vec![("wasi", Self::Wasi), ("void-cli", Self::VoidCli)]
    }
}

const DIGEST: Parsed<[u8; 32]> = Parsed {
    parse: digest,
    title: "SHA-256",
    expected: "a SHA-256 of 64 hexadecimal digits, as sha256sum prints it",
    pattern: "^(sha256:)?[0-9A-Fa-f]{64}$",
};

keys! {
    /// A component and what its operator says about it.
    pub struct ComponentKeys {
        /// The file.
        path: std::path::PathBuf = PATH.needed("\"path/to.wasm\"");
        /// What the file has to be, as `sha256sum` prints it.
        sha256: Option<[u8; 32]> = DIGEST.optional("any");
        /// What it may import beside our own interfaces: `void-cli` is an environment
        /// without anything in it, for components of other tool chains.
        imports: Imports = word().or(Imports::default());
    }
}

impl Checked for ComponentFile {
    type Keys = ComponentKeys;

    fn check(keys: ComponentKeys, _: &mut Table<'_>, _: &mut Problems) -> Option<Self> {
        let ComponentKeys { path, sha256, imports } = keys;
        Some(Self { path, sha256, imports })
    }
}

/// A path, or a table that pins what is there.
pub(super) struct ComponentKind;

impl Kind for ComponentKind {
    type Value = ComponentFile;

    fn read(&self, field: &Field<'_>, problems: &mut Problems) -> Option<ComponentFile> {
        if field.is_table() {
            table_of().read(field, problems)
        } else {
            PATH.read(field, problems).map(ComponentFile::at)
        }
    }

    fn schema(&self) -> Json {
        let forms = [PATH.schema(), table_of::<ComponentFile>().schema()];
        json!({ "title": "path, or [table](#component)", "anyOf": forms })
    }
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
    HEXLOWER_PERMISSIVE.decode(digits).ok()?.try_into().ok()
}
