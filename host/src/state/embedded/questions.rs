//! The store's answers, each from a snapshot of its own.

use redb::{ReadableDatabase as _, ReadableTable as _};

use super::store::Store;
use super::tables::{
    Failure, GROUP, LEDGER, OPEN, READINGS, RUN_IDS, RUNS, SINKS, STREAMS, WAITING,
};
use super::{last, pairs, position};
use crate::ledger::{Link, ReadingEntry, Tip};
use crate::planner::Range;
use crate::state::seen::SEEN_BYTES;
use crate::state::{
    Fence, GroupId, LineFingerprint, Refusal, Refused, Run, RunNumber, SeenId, SignOnRecord,
    Stored, StreamKey, Version, Waiting, Wanted,
};

/// Bounds of everything about a stream or sink in a table whose key begins with it.
const FIRST: i64 = i64::MIN;
const LAST: i64 = i64::MAX;

impl Store {
    pub(super) fn stream(&self, key: &StreamKey) -> Result<Option<Stored>, Failure> {
        self.run(|database| {
            let transaction = database.begin_read()?;
            let streams = transaction.open_table(STREAMS)?;
            let readings = transaction.open_table(READINGS)?;
            let text = key.text();
            let Some(row) = streams.get(text.as_str())? else { return Ok(None) };
            let (version, _, row) = row.value();
            let state = position::read(row, &readings, &text)?;
            Ok(Some(Stored { state, version: Version::stored(version) }))
        })
    }

    pub(super) fn runs(
        &self,
        key: &StreamKey,
        meeting: Range,
        after: RunNumber,
    ) -> Result<Vec<Run>, Failure> {
        self.run(|database| {
            let transaction = database.begin_read()?;
            let (runs, ids) = (transaction.open_table(RUNS)?, transaction.open_table(RUN_IDS)?);
            let text = key.text();
            let stream = text.as_str();
            let mut found = Vec::new();
            for entry in runs.range((stream, meeting.start, 0)..=(stream, LAST, u64::MAX))? {
                let (row, value) = entry?;
                let ((_, end, number), (start, _)) = (row.value(), value.value());
                if start > meeting.end || number <= after.number() {
                    continue;
                }
                let packed = ids.get(number)?;
                let packed = packed.as_ref().map(|packed| packed.value()).unwrap_or_default();
                found.push(Run {
                    number: RunNumber::stored(number),
                    fetched: Range { start, end },
                    ids: unpacked(packed),
                });
            }
            Ok(found)
        })
    }

    pub(super) fn kept_ids(&self, key: &StreamKey) -> Result<u64, Failure> {
        self.run(|database| {
            let runs = database.begin_read()?.open_table(RUNS)?;
            let text = key.text();
            let stream = text.as_str();
            let mut kept = 0;
            for entry in runs.range((stream, FIRST, 0)..=(stream, LAST, u64::MAX))? {
                kept += entry?.1.value().1;
            }
            Ok(kept)
        })
    }

    pub(super) fn sign_ons(
        &self,
        group: &str,
        wanted: &[Wanted],
    ) -> Result<Vec<SignOnRecord>, Failure> {
        self.run(|database| pairs::read(&database.begin_read()?, group, wanted))
    }

    pub(super) fn refusals(&self, group: GroupId) -> Result<Option<Vec<Refusal>>, Failure> {
        self.run(|database| {
            let groups = database.begin_read()?.open_table(GROUP)?;
            let Some(row) = groups.get(())? else { return Ok(None) };
            let (id, refusals) = row.value();
            if id != group.number() {
                return Ok(None);
            }
            let refusals: Vec<(usize, Option<u64>)> = serde_json::from_str(refusals)?;
            let refusal = |(place, found): (usize, Option<u64>)| Refusal {
                place,
                refused: found.map_or(Refused::Fenced, |found| Refused::Conflict {
                    found: Version::stored(found),
                }),
            };
            Ok(Some(refusals.into_iter().map(refusal).collect()))
        })
    }

    pub(super) fn stream_keys(&self) -> Result<Vec<StreamKey>, Failure> {
        self.run(|database| {
            let streams = database.begin_read()?.open_table(STREAMS)?;
            let mut keys = Vec::new();
            for entry in streams.iter()? {
                let (key, _) = entry?;
                let mut parts = key.value().split('\u{1f}').map(str::to_owned);
                if let (Some(source), Some(fingerprint), Some(stream)) =
                    (parts.next(), parts.next(), parts.next())
                {
                    keys.push(StreamKey { source, fingerprint, stream });
                }
            }
            Ok(keys)
        })
    }

    pub(super) fn ledger(&self, key: &StreamKey) -> Result<Vec<Link>, Failure> {
        self.run(|database| {
            let ledger = database.begin_read()?.open_table(LEDGER)?;
            let text = key.text();
            let stream = text.as_str();
            let mut links = Vec::new();
            for entry in ledger.range((stream, 0)..=(stream, u64::MAX))? {
                let (number, value) = entry?;
                let (hash, text) = value.value();
                links.push(Link {
                    number: number.value().1,
                    hash: hash.parse().map_err(Failure::damaged)?,
                    text: text.to_owned(),
                    entry: serde_json::from_str(text)?,
                });
            }
            Ok(links)
        })
    }

    pub(super) fn tip(&self, key: &StreamKey) -> Result<Tip, Failure> {
        self.run(|database| last(&database.begin_read()?.open_table(LEDGER)?, &key.text()))
    }

    pub(super) fn open_readings(&self, key: &StreamKey) -> Result<Vec<ReadingEntry>, Failure> {
        self.run(|database| {
            let open = database.begin_read()?.open_table(OPEN)?;
            let text = key.text();
            let stream = text.as_str();
            let mut readings = Vec::new();
            for entry in open.range((stream, FIRST, FIRST)..=(stream, LAST, LAST))? {
                readings.push(serde_json::from_str(entry?.1.value())?);
            }
            Ok(readings)
        })
    }

    pub(super) fn sink_length(&self, sink: &str) -> Result<Option<u64>, Failure> {
        self.run(|database| {
            let sinks = database.begin_read()?.open_table(SINKS)?;
            Ok(sinks.get(sink)?.map(|length| length.value()))
        })
    }

    pub(super) fn waiting(&self, sink: &str) -> Result<Waiting, Failure> {
        self.run(|database| {
            let waiting = database.begin_read()?.open_table(WAITING)?;
            let mut lines = Waiting::new();
            for entry in waiting.range((sink, &[0; 32])..=(sink, &[u8::MAX; 32]))? {
                let (key, count) = entry?;
                lines.insert(LineFingerprint::stored(*key.value().1), count.value());
            }
            Ok(lines)
        })
    }
}

/// The ids of a run as they are stored; what is too short to be one is none.
pub(super) fn unpacked(packed: &[u8]) -> Vec<SeenId> {
    let (ids, _) = packed.as_chunks::<SEEN_BYTES>();
    ids.iter().copied().map(SeenId::stored).collect()
}

/// The newest fence there is.
pub(super) fn newest(meta: &impl redb::ReadableTable<&'static str, u64>) -> Result<Fence, Failure> {
    Ok(Fence::stored(meta.get("fence")?.map_or(0, |fence| fence.value())))
}
