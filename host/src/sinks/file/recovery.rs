//! Sorting out what a crash left in the file, before anything is written to it.
//!
//! Invariant: whole lines stay, and those that no commit knows of wait for their event.

use std::path::Path;

use super::adoption::{self, Tail};
use super::config::RotationConfig;
use super::open::mend_end;
use super::writer::Writer;
use crate::render::Format;
use crate::sinks::SinkError;
use crate::sinks::lines::end_of_whole_lines;
use crate::sinks::medium::Medium;
use crate::state::{BlockingState, FileCheckpoint};
use crate::telemetry::{self, SinkTelemetry};

impl Writer {
    /// A writer behind what the file holds.
    pub fn open(
        file: Box<dyn Medium>,
        sink: SinkTelemetry,
        path: &Path,
        format: Format,
        rotation: Option<RotationConfig>,
        state: BlockingState,
    ) -> Result<Self, SinkError> {
        let id = sink.id();
        let failed = |source| SinkError::File { path: path.to_owned(), source };
        let known = state.sink_length(id)?;
        let committed = known.unwrap_or(0);
        let length = file.length().map_err(failed)?;
        // A shorter file was moved or emptied by somebody; what it held was
        // delivered.
        let is_shorter = length < committed;
        let from = if is_shorter {
            telemetry::FileShorter { path, length, committed }.emit(&sink);
            end_of_whole_lines(file.as_ref(), length).map_err(failed)?
        } else {
            committed
        };
        let is_known = known.is_some()
            && adoption::is_known(&state, id, file.as_ref())?
            && adoption::ends_a_line(file.as_ref(), from).map_err(failed)?;
        let mut tail = Tail::read(file.as_ref(), from, format).map_err(failed)?;
        mend_end(file.as_ref(), &sink, path, &mut tail, format, is_known)?;
        // A new file without a line, and one that is as long as was committed, were
        // synced if they had to be, and the state need be told nothing before the first
        // line: thousands of sinks that are opened at once would each wait for the disk.
        let is_as_committed = tail.end == committed && length == tail.end;
        let length = tail.end;
        if !is_as_committed {
            file.sync().map_err(failed)?;
            state.adopt(&FileCheckpoint { sink: id.to_owned(), length, waiting: tail.lines })?;
        }
        let waiting = state.waiting(id)?;
        let begun = file.begun().map_err(failed)?;
        let path = path.to_owned();
        Ok(Self {
            sink,
            format,
            state,
            rotation,
            file,
            path,
            begun,
            length,
            is_known,
            is_torn: false,
            waiting,
        })
    }
}
