//! `type = "oauth2_client_credentials"`

use super::super::paths::Folders;
use super::super::reader::{Field, Problems, Table};
use super::{ClientProof, CredentialsConfig, SecretKeys, secret, secret_or_command};

const KEYS: &[&str] = &[
    "type",
    "client_id",
    "authentication",
    "client_secret",
    "client_secret_file",
    "client_secret_command",
    "client_key_file",
    "passphrase",
    "key_id",
    "audience",
    "token_url",
    "scope",
];

const AUTHENTICATIONS: &[&str] = &["basic", "body", "private_key_jwt"];

/// The scope by which an identity domain gives what the client's roles allow.
const DEFAULT_SCOPE: &str = "urn:opc:idm:__myscopes__";

/// The audience that identity domains expect in client assertions.
const DEFAULT_AUDIENCE: &str = "https://identity.oraclecloud.com/";

/// Reads the table.
pub fn read(
    field: &Field<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<CredentialsConfig> {
    let mut table = field.table(problems, KEYS)?;
    let client_id = table.require(problems, "client_id", "client_id = \"…\"");
    let client_id = client_id.and_then(|field| field.name(problems).map(str::to_owned));
    let proof = proof(&mut table, folders, problems);
    let token_url = optional(&table, "token_url", problems);
    let scope = optional(&table, "scope", problems);
    table.finish(problems);
    Some(CredentialsConfig::OAuth2 {
        client_id: client_id?,
        proof: proof?,
        token_url: token_url?,
        scope: scope?.unwrap_or_else(|| DEFAULT_SCOPE.to_owned()),
    })
}

fn proof(
    table: &mut Table<'_>,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Option<ClientProof> {
    let default = if table.get("client_key_file").is_some() { "private_key_jwt" } else { "basic" };
    let authentication = match table.get("authentication") {
        Some(field) => field.text(problems)?,
        None => default,
    };
    let keys = SecretKeys {
        text: "client_secret",
        file: "client_secret_file",
        command: "client_secret_command",
    };
    let mut shared_secret = || secret_or_command(table, keys, folders, problems);
    match authentication {
        "basic" => Some(ClientProof::SecretInHeader(shared_secret()?)),
        "body" => Some(ClientProof::SecretInBody(shared_secret()?)),
        "private_key_jwt" => {
            let file = table.require(problems, "client_key_file", "client_key_file = \"key.pem\"");
            let file = file.and_then(|field| folders.path(&field, problems));
            let passphrase = secret(table, "passphrase", problems);
            let key_id = optional(table, "key_id", problems);
            let audience = optional(table, "audience", problems);
            Some(ClientProof::PrivateKey {
                key_file: file?,
                passphrase: passphrase?,
                key_id: key_id?,
                audience: audience?.unwrap_or_else(|| DEFAULT_AUDIENCE.to_owned()),
            })
        }
        _ => {
            if let Some(field) = table.get("authentication") {
                field.unknown(problems, "way to authenticate a client", AUTHENTICATIONS, "");
            }
            None
        }
    }
}

fn optional(
    table: &Table<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<Option<String>> {
    match table.get(key) {
        Some(field) => field.name(problems).map(|text| Some(text.to_owned())),
        None => Some(None),
    }
}
