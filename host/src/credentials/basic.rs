//! HTTP Basic. Never tried again after a 401: accounts get locked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::CredentialError;
use super::secret::Secret;

/// A user name and a password.
#[derive(Debug)]
pub struct Basic {
    username: String,
    password: Secret,
}

impl Basic {
    /// Takes them; the password is read when it is needed.
    ///
    /// # Errors
    ///
    /// When the password's file cannot be read now.
    pub async fn new(username: &str, password: Secret) -> Result<Self, CredentialError> {
        password.read().await?;
        Ok(Self { username: username.to_owned(), password })
    }

    /// A service refused the password. It is not tried again in this request; where a
    /// command gives it, the next request asks for it anew.
    pub async fn refused(&self) {
        self.password.refused().await;
    }

    /// The value of `Authorization`.
    ///
    /// # Errors
    ///
    /// When the password's file cannot be read any more.
    pub async fn authorization(&self) -> Result<String, CredentialError> {
        basic(&self.username, &self.password.read().await?)
    }
}

/// `Basic` and the encoded pair.
pub(super) fn basic(username: &str, password: &str) -> Result<String, CredentialError> {
    let pair = Zeroizing::new(format!("{username}:{password}"));
    Ok(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
}
