//! A state of a process that dies in its first commit, before anything is written.

use std::path::PathBuf;
use std::sync::Arc;

use crate::ledger::{Link, ReadingEntry, Tip};
use crate::state::{
    CommitGroup, EmbeddedState, FileCheckpoint, Refused, SignOnRecord, State, StateError,
    StreamKey, StreamState, Waiting, Wanted,
};

#[derive(Debug)]
pub struct Dying(pub Arc<EmbeddedState>);

impl State for Dying {
    fn stream(&self, key: &StreamKey) -> Result<Option<StreamState>, StateError> {
        self.0.stream(key)
    }
    fn delivered(&self, key: &StreamKey, ids: &[&str]) -> Result<Vec<bool>, StateError> {
        self.0.delivered(key, ids)
    }
    fn sign_ons(&self, group: &str, wanted: &[Wanted]) -> Result<Vec<SignOnRecord>, StateError> {
        self.0.sign_ons(group, wanted)
    }
    fn commit(&self, _: &CommitGroup) -> Result<Vec<Result<(), Refused>>, StateError> {
        Err(StateError::Database { path: PathBuf::from("state.redb"), problem: "dying".into() })
    }
    fn stream_keys(&self) -> Result<Vec<StreamKey>, StateError> {
        self.0.stream_keys()
    }
    fn ledger(&self, key: &StreamKey) -> Result<Vec<Link>, StateError> {
        self.0.ledger(key)
    }
    fn tip(&self, key: &StreamKey) -> Result<Tip, StateError> {
        self.0.tip(key)
    }
    fn open_readings(&self, key: &StreamKey) -> Result<Vec<ReadingEntry>, StateError> {
        self.0.open_readings(key)
    }
    fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError> {
        self.0.sink_length(sink)
    }
    fn adopted(&self, sink: &str) -> Result<Waiting, StateError> {
        self.0.adopted(sink)
    }
    fn adopt(&self, file: &FileCheckpoint) -> Result<(), StateError> {
        self.0.adopt(file)
    }
    fn kept_ids(&self, key: &StreamKey) -> Result<u64, StateError> {
        self.0.kept_ids(key)
    }
}
