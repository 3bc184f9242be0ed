//! One request and its whole answer, bounded in time and size; what goes wrong is
//! told in words.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use zeroize::Zeroizing;

use crate::net::{ClientError, HttpClient};

/// Time for a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// Largest answer that is read: certificates and tokens have a few kilobytes.
const ANSWER_BYTES: usize = 64 << 10;

/// Why there is no answer.
#[derive(Debug)]
pub struct Unanswered {
    /// In words.
    pub problem: String,
    /// Whether asking again cannot mend it.
    pub refused: bool,
}

/// Status and body of the answer. The body may hold a key or a token.
pub async fn ask(
    client: &HttpClient,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Zeroizing<Vec<u8>>), Unanswered> {
    let failed = |problem| Unanswered { problem, refused: false };
    let answer = tokio::time::timeout(PATIENCE, async {
        let response = client.send(request).await.map_err(|error| match error {
            ClientError::Prohibited { address } => Unanswered {
                problem: format!(
                    "{address} is not a public address; if that is meant, set \
                     allow_private_addresses = true on the source"
                ),
                refused: true,
            },
            other => failed(other.to_string()),
        })?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES)
            .collect()
            .await
            .map_err(|error| failed(format!("the answer cannot be read: {error}")))?;
        Ok((status, Zeroizing::new(body.to_bytes().to_vec())))
    });
    answer.await.map_err(|_| failed(format!("no answer within {} s", PATIENCE.as_secs())))?
}
