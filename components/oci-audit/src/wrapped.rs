//! Records as other people's programs hand them on: answers and rows of Logging Search,
//! the Console's export, messages of a stream, and the output of Oracle's command line
//! and of its SDKs, which spell the names in their own ways.
//!
//! Invariant: however records are wrapped, the same ones come out, in their order; what
//! holds none is refused by the name of what it is.

mod spelling;

use std::borrow::Cow;
use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signon_kit::contract::{Finding, Severity};
use signon_kit::domain::known_service;
use signon_kit::framer::{Framed, Framer as _};
use signon_kit::json::{Members, scalar};
use signon_kit::json_framer::JsonFramer;
use signon_kit::lines;
use signon_kit::record_id::single_scalar;

use crate::normalize::TYPE_KEYS;

/// Lists of records in the answers of services.
pub const LISTS: [&str; 3] = ["results", "data", "items"];

/// How deep wrappers are looked through. Five are known: a list, a message in it, the
/// answer, its row, the row's record.
const DEEPEST: usize = 8;

const NO_TYPE: &str = "no eventType and no type: not an audit record";
const SELECTED: &str = "a row that `select` or `summarize` made in Logging Search: the record is \
                        not in it; search without them";
const NO_DATA: &str = "a row without data: there is no record in it";
const NO_BASE64: &str = "a message of a stream whose value is no base64";
const NO_VALUE: &str = "a message of a stream without a value: there is no record in it";
const COMPRESSED: &str = "a message of a stream whose value is gzip: decompress it first";
const DOMAINS: &str = "an AuditEvent of an identity domain: the component idcs reads it";
const CUT: &str = "cut off: another record begins before its end";
const TOO_DEEP: &str = "records wrapped too many times to look for";

/// How gzip begins.
const GZIP: &[u8] = b"\x1f\x8b";

/// What is in a wrapper.
#[derive(Debug, Default)]
pub struct Found {
    /// In their order.
    pub pieces: VecDeque<Piece>,
    /// What whoever saved it should know.
    pub findings: Vec<Finding>,
}

/// A record of a wrapper, or what stands for one.
#[derive(Debug)]
pub struct Piece {
    /// Its bytes, spelled as the API spells them.
    pub bytes: Vec<u8>,
    /// The lines between the beginning of the wrapper and its own.
    pub lines: u64,
    /// The region that stands beside it.
    pub region: Option<String>,
    /// Why it is no record.
    pub refused: Option<String>,
}

/// Looks through a wrapper.
pub fn open(bytes: &[u8]) -> Found {
    let mut unwrapper = Unwrapper { found: Found::default(), whole: bytes, counted: (0, 0) };
    unwrapper.look(bytes, &Place::default());
    unwrapper.found
}

/// Where something stands.
#[derive(Debug, Clone, Default)]
struct Place {
    depth: usize,
    /// The row of an answer of Logging Search, or in one.
    is_row: bool,
    /// In a text: it has the line of that.
    is_decoded: bool,
    region: Option<String>,
}

impl Place {
    fn inside(&self) -> Self {
        Self { depth: self.depth + 1, ..self.clone() }
    }
}

/// The members that tell what an object is.
#[derive(Debug, Default)]
struct Outline<'a> {
    typed: bool,
    is_sign_on: bool,
    respelled: bool,
    is_message: bool,
    is_domains: bool,
    has_next_page: bool,
    region: Option<Cow<'a, str>>,
    content: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    data: Option<&'a [u8]>,
    list: Option<&'a [u8]>,
    /// How many members there are.
    members: usize,
}

