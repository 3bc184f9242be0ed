//! A page larger than its reader: bodies are read as they arrive, never held.

use std::sync::Arc;

use signon_host::contract::{
    BatchLimits, EventClasses, Progress, ReadOptions, Selection, TimeRange,
};
use signon_host::credentials::{Credential, OciSignature};
use signon_host::egress::{Egress, Grant};
use signon_host::limits::Limits;
use signon_host::net::{HttpClient, PrivateAddresses};
use signon_host::runtime::{Sandbox, SessionInstance, SessionRequest};
use signon_simulator::Options;

use crate::support::{HOUR, Service, options, say};

/// What a page may take, in bytes of the guest's memory.
const MOST_MEMORY: usize = 32 << 20;

/// How large the page is at least, in bytes.
const PAGE: u64 = 60_000_000;

const EVENTS: usize = 20_000;

/// A session over everything a service has, in one range.
async fn open(service: &Service) -> SessionInstance {
    let limits = Limits::default();
    let sandbox = Sandbox::new(&limits).unwrap();
    let bytes = signon_bundle::find("oci_audit").unwrap().bytes;
    let component = sandbox.load("oci_audit", bytes).unwrap();
    let simulator = &service.simulator;
    let config = serde_json::json!({
        "regions": ["us-ashburn-1"],
        "compartments": [simulator.tenancy()],
        "endpoint": format!("{}/{{region}}", simulator.http_url()),
    })
    .to_string();
    let credential = OciSignature::from_profile(&service.path("oci_config"), "DEFAULT", None);
    let credential = Arc::new(Credential::Oci(Box::new(credential.unwrap())));
    let rules = sandbox.access(&component, &limits, &config).await.unwrap();
    let grants =
        rules.iter().map(|rule| Grant::new(rule, Some(credential.clone())).unwrap()).collect();
    let private = PrivateAddresses { everywhere: true, origins: Vec::new() };
    let client = HttpClient::new(HttpClient::trust(None).unwrap(), private);
    let egress = Egress::open("memory", grants, client, limits.clone());
    let stream = sandbox.streams(&component, &limits, &config).await.unwrap().remove(0).id;
    let now = simulator.now();
    let range = TimeRange { start: simulator.first_minute(), end: now - now.rem_euclid(60_000) };
    let request = SessionRequest {
        config,
        stream,
        selection: Selection::Range(range),
        cursor: None,
        options: ReadOptions {
            classes: EventClasses::DEFAULT,
            keep_raw: true,
            text_limit: 16 << 10,
        },
    };
    SessionInstance::open(&sandbox, &component, &limits, egress, &request).await.unwrap()
}

#[test]
fn a_page_of_sixty_megabytes_is_read_in_half_its_size() {
    let service = Service::start(Options {
        events: EVENTS as u64,
        // Sign-ons are the largest records, and the most work.
        sign_on_share: 1.0,
        span: HOUR / 2,
        // One more, so that the page is not full and nothing follows it.
        page_size: EVENTS + 1,
        ..options()
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (received, events, peak) = runtime.block_on(async {
        let mut session = open(&service).await;
        let limits = BatchLimits { events: 1_000, bytes: 8 << 20, soft_deadline_ms: 2_000 };
        let (mut received, mut events) = (0, 0);
        loop {
            let batch = session.next(limits).await.unwrap();
            received += batch.counts.received;
            events += batch.events.len();
            if batch.progress == Progress::Finished {
                return (received, events, session.peak_memory());
            }
        }
    });
    let served = service.simulator.statistics();
    say(&format!(
        "{} bytes in {} page: {} KiB of guest memory at most",
        served.bytes,
        served.pages,
        peak >> 10
    ));
    assert_eq!((served.pages, received), (1, EVENTS as u64));
    assert_eq!(events, service.simulator.truth().len());
    assert!(served.bytes >= PAGE, "the page has {} bytes only", served.bytes);
    assert!(peak < MOST_MEMORY, "{peak} bytes");
}
