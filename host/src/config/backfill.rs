//! `backfill = { from = "earliest", parallel = 4 }`: the past of a source.

use std::num::NonZeroUsize;

use crate::schema::{Kind as _, Moment, Start, StartKind, keys, whole};

/// Ranges read at once unless said otherwise.
pub const DEFAULT_PARALLEL: NonZeroUsize = NonZeroUsize::new(4).expect("four is not zero");

/// More than this at once no service grants.
const MOST_PARALLEL: u64 = 64;

keys! {
    /// Which past to read.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct BackfillConfig {
        /// From where on; what the source no longer holds is left out.
        pub from: Start = StartKind.needed("\"earliest\" or from = \"2026-01-01T00:00:00Z\"");
        /// Up to where.
        pub to: Option<i64> = Moment.optional("where the live edge began");
        /// How many ranges are read at once.
        pub parallel: NonZeroUsize = whole(1..=MOST_PARALLEL).or(DEFAULT_PARALLEL);
    }
}
