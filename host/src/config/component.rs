//! `component`: a file, by its path alone or with what its operator says about it.

use data_encoding::HEXLOWER_PERMISSIVE;

use super::document::Value;
use super::paths::Folders;
use super::reader::{Field, Problems};
use crate::runtime::{ComponentFile, Imports};

const KEYS: &[&str] = &["path", "sha256", "imports"];

const IMPORTS: &[&str] = &["wasi", "void-cli"];

/// Reads a path, or a table `{ path, sha256, imports }`.
pub(super) fn file(
    field: &Field<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<ComponentFile> {
    if !matches!(field.node.value, Value::Table(_)) {
        return folders.path(field, problems).map(ComponentFile::at);
    }
    let mut table = field.table(problems, KEYS)?;
    let path = table.require(problems, "path", "path = \"path/to.wasm\"");
    let path = path.and_then(|field| folders.path(&field, problems));
    let sha256 = match table.get("sha256") {
        Some(field) => digest(&field, problems).map(Some),
        None => Some(None),
    };
    let imports = match table.get("imports") {
        Some(field) => imports(&field, problems),
        None => Some(Imports::default()),
    };
    table.finish(problems);
    Some(ComponentFile { path: path?, sha256: sha256?, imports: imports? })
}

fn digest(field: &Field<'_>, problems: &mut Problems) -> Option<[u8; 32]> {
    let text = field.text(problems)?;
    let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
    let digest = HEXLOWER_PERMISSIVE.decode(digits).ok().and_then(|digest| digest.try_into().ok());
    if digest.is_none() {
        field.expected(problems, "a SHA-256 of 64 hexadecimal digits, as sha256sum prints it");
    }
    digest
}

fn imports(field: &Field<'_>, problems: &mut Problems) -> Option<Imports> {
    match field.text(problems)? {
        "wasi" => Some(Imports::Wasi),
        "void-cli" => Some(Imports::VoidCli),
        _ => {
            field.unknown(problems, "set of imports", IMPORTS, "");
            None
        }
    }
}
