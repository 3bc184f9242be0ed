//! Records from elsewhere: a saved answer, an archive, a stream entry, however they are
//! wrapped.

use signon_kit::batch::BatchBuilder;
use signon_kit::contract::ReadOptions;
use signon_kit::framer::{Framer, Row};
use signon_kit::json_framer::JsonFramer;
use signon_kit::normalizer::{FramedRecords, Normalizer, Records};
use std::collections::VecDeque;

use crate::normalize::Origin;
use crate::reading::{Taker, Taking};
use crate::wrapped::{LISTS, Piece};

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<FramedRecords<AuditRecords>> {
    let taker = Taker::new(Origin::default(), options);
    let framer = JsonFramer::of_records().by_lines().with_long_lists(&LISTS);
    Normalizer::of(framer, AuditRecords { taker, pieces: VecDeque::new(), line: 0 })
}

/// Records of OCI Audit.
#[derive(Debug)]
pub struct AuditRecords {
    taker: Taker,
    /// Of the wrapper read last, in whose line, what was not taken yet.
    pieces: VecDeque<Piece>,
    line: u64,
}

impl Records for AuditRecords {
    type Framer = JsonFramer;

    fn take(&mut self, batch: &mut BatchBuilder, row: Row<'_, JsonFramer>) -> u64 {
        let Row { framer, bytes, number } = row;
        match self.taker.take_or_open(batch, bytes, number) {
            Taking::Told(_) => 1,
            Taking::Pieces(pieces) => {
                (self.pieces, self.line) = (pieces, framer.line().unwrap_or_default());
                0
            }
        }
    }

    fn take_inner(&mut self, batch: &mut BatchBuilder, number: u64) -> bool {
        let Some(piece) = self.pieces.pop_front() else {
            return false;
        };
        batch.line = Some(self.line + piece.lines);
        self.taker.take_piece(batch, &piece, number);
        true
    }
}
