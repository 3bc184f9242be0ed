//! The sandbox of a command, with the code that was compiled before.

use std::path::{Path, PathBuf};

use signon_host::limits::Limits;
use signon_host::runtime::Sandbox;

use super::failure::Failure;

/// Names a folder for compiled components: one for all processes of a user, and for
/// commands that have no `data_dir`.
const COMPILED_DIR: &str = "SIGNON_COMPILED_DIR";

/// Folder of compiled components, below `data_dir`.
const COMPILED: &str = "compiled";

/// A sandbox that gives as much as `limits`, and keeps what it compiles where it is told
/// to, else below `data_dir`, else nowhere.
pub fn sandbox(limits: &Limits, data_dir: Option<&Path>) -> Result<Sandbox, Failure> {
    let sandbox = Sandbox::new(limits).map_err(Failure::failed)?;
    let told = std::env::var_os(COMPILED_DIR).filter(|folder| !folder.is_empty());
    let folder = told.map(PathBuf::from).or_else(|| data_dir.map(|folder| folder.join(COMPILED)));
    Ok(match folder {
        Some(folder) => sandbox.with_cache(&folder),
        None => sandbox,
    })
}
