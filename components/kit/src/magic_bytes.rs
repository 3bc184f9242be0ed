//! What the first bytes of an input say it is, where that is nothing that is read here.
//!
//! Invariant: what is refused is refused by its name and with what to do, before any
//! record is read of it.

/// As many bytes as a verdict needs.
const LONGEST: usize = 6;

/// How other things begin than records, what they are, and what makes records of them.
const OTHERS: [(&[u8], &str, &str); 10] = [
    (b"\xff\xfe", UTF_16, TO_UTF_8),
    (b"\xfe\xff", UTF_16, TO_UTF_8),
    (b"{\0", UTF_16, TO_UTF_8),
    (b"[\0", UTF_16, TO_UTF_8),
    (b"<\0", UTF_16, TO_UTF_8),
    (b"\x1f\x8b", "gzip", "decompress it first, with gunzip"),
    (b"PK\x03\x04", "a ZIP archive", "unpack it first, with unzip"),
    (b"BZh", "bzip2", "decompress it first, with bunzip2"),
    (b"\xfd7zXZ\0", "xz", "decompress it first, with unxz"),
    (b"\x28\xb5\x2f\xfd", "zstd", "decompress it first, with unzstd"),
];

const UTF_16: &str = "text in UTF-16";
const TO_UTF_8: &str = "convert it to UTF-8 first, with iconv -f UTF-16 -t UTF-8";

/// Also how UTF-16 may begin whose first byte is the upper one.
const UPPER_FIRST: [&[u8]; 3] = [b"\0{", b"\0[", b"\0<"];

/// The first bytes of an input, until they are known.
#[derive(Debug, Default)]
pub struct MagicBytes {
    head: Vec<u8>,
    passed: bool,
}

impl MagicBytes {
    /// Hands bytes on as soon as it is known that they may be records.
    ///
    /// # Errors
    ///
    /// What the input is instead, and what to do.
    pub fn pass<'a>(&mut self, bytes: &'a [u8], finished: bool) -> Result<Passed<'a>, String> {
        if self.passed {
            return Ok(Passed { held: Vec::new(), chunk: bytes });
        }
        let missing = LONGEST.saturating_sub(self.head.len()).min(bytes.len());
        let (first, chunk) = bytes.split_at(missing);
        self.head.extend_from_slice(first);
        if self.head.len() < LONGEST && !finished {
            return Ok(Passed::default());
        }
        let is = |begins: &[u8]| self.head.starts_with(begins);
        let found = OTHERS.iter().find(|(begins, ..)| is(begins));
        let found = found.map(|(_, name, fix)| (*name, *fix));
        let upper = || UPPER_FIRST.into_iter().any(is).then_some((UTF_16, TO_UTF_8));
        if let Some((name, fix)) = found.or_else(upper) {
            return Err(format!("the input is {name}, which is not read: {fix}"));
        }
        self.passed = true;
        Ok(Passed { held: std::mem::take(&mut self.head), chunk })
    }
}

/// Bytes that may be records.
#[derive(Debug, Default, PartialEq)]
pub struct Passed<'a> {
    /// What was held so far.
    pub held: Vec<u8>,
    /// What came with it.
    pub chunk: &'a [u8],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], chunk: usize) -> Result<Vec<u8>, String> {
        let (mut magic_bytes, mut read) = (MagicBytes::default(), Vec::new());
        let ends = std::iter::once((&b""[..], true));
        for (bytes, finished) in bytes.chunks(chunk).map(|chunk| (chunk, false)).chain(ends) {
            let passed = magic_bytes.pass(bytes, finished)?;
            read.extend(passed.held);
            read.extend(passed.chunk);
        }
        Ok(read)
    }

    #[test]
    fn records_pass_whole_however_they_arrive() {
        for text in
            ["", "{}", "[1]", "\u{feff}{\"a\":1}", "<Events/>", "\n\n\n{\"long\":\"enough\"}"]
        {
            for chunk in 1..9 {
                assert_eq!(read(text.as_bytes(), chunk).unwrap(), text.as_bytes(), "{text}");
            }
        }
    }

    #[test]
    fn what_is_none_is_refused_by_its_name() {
        let utf_16 = |text: &str, mark: bool, little: bool| -> Vec<u8> {
            let mark = mark.then_some('\u{feff}').into_iter();
            let text: String = mark.chain(text.chars()).collect();
            let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            text.encode_utf16().flat_map(bytes).collect()
        };
        for (mark, little) in [(true, true), (true, false), (false, true), (false, false)] {
            for chunk in 1..9 {
                let error = read(&utf_16("{\"a\":1}", mark, little), chunk).unwrap_err();
                assert!(error.contains("UTF-16") && error.contains("iconv"), "{error}");
            }
        }
        for (bytes, name) in [(&b"\x1f\x8b\x08"[..], "gzip"), (b"PK\x03\x04xx", "ZIP")] {
            assert!(read(bytes, 2).unwrap_err().contains(name));
        }
    }
}