impl<'a> Outline<'a> {
    /// # Errors
    ///
    /// What is wrong where it is no object.
    fn of(bytes: &'a [u8]) -> Result<Self, String> {
        let mut outline = Self::default();
        for member in Members::of(bytes) {
            let (key, value) = member.map_err(|error| format!("not a JSON object: {error}"))?;
            outline.members += 1;
            match key.as_ref() {
                key if TYPE_KEYS.contains(&key) => {
                    let record_type = single_scalar(value);
                    outline.typed |= record_type.is_some();
                    outline.is_sign_on |=
                        record_type.is_some_and(|of| known_service(of.trim()).is_some());
                }
                "event-type" | "event_type" => outline.respelled = true,
                "logContent" => outline.content = Some(value),
                "value" | "payload" => outline.value = Some(value),
                "partition" | "offset" => outline.is_message = true,
                "data" => outline.data = Some(value),
                "results" | "items" => outline.list = Some(value),
                "regionId" => outline.region = scalar(value),
                "opc-next-page" => outline.has_next_page = scalar(value).is_some(),
                "schemas" | "Resources" => outline.is_domains = true,
                _ => {}
            }
        }
        Ok(outline)
    }

    /// Whether it is one, or a wrapper.
    fn holds_a_record(&self) -> bool {
        let in_member = self.content.or(self.list).or(self.data).is_some();
        self.typed || self.respelled || in_member || self.is_message
    }
}

#[derive(Debug)]
struct Unwrapper<'a> {
    found: Found,
    whole: &'a [u8],
    /// How far lines were counted, and how many there were.
    counted: (usize, u64),
}

