//! The headers that prove who we are.
//!
//! Invariant: every secret that goes out is known to the [`Redactor`] of its
//! request, so that a receiver which echoes it cannot bring it into a log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use zeroize::Zeroizing;

use super::config::{AuthorizationConfig, RemoteConfig};
use crate::credentials::{CommandSecret, Redactor, Secret};
use crate::schema::SecretSource;
use crate::sinks::SinkError;

/// Headers whose values are no secrets: servers name them in what they answer.
const PLAIN: [HeaderName; 3] = [ACCEPT, CONTENT_TYPE, USER_AGENT];

/// The configured headers of a request to `uri`, secrets in files read anew.
pub async fn headers(remote: &RemoteConfig, uri: &Uri) -> Result<(HeaderMap, Redactor), SinkError> {
    let mut headers = HeaderMap::new();
    let mut redactor = Redactor::default();
    redactor.know_address(uri);
    for (name, value) in &remote.headers {
        headers.append(name, sensitive(value.expose(), "a header")?);
        if !PLAIN.contains(name) {
            redactor.know(value.expose());
        }
    }
    if let Some(authorization) = &remote.authorization {
        let text = match authorization {
            AuthorizationConfig::Bearer(token) => {
                let token = read(token).await?;
                Zeroizing::new(format!("Bearer {}", *token))
            }
            AuthorizationConfig::Splunk(token) => {
                let token = read(token).await?;
                Zeroizing::new(format!("Splunk {}", *token))
            }
            AuthorizationConfig::Basic { username, password } => {
                let password = read(password).await?;
                let pair = Zeroizing::new(format!("{username}:{}", *password));
                let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
                Zeroizing::new(format!("Basic {}", *encoded))
            }
        };
        redactor.know_authorization(&text);
        headers.insert(AUTHORIZATION, sensitive(&text, "the secret of auth")?);
    }
    Ok((headers, redactor))
}

async fn read(source: &SecretSource) -> Result<Zeroizing<String>, SinkError> {
    Ok(match source {
        SecretSource::Text(text) => Zeroizing::new(text.expose().to_owned()),
        SecretSource::File(path) => Secret::File(path.clone()).read().await?,
        SecretSource::Command(words) => Secret::Command(CommandSecret::new(words)).read().await?,
    })
}

fn sensitive(text: &str, what: &'static str) -> Result<HeaderValue, SinkError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| SinkError::SecretUnfit { what })?;
    value.set_sensitive(true);
    Ok(value)
}
