//! From a framed row to an event, or to the reason why it is none.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::text::from_bytes;

use crate::document::{Document, Unreadable, content_key};
use crate::framing::Form;
use crate::normalize;
use crate::seen_rows::Key;

/// A framed row, read as far as its key.
#[derive(Debug)]
pub struct AuditRow<'a> {
    bytes: &'a [u8],
    /// What tells it from others.
    pub key: Key,
    content: Result<Document<'a>, Unreadable>,
}

impl<'a> AuditRow<'a> {
    /// Reads a row.
    pub fn read(bytes: &'a [u8], form: Form) -> Self {
        let content = Document::read(from_bytes(bytes), form);
        let key = match &content {
            Ok(document) => document.key(),
            Err(_) => content_key(bytes),
        };
        Self { bytes, key, content }
    }

    /// What tells it from the rows of other pages. Of a row without an id every byte
    /// counts, secrets as well: this is never written anywhere.
    pub fn page_key(&self) -> u64 {
        match &self.key {
            Key::Native(_) => self.key.short(),
            Key::Content(_) => content_key(self.bytes).short(),
        }
    }

    /// Whether this could be a row of this API at all.
    pub fn is_event(&self) -> bool {
        self.content.as_ref().is_ok_and(Document::is_event)
    }

    /// Puts the row, the `position`th of its page, into a batch under its id.
    pub fn gather(self, batch: &mut BatchBuilder, id: String, position: u64, options: ReadOptions) {
        let document = match self.content {
            Ok(document) => document,
            Err(Unreadable(reason)) => {
                return batch.reject(reason, position, self.bytes, None);
            }
        };
        match normalize::event(&document, id, options) {
            Ok(event) if !options.classes.has(event.class) => {
                batch.filtered(&event.native_type);
            }
            Ok(event) => batch.event(event, self.bytes.len()),
            Err(reason) => {
                let scrubbed = Some(document.raw().to_owned());
                batch.reject(reason, position, self.bytes, scrubbed);
            }
        }
    }
}
