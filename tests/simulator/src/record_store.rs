//! Rendered records in the order in which they were processed.
//!
//! The invariant: every record is stored once, with a comma before it, so that
//! any run of neighbours is already the inside of a JSON array and a page is a
//! list of slices.

use std::ops::Range;

use bytes::Bytes;

/// Records are kept in blocks of about this size, large enough for a page to
/// be a few slices and small enough never to be moved.
const BLOCK: usize = 4 * 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct RecordStore {
    blocks: Vec<Bytes>,
    spans: Vec<Span>,
    processed: Vec<i64>,
}

/// Where a record stands, with the comma before it.
#[derive(Debug, Clone, Copy)]
struct Span {
    block: u32,
    start: u32,
    end: u32,
}

impl RecordStore {
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The records processed in `[start, end)`, Unix milliseconds.
    pub(crate) fn between(&self, start: i64, end: i64) -> Range<usize> {
        let from = self.processed.partition_point(|time| *time < start);
        let to = self.processed.partition_point(|time| *time < end);
        from..to.max(from)
    }

    /// A JSON array of these records, without copying them.
    pub(crate) fn body(&self, records: impl Iterator<Item = usize>) -> Vec<Bytes> {
        let mut body = vec![Bytes::from_static(b"[")];
        let mut run: Option<Span> = None;
        for record in records {
            let span = self.spans[record];
            match &mut run {
                Some(run) if run.block == span.block && run.end == span.start => {
                    run.end = span.end;
                }
                Some(run) => body.push(self.slice(std::mem::replace(run, span))),
                None => {
                    // The first record has no comma.
                    run = Some(Span { start: span.start + 1, ..span });
                }
            }
        }
        body.extend(run.map(|run| self.slice(run)));
        body.push(Bytes::from_static(b"]"));
        body
    }

    /// The record's text.
    pub(crate) fn record(&self, record: usize) -> Bytes {
        let span = self.spans[record];
        self.slice(Span { start: span.start + 1, ..span })
    }

    fn slice(&self, span: Span) -> Bytes {
        self.blocks[span.block as usize].slice(span.start as usize..span.end as usize)
    }

    /// The native id of every record that has one.
    pub(crate) fn ids(
        &self,
        id_of: fn(&serde_json::Value) -> Option<&str>,
    ) -> impl Iterator<Item = String> + '_ {
        self.spans.iter().filter_map(move |span| {
            let record: serde_json::Value = serde_json::from_slice(&self.slice(*span)[1..]).ok()?;
            id_of(&record).map(str::to_owned)
        })
    }
}

/// Fills a store. Records must come in the order of their processing time.
#[derive(Debug, Default)]
pub(crate) struct RecordStoreBuilder {
    store: RecordStore,
    block: Vec<u8>,
}

impl RecordStoreBuilder {
    /// Adds the record that `render` appends to the buffer it is given.
    pub(crate) fn push(&mut self, processed: i64, render: impl FnOnce(&mut Vec<u8>)) {
        debug_assert!(self.store.processed.last().is_none_or(|last| *last <= processed));
        if self.block.capacity() == 0 {
            // Room for the record that crosses the mark, in most cases.
            self.block.reserve(BLOCK + BLOCK / 64);
        }
        let start = self.block.len();
        self.block.push(b',');
        render(&mut self.block);
        let fits = "a block ends at 4 MiB and a record is far below 4 GiB";
        self.store.spans.push(Span {
            block: u32::try_from(self.store.blocks.len()).expect(fits),
            start: u32::try_from(start).expect(fits),
            end: u32::try_from(self.block.len()).expect(fits),
        });
        self.store.processed.push(processed);
        if self.block.len() >= BLOCK {
            self.close_block();
        }
    }

    fn close_block(&mut self) {
        if !self.block.is_empty() {
            let block = std::mem::take(&mut self.block);
            self.store.blocks.push(Bytes::from(block));
        }
    }

    pub(crate) fn finish(mut self) -> RecordStore {
        self.block.shrink_to_fit();
        self.close_block();
        self.store
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(count: i64) -> RecordStore {
        let mut builder = RecordStoreBuilder::default();
        for time in 0..count {
            builder.push(time * 10, |out| out.extend(time.to_string().bytes()));
        }
        builder.finish()
    }

    fn text(store: &RecordStore, records: &[usize]) -> String {
        let body = store.body(records.iter().copied()).concat();
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn neighbours_are_one_slice_and_others_are_joined() {
        let store = store(5);
        assert_eq!(store.body(1..4).len(), 3);
        assert_eq!(text(&store, &[1, 2, 3]), "[1,2,3]");
        assert_eq!(text(&store, &[4, 0, 1, 3]), "[4,0,1,3]");
        assert_eq!(text(&store, &[]), "[]");
    }

    #[test]
    fn a_range_is_half_open() {
        let store = store(5);
        assert_eq!(store.between(10, 30), 1..3);
        assert_eq!(store.between(11, 31), 2..4);
        assert_eq!(store.between(41, 100), 5..5);
        assert_eq!(store.between(30, 10), 3..3);
    }
}
