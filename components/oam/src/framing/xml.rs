//! Rows in XML: elements inside `Events`, or `eventData` alone.
//!
//! The XML reader works on what has arrived so far and is set back to the last
//! whole piece of markup when more is needed. Nothing here resolves anything: a
//! document type, an entity between rows or another root element ends the reading.

use std::ops::Range;

use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use signon_kit::framer::{Framed, FramingError, LONGEST_RECORD};

use super::{MOST_WRAPPERS, is_row, is_wrapper};

const MARK: char = '\u{feff}';

/// Cuts pushed bytes into rows.
#[derive(Debug, Default)]
pub(super) struct XmlFramer {
    text: String,
    /// Bytes of a character that has not arrived whole.
    broken: Vec<u8>,
    /// Next byte to look at.
    position: usize,
    /// Bytes dropped from the front of the text so far.
    dropped: usize,
    /// Markup that is not whole is looked at again when there is so much text.
    retry_at: usize,
    elements: Elements,
    finished: bool,
}

/// Where in the document the reading is.
#[derive(Debug, Default)]
struct Elements {
    /// Wrappers that are open.
    wrappers: usize,
    /// Elements that are open inside them.
    depth: usize,
    /// First byte of the row under way.
    start: Option<usize>,
    /// Bytes of it that were let go, being too long.
    overlong: usize,
    /// Whether anything but blanks was in it.
    has_data: bool,
    /// Whether the row handed out last stood in a wrapper, and not alone.
    is_listed: bool,
}

impl XmlFramer {
    /// Takes more bytes. What is no UTF-8 is replaced.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.make_room();
        let joined;
        let mut rest = if self.broken.is_empty() {
            bytes
        } else {
            joined = [self.broken.as_slice(), bytes].concat();
            self.broken.clear();
            &joined
        };
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(valid) => return self.text.push_str(valid),
                Err(error) => error,
            };
            let (valid, bad) = rest.split_at(error.valid_up_to());
            self.text.push_str(&String::from_utf8_lossy(valid));
            let Some(length) = error.error_len() else {
                self.broken = bad.to_vec();
                return;
            };
            self.text.push(char::REPLACEMENT_CHARACTER);
            rest = &bad[length..];
        }
    }

    pub(super) fn finish(&mut self) {
        self.finished = true;
        if !std::mem::take(&mut self.broken).is_empty() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }

    pub(super) fn bytes(&self, span: Range<usize>) -> &[u8] {
        &self.text.as_bytes()[span]
    }

    /// Whether the row handed out last stood in a list of events, and not alone.
    pub(super) fn is_listed(&self) -> bool {
        self.elements.is_listed
    }

    /// Drops what was handed out, so that the text never holds more than one row
    /// and one chunk.
    fn make_room(&mut self) {
        let keep = match self.elements.start {
            Some(start) if self.position - start > LONGEST_RECORD => {
                self.elements.overlong += self.position - start;
                self.position
            }
            Some(start) => start,
            None => self.position,
        };
        self.text.drain(..keep);
        self.dropped += keep;
        self.position -= keep;
        self.retry_at = self.retry_at.saturating_sub(keep);
        self.elements.start = self.elements.start.map(|_| 0);
    }

    pub(super) fn next(&mut self) -> Result<Framed, FramingError> {
        loop {
            if self.position == self.text.len() {
                return self.at_end();
            }
            if !self.finished && self.text.len() < self.retry_at {
                return Ok(Framed::NeedMore);
            }
            // The XML reader passes over a mark without counting it.
            if self.text[self.position..].starts_with(MARK) {
                self.position += MARK.len_utf8();
                continue;
            }
            if let Some(cut) = self.read()? {
                return Ok(cut);
            }
        }
    }

    /// Reads on until a row ends or the text does.
    fn read(&mut self) -> Result<Option<Framed>, FramingError> {
        let base = self.position;
        let mut reader = Reader::from_str(&self.text[base..]);
        let config = reader.config_mut();
        // Rows are checked when they are read; here only the nesting counts.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            let event = reader.read_event();
            let span = self.position..base + usize::try_from(reader.buffer_position()).unwrap_or(0);
            let event = match event {
                Ok(Event::Eof) => {
                    self.position = self.text.len();
                    return Ok(None);
                }
                Ok(event) => event,
                Err(
                    Error::Syntax(SyntaxError::UnclosedDoctype)
                    | Error::IllFormed(IllFormedError::MissingDoctypeName),
                ) => return Err(self.error(DTD, false)),
                Err(Error::Syntax(_)) => return self.unclosed().map(Some),
                Err(error) => return Err(self.error(&format!("no XML: {error}"), false)),
            };
            match self.elements.step(&event, &span) {
                Ok(cut) => {
                    self.position = span.end;
                    if cut.is_some() {
                        return Ok(cut);
                    }
                }
                Err(problem) => {
                    // Behind blanks, which may have arrived on their own.
                    let text = &self.text[span];
                    self.position += text.len() - text.trim_start_matches(is_blank).len();
                    return Err(self.error(&problem, false));
                }
            }
        }
    }

    /// Markup that is not whole: more may come.
    fn unclosed(&mut self) -> Result<Framed, FramingError> {
        let length = self.text.len() - self.position;
        if self.finished {
            return Err(self.error("a tag, comment or text without its end", true));
        }
        if length > LONGEST_RECORD {
            return Err(self.error("a tag, comment or text too long to hold", false));
        }
        // Long ones are not looked at again for every byte that arrives.
        self.retry_at = self.text.len() + 1 + length / 8;
        Ok(Framed::NeedMore)
    }

    fn at_end(&mut self) -> Result<Framed, FramingError> {
        if !self.finished {
            return Ok(Framed::NeedMore);
        }
        if self.elements.wrappers > 0 || self.elements.depth > 0 {
            return Err(self.error("a list of events without its end", true));
        }
        Ok(Framed::End)
    }

    fn error(&self, problem: &str, is_cut: bool) -> FramingError {
        FramingError {
            problem: problem.to_owned().into(),
            offset: self.dropped + self.position,
            is_cut,
        }
    }
}

