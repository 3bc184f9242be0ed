//! What a source proves with who it is.

use std::path::PathBuf;

use crate::schema::{SecretSource, SecretText};

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
    /// `type = "oci_instance_principal"`: what the metadata service of a compute
    /// instance gives.
    OciInstancePrincipal {
        /// Default `http://169.254.169.254/opc/v2`.
        metadata_url: String,
        /// Default that of the instance's own region.
        federation_url: Option<String>,
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
