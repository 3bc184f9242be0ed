//! Answers for machines.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::answer::{Cell, Table, Totals};
use crate::config::Column;
use crate::shown;

/// An event on a line of its own; what is not told is left out.
pub fn event<'t>(
    columns: &[Column],
    cells: impl Iterator<Item = Option<Cow<'t, str>>>,
    text: &mut String,
) {
    let mut members = Map::new();
    for (column, cell) in columns.iter().zip(cells) {
        if let Some(cell) = cell {
            members.insert(column.name().to_owned(), Value::from(cell.into_owned()));
        }
    }
    text.push_str(&shown::json(&Value::from(members).to_string()));
    text.push('\n');
}

/// The rows of a table, an object each.
pub fn table_lines(table: &Table) -> Vec<Value> {
    let row = |row: &Vec<Cell>| {
        let cells = table.heads.iter().zip(row).filter(|(_, cell)| **cell != Cell::Nothing);
        let members = cells.map(|(head, cell)| ((*head).to_owned(), json!(cell)));
        Value::from(members.collect::<Map<_, _>>())
    };
    table.rows.iter().map(row).collect()
}

/// Everything as one object.
pub fn object(totals: &Totals, tables: &[Table]) -> Value {
    let reports: Map<String, Value> = tables
        .iter()
        .map(|table| {
            let report = json!({
                "title": table.title,
                "notes": table.notes,
                "rows": table_lines(table),
            });
            (table.id.clone(), report)
        })
        .collect();
    let time = |time: Option<i64>| time.map(super::rfc3339);
    json!({
        "lines": totals.lines,
        "events": totals.events.events,
        "from": time(totals.events.first),
        "to": time(totals.events.last),
        "sign_ons": totals.sign_ons.events,
        "successes": totals.sign_ons.successes,
        "failures": totals.sign_ons.failures,
        "accounts": totals.accounts,
        "ledger_heads": totals.ledger_heads,
        "unknown_lines": totals.unknown,
        "reports": reports,
    })
}
