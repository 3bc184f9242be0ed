//! The `credentials` of a source.
//!
//! Invariant: no value of this table is ever shown, in whatever message.

mod basic;
mod oauth2;
mod oci;

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::paths::Folders;
use super::reader::{Field, Problems, Table};

/// The types of credentials there are.
pub const CREDENTIAL_TYPES: &[&str] =
    &["oci_api_key", "oci_resource_principal", "oauth2_client_credentials", "basic"];

/// How a source proves who it is. The secrets themselves are read at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialsConfig {
    /// `type = "oci_api_key"`: an API key as the configuration file of Oracle's
    /// tools describes it.
    OciApiKey {
        /// Default `~/.oci/config`.
        config_file: PathBuf,
        /// Default `DEFAULT`.
        profile: String,
        /// Passphrase of the private key, unless the profile has it.
        passphrase: Option<SecretText>,
    },
    /// `type = "oci_api_key"` with `user` and the rest written in place.
    OciApiKeyInline {
        /// OCID of the tenancy.
        tenancy: String,
        /// OCID of the user.
        user: String,
        /// Fingerprint of the public key, unchecked: hex pairs with colons.
        fingerprint: String,
        /// The private key.
        key_file: PathBuf,
        /// Its passphrase.
        passphrase: Option<SecretText>,
    },
    /// `type = "oci_resource_principal"`: what Oracle's services put into the
    /// environment of what they run.
    OciResourcePrincipal,
    /// `type = "oauth2_client_credentials"`
    OAuth2 {
        /// Client id.
        client_id: String,
        /// How the client proves itself.
        proof: ClientProof,
        /// Where tokens come from; a built-in knows its own place.
        token_url: Option<String>,
        /// What the token is to be for.
        scope: String,
    },
    /// `type = "basic"`
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: SecretSource,
    },
}

/// How an OAuth client proves itself at the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientProof {
    /// `authentication = "basic"`: its secret, in the `Authorization` header.
    SecretInHeader(SecretSource),
    /// `authentication = "body"`: its secret, in the form.
    SecretInBody(SecretSource),
    /// `authentication = "private_key_jwt"`: an assertion signed with its key.
    PrivateKey {
        /// The private key, PEM.
        key_file: PathBuf,
        /// Its passphrase.
        passphrase: Option<SecretText>,
        /// `kid` of the assertion: the alias of the certificate.
        key_id: Option<String>,
        /// `aud` of the assertion.
        audience: String,
    },
}

/// Where a secret is. A file is read again whenever the secret is needed, so that
/// it can be changed without a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In the configuration, or the environment through it.
    Text(SecretText),
    /// In a file; blanks and line ends around it do not count.
    File(PathBuf),
    /// What a program writes to stdout: the program and its arguments.
    Command(Vec<String>),
}

/// A secret: wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// A secret.
    pub(super) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

/// Reads the table `credentials`.
pub(super) fn credentials(
    field: &Field<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<CredentialsConfig> {
    let field = Field { secret: true, ..field.clone() };
    // Another type has other keys: judging them before it is known would only add
    // noise.
    let kind =
        field.table(problems, &["type"])?.require(problems, "type", "type = \"oci_api_key\"")?;
    match kind.text(problems)? {
        "oci_api_key" => oci::read(&field, folders, problems),
        "oci_resource_principal" => {
            field.table(problems, &["type"])?.finish(problems);
            Some(CredentialsConfig::OciResourcePrincipal)
        }
        "oauth2_client_credentials" => oauth2::read(&field, folders, problems),
        "basic" => basic::read(&field, folders, problems),
        _ => {
            kind.unknown(problems, "type of credentials", CREDENTIAL_TYPES, "");
            None
        }
    }
}

/// A secret, if it is there. An empty one is none, so that `${PASSPHRASE:-}` serves
/// keys of both kinds.
pub(super) fn secret(
    table: &Table<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<Option<SecretText>> {
    let Some(field) = table.get(key) else {
        return Some(None);
    };
    let text = Zeroizing::new(field.text(problems)?.to_owned());
    Some((!text.is_empty()).then_some(SecretText(text)))
}

/// The keys of one secret.
#[derive(Debug, Clone, Copy)]
struct SecretKeys {
    text: &'static str,
    file: &'static str,
    command: &'static str,
}

/// A secret in the configuration, in a file or of a command: exactly one of the keys.
fn secret_or_command(
    table: &mut Table<'_>,
    keys: SecretKeys,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<SecretSource> {
    let SecretKeys { text, file, command } = keys;
    let Some(field) = table.get(command) else {
        return secret_source(table, text, file, folders, problems);
    };
    if table.get(text).is_some() || table.get(file).is_some() {
        let message = format!("goes with no {text} and no {file}; remove one of them");
        problems.add(field.key_place, &field.path, message);
        return None;
    }
    let words = field.list(problems, "a list like [\"pass\", \"show\", \"oracle\"]")?;
    if words.is_empty() {
        field.wrong(problems, "is an empty list; write the program and its arguments");
        return None;
    }
    let words: Vec<Option<String>> =
        words.iter().map(|word| word.text(problems).map(str::to_owned)).collect();
    words.into_iter().collect::<Option<_>>().map(SecretSource::Command)
}

/// A secret in the configuration or in a file: exactly one of the two keys.
pub(super) fn secret_source(
    table: &mut Table<'_>,
    text_key: &'static str,
    file_key: &'static str,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<SecretSource> {
    match (table.get(text_key), table.get(file_key)) {
        (Some(_), Some(file)) => {
            let message = format!("goes with no {text_key}; remove one of them");
            problems.add(file.key_place, &file.path, message);
            None
        }
        (_, Some(file)) => folders.path(&file, problems).map(SecretSource::File),
        (Some(field), None) => match secret(table, text_key, problems)? {
            Some(text) => Some(SecretSource::Text(text)),
            None => {
                field.wrong(problems, "is empty");
                None
            }
        },
        (None, None) => {
            table.require(problems, file_key, "a file that holds the secret and nothing else");
            None
        }
    }
}
