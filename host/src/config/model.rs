//! A configuration that was read: consistent, see the room's invariant.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::hidden::Hidden;
use super::searches::SearchConfig;
use super::source::SourceConfig;
use crate::sinks::SinkConfig;

/// What to collect and where to put it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the state that outlives the process.
    pub data_dir: PathBuf,
    /// The sources, in the order of the files; at least one.
    pub sources: Vec<SourceConfig>,
    /// The sinks, in the order of the files; at least one.
    pub sinks: Vec<SinkConfig>,
    /// How often the head of a ledger is sent to the sinks.
    pub ledger_heads: Duration,
    /// Where metrics and health are served.
    pub metrics_listen: Option<SocketAddr>,
    /// Questions about delivered lines, in the order of the files.
    pub searches: Vec<SearchConfig>,
    /// Whether metrics tell of each stream, of which there may be many, and not of sources
    /// alone.
    pub metrics_streams: bool,
    /// What variables put into it, for whoever shows a message.
    pub hidden: Hidden,
}
