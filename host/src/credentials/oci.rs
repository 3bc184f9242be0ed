//! OCI Signature version 1: API keys and session tokens from `~/.oci/config`, and
//! resource principals from the environment.
//!
//! The files are looked at again before every request, and read again when they
//! changed: a key or a token is replaced without a restart.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, header};
use oci_signature::{
    Body, DateHeader, Fingerprint, Identity, OciConfig, PrivateKey, RequestToSign, Signer,
    api_key_id, imf_fixdate, session_token_key_id,
};
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::oci_profiles::{self, Stamp, stamp};
use super::{CredentialError, token};
use crate::files;

/// Signs requests with one key.
#[derive(Debug)]
pub struct OciSignature {
    origin: Origin,
    loaded: Mutex<Loaded>,
}

/// Where key and name come from.
#[derive(Debug)]
enum Origin {
    Profile {
        file: PathBuf,
        profile: String,
        passphrase: Option<Passphrase>,
    },
    Parts {
        key_id: String,
        fingerprint: Fingerprint,
        key_file: PathBuf,
        passphrase: Option<Passphrase>,
    },
    Resource {
        token: Given,
        key: Given,
        passphrase: Option<Passphrase>,
    },
}

/// Never printed.
struct Passphrase(Zeroizing<String>);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Passphrase {
    fn of(text: Option<&str>) -> Option<Self> {
        text.map(|text| Self(Zeroizing::new(text.to_owned())))
    }
}

/// What an environment variable holds: a path if it begins with `/`, else the text.
enum Given {
    File(PathBuf),
    Text(Zeroizing<String>),
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "[secret in {}]", path.display()),
            Self::Text(_) => f.write_str("[secret]"),
        }
    }
}

impl Given {
    fn of(text: String) -> Self {
        if text.starts_with('/') { Self::File(text.into()) } else { Self::Text(text.into()) }
    }

    fn read(&self, watched: &mut Watched) -> Result<Zeroizing<String>, CredentialError> {
        match self {
            Self::File(path) => watched.read(path),
            Self::Text(text) => Ok(text.clone()),
        }
    }
}

/// A signer and the files it was made from.
#[derive(Debug)]
struct Loaded {
    signer: Arc<Signer>,
    watched: Watched,
    /// What the profile stands in, so that whoever has another profile of it need not read
    /// it again.
    _config: Option<Arc<OciConfig>>,
}

/// Files and how they looked when they were read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Watched(Vec<(PathBuf, Stamp)>);

impl Watched {
    fn read(&mut self, path: &Path) -> Result<Zeroizing<String>, CredentialError> {
        // Looked at before it is read: a change in between is seen the next time.
        self.0.push((path.to_owned(), stamp(path)));
        files::read_text(path, files::CREDENTIAL)
            .map_err(|source| CredentialError::Read { path: path.to_owned(), source })
    }

    fn changed(&self) -> bool {
        self.0.iter().any(|(path, before)| stamp(path) != *before)
    }
}

impl Origin {
    fn load(&self) -> Result<Loaded, CredentialError> {
        let mut watched = Watched::default();
        let mut config = None;
        let signer = match self {
            Self::Profile { file, profile, passphrase } => {
                let held = config.insert(watched.profiles(file)?);
                from_profile(held, file, profile, passphrase.as_ref(), &mut watched)?
            }
            Self::Parts { key_id, fingerprint, key_file, passphrase } => {
                let key = watched.key(key_file, passphrase.as_ref())?;
                check(&key, fingerprint, key_file)?;
                Signer::new(key_id.clone(), key)
            }
            Self::Resource { token, key, passphrase } => {
                let text = token.read(&mut watched)?;
                let token = session_token("OCI_RESOURCE_PRINCIPAL_RPST", &text)?;
                let pem = key.read(&mut watched)?;
                let passphrase = passphrase.as_ref().map(|p| p.0.as_str());
                let key = PrivateKey::from_pem(&pem, passphrase)
                    .map_err(|source| CredentialError::ResourceKey { source })?;
                Signer::new(session_token_key_id(token), key)
            }
        };
        // Of a token this was seen before; tenancy and user come from a configuration.
        if let Some(problem) = token::problem(signer.key_id()) {
            return Err(CredentialError::Unfit { place: "tenancy or user".to_owned(), problem });
        }
        Ok(Loaded { signer: Arc::new(signer), watched, _config: config })
    }
}

impl Watched {
    fn profiles(&mut self, file: &Path) -> Result<Arc<OciConfig>, CredentialError> {
        let stamp = stamp(file);
        self.0.push((file.to_owned(), stamp));
        oci_profiles::read(file, stamp)
    }

