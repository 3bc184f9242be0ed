//! What signs requests to OCI: an API key, or what a compute instance or a service of
//! Oracle's is given.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::config::CredentialsConfig;
use crate::schema::{
    Checked, Kind as _, Name, PASSPHRASE, PATH, Problems, SecretText, Table, keys,
};

/// Where the official tools keep their configuration.
const OCI_CONFIG_FILE: &str = ".oci/config";

/// Its profile unless another is named.
const DEFAULT_PROFILE: &str = "DEFAULT";

/// Where every instance finds its metadata service, the version that asks for a
/// header.
const METADATA_URL: &str = "http://169.254.169.254/opc/v2";

/// The keys of an API key in place, and what they look like.
const INLINE: [(&str, &str); 4] = [
    ("user", "ocid1.user.oc1..…"),
    ("tenancy", "ocid1.tenancy.oc1..…"),
    ("fingerprint", "12:34:…"),
    ("key_file", "oci_api_key.pem"),
];

/// The keys that say where else it is.
const OF_PROFILE: [&str; 2] = ["config_file", "profile"];

keys! {
    /// An API key, as the configuration of Oracle's tools describes it or in place.
    pub struct ApiKeyKeys {
        /// A configuration file of Oracle's tools; profiles with `security_token_file`
        /// work, too.
        config_file: Option<PathBuf> = PATH.optional("`~/.oci/config`");
        /// Its profile.
        profile: Option<String> = Name.optional("`DEFAULT`");
        /// In place of the file: OCID of the user.
        user: Option<String> = Name.optional("none");
        /// OCID of the tenancy.
        tenancy: Option<String> = Name.optional("none");
        /// Fingerprint of the public key: hex pairs with colons.
        fingerprint: Option<String> = Name.optional("none");
        /// The private key, PEM.
        key_file: Option<PathBuf> = PATH.optional("none");
        /// Passphrase of the private key, unless the profile has it.
        passphrase: Option<SecretText> = PASSPHRASE;
    }
}

/// An API key.
pub struct ApiKey(CredentialsConfig);

impl Checked for ApiKey {
    type Keys = ApiKeyKeys;

    fn check(keys: ApiKeyKeys, table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let is_inline = keys.user.is_some()
            || keys.tenancy.is_some()
            || keys.fingerprint.is_some()
            || keys.key_file.is_some();
        if is_inline { inline(keys, table, problems) } else { of_profile(keys, table, problems) }
            .map(Self)
    }

    fn rules() -> Vec<Json> {
        let inline = INLINE.map(|(key, _)| key);
        let mut dependencies = Map::new();
        for key in inline {
            dependencies.insert(key.to_owned(), json!(inline));
        }
        for key in OF_PROFILE {
            dependencies.insert(key.to_owned(), json!({ "not": { "required": [inline[0]] } }));
        }
        vec![json!({ "dependencies": dependencies })]
    }
}

fn of_profile(
    keys: ApiKeyKeys,
    table: &mut Table<'_>,
    problems: &mut Problems,
) -> Option<CredentialsConfig> {
    let home = table.field.folders.home;
    let config_file =
        keys.config_file.or_else(|| home.map(|home| Path::new(home).join(OCI_CONFIG_FILE)));
    if config_file.is_none() {
        let message = "HOME is not set, so there is no ~/.oci/config; add config_file";
        table.field.wrong(problems, message);
    }
    Some(CredentialsConfig::OciApiKey {
        config_file: config_file?,
        profile: keys.profile.unwrap_or_else(|| DEFAULT_PROFILE.to_owned()),
        passphrase: keys.passphrase,
    })
}

fn inline(
    keys: ApiKeyKeys,
    table: &mut Table<'_>,
    problems: &mut Problems,
) -> Option<CredentialsConfig> {
    for key in OF_PROFILE {
        if let Some(field) = table.get(key) {
            let message =
                "goes with no user, tenancy, fingerprint or key_file; remove one or the other";
            field.wrong_key(problems, message);
        }
    }
    for (key, example) in INLINE {
        table.require(problems, key, &format!("{key} = {example:?}"));
    }
    Some(CredentialsConfig::OciApiKeyInline {
        tenancy: keys.tenancy?,
        user: keys.user?,
        fingerprint: keys.fingerprint?,
        key_file: keys.key_file?,
        passphrase: keys.passphrase,
    })
}

impl From<ApiKey> for CredentialsConfig {
    fn from(ApiKey(config): ApiKey) -> Self {
        config
    }
}

keys! {
    /// What the metadata service of a compute instance gives.
    pub struct InstanceKeys {
        /// The metadata service.
        metadata_url: String = Name.or(METADATA_URL.to_owned());
        /// Where the instance's certificate is exchanged for a token.
        federation_url: Option<String> = Name.optional("that of the instance's own region");
    }
}

impl From<InstanceKeys> for CredentialsConfig {
    fn from(InstanceKeys { metadata_url, federation_url }: InstanceKeys) -> Self {
        Self::OciInstancePrincipal { metadata_url, federation_url }
    }
}

keys! {
    /// What Oracle's services put into the environment of what they run.
    pub struct ResourceKeys {}
}

impl From<ResourceKeys> for CredentialsConfig {
    fn from(ResourceKeys {}: ResourceKeys) -> Self {
        Self::OciResourcePrincipal
    }
}
