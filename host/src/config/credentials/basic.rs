//! `type = "basic"`

use super::config::CredentialsConfig;
use crate::schema::{Kind as _, Name, SecretSource, keys, secret};

keys! {
    /// A user and a password.
    pub struct BasicKeys {
        /// User name.
        username: String = Name.needed("\"audit.reader\"");
        /// Password.
        password: SecretSource = secret(true);
    }
}

impl From<BasicKeys> for CredentialsConfig {
    fn from(BasicKeys { username, password }: BasicKeys) -> Self {
        Self::Basic { username, password }
    }
}
