//! Tells a quiet domain from one that no longer answers.
//!
//! AuditEvents ends with empty successes, not with errors, and one empty range
//! proves nothing: nobody may have signed in. So when a range is empty, the domain
//! is asked how many events it has from a day before the range until now. Only a
//! domain without a single one is reported; whether that makes the range unproven
//! is the host's to decide, who knows what came before.

use signon_kit::contract::{Finding, Severity, SourceError};
use signon_kit::framer::{Framed, Framer as _};
use signon_kit::http::{Body, Transport};
use signon_kit::json_framer::JsonFramer;
use signon_kit::time;

use crate::config::{Config, ROWS};
use crate::query::{self, Question};
use crate::reading::Envelope;
use crate::response_errors;

/// How long a living domain may be silent: a day covers nights; longer silence,
/// over a weekend, is worth a look.
pub const SILENCE_MS: i64 = 24 * 3_600_000;

/// How every finding about a silent domain begins.
pub const POSSIBLY_RETIRED: &str = "possibly retired";

/// Looks for life around an empty range that begins at `start`. A look that fails
/// finds nothing: the range itself was answered.
pub fn look<T: Transport>(config: &Config, transport: &mut T, start: i64) -> Option<Finding> {
    let from = start.saturating_sub(SILENCE_MS);
    (count(config, transport, from).ok()? == Some(0)).then(|| finding(config, from))
}

/// What an operator should know about a domain without an event since `from`.
pub fn finding(config: &Config, from: i64) -> Finding {
    Finding {
        // An error, because it makes the range unproven.
        severity: Severity::Error,
        path: "/domain_url".to_owned(),
        problem: format!(
            "{POSSIBLY_RETIRED}: {} answers with empty successes and has no event since {}",
            config.stream_id(),
            time::format(from)
        ),
        fix: "AuditEvents stops returning new data in identity domains (announced for \
              2024-12-15); if people sign in there, take what is empty as unproven and read OCI \
              Audit instead: component oci_audit, event types com.oraclecloud.IdentitySignOn.*"
            .to_owned(),
    }
}

/// How many events the domain has from a moment on, if it says so.
///
/// # Errors
///
/// Like reading a range.
pub fn count<T: Transport>(
    config: &Config,
    transport: &mut T,
    from: i64,
) -> Result<Option<u64>, SourceError> {
    let request = query::request(config, Question::Count { from });
    let mut response = transport.send(&request).map_err(response_errors::transport)?;
    if response.status != 200 {
        return Err(response_errors::error(response));
    }
    let mut reader = JsonFramer::new(ROWS);
    let (mut total, mut answered) = (None, false);
    loop {
        match reader.next() {
            // Rows though none were asked for: nobody looks at them here.
            Ok(Framed::Row(_)) if reader.in_list() => answered = true,
            Ok(Framed::Row(span)) => {
                let bytes = reader.bytes(span);
                let frame =
                    Envelope::of_nothing(bytes).ok_or_else(|| response_errors::no_list(bytes))?;
                (total, answered) = (frame.total, true);
            }
            Ok(Framed::Envelope) => {
                (total, answered) = (Envelope::read(reader.envelope()).total, true);
            }
            // An answer is not read by lines.
            Ok(Framed::TooLong(_) | Framed::Broken(_)) => {}
            Ok(Framed::NeedMore) => {
                let more = reader.push_with(|buffer| response.body.read(buffer));
                if !more.map_err(response_errors::transport)? {
                    reader.finish();
                }
            }
            Ok(Framed::End) if answered || reader.in_list() => return Ok(total),
            Ok(Framed::End) => return Err(response_errors::no_list(b"")),
            Err(error) => {
                return Err(SourceError::Unavailable(format!(
                    "the answer of the identity domain is cut off: {error}"
                )));
            }
        }
    }
}
