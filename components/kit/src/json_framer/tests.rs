//! Laws of framing list answers.

use super::*;

fn read_all(chunks: &[&[u8]]) -> Result<Vec<String>, FramingError> {
    let mut reader = JsonFramer::new("Resources");
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
            Framed::Envelope => {
                found.push(format!("envelope: {}", String::from_utf8_lossy(reader.envelope())));
            }
            Framed::NeedMore => match chunks.next() {
                Some(chunk) => reader.push(chunk),
                None => reader.finish(),
            },
            Framed::End => return Ok(found),
        }
    }
}

fn read(text: &str) -> Result<Vec<String>, FramingError> {
    read_all(&[text.as_bytes()])
}

const ANSWER: &str = r#" {"schemas":["a", {"Resources":[1]}], "x":"Resources", "n" : -1,
    "Resources" : [ {"a":"}]\"\\"}, null, [{}] , 12 ,"x\"y", {"Resources":[{}]}], "totalResults" :"6"} "#;

fn expected() -> Vec<String> {
    let rows = [r#"{"a":"}]\"\\"}"#, "null", "[{}]", "12 ", r#""x\"y""#, r#"{"Resources":[{}]}"#];
    let mut rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    rows.push(
        "envelope: {\"schemas\":[\"a\", {\"Resources\":[1]}], \"x\":\"Resources\", \"n\" : -1,\n    \
         \"Resources\" : [], \"totalResults\" :\"6\"}"
            .to_owned(),
    );
    rows
}

#[test]
fn a_list_is_cut_into_its_rows_and_what_stands_around_it_is_kept() {
    assert_eq!(read(ANSWER).unwrap(), expected());
}

#[test]
fn the_cuts_do_not_depend_on_how_the_bytes_arrive() {
    for size in 1..ANSWER.len() {
        let chunks: Vec<&[u8]> = ANSWER.as_bytes().chunks(size).collect();
        assert_eq!(read_all(&chunks).unwrap(), expected(), "chunks of {size}");
    }
}

#[test]
fn bare_arrays_and_lines_are_rows_too() {
    assert_eq!(read(r#"[{"a":1},2]"#).unwrap(), [r#"{"a":1}"#, "2"]);
    assert_eq!(
        read("{\"a\":1}\noops\n\n{\"b\":[]}").unwrap(),
        [r#"{"a":1}"#, "oops", r#"{"b":[]}"#]
    );
    assert_eq!(read(r#"{"a":"Resources"}"#).unwrap(), [r#"{"a":"Resources"}"#]);
    assert_eq!(read(r#"{"Resources":null}"#).unwrap(), [r#"{"Resources":null}"#]);
    assert!(read(" \n").unwrap().is_empty());
}

#[test]
fn answers_one_after_another_and_answers_in_an_array_are_all_read() {
    let one = r#"{"Resources":[1]}"#;
    let read_as = ["1", r#"envelope: {"Resources":[]}"#];
    let twice: Vec<&str> = read_as.iter().chain(&read_as).copied().collect();
    assert_eq!(read(&format!("{one}\n{one}")).unwrap(), twice);
    assert_eq!(read(&format!("[{one},{one}]")).unwrap(), twice);
    // Twice in one object: no row is lost.
    let found = read(r#"{"Resources":[1],"Resources":[2]}"#).unwrap();
    assert_eq!(found, ["1", "2", r#"envelope: {"Resources":[],"Resources":[]}"#]);
}

#[test]
fn an_answer_cut_off_anywhere_is_an_error_after_its_whole_rows() {
    let text = ANSWER.trim();
    for end in 1..text.len() {
        assert!(read(&text[..end]).is_err(), "cut at {end}");
    }
    assert_eq!(read("{\"Resources\":[1").unwrap_err().problem, "record without its end");
    assert_eq!(read("{\"Resources\":[1,").unwrap_err().problem, "list without its end");
    assert_eq!(read("{\"Resources\":[]").unwrap_err().problem, "list answer without its end");
    assert_eq!(read("[] x").unwrap_err().offset, 3);
}

#[test]
fn what_is_too_long_is_passed_over_in_bounded_memory() {
    let chunk = vec![b'x'; 1 << 20];
    let long = |reader: &mut JsonFramer| {
        for _ in 0..20 {
            assert_eq!(reader.next().unwrap(), Framed::NeedMore);
            reader.push(&chunk);
        }
        assert!(reader.buffer.capacity() < LONGEST_RECORD * 3);
    };
    let mut reader = JsonFramer::new("Resources");
    reader.push(b"{\"Resources\":[{\"a\":\"");
    long(&mut reader);
    reader.push(b"\"},1]}");
    assert_eq!(reader.next().unwrap(), Framed::TooLong((20 << 20) + 8));
    assert!(matches!(reader.next().unwrap(), Framed::Row(_)));
    assert_eq!(reader.next().unwrap(), Framed::Envelope);

    // Before the list: the rows still come, what stood around them is gone.
    let mut reader = JsonFramer::new("Resources");
    reader.push(b"{\"a\":\"");
    long(&mut reader);
    reader.push(b"\",\"Resources\":[1]}");
    assert!(matches!(reader.next().unwrap(), Framed::Row(_)));
    assert_eq!(reader.next().unwrap(), Framed::Envelope);
}
