//! The store's questions and answers, each in a transaction of its own.

use redb::{ReadableDatabase as _, ReadableTable as _};

use super::tables::{ADOPTED, DELIVERED, ENDS, LEDGER, OPEN, SINKS, STREAMS};
use super::{EmbeddedState, last, pairs, write};
use crate::ledger::{Link, ReadingEntry, Tip};
use crate::state::{
    CommitGroup, FileCheckpoint, LineFingerprint, Refused, SignOnRecord, State, StateError,
    StreamKey, StreamState, Waiting, Wanted,
};

impl State for EmbeddedState {
    fn stream(&self, key: &StreamKey) -> Result<Option<StreamState>, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let streams = transaction.open_table(STREAMS)?;
            match streams.get(key.text().as_str())? {
                Some(value) => Ok(Some(serde_json::from_str(value.value())?)),
                None => Ok(None),
            }
        })
    }

    fn delivered(&self, key: &StreamKey, ids: &[&str]) -> Result<Vec<bool>, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let delivered = transaction.open_table(DELIVERED)?;
            let stream = key.text();
            let mut answers = Vec::with_capacity(ids.len());
            for id in ids {
                answers.push(delivered.get((stream.as_str(), *id))?.is_some());
            }
            Ok(answers)
        })
    }

    fn sign_ons(&self, group: &str, wanted: &[Wanted]) -> Result<Vec<SignOnRecord>, StateError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        self.run(|| pairs::read(&self.database()?.begin_read()?, group, wanted))
    }

    fn commit(&self, group: &CommitGroup) -> Result<Vec<Result<(), Refused>>, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_write()?;
            // What waits in a file is there before a commit takes it out.
            for file in &group.files {
                write::file(&transaction, file)?;
            }
            for commit in &group.commits {
                write::commit(&transaction, commit)?;
            }
            crate::crash::point("in-transaction");
            transaction.commit()?;
            crate::crash::point("after-transaction");
            Ok(group.commits.iter().map(|_| Ok(())).collect())
        })
    }

    fn stream_keys(&self) -> Result<Vec<StreamKey>, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let streams = transaction.open_table(STREAMS)?;
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

    fn ledger(&self, key: &StreamKey) -> Result<Vec<Link>, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let ledger = transaction.open_table(LEDGER)?;
            let text = key.text();
            let stream = text.as_str();
            let mut links = Vec::new();
            for entry in ledger.range((stream, 0)..=(stream, u64::MAX))? {
                let (number, value) = entry?;
                let (hash, text) = value.value();
                links.push(Link {
                    number: number.value().1,
                    hash: hash.parse()?,
                    text: text.to_owned(),
                    entry: serde_json::from_str(text)?,
                });
            }
            Ok(links)
        })
    }

    fn tip(&self, key: &StreamKey) -> Result<Tip, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let ledger = transaction.open_table(LEDGER)?;
            last(&ledger, &key.text())
        })
    }

    fn open_readings(&self, key: &StreamKey) -> Result<Vec<ReadingEntry>, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let open = transaction.open_table(OPEN)?;
            let text = key.text();
            let stream = text.as_str();
            let mut readings = Vec::new();
            for entry in open.range((stream, i64::MIN, i64::MIN)..=(stream, i64::MAX, i64::MAX))? {
                readings.push(serde_json::from_str(entry?.1.value())?);
            }
            Ok(readings)
        })
    }

    fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let sinks = transaction.open_table(SINKS)?;
            Ok(sinks.get(sink)?.map(|length| length.value()))
        })
    }

    fn adopted(&self, sink: &str) -> Result<Waiting, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let adopted = transaction.open_table(ADOPTED)?;
            let mut lines = Waiting::new();
            for entry in adopted.range((sink, "")..)? {
                let (key, count) = entry?;
                let (owner, id) = key.value();
                if owner != sink {
                    break;
                }
                lines.insert(LineFingerprint::stored(id), count.value());
            }
            Ok(lines)
        })
    }

    fn adopt(&self, file: &FileCheckpoint) -> Result<(), StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_write()?;
            write::file(&transaction, file)?;
            transaction.commit()?;
            Ok(())
        })
    }

    fn kept_ids(&self, key: &StreamKey) -> Result<u64, StateError> {
        self.run(|| {
            let transaction = self.database()?.begin_read()?;
            let ends = transaction.open_table(ENDS)?;
            let text = key.text();
            let stream = text.as_str();
            let mut kept = 0;
            for entry in ends.range((stream, i64::MIN, "")..=(stream, i64::MAX, ""))? {
                entry?;
                kept += 1;
            }
            Ok(kept)
        })
    }
}