    fn key(
        &mut self,
        file: &Path,
        passphrase: Option<&Passphrase>,
    ) -> Result<PrivateKey, CredentialError> {
        PrivateKey::from_pem(&self.read(file)?, passphrase.map(|p| p.0.as_str()))
            .map_err(|source| CredentialError::Key { path: file.to_owned(), source })
    }
}

fn from_profile(
    config: &OciConfig,
    file: &Path,
    profile: &str,
    passphrase: Option<&Passphrase>,
    watched: &mut Watched,
) -> Result<Signer, CredentialError> {
    let wrong = |source| CredentialError::OciConfig { path: file.to_owned(), source };
    let profile = config.profile(profile).map_err(wrong)?;
    let home = std::env::var("HOME").ok();
    let expand = |path: &str| {
        oci_signature::expand_home(path, home.as_deref())
            .map(|path| beside(file, Path::new(&path)))
            .map_err(wrong)
    };
    let key_file = expand(&profile.key_file)?;
    let own = Passphrase::of(profile.passphrase.as_ref().map(|p| p.expose()));
    let key = watched.key(&key_file, passphrase.or(own.as_ref()))?;
    let key_id = match &profile.identity {
        Identity::ApiKey { user, fingerprint } => {
            check(&key, fingerprint, &key_file)?;
            api_key_id(&profile.tenancy, user, fingerprint)
        }
        Identity::SessionToken { token_file } => {
            let token_file = expand(token_file)?;
            let text = watched.read(&token_file)?;
            session_token_key_id(session_token(&token_file.display().to_string(), &text)?)
        }
    };
    Ok(Signer::new(key_id, key))
}

impl OciSignature {
    fn new(origin: Origin) -> Result<Self, CredentialError> {
        let loaded = Mutex::new(origin.load()?);
        Ok(Self { origin, loaded })
    }

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
        Self::new(Origin::Profile {
            file: file.to_owned(),
            profile: profile.to_owned(),
            passphrase: Passphrase::of(passphrase),
        })
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
        Self::new(Origin::Parts {
            key_id: api_key_id(tenancy, user, fingerprint),
            fingerprint: *fingerprint,
            key_file: key_file.to_owned(),
            passphrase: Passphrase::of(passphrase),
        })
    }

    /// The resource principal (version 2.2) that Functions and the like give in the
    /// environment, which `variable` looks up.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] names the variable or the file and the defect.
    pub fn from_resource_principal(
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, CredentialError> {
        let required = |name: &'static str| {
            variable(name)
                .filter(|text| !text.is_empty())
                .ok_or(CredentialError::NoVariable { name })
        };
        let version = required("OCI_RESOURCE_PRINCIPAL_VERSION")?;
        if version != "2.2" {
            return Err(CredentialError::ResourceVersion { version });
        }
        let passphrase = match variable("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM_PASSPHRASE") {
            Some(text) => Some(Given::of(text).read(&mut Watched::default())?),
            None => None,
        };
        Self::new(Origin::Resource {
            token: Given::of(required("OCI_RESOURCE_PRINCIPAL_RPST")?),
            key: Given::of(required("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM")?),
            passphrase: passphrase.map(Passphrase),
        })
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
        sign(&self.signer(), request, body)
    }

    /// The signer as the files have it now. While they hold nothing usable, half a
    /// file say, the one before serves on.
    fn signer(&self) -> Arc<Signer> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.watched.changed()
            && let Ok(anew) = self.origin.load()
        {
            *loaded = anew;
        }
        loaded.signer.clone()
    }

    /// A service refused a request. Tells whether the files hold something else by
    /// now.
    pub fn refused(&self, authorization: &str) -> bool {
        let signer = self.signer();
        !authorization.contains(&format!("keyId=\"{}\"", signer.key_id()))
    }
}

/// The headers of a signed request whose `host` is set.
pub(super) fn sign<B>(
    signer: &Signer,
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
    Ok(signer.sign(&to_sign, &mut OsRng)?)
}

/// The token in a text, fit to stand in a header.
fn session_token<'t>(place: &str, text: &'t str) -> Result<&'t str, CredentialError> {
    let token = text.trim();
    match token::problem(token) {
        None => Ok(token),
        Some(problem) => Err(CredentialError::Unfit { place: place.to_owned(), problem }),
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
    Watched::default().key(file, Passphrase::of(passphrase).as_ref())
}

/// A relative path means beside the file that names it.
fn beside(file: &Path, path: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if path.is_relative() => folder.join(path),
        _ => path.to_owned(),
    }
}

pub(super) fn unix_seconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}
