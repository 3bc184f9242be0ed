//! Records as their sources sent them, through the component that reads them, so that a
//! report of the format `raw` says what that of any other says.

use signon_host::contract::{BatchLimits, EventClasses, Progress, ReadOptions};
use signon_host::limits::Limits;
use signon_host::render::{Context, Format, render};
use signon_host::runtime::{NormalizerInstance, Sandbox};
use tokio::runtime::Handle;

use super::super::built_ins::BuiltIns;
use super::super::sandbox::sandbox;

/// What is taken out of the sandbox at once.
const LIMITS: BatchLimits =
    BatchLimits { events: 1000, bytes: 8 << 20, soft_deadline_ms: u32::MAX };

/// The components at work.
pub struct Records<'h> {
    handle: &'h Handle,
    sandbox: Option<Sandbox>,
    open: Vec<(&'static str, NormalizerInstance)>,
    unreadable: u64,
}

impl<'h> Records<'h> {
    /// None yet.
    pub fn new(handle: &'h Handle) -> Self {
        Self { handle, sandbox: None, open: Vec::new(), unreadable: 0 }
    }

    /// How many records could not be read.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Records in, lines of events out; at the end without records.
    pub fn normalize(
        &mut self,
        component: &'static str,
        records: &[u8],
    ) -> Result<Vec<u8>, String> {
        let handle = self.handle;
        handle.block_on(self.read(component, records))
    }

    async fn read(&mut self, component: &'static str, records: &[u8]) -> Result<Vec<u8>, String> {
        if !self.open.iter().any(|(name, _)| *name == component) {
            let opened = self.open(component).await?;
            self.open.push((component, opened));
        }
        let mut lines = Vec::new();
        let instances = self.open.iter_mut().filter(|(name, _)| *name == component);
        for (_, normalizer) in instances {
            let pushed = match records {
                [] => normalizer.finish().await,
                records => normalizer.push(records).await,
            };
            pushed.map_err(|error| error.to_string())?;
            loop {
                let batch = normalizer.next(LIMITS).await.map_err(|error| error.to_string())?;
                for event in &batch.events {
                    let line = render(event, &Context::of(component), Format::Ocsf);
                    lines.extend(line.as_bytes());
                    lines.push(b'\n');
                }
                self.unreadable += batch.counts.rejected;
                if batch.progress != Progress::More {
                    break;
                }
            }
        }
        Ok(lines)
    }

    async fn open(&mut self, component: &str) -> Result<NormalizerInstance, String> {
        let limits = Limits::default();
        let sandbox = match &self.sandbox {
            Some(sandbox) => sandbox.clone(),
            None => sandbox(&limits, None).map_err(|error| error.to_string())?,
        };
        self.sandbox = Some(sandbox.clone());
        let loaded = BuiltIns::new(sandbox.clone()).open(component);
        let loaded = loaded.map_err(|error| error.to_string())?;
        let options = ReadOptions { classes: EventClasses::ALL, keep_raw: false, text_limit: 0 };
        NormalizerInstance::open(&sandbox, &loaded, &limits, options)
            .await
            .map_err(|error| error.to_string())
    }
}
