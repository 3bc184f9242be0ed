//! Records from elsewhere: a saved answer, an archive, a stream entry, however they are
//! wrapped.

use std::collections::VecDeque;

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::json_framer::{Framed, JsonFramer};
use signon_kit::normalizer::{Frames, Normalizer, Taken};

use crate::normalize::Origin;
use crate::reading::{Taker, Taking};
use crate::wrapped::{LISTS, Piece};

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<Records> {
    let taker = Taker::new(Origin::default(), options);
    let reader = JsonFramer::of_records().by_lines().with_long_lists(&LISTS);
    Normalizer::over(Records { reader, taker, records: 0, pieces: VecDeque::new(), line: 0 })
}

/// Records in pushed bytes.
#[derive(Debug)]
pub struct Records {
    reader: JsonFramer,
    taker: Taker,
    records: u64,
    /// Of the wrapper read last, in whose line, what was not taken yet.
    pieces: VecDeque<Piece>,
    line: u64,
}

impl Frames for Records {
    fn push(&mut self, chunk: &[u8]) {
        self.reader.push(chunk);
    }

    fn finish(&mut self) {
        self.reader.finish();
    }

    fn take(&mut self, batch: &mut BatchBuilder) -> Result<Taken, String> {
        if let Some(piece) = self.pieces.pop_front() {
            batch.line = Some(self.line + piece.lines);
            self.taker.take_piece(batch, &piece, self.records);
            self.records += 1;
            return Ok(Taken::Something);
        }
        let step = self.reader.next();
        let line = self.reader.begun_in_line();
        batch.line = Some(line);
        match step.map_err(|error| format!("{error}, in line {line}"))? {
            Framed::Row(span) => {
                let bytes = self.reader.bytes(span);
                match self.taker.take_or_open(batch, bytes, self.records) {
                    Taking::Told(_) => self.records += 1,
                    Taking::Pieces(pieces) => (self.pieces, self.line) = (pieces, line),
                }
            }
            Framed::Broken(span) => {
                batch.reject_broken(self.records, self.reader.bytes(span));
                self.records += 1;
            }
            Framed::TooLong(length) => {
                batch.reject_too_long(length, self.records);
                self.records += 1;
            }
            Framed::Envelope => {}
            Framed::NeedMore => return Ok(Taken::NeedMore),
            Framed::End => return Ok(Taken::End),
        }
        Ok(Taken::Something)
    }
}
