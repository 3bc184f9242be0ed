//! Bytes that somebody saved, plain or as gzip, told apart by how they begin and not by
//! the name of their file.
//!
//! A connector writes objects of several gzip members, some of them empty; an upload
//! that was broken off ends in the middle of one. Invariants: whatever could be
//! decompressed is handed out before the place is told from which on nothing could; no
//! more than a buffer of it is ever held, however much it becomes.

use std::fmt;
use std::io::{self, BufRead, BufReader, Chain, Cursor, ErrorKind, Read};

use flate2::bufread::GzDecoder;

/// How gzip begins. No JSON and no XML does.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why a payload cannot be read any further.
#[derive(Debug)]
pub enum PayloadError {
    /// The operating system says so.
    Io(io::Error),
    /// The bytes end inside a member of gzip.
    Cut(Place),
    /// A member of gzip is damaged.
    Damaged(Place, io::Error),
    /// What stands behind the last member, from that byte on, is no gzip.
    Trailing(u64),
}

/// Where in gzip something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the member, from 1.
    pub member: u64,
    /// Byte of the compressed bytes at which the member begins, from 0.
    pub begins: u64,
    /// How far in the compressed bytes reading came.
    pub at: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { member, begins, at } = self;
        write!(f, "byte {at}, in its member {member}, which begins at byte {begins}")
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const REST: &str = "what stands before it was read; get the file anew";
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Cut(place) => write!(f, "the gzip data is cut off at {place}: {REST}"),
            Self::Damaged(place, error) => {
                write!(f, "the gzip data is damaged at {place} ({error}): {REST}")
            }
            Self::Trailing(at) => {
                write!(f, "from byte {at} on, behind the gzip data, is something else: {REST}")
            }
        }
    }
}

impl std::error::Error for PayloadError {}

/// What was put back in front of the rest.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// Reads a payload.
#[derive(Debug)]
pub struct Payload<R>(State<R>);

#[derive(Debug)]
enum State<R> {
    Start(R),
    Plain(Whole<R>),
    Member { decoder: Box<GzDecoder<Counting<Whole<R>>>>, member: u64, begins: u64 },
    End,
}

impl<R: Read> Payload<R> {
    /// Over bytes from their start.
    pub fn new(input: R) -> Self {
        Self(State::Start(input))
    }

    /// Puts the next bytes into the buffer, which is not empty: how many, 0 at the end.
    ///
    /// # Errors
    ///
    /// When it cannot be read any further; asked again it is at its end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, PayloadError> {
        loop {
            let state = std::mem::replace(&mut self.0, State::End);
            let read = match state {
                State::Start(input) => {
                    self.0 = begin(input)?;
                    continue;
                }
                State::Plain(mut input) => {
                    let read = retry(|| input.read(buffer)).map_err(PayloadError::Io)?;
                    self.0 = State::Plain(input);
                    return Ok(read);
                }
                State::Member { mut decoder, member, begins } => {
                    let place = Place { member, begins, at: 0 };
                    match retry(|| decoder.read(buffer)) {
                        Ok(0) => {
                            self.0 = next_member(decoder.into_inner(), member)?;
                            continue;
                        }
                        Ok(read) => {
                            self.0 = State::Member { decoder, member, begins };
                            read
                        }
                        Err(error) => return Err(broken(error, place, &decoder.into_inner())),
                    }
                }
                State::End => 0,
            };
            return Ok(read);
        }
    }
}

fn begin<R: Read>(mut input: R) -> Result<State<R>, PayloadError> {
    let mut head = Vec::with_capacity(MAGIC.len());
    let first = input.by_ref().take(MAGIC.len() as u64).read_to_end(&mut head);
    first.map_err(PayloadError::Io)?;
    let is_gzip = head == MAGIC;
    let whole = Cursor::new(head).chain(input);
    if !is_gzip {
        return Ok(State::Plain(whole));
    }
    let input = Counting { inner: BufReader::new(whole), consumed: 0, failed: false };
    Ok(State::Member { decoder: Box::new(GzDecoder::new(input)), member: 1, begins: 0 })
}

/// Behind a member: another one, nothing, or the zeros with which tapes and block devices
/// are filled up.
fn next_member<R: Read>(
    mut input: Counting<Whole<R>>,
    member: u64,
) -> Result<State<R>, PayloadError> {
    loop {
        let held = retry(|| input.fill_buf().map(<[u8]>::len)).map_err(PayloadError::Io)?;
        let zeros = input.inner.buffer().iter().take_while(|byte| **byte == 0).count();
        match input.inner.buffer().get(zeros) {
            None if held == 0 => return Ok(State::End),
            None => input.consume(zeros),
            Some(byte) => {
                let is_member = *byte == MAGIC[0];
                input.consume(zeros);
                let begins = input.consumed;
                if !is_member {
                    return Err(PayloadError::Trailing(begins));
                }
                let decoder = Box::new(GzDecoder::new(input));
                return Ok(State::Member { decoder, member: member + 1, begins });
            }
        }
    }
}

fn broken<R: Read>(error: io::Error, place: Place, input: &Counting<Whole<R>>) -> PayloadError {
    let place = Place { at: input.consumed, ..place };
    match error.kind() {
        _ if input.failed => PayloadError::Io(error),
        ErrorKind::UnexpectedEof => PayloadError::Cut(place),
        _ => PayloadError::Damaged(place, error),
    }
}

fn retry<T>(mut read: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Counts what was taken of it, and knows errors of its own from the decoder's.
#[derive(Debug)]
struct Counting<R> {
    inner: BufReader<R>,
    consumed: u64,
    failed: bool,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Counting<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let filled = self.inner.fill_buf();
        self.failed |= filled.as_ref().is_err_and(|error| error.kind() != ErrorKind::Interrupted);
        filled
    }

    fn consume(&mut self, amount: usize) {
        self.consumed += amount as u64;
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests;
