//! The rows as a table for people and as JSON for programs.

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::row::Row;

/// One JSON object on one line: `machine` and `rows`.
pub fn json_text(machine: &Machine, rows: &[Row]) -> String {
    let rows: Vec<Value> = rows.iter().map(row).collect();
    json!({ "machine": machine.facts(), "rows": rows }).to_string()
}

fn row(row: &Row) -> Value {
    json!({
        "name": row.name,
        "value": row.value.map(rounded),
        "unit": row.unit,
        "against": row.against.as_ref().map(|against| &against.name),
        "against_value": row.against.as_ref().map(|against| rounded(against.value)),
        "ratio": row.ratio.map(rounded),
        "bound": row.bound.map(|bound| bound.to_string()),
        "ok": row.is_kept(),
        "note": row.note,
    })
}

/// To a thousandth: the rest is noise.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// Lines for people.
pub fn table(machine: &Machine, rows: &[Row]) -> String {
    let mut text = String::new();
    for (name, fact) in machine.facts() {
        text.push_str(&format!("{name}: {}\n", fact.as_str().map_or(fact.to_string(), Into::into)));
    }
    text.push('\n');
    let mut cells = vec![["what", "value", "unit", "against", "ratio", "bound", ""].map(cell)];
    cells.extend(rows.iter().map(line));
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        cells.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)
    });
    for (line, note) in cells.iter().zip(std::iter::once(None).chain(rows.iter().map(note))) {
        for (column, cell) in line.iter().enumerate() {
            let width = widths[column];
            let cell = match NUMBERS.contains(&column) {
                true => format!("{cell:>width$}  "),
                false => format!("{cell:<width$}  "),
            };
            text.push_str(&cell);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        if let Some(note) = note {
            text.push_str(&format!("    {note}\n"));
        }
    }
    text
}

const COLUMNS: usize = 7;

/// Columns whose ends stand below one another.
const NUMBERS: [usize; 2] = [1, 4];

fn cell(text: &str) -> String {
    text.to_owned()
}

fn note(row: &Row) -> Option<&str> {
    row.note.as_deref()
}

fn line(row: &Row) -> [String; COLUMNS] {
    let against = row.against.as_ref().map(|a| format!("{} {}", shown(a.value), a.name));
    let verdict = match row.is_kept() {
        Some(true) => "ok",
        Some(false) => "MISSED",
        None => "",
    };
    [
        row.name.clone(),
        row.value.map_or("-".to_owned(), shown),
        row.unit.to_owned(),
        against.unwrap_or_default(),
        row.ratio.map(|ratio| format!("{ratio:.2}x")).unwrap_or_default(),
        row.bound.map(|bound| bound.to_string()).unwrap_or_default(),
        verdict.to_owned(),
    ]
}

/// With as many decimals as say something.
fn shown(number: f64) -> String {
    match number.abs() {
        large if large >= 1000.0 => format!("{number:.0}"),
        small if small < 10.0 => format!("{number:.2}"),
        _ => format!("{number:.1}"),
    }
}

/// The rows whose bound is missed, in words; empty if there are none.
pub fn missed(rows: &[Row]) -> Vec<String> {
    let missed = rows.iter().filter(|row| row.is_kept() == Some(false));
    missed
        .map(|row| match (row.value, row.bound) {
            (Some(value), Some(bound)) => {
                let figure = row.ratio.map_or(shown(value), |ratio| format!("{ratio:.2}x"));
                format!("{}: {figure}, which is not {bound}", row.name)
            }
            _ => format!("{}: {}", row.name, row.note.as_deref().unwrap_or("no figure")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Bound;

    fn rows() -> Vec<Row> {
        vec![
            Row::new("normalize", 312.25, "MB/s")
                .against("natively", 350.0, 1.1208)
                .bound(Bound::AtMost(1.25)),
            Row::new("skip", 1000.0, "MB/s")
                .against("serde_json", 2000.0, 2.0)
                .bound(Bound::AtMost(1.5)),
            Row::skipped("python", "records/s", Some(Bound::AtLeast(20.0)), "no SDK here"),
            Row::failed("backfill", "it fell"),
        ]
    }

    #[test]
    fn every_row_has_every_member_and_what_is_absent_is_null() {
        let machine = Machine::of_a_test();
        let value: Value = serde_json::from_str(&json_text(&machine, &rows())).unwrap();
        assert!(value["machine"]["cpu"].is_string());
        assert_eq!(
            value["rows"][0],
            json!({
                "name": "normalize", "value": 312.25, "unit": "MB/s", "against": "natively",
                "against_value": 350.0, "ratio": 1.121, "bound": "<= 1.25", "ok": true,
                "note": null,
            })
        );
        assert_eq!(value["rows"][1]["ok"], json!(false));
        assert_eq!(value["rows"][2]["value"], json!(null));
        assert_eq!(value["rows"][2]["ok"], json!(null));
        assert_eq!(value["rows"][3]["ok"], json!(false));
    }

    #[test]
    fn the_table_has_a_line_for_every_row_and_its_columns_stand_below_one_another() {
        let text = table(&Machine::of_a_test(), &rows());
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap();
        let end = |line: &str, word: &str| line.find(word).unwrap() + word.len();
        assert_eq!(end(line("normalize"), "312.2"), end(line("skip"), "1000"));
        assert_eq!(end(line("normalize"), "1.12x"), end(line("skip"), "2.00x"));
        assert!(line("normalize").ends_with("<= 1.25  ok"));
        assert!(text.contains("no SDK here"));
    }

    #[test]
    fn what_is_missed_is_named_with_its_figure() {
        assert_eq!(
            missed(&rows()),
            ["skip: 2.00x, which is not <= 1.5", "backfill: failed: it fell"]
        );
    }
}
