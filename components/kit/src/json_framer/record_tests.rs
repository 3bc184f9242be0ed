//! Laws of cutting a stream into records.

use super::*;

fn read_all(chunks: &[&[u8]]) -> Result<Vec<String>, FramingError> {
    read_with(JsonFramer::of_records(), chunks)
}

/// Of a file, in chunks of every size.
fn read_file(text: &str) -> Vec<String> {
    let file = || JsonFramer::of_records().by_lines();
    let whole = read_with(file(), &[text.as_bytes()]).unwrap();
    for size in 1..text.len() {
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        assert_eq!(read_with(file(), &chunks).unwrap(), whole, "chunks of {size}");
    }
    whole
}

fn read_with(mut reader: JsonFramer, chunks: &[&[u8]]) -> Result<Vec<String>, FramingError> {
    let mut found = Vec::new();
    let mut chunks = chunks.iter();
    loop {
        match reader.next()? {
            Framed::Row(range) => {
                found.push(String::from_utf8_lossy(reader.bytes(range)).into_owned());
            }
            Framed::Broken(range) => {
                let text = String::from_utf8_lossy(reader.bytes(range));
                found.push(format!("line {}: {text}", reader.line().unwrap()));
            }
            Framed::TooLong(length) => found.push(format!("too long: {length}")),
            Framed::Envelope => panic!("a frame without a list"),
            Framed::NeedMore => match chunks.next() {
                Some(chunk) => reader.push(chunk),
                None => reader.finish(),
            },
            Framed::End => return Ok(found),
        }
    }
}

const PAGE: &str = r#" [ {"a":"}]\"\\"}, {"b":[{},[]]} ,null, "x\"y", 12 , {} ] "#;
const RECORDS: [&str; 6] =
    [r#"{"a":"}]\"\\"}"#, r#"{"b":[{},[]]}"#, "null", r#""x\"y""#, "12 ", "{}"];

#[test]
fn an_array_is_cut_into_its_elements() {
    assert_eq!(read_all(&[PAGE.as_bytes()]).unwrap(), RECORDS);
}

#[test]
fn the_cuts_do_not_depend_on_how_the_bytes_arrive() {
    for size in 1..PAGE.len() {
        let chunks: Vec<&[u8]> = PAGE.as_bytes().chunks(size).collect();
        assert_eq!(read_all(&chunks).unwrap(), RECORDS, "chunks of {size}");
    }
}

#[test]
fn lines_are_records_too_and_a_bad_line_is_only_itself() {
    let text = b"{\"a\":1}\noops\n\n{\"b\":2}";
    assert_eq!(read_all(&[text]).unwrap(), [r#"{"a":1}"#, "oops", r#"{"b":2}"#]);
}

#[test]
fn a_page_cut_off_is_an_error_after_its_whole_records() {
    let mut reader = JsonFramer::of_records();
    reader.push(b"[{\"a\":1},{\"b\"");
    reader.finish();
    assert!(matches!(reader.next(), Ok(Framed::Row(_))));
    assert_eq!(reader.next().unwrap_err().problem, "record without its end");
    assert_eq!(read_all(&[b"[{}"]).unwrap_err().problem, "array without its end");
    assert_eq!(read_all(&[b"[] x"]).unwrap_err().offset, 3);
}

#[test]
fn an_empty_page_holds_nothing() {
    assert!(read_all(&[b"[]"]).unwrap().is_empty());
    assert!(read_all(&[b" \n"]).unwrap().is_empty());
}

#[test]
fn a_record_too_long_is_passed_over_in_bounded_memory() {
    let mut reader = JsonFramer::of_records();
    reader.push(b"[{\"a\":\"");
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..20 {
        assert_eq!(reader.next().unwrap(), Framed::NeedMore);
        reader.push(&chunk);
    }
    assert!(reader.buffer.capacity() < LONGEST_RECORD * 3);
    reader.push(b"\"},{\"b\":1}]");
    assert_eq!(reader.next().unwrap(), Framed::TooLong((20 << 20) + 9 - 1));
    let Framed::Row(range) = reader.next().unwrap() else { panic!() };
    assert_eq!(reader.bytes(range), b"{\"b\":1}");
}

#[test]
fn a_mark_in_the_middle_of_files_put_together_says_nothing() {
    let text = "\u{feff}{\"a\":1}\n\u{feff}{\"b\":2}\u{feff}[{}]\n\u{feff}";
    assert_eq!(read_file(text), [r#"{"a":1}"#, r#"{"b":2}"#, "{}"]);
    let cut = "{\"a\":1}\n{\"b\"\n\u{feff}{\"c\":3}";
    assert_eq!(read_file(cut), [r#"{"a":1}"#, r#"line 2: {"b""#, r#"{"c":3}"#]);
}

#[test]
fn lists_in_a_file_stand_one_after_another() {
    let text = "[{\"a\":1},\n{}]\n[]\n{\"b\":2}\n[ {\"c\":3} ]";
    assert_eq!(read_file(text), [r#"{"a":1}"#, "{}", r#"{"b":2}"#, r#"{"c":3}"#]);
    let cut = "[{\"a\":1}]\n[{\"b\":1},{\"c\"\n[{\"d\":1}]";
    let expected = [r#"{"a":1}"#, r#"{"b":1}"#, r#"line 2: {"c""#, r#"{"d":1}"#];
    assert_eq!(read_file(cut), expected);
    let nested = "{\"a\":[\n[{\"b\":1}],\n[{\"c\":[]}]]}\n[oops\n{}";
    assert_eq!(read_file(nested)[0], "{\"a\":[\n[{\"b\":1}],\n[{\"c\":[]}]]}");
}

#[test]
fn an_object_too_long_is_read_by_the_list_that_makes_it_long() {
    let row = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
    let rows = vec![row.as_str(); 20].join(",\n");
    let text =
        format!("{{\"n\":[1],\n\"data\":{{\"rows\":[{rows}],\"b\":[2]}},\"c\":{{}}}}\n{{\"d\":1}}");
    for size in [64 << 10, 1 << 20, 3 << 20] {
        let mut reader = JsonFramer::of_records().by_lines().with_long_lists(&["rows"]);
        let (mut found, mut lines) = (Vec::new(), Vec::new());
        let mut chunks = text.as_bytes().chunks(size);
        loop {
            match reader.next().unwrap() {
                Framed::Row(range) => {
                    found.push(String::from_utf8_lossy(reader.bytes(range)).into_owned());
                    lines.push(reader.line().unwrap());
                }
                Framed::Envelope => found.push("frame".to_owned()),
                Framed::NeedMore => match chunks.next() {
                    Some(chunk) => reader.push(chunk),
                    None => reader.finish(),
                },
                Framed::End => break,
                step => panic!("{step:?}"),
            }
            assert!(reader.buffer.capacity() < LONGEST_RECORD * 3);
        }
        assert_eq!(
            (found.len(), found[20].as_str(), found[21].as_str()),
            (22, "frame", r#"{"d":1}"#)
        );
        assert!(found[..20].iter().all(|one| *one == row));
        assert_eq!(lines, (2..=22).collect::<Vec<u64>>());
    }
}
