//! Where a secret is kept. A file is read whenever its secret is needed, so that
//! it can be changed without a restart.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::CredentialError;

/// A secret or the way to it. Never printed.
#[derive(Clone)]
pub enum Secret {
    /// At hand.
    Text(Zeroizing<String>),
    /// In a file; blanks and line ends around it do not count.
    File(PathBuf),
}

impl Secret {
    /// The secret.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or holds nothing.
    pub fn read(&self) -> Result<Zeroizing<String>, CredentialError> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => {
                let text = std::fs::read_to_string(path)
                    .map(Zeroizing::new)
                    .map_err(|source| CredentialError::Read { path: path.clone(), source })?;
                match text.trim() {
                    "" => Err(CredentialError::EmptySecret { path: path.clone() }),
                    secret => Ok(Zeroizing::new(secret.to_owned())),
                }
            }
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(_) => f.write_str("[secret]"),
            Self::File(path) => write!(f, "[secret in {}]", path.display()),
        }
    }
}
