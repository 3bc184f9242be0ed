//! Laws of what is a row, which one it is, and that it is read: for whatever else stands
//! in it or beside it. Each guest says what its rows look like.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::Read;

/// Rows as a guest's service gives them, and their reading.
pub struct Rows {
    /// Reads bytes that come in chunks of a size.
    pub read: fn(&[u8], usize) -> Read,
    /// A row of this id, with everything in it that a line can be cut in.
    pub line: fn(&str) -> String,
    /// A row without an id: what can be seen of it, and a secret in it.
    pub without_id: fn((u8, u8)) -> String,
    /// Names of members that contradict a row's own, or that nobody expects.
    pub names: &'static [&'static str],
    /// What they say, in JSON.
    pub values: &'static [&'static str],
}

/// What members of any service may say that contradicts it.
pub const VALUES: &[&str] =
    &["null", "7e99", "\"\"", "\"x\"", "{}", "[]", "[{}]", "[\"a\",\"b\"]", "true"];

impl Rows {
    /// A cut line costs that line, and is named by its number.
    pub fn a_cut_line_costs_itself(&self) {
        let chunks = prop_oneof![1usize..40, Just(100_000)];
        let ends = prop_oneof![Just("\n"), Just("\r\n")];
        proptest!(|(
            count in 1usize..5, cut in 0usize..5, at in any::<Index>(), chunk in chunks, end in ends,
        )| {
            let cut = cut % count;
            let id = |number: usize| format!("id-{number}");
            let mut lines: Vec<String> = (0..count).map(|number| (self.line)(&id(number))).collect();
            let length = lines[cut].len();
            lines[cut].truncate(1 + at.index(length - 1));
            let read = (self.read)(lines.join(end).as_bytes(), chunk);
            let expected: Vec<String> = (0..count).filter(|number| *number != cut).map(id).collect();
            prop_assert_eq!(read.ids(), expected, "{:?}", lines[cut]);
            // At the end of the input nothing tells a cut line from a cut file.
            let complaints = read.complaints();
            prop_assert_eq!(complaints.len(), 1, "{:?}", complaints);
            let place = format!("in line {}", cut + 1);
            prop_assert!(complaints[0].contains(&place), "{:?}", complaints);
        });
    }

    /// Every row has an id of its own, in whatever order they come.
    pub fn every_row_has_an_id_of_its_own(&self) {
        let rows = prop::collection::vec((0u8..3, 0u8..3), 1..12);
        proptest!(|(rows in rows, order in any::<Index>(), chunk in 1usize..5000)| {
            let mut texts: Vec<String> = rows.into_iter().map(self.without_id).collect();
            texts.push((self.line)(&format!("{}a", "M".repeat(20_000))));
            texts.push((self.line)(&format!("{}b", "M".repeat(20_000))));
            texts.push((self.line)("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnMQ"));
            texts.push((self.line)("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnMg"));
            let first = (self.read)(texts.join("\n").as_bytes(), chunk);
            let set: BTreeSet<_> = first.ids().into_iter().collect();
            prop_assert_eq!(set.len(), texts.len());
            let by = order.index(texts.len());
            texts.rotate_left(by);
            let again = (self.read)(format!("[{}]", texts.join(",")).as_bytes(), 5000);
            prop_assert_eq!(again.ids().into_iter().collect::<BTreeSet<_>>(), set);
        });
    }

    /// No member more costs one of these rows, or makes something else of it.
    pub fn no_member_more_costs_a_row(&self, rows: &[String]) {
        let members = (select(self.names), select(self.values), any::<bool>());
        let extra = prop::collection::vec(members, 1..4);
        proptest!(|(row in select(rows.to_vec()), extra in extra, in_list in any::<bool>())| {
            let inner = &row[1..row.len() - 1];
            let of = |front: bool| extra.iter().filter(move |(.., at)| *at == front);
            let before: String = of(true).map(|(name, value, _)| format!("\"{name}\":{value},")).collect();
            let behind: String = of(false).map(|(name, value, _)| format!(",\"{name}\":{value}")).collect();
            let text = format!("{{{before}{inner}{behind}}}");
            let text = if in_list { format!("[{text}]") } else { text };
            let read = (self.read)(text.as_bytes(), 100_000);
            prop_assert_eq!(read.events.len(), 1, "{} {:?}", text, read);
            prop_assert_eq!((read.filtered, read.complaints()), (0, vec![]));
        });
    }
}
