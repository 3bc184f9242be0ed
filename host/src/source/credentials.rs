//! From the `credentials` of a source to a credential that is ready for use.

use std::sync::Arc;

use rustls::ClientConfig;
use zeroize::Zeroizing;

use crate::config::{
    ClientProof, ComponentRef, CredentialsConfig, SOURCE_TYPES, SecretSource, SecretText,
    SourceConfig, SourceType,
};
use crate::credentials::{
    Basic, CommandSecret, Credential, CredentialError, InstancePrincipal, OAuth2, OciSignature,
    Proof, Secret, read_key,
};
use crate::net::HttpClient;

/// The credential of a source, if it has one. Token requests go through `client`;
/// a credential's own client trusts what that one does.
pub async fn prepare(
    source: &SourceConfig,
    client: &HttpClient,
    trust: Arc<ClientConfig>,
) -> Result<Option<Arc<Credential>>, CredentialError> {
    let Some(config) = &source.credentials else { return Ok(None) };
    let credential = match config {
        CredentialsConfig::OciApiKey { config_file, profile, passphrase } => {
            Credential::Oci(Box::new(OciSignature::from_profile(
                config_file,
                profile,
                expose(passphrase.as_ref()),
            )?))
        }
        CredentialsConfig::OciApiKeyInline { tenancy, user, fingerprint, key_file, passphrase } => {
            let fingerprint = fingerprint.parse().map_err(CredentialError::Fingerprint)?;
            Credential::Oci(Box::new(OciSignature::from_parts(
                tenancy,
                user,
                &fingerprint,
                key_file,
                expose(passphrase.as_ref()),
            )?))
        }
        CredentialsConfig::OciInstancePrincipal { metadata_url, federation_url } => {
            Credential::Instance(Box::new(InstancePrincipal::new(
                metadata_url,
                federation_url.as_deref(),
                client.clone(),
                trust,
            )?))
        }
        CredentialsConfig::OciResourcePrincipal => {
            let variable = |name: &str| std::env::var(name).ok();
            Credential::Oci(Box::new(OciSignature::from_resource_principal(&variable)?))
        }
        CredentialsConfig::Basic { username, password } => {
            Credential::Basic(Basic::new(username, secret(password)).await?)
        }
        CredentialsConfig::OAuth2 { client_id, proof, token_url, scope } => {
            let token_url = match token_url {
                Some(url) => url.clone(),
                None => own_token_url(source).ok_or(CredentialError::NoTokenUrl)?,
            };
            let proof = prove(proof)?;
            let client = OAuth2::new(&token_url, client_id, proof, scope, client.clone()).await?;
            Credential::OAuth2(Box::new(client))
        }
    };
    Ok(Some(Arc::new(credential)))
}

/// Where the service of a source gives tokens, if it is its own authorization server. A
/// component from a file may be one of ours.
fn own_token_url(source: &SourceConfig) -> Option<String> {
    let may_be = |known: &&SourceType| match &source.component {
        ComponentRef::BuiltIn(name) => known.name == name,
        ComponentRef::File(_) => true,
    };
    SOURCE_TYPES.iter().filter(may_be).filter_map(|known| known.token_endpoint).find_map(
        |(key, path)| {
            let address = source.settings.get(key)?.as_str()?;
            Some(format!("{}{path}", address.trim_end_matches('/')))
        },
    )
}

fn prove(proof: &ClientProof) -> Result<Proof, CredentialError> {
    Ok(match proof {
        ClientProof::SecretInHeader(source) => Proof::Header(secret(source)),
        ClientProof::SecretInBody(source) => Proof::Body(secret(source)),
        ClientProof::PrivateKey { key_file, passphrase, key_id, audience } => Proof::Assertion {
            key: Box::new(read_key(key_file, expose(passphrase.as_ref()))?),
            key_id: key_id.clone(),
            audience: audience.clone(),
        },
    })
}

fn secret(source: &SecretSource) -> Secret {
    match source {
        SecretSource::Text(text) => Secret::Text(Zeroizing::new(text.expose().to_owned())),
        SecretSource::File(path) => Secret::File(path.clone()),
        SecretSource::Command(words) => Secret::Command(CommandSecret::new(words)),
    }
}

fn expose(text: Option<&SecretText>) -> Option<&str> {
    text.map(SecretText::expose)
}
