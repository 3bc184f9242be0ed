//! A pass over files: the same answer however it is cut up, compressed or shared out.

use std::io::Write as _;

use proptest::prelude::*;

use super::super::{Counting, Input, Outcome as Taken, Output, Problem, Question, pass, text};
use super::*;

/// A reader that gives as little as asked for, or less.
struct Pieces(Vec<u8>, usize, usize);

impl std::io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let end = (self.1 + self.2.min(buffer.len())).min(self.0.len());
        let read = end - self.1;
        buffer[..read].copy_from_slice(&self.0[self.1..end]);
        self.1 = end;
        Ok(read)
    }
}

fn input(bytes: &[u8], piece: usize) -> Input {
    Input { name: "f".to_owned(), reader: Box::new(Pieces(bytes.to_vec(), 0, piece.max(1))) }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The answers as text, the rows, and what was wrong.
fn answer(
    questions: &[Question],
    inputs: Vec<Input>,
    threads: usize,
) -> (String, String, Vec<Problem>) {
    let make = || Counting::new(questions, (None, None), Output::Columns);
    let mut rows = String::new();
    let taken = Taken {
        rows: &mut |more| {
            rows.push_str(more);
            Ok(())
        },
        read: &mut |_| {},
        normalize: &mut |_, _| Err("no component here".to_owned()),
    };
    let (counting, problems) = pass(inputs, threads, &make, taken).unwrap();
    let (totals, tables) = counting.answers(None);
    let mut told = super::super::summary(&totals);
    told.extend(tables.iter().flat_map(text));
    (told.join("\n"), rows, problems)
}

fn events() -> Vec<SignOnEvent> {
    let outcome = |number: i64| if number % 3 == 0 { Outcome::Failure } else { Outcome::Success };
    (0..200)
        .map(|number| {
            let user = format!("user{}", number % 7);
            sign_on(&user, &format!("192.0.2.{}", number % 11), number, outcome(number))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn neither_pieces_nor_threads_nor_gzip_nor_files_change_an_answer(
        piece in 1..5_000_usize,
        threads in 1..4_usize,
        split in 0..200_usize,
        compress: bool,
    ) {
        let questions: Vec<Question> =
            Question::all().into_iter().chain(Question::named("export")).collect();
        let events = events();
        let whole = lines(&events, Format::Ocsf).into_bytes();
        let expected = answer(&questions, vec![input(&whole, usize::MAX)], 1);
        let parts = [&events[..split], &events[split..]].map(|part| {
            let bytes = lines(part, Format::Ocsf).into_bytes();
            let bytes = if compress { gzip(&bytes) } else { bytes };
            input(&bytes, piece)
        });
        let found = answer(&questions, parts.into(), threads);
        prop_assert_eq!(expected, found);
    }
}

#[test]
fn what_is_no_event_is_counted_and_its_first_line_is_told() {
    let event = line(&sign_on("joe", "192.0.2.1", 0, Outcome::Success), Format::Ecs);
    let bytes = format!("{event}\n\nno event\n{event}\n{}", &event[..50]);
    let (told, _, problems) =
        answer(&Question::all(), vec![input(bytes.as_bytes(), usize::MAX)], 2);
    assert!(told.starts_with("2 events"), "{told}");
    assert_eq!(problems, [Problem::UnknownLine("f".to_owned(), 3)]);
}

#[test]
fn of_gzip_that_is_cut_off_what_stands_before_is_counted() {
    let bytes = gzip(lines(&events(), Format::Otel).as_bytes());
    let cut = &bytes[..bytes.len() - 20];
    let (told, _, problems) = answer(&Question::all(), vec![input(cut, usize::MAX)], 2);
    assert!(told.contains(" events from "), "{told}");
    let failure = problems.iter().find(|problem| problem.is_failure()).unwrap().to_string();
    assert!(failure.contains("the gzip data is cut off"), "{failure}");
}

#[test]
fn rows_that_cannot_be_written_end_the_pass() {
    let questions = [Question::named("export").unwrap()];
    let make = || Counting::new(&questions, (None, None), Output::Csv);
    let many = lines(&events(), Format::Ocsf).repeat(60);
    let taken = Taken {
        rows: &mut |_| Err(std::io::Error::other("full")),
        read: &mut |_| {},
        normalize: &mut |_, _| Ok(Vec::new()),
    };
    let error = pass(vec![input(many.as_bytes(), usize::MAX)], 2, &make, taken).unwrap_err();
    assert_eq!(error.to_string(), "full");
}

#[test]
fn many_groups_are_bounded_and_the_answer_says_so() {
    let questions = [Question::named("users").unwrap()];
    let mut counting = Counting::new(&questions, (None, None), Output::Text).keeping(50);
    let rare = (0..400).map(|number| sign_on(&format!("u{number}"), "a", number, Outcome::Success));
    let often = (0..100).map(|number| sign_on("guest", "a", number, Outcome::Failure));
    let all: Vec<SignOnEvent> = rare.chain(often).collect();
    counting.lines(lines(&all, Format::Ocsf).as_bytes());
    let (totals, tables) = counting.answers(None);
    assert_eq!(totals.sign_ons.events, 500);
    let told = text(&tables[0]).join("\n");
    assert!(told.contains("guest") && told.contains("may be too small by up to"), "{told}");
}
