//! Laws of what is a row, which one it is, and that it is read: for whatever else
//! stands in it or beside it.

use std::collections::BTreeSet;

use oam::normalizer;
use proptest::prelude::*;
use signon_kit::contract::{BatchLimits, EventClasses, Progress, ReadOptions};

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 64 };
const LIMITS: BatchLimits = BatchLimits { events: 7, bytes: u64::MAX, soft_deadline_ms: u32::MAX };

/// What was read of bytes that came in chunks of a size.
#[derive(Debug, Default)]
struct Read {
    ids: Vec<String>,
    filtered: u64,
    rejected: Vec<String>,
    error: Option<String>,
}

fn read(bytes: &[u8], chunk: usize) -> Read {
    let mut normalizer = normalizer::open(OPTIONS);
    let mut chunks = bytes.chunks(chunk.max(1));
    let mut read = Read::default();
    loop {
        let batch = match normalizer.next(LIMITS) {
            Ok(batch) => batch,
            Err(error) => {
                read.error = Some(format!("{error:?}"));
                return read;
            }
        };
        read.ids.extend(batch.events.into_iter().map(|event| event.native_id));
        read.filtered += batch.counts.filtered;
        read.rejected.extend(batch.rejects.into_iter().map(|reject| reject.reason));
        match batch.progress {
            Progress::Finished => return read,
            Progress::More => {}
            Progress::CaughtUp => match chunks.next() {
                Some(chunk) => normalizer.push(chunk),
                None => normalizer.finish(),
            },
        }
    }
}

/// A row with everything that a line can be cut in.
fn line(id: &str) -> String {
    format!(
        r#"{{"eventID":"{id}","accessTime":"2025-11-21T10:00:01.123Z","type":"AuthN","l":[{{"a":[1,{{"b":-1.5e3}}]}},["{{",null],{{}}],"x":"a\\\"]}}","userID":{{"loginID":"ada","t":true}}}}"#
    )
}

/// A row without an id: what can be seen of it, and a secret in it.
fn without_id((seen, secret): &(u8, u8)) -> String {
    format!(
        r#"{{"accessTime":"2025-11-21T10:00:01.123Z","ipAddress":"{seen}","type":"AuthN","password":"{secret}"}}"#
    )
}

proptest! {
    #[test]
    fn a_cut_line_costs_that_line_and_is_named_by_its_number(
        count in 1usize..5, cut in 0usize..5, at in any::<prop::sample::Index>(),
        chunk in prop_oneof![1usize..40, Just(100_000)], end in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        let cut = cut % count;
        let mut lines: Vec<String> = (0..count).map(|number| line(&format!("id-{number}"))).collect();
        let length = lines[cut].len();
        lines[cut].truncate(1 + at.index(length - 1));
        let read = read(lines.join(end).as_bytes(), chunk);
        let expected: Vec<String> =
            (0..count).filter(|number| *number != cut).map(|number| format!("id-{number}")).collect();
        prop_assert_eq!(&read.ids, &expected, "{:?}", lines[cut]);
        // At the end of the input nothing tells a cut line from a cut file.
        let told: Vec<String> = read.rejected.iter().cloned().chain(read.error.clone()).collect();
        prop_assert_eq!(told.len(), 1, "{:?}", told);
        let place = format!("in line {}", cut + 1);
        prop_assert!(told[0].contains(&place), "{:?}", told);
    }

    #[test]
    fn every_row_has_an_id_of_its_own_in_whatever_order(
        rows in prop::collection::vec((0u8..3, 0u8..3), 1..12), order in any::<prop::sample::Index>(),
        chunk in 1usize..5000,
    ) {
        let mut texts: Vec<String> = rows.iter().map(without_id).collect();
        texts.push(line(&format!("{}a", "M".repeat(20_000))));
        texts.push(line(&format!("{}b", "M".repeat(20_000))));
        texts.push(line("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnMQ"));
        texts.push(line("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnMg"));
        let set: BTreeSet<_> = read(texts.join("\n").as_bytes(), chunk).ids.into_iter().collect();
        prop_assert_eq!(set.len(), texts.len());
        let by = order.index(texts.len());
        texts.rotate_left(by);
        let again = read(format!("[{}]", texts.join(",")).as_bytes(), 5000).ids;
        prop_assert_eq!(again.into_iter().collect::<BTreeSet<_>>(), set);
    }

    #[test]
    fn no_member_more_costs_a_row(
        extra in prop::collection::vec((member(), any::<bool>()), 1..4),
    ) {
        let row = line("x");
        let inner = &row[1..row.len() - 1];
        let of = |front: bool| extra.iter().filter(move |(_, at)| *at == front);
        let before: String = of(true).map(|(member, _)| format!("{member},")).collect();
        let behind: String = of(false).map(|(member, _)| format!(",{member}")).collect();
        let text = format!("[{{{before}{inner}{behind}}}]");
        let read = read(text.as_bytes(), 100_000);
        prop_assert_eq!(read.ids.len(), 1, "{} {:?}", text, read);
        prop_assert_eq!((read.filtered, read.rejected.len(), read.error), (0, 0, None));
    }
}

/// A member that nobody expects, or that contradicts another.
fn member() -> impl Strategy<Value = String> {
    let names =
        ["eventID", "accessTime", "type", "status", "userID", "events_", "attributeMap", ""];
    let values = ["null", "7e99", "\"\"", "\"x\"", "{}", "[]", "[{}]", "[\"a\",\"b\"]", "true"];
    (prop::sample::select(names.to_vec()), prop::sample::select(values.to_vec()))
        .prop_map(|(name, value)| format!("\"{name}\":{value}"))
}
