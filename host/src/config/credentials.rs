//! The `credentials` of a source.
//!
//! Invariant: no value of this table is ever shown, in whatever message.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::paths::Folders;
use super::reader::{Field, Problems, Table};

/// The types of credentials there are.
pub const CREDENTIAL_TYPES: &[&str] = &["oci_api_key"];

const KEYS: &[&str] =
    &["type", "config_file", "profile", "user", "tenancy", "fingerprint", "key_file", "passphrase"];

/// Where the official tools keep their configuration.
const OCI_CONFIG_FILE: &str = ".oci/config";

/// How a source proves who it is. The secrets themselves are read at start.
#[derive(Debug, Clone)]
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
}

/// A secret: wiped when dropped, never printed.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
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
    let mut table = field.table(problems, KEYS)?;
    let kind = table.require(problems, "type", "type = \"oci_api_key\"");
    let kind = kind.and_then(|kind| kind_of(&kind, problems));
    // Another type has other keys: judging them would only add noise.
    kind?;
    let inline = ["user", "tenancy", "fingerprint", "key_file"];
    let credentials = if inline.iter().any(|key| table.get(key).is_some()) {
        api_key_inline(&mut table, folders, problems)
    } else {
        api_key(&table, folders, problems)
    };
    table.finish(problems);
    credentials
}

fn kind_of(field: &Field<'_>, problems: &mut Problems) -> Option<()> {
    let kind = field.text(problems)?;
    if !CREDENTIAL_TYPES.contains(&kind) {
        field.unknown(problems, "type of credentials", CREDENTIAL_TYPES, "");
        return None;
    }
    Some(())
}

fn api_key(
    table: &Table<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<CredentialsConfig> {
    let config_file = match table.get("config_file") {
        Some(field) => folders.path(&field, problems),
        None => {
            let home = folders.home.map(|home| Path::new(home).join(OCI_CONFIG_FILE));
            if home.is_none() {
                let message = "HOME is not set, so there is no ~/.oci/config; add config_file";
                table.field.wrong(problems, message);
            }
            home
        }
    };
    let profile = match table.get("profile") {
        Some(field) => field.name(problems).map(str::to_owned),
        None => Some("DEFAULT".to_owned()),
    };
    let passphrase = passphrase(table, problems);
    Some(CredentialsConfig::OciApiKey {
        config_file: config_file?,
        profile: profile?,
        passphrase: passphrase?,
    })
}

fn api_key_inline(
    table: &mut Table<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<CredentialsConfig> {
    for key in ["config_file", "profile"] {
        if let Some(field) = table.get(key) {
            let message =
                "goes with no user, tenancy, fingerprint or key_file; remove one or the other";
            problems.add(field.key_place, &field.path, message);
        }
    }
    let user = table.require(problems, "user", "user = \"ocid1.user.oc1..…\"");
    let tenancy = table.require(problems, "tenancy", "tenancy = \"ocid1.tenancy.oc1..…\"");
    let fingerprint = table.require(problems, "fingerprint", "fingerprint = \"12:34:…\"");
    let key_file = table.require(problems, "key_file", "key_file = \"oci_api_key.pem\"");
    let mut name =
        |field: Option<Field<'_>>| field.and_then(|field| field.name(problems).map(str::to_owned));
    let (user, tenancy, fingerprint) = (name(user), name(tenancy), name(fingerprint));
    let key_file = key_file.and_then(|field| folders.path(&field, problems));
    let passphrase = passphrase(table, problems);
    Some(CredentialsConfig::OciApiKeyInline {
        tenancy: tenancy?,
        user: user?,
        fingerprint: fingerprint?,
        key_file: key_file?,
        passphrase: passphrase?,
    })
}

/// An empty passphrase is none, so that `${PASSPHRASE:-}` serves keys of both kinds.
fn passphrase(table: &Table<'_>, problems: &mut Problems) -> Option<Option<SecretText>> {
    let Some(field) = table.get("passphrase") else {
        return Some(None);
    };
    let text = Zeroizing::new(field.text(problems)?.to_owned());
    Some((!text.is_empty()).then_some(SecretText(text)))
}
