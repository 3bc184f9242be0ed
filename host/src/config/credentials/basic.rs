//! `type = "basic"`

use super::super::paths::Folders;
use super::super::reader::{Field, Problems};
use super::{CredentialsConfig, SecretKeys, secret_or_command};

const KEYS: &[&str] = &["type", "username", "password", "password_file", "password_command"];

/// Reads the table.
pub fn read(
    field: &Field<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<CredentialsConfig> {
    let mut table = field.table(problems, KEYS)?;
    let username = table.require(problems, "username", "username = \"audit.reader\"");
    let username = username.and_then(|field| field.name(problems).map(str::to_owned));
    let keys = SecretKeys { text: "password", file: "password_file", command: "password_command" };
    let password = secret_or_command(&mut table, keys, folders, problems);
    table.finish(problems);
    Some(CredentialsConfig::Basic { username: username?, password: password? })
}
