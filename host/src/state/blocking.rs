//! The state for whoever works with files on a thread that may block.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{FileCheckpoint, State, StateError, Waiting};

/// A state that is asked from threads that may block, and from no others.
#[derive(Debug, Clone)]
pub struct BlockingState {
    state: Arc<dyn State>,
    runtime: Handle,
}

impl BlockingState {
    /// Made within the runtime on which the state answers.
    pub fn new(state: Arc<dyn State>) -> Self {
        Self { state, runtime: Handle::current() }
    }

    /// Committed length of a file sink.
    pub fn sink_length(&self, sink: &str) -> Result<Option<u64>, StateError> {
        self.runtime.block_on(self.state.sink_length(sink))
    }

    /// Lines in a sink's file that wait.
    pub fn waiting(&self, sink: &str) -> Result<Waiting, StateError> {
        self.runtime.block_on(self.state.waiting(sink))
    }

    /// Writes what was found in a file.
    pub fn adopt(&self, file: &FileCheckpoint) -> Result<(), StateError> {
        self.runtime.block_on(self.state.adopt(file))
    }
}