impl Unwrapper<'_> {
    fn look(&mut self, bytes: &[u8], place: &Place) {
        let bytes = bytes.trim_ascii();
        if place.depth > DEEPEST {
            return self.refuse(bytes, place, TOO_DEEP);
        }
        match bytes.first() {
            Some(b'[') => self.look_in_list(bytes, &place.inside()),
            Some(b'"') => self.look_in_text(bytes, &place.inside()),
            Some(b'{') => match Outline::of(bytes) {
                Ok(outline) => self.look_in_object(bytes, &outline, place),
                Err(problem) => self.refuse(bytes, place, &problem),
            },
            _ => self.refuse(bytes, place, if place.is_row { NO_DATA } else { NO_TYPE }),
        }
    }

    fn look_in_object(&mut self, bytes: &[u8], outline: &Outline<'_>, place: &Place) {
        let mut inside = place.inside();
        inside.region = outline.region.as_deref().and_then(region).or(inside.region);
        match outline {
            Outline { is_sign_on: true, .. } => self.add(bytes, place, None),
            Outline { content: Some(content), .. } => {
                inside.is_row = true;
                self.look(content, &inside);
            }
            // What has a list at the top was taken for a wrapper by whoever asks.
            Outline { typed: true, list, .. } if list.is_none() || place.depth > 0 => {
                self.add(bytes, place, None);
            }
            Outline { respelled: true, .. } => self.add(&spelling::as_the_api(bytes), place, None),
            Outline { is_message: true, value: Some(value), .. } => {
                self.look_in_message(value, &inside);
            }
            Outline { list: Some(list), .. } => {
                inside.is_row = true;
                self.look_in_answer(list, &inside);
            }
            Outline { data: Some(data), .. } => self.look_in_data(bytes, data, outline, inside),
            Outline { is_domains: true, .. } => self.refuse(bytes, place, DOMAINS),
            _ => self.refuse(bytes, place, if place.is_row { SELECTED } else { NO_TYPE }),
        }
    }

    fn look_in_data(
        &mut self,
        bytes: &[u8],
        data: &[u8],
        outline: &Outline<'_>,
        mut inside: Place,
    ) {
        if outline.has_next_page {
            self.found.findings.push(more_pages());
        }
        // Beside nothing else it is a row, whose content was chosen by whoever searched.
        inside.is_row |= outline.members == 1 && data.first() == Some(&b'{');
        match data.first() {
            Some(b'[') => self.look(data, &inside),
            Some(b'{') if Outline::of(data).is_ok_and(|data| data.holds_a_record()) => {
                self.look(data, &inside);
            }
            Some(b'{') => {
                self.refuse(bytes, &inside, if inside.is_row { SELECTED } else { NO_TYPE })
            }
            _ => self.refuse(bytes, &inside, NO_DATA),
        }
    }

    /// Of a search that found nothing the list is empty, or `null`.
    fn look_in_answer(&mut self, list: &[u8], inside: &Place) {
        if list != b"null" {
            self.look(list, inside);
        }
    }

    fn look_in_list(&mut self, list: &[u8], place: &Place) {
        self.look_at_each(list, JsonFramer::of_records(), place);
    }

    /// Programs that move records carry some as text.
    fn look_in_text(&mut self, text: &[u8], place: &Place) {
        self.count_lines(text, place);
        match scalar(text) {
            Some(inner) if inner.trim_ascii_start().starts_with(['{', '[']) => {
                self.look_in_decoded(inner.as_bytes(), place);
            }
            _ => self.refuse(text, place, if place.is_row { NO_DATA } else { NO_TYPE }),
        }
    }

    fn look_in_message(&mut self, value: &[u8], place: &Place) {
        self.count_lines(value, place);
        let Some(text) = scalar(value).filter(|text| !text.trim().is_empty()) else {
            return self.refuse(value, place, NO_VALUE);
        };
        match STANDARD.decode(text.trim()) {
            Ok(decoded) if decoded.starts_with(GZIP) => self.refuse(value, place, COMPRESSED),
            Ok(decoded) if decoded.trim_ascii().is_empty() => self.refuse(value, place, NO_VALUE),
            Ok(decoded) => self.look_in_decoded(&decoded, place),
            // Some programs write down what they decoded.
            Err(_) if text.trim_start().starts_with(['{', '[']) => {
                self.look_in_decoded(text.as_bytes(), place);
            }
            Err(_) => self.refuse(value, place, NO_BASE64),
        }
    }

    fn look_in_decoded(&mut self, decoded: &[u8], place: &Place) {
        let place = Place { is_decoded: true, ..place.inside() };
        self.look_at_each(decoded, JsonFramer::of_records().by_lines(), &place);
    }

    fn look_at_each(&mut self, bytes: &[u8], mut reader: JsonFramer, place: &Place) {
        reader.push(bytes);
        reader.finish();
        loop {
            match reader.next() {
                Ok(Framed::Row(span)) => self.look(&bytes[span], place),
                Ok(Framed::Broken(span)) => self.refuse(&bytes[span], place, CUT),
                Ok(Framed::End) => return,
                // All of it is there: nothing of it is too long, and more would not come.
                Ok(Framed::TooLong(_) | Framed::Envelope | Framed::NeedMore) => {}
                Err(error) => return self.refuse(bytes, place, &error.to_string()),
            }
        }
    }

    fn refuse(&mut self, bytes: &[u8], place: &Place, reason: &str) {
        self.add(bytes, place, Some(reason.to_owned()));
    }

    fn add(&mut self, bytes: &[u8], place: &Place, refused: Option<String>) {
        self.count_lines(bytes, place);
        let (lines, region) = (self.counted.1, place.region.clone());
        self.found.pieces.push_back(Piece { bytes: bytes.to_vec(), lines, region, refused });
    }

    /// Counts up to where something stands that is a part of the whole.
    fn count_lines(&mut self, part: &[u8], place: &Place) {
        let (whole, begins) = (self.whole.as_ptr_range(), part.as_ptr());
        if place.is_decoded || !whole.contains(&begins) {
            return;
        }
        let at = begins.addr() - whole.start.addr();
        if let Some(between) = self.whole.get(self.counted.0..at) {
            self.counted = (at, self.counted.1 + lines::count(between));
        }
    }
}

/// A region's name, if it could be one.
fn region(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    // The longest is below 30 bytes.
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(is_plain)).then(|| text.to_owned())
}

fn more_pages() -> Finding {
    Finding {
        severity: Severity::Warning,
        path: String::new(),
        problem: "this is one page of an answer that goes on (opc-next-page)".to_owned(),
        fix: "fetch it whole, with --all".to_owned(),
    }
}

#[cfg(test)]
mod tests;
