//! Reads one hour of sign-on events with the library, and nothing else of signon:
//! load a component, grant it one path of one origin with one credential, open a
//! session, take batches.
//!
//! ```text
//! embed COMPONENT.wasm OCI_CONFIG SETTINGS_JSON START_MS [--private]
//! ```
//!
//! `--private` lets the origin be a private address, for a simulator on loopback.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use signon_host::contract::{
    BatchLimits, EventClasses, Progress, ReadOptions, Selection, TimeRange,
};
use signon_host::credentials::{Credential, OciSignature};
use signon_host::egress::{Egress, Grant};
use signon_host::limits::Limits;
use signon_host::net::{HttpClient, PrivateAddresses};
use signon_host::render::{Context, Format, render};
use signon_host::runtime::{Sandbox, SessionInstance, SessionRequest};

const HOUR_MS: i64 = 3_600_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [component, oci_config, settings, start, rest @ ..] = arguments.as_slice() else {
        return Err(
            "usage: embed COMPONENT.wasm OCI_CONFIG SETTINGS_JSON START_MS [--private]".into()
        );
    };
    let start: i64 = start.parse()?;

    let limits = Limits::default();
    let sandbox = Sandbox::new(&limits)?;
    let component = sandbox.load_file(Path::new(component))?;
    let source = sandbox.describe(&component, &limits).await?.name;

    // The component says what it needs for these settings; here it gets all of it.
    // The credential signs these requests and no others.
    let signature = OciSignature::from_profile(Path::new(oci_config), "DEFAULT", None)?;
    let credential = Arc::new(Credential::Oci(Box::new(signature)));
    let mut grants = Vec::new();
    for rule in sandbox.access(&component, &limits, settings).await? {
        grants.push(Grant::new(&rule, Some(credential.clone()))?);
    }
    let private = PrivateAddresses {
        everywhere: rest.iter().any(|argument| argument == "--private"),
        origins: Vec::new(),
    };
    let client = HttpClient::new(HttpClient::trust(None)?, private);
    let egress = Egress::open("embed", grants, client, limits.clone());

    for stream in sandbox.streams(&component, &limits, settings).await? {
        let request = SessionRequest {
            config: settings.clone(),
            stream: stream.id,
            selection: Selection::Range(TimeRange { start, end: start + HOUR_MS }),
            cursor: None,
            options: ReadOptions {
                classes: EventClasses::DEFAULT,
                keep_raw: false,
                text_limit: 4096,
            },
        };
        let mut session =
            SessionInstance::open(&sandbox, &component, &limits, egress.clone(), &request).await?;
        loop {
            let limits = BatchLimits { events: 500, bytes: 4 << 20, soft_deadline_ms: 2_000 };
            let batch = session.next(limits).await?;
            for event in &batch.events {
                println!("{}", render(event, &Context::of(&source), Format::Ocsf));
            }
            // A collector would store `batch.cursor` here, after its sinks have taken
            // the events, and pass it to `SessionRequest` after a restart.
            if batch.progress == Progress::Finished {
                break;
            }
        }
    }
    Ok(())
}
