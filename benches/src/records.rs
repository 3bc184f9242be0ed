//! What is measured with: pages as the simulated services answer them, always the
//! same ones.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use signon_simulator::{Options, Service, Simulator};

use crate::client::{Caller, Client, basic, escaped, rfc3339};
use crate::{Outcome, Setting};

/// Every record is a minute old at least, so that all of them are listed.
const QUIET: Duration = Duration::from_secs(120);

/// Rows that an identity domain puts on a page at most.
const DOMAIN_PAGE: usize = 1_000;

/// Traffic of a source, and how much of it are sign-ons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mix {
    /// Whose.
    pub service: Service,
    /// Share of sign-ons among all records. The other services tell of nothing else.
    pub sign_ons: f64,
    /// How many records.
    pub records: usize,
}

/// Bytes as a service answered them.
#[derive(Debug, Clone)]
pub struct Records {
    /// Whole answers, one behind the other.
    pub bytes: Bytes,
    /// Records in them.
    pub count: usize,
    /// Of which these become events.
    pub events: usize,
}

impl Records {
    /// Has the simulator make them, and asks for them as a client would.
    pub fn of(setting: &Setting, mix: Mix) -> Outcome<Self> {
        let options = Options {
            events: if mix.service == Service::OciAudit { mix.records as u64 } else { 0 },
            sign_on_share: mix.sign_ons,
            idcs_event_count: mix.records as u64,
            oam_event_count: mix.records as u64,
            services: vec![mix.service],
            // All of OCI Audit in one answer, as large as Oracle's can be.
            page_size: mix.records + 1,
            quiet: QUIET,
            ..Options::default()
        };
        setting.runtime.block_on(async {
            let simulator = Simulator::start(options).await?;
            let folder = setting.work.join("records");
            simulator.write_config(&folder)?;
            let bytes = pages(&simulator, &folder, mix.service).await?;
            let events = simulator.truth_of(mix.service).len();
            let count = simulator.records_of(mix.service);
            simulator.shutdown().await;
            Ok(Self { bytes, count, events })
        })
    }

    /// Megabytes.
    #[expect(clippy::cast_precision_loss, reason = "a few million bytes")]
    pub fn megabytes(&self) -> f64 {
        self.bytes.len() as f64 / 1e6
    }

    /// Every record of a JSON array as it stands there.
    pub fn texts(&self) -> Outcome<Vec<String>> {
        let records: Vec<&serde_json::value::RawValue> = serde_json::from_slice(&self.bytes)?;
        Ok(records.into_iter().map(|record| record.get().to_owned()).collect())
    }
}

async fn pages(simulator: &Simulator, folder: &Path, service: Service) -> Outcome<Bytes> {
    let host = simulator.address().to_string();
    let mut client = Client::connect(&host).await?;
    let range = (simulator.first_minute_of(service), simulator.now());
    let mut pages = Vec::new();
    match service {
        Service::OciAudit => {
            let caller = Caller::read(folder, &host)?;
            let keep = |page: Bytes| {
                pages.extend_from_slice(&page);
                Ok(())
            };
            caller.list(&mut client, range, keep).await?;
        }
        Service::Idcs => {
            let secret = std::fs::read_to_string(folder.join("idcs_client_secret"))?;
            let form = "grant_type=client_credentials&scope=urn%3Aopc%3Aidm%3A__myscopes__";
            let user = basic(simulator.idcs_client_id(), &secret);
            let token = client.post("/idcs/oauth2/v1/token", &[user], form).await?;
            let token: serde_json::Value = serde_json::from_slice(&token.body)?;
            let token = token["access_token"].as_str().ok_or("no access token")?;
            let bearer = [("authorization", format!("Bearer {token}"))];
            for start in (1..=simulator.records_of(service)).step_by(DOMAIN_PAGE) {
                let target = format!(
                    "/idcs/admin/v1/AuditEvents?sortBy=timestamp&startIndex={start}\
                     &count={DOMAIN_PAGE}"
                );
                pages.extend_from_slice(&client.get(&target, &bearer).await?.body);
            }
        }
        Service::Oam => {
            let password = std::fs::read_to_string(folder.join("oam_password"))?;
            let user = basic(simulator.oam_username(), &password);
            let accept = ("accept", "application/json".to_owned());
            let target = format!(
                "/oam/services/rest/access/api/v1/audit/events?pageNumber=1&pageSize={}\
                 &fromDate={}&toDate={}",
                simulator.records_of(service),
                escaped(&rfc3339(range.0)?),
                escaped(&rfc3339(range.1)?),
            );
            pages.extend_from_slice(&client.get(&target, &[user, accept]).await?.body);
        }
    }
    Ok(pages.into())
}
