//! `type = "oci_api_key"` and `type = "oci_instance_principal"`

use std::path::Path;

use super::super::paths::Folders;
use super::super::reader::{Field, Problems, Table};
use super::{CredentialsConfig, optional, secret};

const KEYS: &[&str] =
    &["type", "config_file", "profile", "user", "tenancy", "fingerprint", "key_file", "passphrase"];

/// Where the official tools keep their configuration.
const OCI_CONFIG_FILE: &str = ".oci/config";

const INSTANCE_KEYS: &[&str] = &["type", "metadata_url", "federation_url"];

/// Where every instance finds its metadata service, the version that asks for a
/// header.
const METADATA_URL: &str = "http://169.254.169.254/opc/v2";

/// Reads the table of an instance principal.
pub fn read_instance(field: &Field<'_>, problems: &mut Problems) -> Option<CredentialsConfig> {
    let table = field.table(problems, INSTANCE_KEYS)?;
    let metadata_url = optional(&table, "metadata_url", problems);
    let federation_url = optional(&table, "federation_url", problems);
    table.finish(problems);
    Some(CredentialsConfig::OciInstancePrincipal {
        metadata_url: metadata_url?.unwrap_or_else(|| METADATA_URL.to_owned()),
        federation_url: federation_url?,
    })
}

/// Reads the table.
pub fn read(
    field: &Field<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<CredentialsConfig> {
    let mut table = field.table(problems, KEYS)?;
    let inline = ["user", "tenancy", "fingerprint", "key_file"];
    let credentials = if inline.iter().any(|key| table.get(key).is_some()) {
        api_key_inline(&mut table, folders, problems)
    } else {
        api_key(&table, folders, problems)
    };
    table.finish(problems);
    credentials
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
    let passphrase = secret(table, "passphrase", problems);
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
    let passphrase = secret(table, "passphrase", problems);
    Some(CredentialsConfig::OciApiKeyInline {
        tenancy: tenancy?,
        user: user?,
        fingerprint: fingerprint?,
        key_file: key_file?,
        passphrase: passphrase?,
    })
}
