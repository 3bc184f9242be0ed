//! OCI Signature version 1 from `~/.oci/config`: API keys and session tokens.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, header};
use oci_signature::{
    Body, DateHeader, Fingerprint, Identity, OciConfig, PrivateKey, RequestToSign, Signer,
    api_key_id, imf_fixdate, session_token_key_id,
};
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::CredentialError;

/// Signs requests with one key.
#[derive(Debug)]
pub struct OciSignature {
    signer: Signer,
}

impl OciSignature {
    /// Reads a profile of an OCI configuration file and its key. `passphrase`
    /// wins over the one in the file.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] names the file and the defect.
    pub fn from_profile(
        file: &Path,
        profile: &str,
        passphrase: Option<&str>,
    ) -> Result<Self, CredentialError> {
        let wrong = |source| CredentialError::OciConfig { path: file.to_owned(), source };
        let config = OciConfig::parse(&read(file)?).map_err(wrong)?;
        let profile = config.profile(profile).map_err(wrong)?;
        let home = std::env::var("HOME").ok();
        let expand = |path: &str| {
            oci_signature::expand_home(path, home.as_deref())
                .map(|path| beside(file, Path::new(&path)))
                .map_err(wrong)
        };
        let key_file = expand(&profile.key_file)?;
        let passphrase = passphrase.or_else(|| profile.passphrase.as_ref().map(|p| p.expose()));
        let key = read_key(&key_file, passphrase)?;
        let key_id = match &profile.identity {
            Identity::ApiKey { user, fingerprint } => {
                check(&key, fingerprint, &key_file)?;
                api_key_id(&profile.tenancy, user, fingerprint)
            }
            Identity::SessionToken { token_file } => {
                session_token_key_id(read(&expand(token_file)?)?.trim())
            }
        };
        Ok(Self { signer: Signer::new(key_id, key) })
    }

    /// Takes the parts of an API key one by one.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] names the file and the defect.
    pub fn from_parts(
        tenancy: &str,
        user: &str,
        fingerprint: &Fingerprint,
        key_file: &Path,
        passphrase: Option<&str>,
    ) -> Result<Self, CredentialError> {
        let key = read_key(key_file, passphrase)?;
        check(&key, fingerprint, key_file)?;
        Ok(Self { signer: Signer::new(api_key_id(tenancy, user, fingerprint), key) })
    }

    /// Signs a request whose `host` is set.
    ///
    /// # Errors
    ///
    /// When the request cannot be signed.
    pub fn headers<B>(
        &self,
        request: &Request<B>,
        body: &Bytes,
    ) -> Result<Vec<(&'static str, String)>, CredentialError> {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let date = imf_fixdate(unix_seconds());
        let content_type = text(header::CONTENT_TYPE).unwrap_or("application/json");
        let has_body = matches!(request.method().as_str(), "POST" | "PUT" | "PATCH");
        let to_sign = RequestToSign {
            method: request.method().as_str(),
            target,
            host: text(header::HOST).unwrap_or_default(),
            date: &date,
            date_header: DateHeader::Date,
            body: if has_body { Body::Signed { content_type, bytes: body } } else { Body::None },
        };
        Ok(self.signer.sign(&to_sign, &mut OsRng)?)
    }
}

fn check(key: &PrivateKey, fingerprint: &Fingerprint, file: &Path) -> Result<(), CredentialError> {
    key.check_fingerprint(fingerprint)
        .map_err(|source| CredentialError::Key { path: file.to_owned(), source })
}

/// Reads a private key.
///
/// # Errors
///
/// [`CredentialError`] names the file and the defect.
pub fn read_key(file: &Path, passphrase: Option<&str>) -> Result<PrivateKey, CredentialError> {
    PrivateKey::from_pem(&read(file)?, passphrase)
        .map_err(|source| CredentialError::Key { path: file.to_owned(), source })
}

fn read(path: &Path) -> Result<Zeroizing<String>, CredentialError> {
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|source| CredentialError::Read { path: path.to_owned(), source })
}

/// A relative path means beside the file that names it.
fn beside(file: &Path, path: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if path.is_relative() => folder.join(path),
        _ => path.to_owned(),
    }
}

fn unix_seconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
