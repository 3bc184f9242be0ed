//! Records from elsewhere: a saved answer, an archive, a stream entry.

use signon_kit::contract::ReadOptions;
use signon_kit::gathering::Gathering;
use signon_kit::listing::{ListReader, ListStep};
use signon_kit::normalizer::{Frames, Normalizer, Taken};

use crate::normalize::Origin;
use crate::reading::Taker;

/// A normalizer at the start of its bytes.
pub fn open(options: ReadOptions) -> Normalizer<Records> {
    let taker = Taker::new(Origin::default(), options);
    Normalizer::over(Records { reader: ListReader::of_records().by_lines(), taker, records: 0 })
}

/// Records in pushed bytes.
#[derive(Debug)]
pub struct Records {
    reader: ListReader,
    taker: Taker,
    records: u64,
}

impl Frames for Records {
    fn push(&mut self, chunk: &[u8]) {
        self.reader.push(chunk);
    }

    fn finish(&mut self) {
        self.reader.finish();
    }

    fn take(&mut self, gathering: &mut Gathering) -> Result<Taken, String> {
        let step = self.reader.next();
        let line = self.reader.begun_in_line();
        gathering.line = Some(line);
        match step.map_err(|error| format!("{error}, in line {line}"))? {
            ListStep::Row(span) => {
                self.taker.take(gathering, self.reader.bytes(span), self.records);
                self.records += 1;
            }
            ListStep::Broken(span) => {
                gathering.reject_broken(self.records, self.reader.bytes(span));
                self.records += 1;
            }
            ListStep::TooLong(length) => {
                gathering.reject_too_long(length, self.records);
                self.records += 1;
            }
            ListStep::Frame => {}
            ListStep::NeedMore => return Ok(Taken::NeedMore),
            ListStep::End => return Ok(Taken::End),
        }
        Ok(Taken::Something)
    }
}
