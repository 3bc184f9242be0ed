//! Tables for spreadsheets, and the export with `|` between its values.
//!
//! Invariants: a row is one line; what a terminal would obey is written out; no cell with
//! a text of a record is a formula. A spreadsheet takes what begins with `=`, `+`, `-`,
//! `@`, a tab or a line break for one, and people may call themselves what they like: such
//! a cell begins with an apostrophe, which spreadsheets do not show.

use std::borrow::Cow;

use super::answer::Table;
use crate::config::Column;
use crate::shown;

/// What begins a formula, as spreadsheets see it; the last four are the wide forms that
/// they take for the same.
const BEGINS_FORMULA: [char; 8] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A text that nothing obeys.
fn harmless(text: &str) -> Cow<'_, str> {
    let line = shown::line(text);
    // A blank before it changes nothing for a spreadsheet.
    let is_formula =
        text.starts_with(['\t', '\r', '\n']) || line.trim_start().starts_with(BEGINS_FORMULA);
    if is_formula { Cow::Owned(format!("'{line}")) } else { line }
}

/// Writes a row of texts as CSV.
pub fn row<'t>(cells: impl Iterator<Item = Option<Cow<'t, str>>>, text: &mut String) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        quote(&harmless(cell.as_deref().unwrap_or_default()), text);
    }
    text.push_str("\r\n");
}

fn quote(cell: &str, text: &mut String) {
    if !cell.contains([',', '"', '\n', '\r']) {
        text.push_str(cell);
        return;
    }
    text.push('"');
    for part in cell.split_inclusive('"') {
        text.push_str(part);
        if part.ends_with('"') {
            text.push('"');
        }
    }
    text.push('"');
}

/// Writes a row of texts with `|` between them; one within a text is written out.
pub fn bars<'t>(cells: impl Iterator<Item = Option<Cow<'t, str>>>, text: &mut String) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push('|');
        }
        let line = harmless(cell.as_deref().unwrap_or_default());
        for (at, part) in line.split('|').enumerate() {
            if at > 0 {
                text.push_str("\\u{7c}");
            }
            text.push_str(part);
        }
    }
    text.push('\n');
}

/// The names of columns as the head of CSV.
pub fn csv_head(columns: &[Column]) -> String {
    let mut text = String::new();
    row(columns.iter().map(|column| Some(column.name().into())), &mut text);
    text
}

/// The same for columns with `|` between them.
pub fn columns_head(columns: &[Column]) -> String {
    let mut text = String::new();
    bars(columns.iter().map(|column| Some(column.name().into())), &mut text);
    text
}

/// A table with its head.
pub fn table(table: &Table, with_bars: bool) -> String {
    let mut text = String::new();
    let heads = table.heads.iter().map(|head| Some(Cow::Borrowed(*head)));
    let cells = table.rows.iter().map(|row| row.iter().map(|cell| Some(Cow::Owned(cell.text()))));
    match with_bars {
        true => {
            bars(heads, &mut text);
            cells.for_each(|cells| bars(cells, &mut text));
        }
        false => {
            row(heads, &mut text);
            cells.for_each(|cells| row(cells, &mut text));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(cells: &[&str]) -> String {
        let mut text = String::new();
        row(cells.iter().map(|cell| Some(Cow::Borrowed(*cell))), &mut text);
        text
    }

    #[test]
    fn a_cell_that_begins_as_a_formula_is_none() {
        for cell in
            ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠1"]
        {
            let text = written(&[cell]);
            assert!(text.trim_start_matches('"').starts_with('\''), "{cell:?} gave {text}");
        }
        assert_eq!(
            written(&["a=1", "b-2", "2026-01-01T00:00:00Z"]),
            "a=1,b-2,2026-01-01T00:00:00Z\r\n"
        );
    }

    #[test]
    fn what_separates_is_quoted_or_written_out() {
        assert_eq!(written(&["a,b", "c\"d", "e"]), "\"a,b\",\"c\"\"d\",e\r\n");
        let mut text = String::new();
        bars(["a|b", "c"].iter().map(|cell| Some(Cow::Borrowed(*cell))), &mut text);
        assert_eq!(text, "a\\u{7c}b|c\n");
    }

    proptest! {
        #[test]
        fn a_row_is_one_line_of_as_many_cells_whatever_is_in_them(
            cells in prop::collection::vec(any::<String>(), 1..5)
        ) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let text = written(&cells);
            prop_assert_eq!(text.matches('\n').count(), 1);
            prop_assert!(!text.trim_end_matches("\r\n").contains(shown::is_obeyed));
            let mut text = String::new();
            bars(cells.iter().map(|cell| Some(Cow::Borrowed(*cell))), &mut text);
            prop_assert_eq!(text.matches('|').count(), cells.len() - 1);
        }
    }
}
