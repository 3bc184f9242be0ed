//! The headers that prove who we are.
//!
//! Invariant: every secret that goes out is known to the [`Redactor`] of its
//! request, so that a receiver which echoes it cannot bring it into a log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

use crate::config::{AuthorizationConfig, RemoteConfig, SecretSource};
use crate::deliver::SinkError;
use crate::sandbox::credentials::{Said, Secret};

/// Shortest secret that is looked for in answers: shorter ones would blank out
/// words that mean nothing.
const LEAST_SECRET: usize = 4;

/// The configured headers, secrets in files read anew.
pub fn headers(remote: &RemoteConfig) -> Result<(HeaderMap, Redactor), SinkError> {
    let mut headers = HeaderMap::new();
    let mut secrets = Vec::new();
    for (name, value) in &remote.headers {
        headers.append(name, sensitive(value.expose(), "a header")?);
        secrets.push(Zeroizing::new(value.expose().to_owned()));
    }
    if let Some(authorization) = &remote.authorization {
        let text = match authorization {
            AuthorizationConfig::Bearer(token) => {
                let token = read(token)?;
                let text = Zeroizing::new(format!("Bearer {}", *token));
                secrets.push(token);
                text
            }
            AuthorizationConfig::Splunk(token) => {
                let token = read(token)?;
                let text = Zeroizing::new(format!("Splunk {}", *token));
                secrets.push(token);
                text
            }
            AuthorizationConfig::Basic { username, password } => {
                let password = read(password)?;
                let pair = Zeroizing::new(format!("{username}:{}", *password));
                let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
                let text = Zeroizing::new(format!("Basic {}", *encoded));
                secrets.extend([password, encoded]);
                text
            }
        };
        headers.insert(AUTHORIZATION, sensitive(&text, "the secret of auth")?);
    }
    Ok((headers, Redactor { secrets }))
}

fn read(source: &SecretSource) -> Result<Zeroizing<String>, SinkError> {
    Ok(match source {
        SecretSource::Text(text) => Zeroizing::new(text.expose().to_owned()),
        SecretSource::File(path) => Secret::File(path.clone()).read()?,
        SecretSource::Command(words) => Secret::Command(Said::new(words)).read()?,
    })
}

fn sensitive(text: &str, what: &'static str) -> Result<HeaderValue, SinkError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| SinkError::SecretUnfit { what })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Takes the secrets of a request out of a text.
pub struct Redactor {
    secrets: Vec<Zeroizing<String>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// The text without them.
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter().filter(|secret| secret.len() >= LEAST_SECRET) {
            text = text.replace(secret.as_str(), "[secret]");
        }
        text
    }
}
