//! The keys at the top of a file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value as Json;

use super::{searches, source};
use crate::schema::{Field, Flag, Kind, PATH, Parsed, Problems, SPAN, by_id, keys};
use crate::sinks::sink_schema;

/// How often the head of a ledger is sent, unless said otherwise.
pub const LEDGER_HEADS: Duration = Duration::from_secs(3600);

const ADDRESS: Parsed<SocketAddr> = Parsed {
    parse: |text| text.parse().ok(),
    title: "address and port",
    expected: "an address and port like \"127.0.0.1:9598\"",
    pattern: ":[0-9]+$",
};

/// Tables by id, whose ids and places somebody else keeps: this only knows what they are.
struct Tables(fn() -> Json);

impl Kind for Tables {
    type Value = ();

    fn read(&self, _: &Field<'_>, _: &mut Problems) -> Option<()> {
        Some(())
    }

    fn schema(&self) -> Json {
        by_id((self.0)())
    }
}

keys! {
    /// What stands at the top of one file. Several files are one configuration, so that
    /// nothing has to be in each.
    #[allow(dead_code, reason = "sources, sinks and searches are read with their ids and places")]
    pub struct RootKeys {
        /// Folder of the state that outlives the process.
        pub data_dir: Option<PathBuf> = PATH.optional("needed, in one file");
        /// Where events come from: [sources](#a-source).
        sources: Option<()> = Tables(|| source::schema(&Default::default())).optional("at least one");
        /// Where events go: [sinks](#a-sink).
        sinks: Option<()> = Tables(sink_schema).optional("at least one");
        /// Questions about delivered lines, for `signon report --search <id>`:
        /// [searches](#a-search).
        searches: Option<()> = Tables(searches::schema).optional("none");
        /// How often the head of a [ledger](ledger.md) is sent to the sinks.
        pub ledger_heads: Option<Duration> = SPAN.optional("`\"1h\"`");
        /// Where metrics and health are served.
        pub metrics_listen: Option<SocketAddr> = ADDRESS.optional("nowhere");
        /// Whether metrics tell of each stream, of which there may be many, and not of
        /// sources alone.
        pub metrics_streams: Option<bool> = Flag.optional("`false`");
    }
}
