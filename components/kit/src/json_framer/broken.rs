//! Rows of files, line by line: one that is not whole ends where another begins.

use super::state::{State, Wrapper};
use super::{Framed, JsonFramer, LONGEST_RECORD};
use crate::lines::{self, Held, Next};
use crate::scanner::Nesting;

impl JsonFramer {
    /// Where reading stops at last: by lines at the next newline.
    pub(super) fn limit(&self) -> usize {
        let bytes = &self.buffer[self.position..];
        let newline = self.lines.as_ref().and_then(|_| memchr::memchr(b'\n', bytes));
        newline.map_or(self.buffer.len(), |length| self.position + length)
    }

    /// At the newline in a row: reads on behind it, or ends the row.
    pub(super) fn pass_newline(&mut self) -> Option<Framed> {
        let (bytes, dropped, finished) = (&self.buffer, self.dropped, self.finished);
        let held = Held { bytes, dropped, finished };
        let next = match &mut self.lines {
            Some(lines) => lines.next(held, dropped + self.position, self.nesting.in_string),
            None => Next::Same,
        };
        match next {
            Next::Same => {
                self.line += 1;
                self.position += 1;
                self.nesting.escaped = false;
                None
            }
            Next::Another(begins) => Some(self.end_broken(begins - dropped)),
            Next::NeedMore => Some(Framed::NeedMore),
        }
    }

    /// The row under way ends here; the next one begins there.
    fn end_broken(&mut self, begins: usize) -> Framed {
        let row = self.start..self.position;
        self.leave_wrappers_of_line();
        // A list on a line of its own is none in the list that was cut.
        if self.buffer.get(begins) == Some(&b'[') && self.wrappers.first() == Some(&Wrapper::Array)
        {
            self.wrappers.remove(0);
        }
        self.line += lines::count(&self.buffer[self.position..begins]);
        self.position = begins;
        self.nesting = Nesting::default();
        self.state = State::Between;
        match std::mem::take(&mut self.overlong) + row.len() {
            length if length > LONGEST_RECORD => Framed::TooLong(length),
            _ => Framed::Broken(row),
        }
    }

    /// An answer that began on the line that was cut is cut with it, and so is one that
    /// was cut outside of its list.
    fn leave_wrappers_of_line(&mut self) {
        let outermost = |wrapper: &Wrapper| matches!(wrapper, Wrapper::Object { .. });
        let Some(at) = self.wrappers.iter().position(outermost) else {
            return;
        };
        let in_list = self.wrappers.last() == Some(&Wrapper::Array);
        if !in_list || self.wrappers[at].begins_in(self.row_line) {
            self.wrappers.truncate(at);
        }
    }
}
