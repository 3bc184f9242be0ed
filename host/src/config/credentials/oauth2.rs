//! `type = "oauth2_client_credentials"`

use std::path::PathBuf;

use super::config::{ClientProof, CredentialsConfig};
use crate::schema::{
    Checked, Kind as _, Name, PASSPHRASE, PATH, Problems, Secret, SecretSource, SecretText, Table,
    Words, keys, secret, word,
};

/// The scope by which an identity domain gives what the client's roles allow.
const DEFAULT_SCOPE: &str = "urn:opc:idm:__myscopes__";

/// The audience that identity domains expect in client assertions.
const DEFAULT_AUDIENCE: &str = "https://identity.oraclecloud.com/";

/// Ways to authenticate a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    Header,
    Body,
    Assertion,
}

impl Words for Authentication {
    const WHAT: &'static str = "way to authenticate a client";

    fn words() -> Vec<(&'static str, Self)> {
        vec![("basic", Self::Header), ("body", Self::Body), ("private_key_jwt", Self::Assertion)]
    }
}

keys! {
    /// A client of a token endpoint.
    pub struct OAuth2Keys {
        /// Client id.
        client_id: String = Name.needed("\"…\"");
        /// How the client proves itself: its secret in the header or in the form, or an
        /// assertion signed with its key.
        authentication: Option<Authentication> =
            word().optional("`private_key_jwt` with `client_key_file`, else `basic`");
        /// The client's secret.
        client_secret: Option<SecretSource> = secret(true).if_given();
        /// The client's private key, PEM.
        client_key_file: Option<PathBuf> = PATH.optional("none");
        /// Its passphrase.
        passphrase: Option<SecretText> = PASSPHRASE;
        /// `kid` of the assertion: the alias of the certificate.
        key_id: Option<String> = Name.optional("none");
        /// `aud` of the assertion.
        audience: String = Name.or(DEFAULT_AUDIENCE.to_owned());
        /// Where tokens come from.
        token_url: Option<String> = Name.optional("the identity domain's own");
        /// What the token is to be for.
        scope: String = Name.or(DEFAULT_SCOPE.to_owned());
    }
}

/// What becomes of the keys.
pub struct OAuth2Config {
    client_id: String,
    proof: ClientProof,
    token_url: Option<String>,
    scope: String,
}

impl Checked for OAuth2Config {
    type Keys = OAuth2Keys;

    fn check(mut keys: OAuth2Keys, table: &mut Table<'_>, problems: &mut Problems) -> Option<Self> {
        let default = match &keys.client_key_file {
            Some(_) => Authentication::Assertion,
            None => Authentication::Header,
        };
        let mut shared = |keys: &mut OAuth2Keys| {
            let secret = keys.client_secret.take();
            if secret.is_none() {
                Secret::missing("client_secret_file", table, problems);
            }
            secret
        };
        let proof = match keys.authentication.unwrap_or(default) {
            Authentication::Header => ClientProof::SecretInHeader(shared(&mut keys)?),
            Authentication::Body => ClientProof::SecretInBody(shared(&mut keys)?),
            Authentication::Assertion => {
                let Some(key_file) = keys.client_key_file else {
                    let example = "client_key_file = \"key.pem\"";
                    table.require(problems, "client_key_file", example);
                    return None;
                };
                let OAuth2Keys { passphrase, key_id, audience, .. } = keys;
                return Some(Self {
                    client_id: keys.client_id,
                    proof: ClientProof::PrivateKey { key_file, passphrase, key_id, audience },
                    token_url: keys.token_url,
                    scope: keys.scope,
                });
            }
        };
        let OAuth2Keys { client_id, token_url, scope, .. } = keys;
        Some(Self { client_id, proof, token_url, scope })
    }
}

impl From<OAuth2Config> for CredentialsConfig {
    fn from(OAuth2Config { client_id, proof, token_url, scope }: OAuth2Config) -> Self {
        Self::OAuth2 { client_id, proof, token_url, scope }
    }
}