const DTD: &str = "a document type (DTD), which is refused";

/// A byte order mark in the middle says as little as a blank.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == MARK
}

impl Elements {
    /// Takes one piece of markup.
    ///
    /// # Errors
    ///
    /// What is wrong, when it may not stand there.
    fn step(&mut self, event: &Event<'_>, span: &Range<usize>) -> Result<Option<Framed>, String> {
        match event {
            Event::DocType(_) => Err(DTD.to_owned()),
            Event::Start(tag) => {
                self.start(tag.local_name().as_ref(), span.start)?;
                Ok(None)
            }
            Event::Empty(tag) => self.empty(tag.local_name().as_ref(), span),
            Event::End(_) => self.end(span.end),
            Event::Text(text) if text.chars().all(is_blank) => Ok(None),
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) if self.depth == 0 => {
                Err("text or an entity between the events".to_owned())
            }
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                self.has_data = true;
                Ok(None)
            }
            // Declarations, comments and instructions ask for nothing.
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(None),
        }
    }

    fn start(&mut self, name: &str, at: usize) -> Result<(), String> {
        if self.depth > 0 {
            // A list that wraps elements of its own name.
            if self.depth == 1 && !self.has_data && is_row(name) && self.wrappers < MOST_WRAPPERS {
                self.wrappers += 1;
                self.begin(at);
                return Ok(());
            }
            self.has_data = true;
            self.depth += 1;
            return Ok(());
        }
        self.check_root(name)?;
        if self.wrappers == 0 && !is_row(name) {
            self.wrappers = 1;
            return Ok(());
        }
        self.begin(at);
        self.depth = 1;
        Ok(())
    }

    fn begin(&mut self, at: usize) {
        self.start = Some(at);
        self.overlong = 0;
        self.has_data = false;
    }

    fn empty(&mut self, name: &str, span: &Range<usize>) -> Result<Option<Framed>, String> {
        if self.depth > 0 {
            self.has_data = true;
            return Ok(None);
        }
        self.check_root(name)?;
        // An empty list, or an element that stands for none.
        if is_wrapper(name) {
            return Ok(None);
        }
        self.is_listed = true;
        Ok(Some(Framed::Row(span.clone())))
    }

    fn check_root(&self, name: &str) -> Result<(), String> {
        if self.wrappers > 0 || is_wrapper(name) {
            return Ok(());
        }
        let name: String = name.chars().take(40).collect();
        Err(format!("the root element is {name:?}, not \"Events\""))
    }

    fn end(&mut self, at: usize) -> Result<Option<Framed>, String> {
        if self.depth == 0 {
            self.wrappers =
                self.wrappers.checked_sub(1).ok_or("an end tag without its start tag")?;
            return Ok(None);
        }
        self.depth -= 1;
        if self.depth > 0 {
            return Ok(None);
        }
        let span = self.start.take().unwrap_or(at)..at;
        let length = self.overlong + span.len();
        if length > LONGEST_RECORD {
            return Ok(Some(Framed::TooLong(length)));
        }
        self.is_listed = self.wrappers > 0;
        Ok(self.has_data.then_some(Framed::Row(span)))
    }
}
