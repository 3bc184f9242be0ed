//! Answers as text for people.
//!
//! Invariant: every line is one that a terminal shows and does not obey.

use super::answer::{Table, Totals};
use crate::shown;

/// Widest cell, in characters: what is longer is cut with a mark.
const WIDEST: usize = 48;

/// What is told of all lines.
pub fn summary(totals: &Totals) -> Vec<String> {
    let events = &totals.events;
    let mut lines = vec![match (events.first, events.last) {
        (Some(first), Some(last)) => format!(
            "{} events from {} to {}",
            events.events,
            super::rfc3339(first),
            super::rfc3339(last)
        ),
        _ => format!("{} events", events.events),
    }];
    lines.push(format!(
        "{} sign-ons: {} succeeded, {} failed; {} changes of accounts",
        totals.sign_ons.events,
        totals.sign_ons.successes,
        totals.sign_ons.failures,
        totals.accounts
    ));
    if totals.ledger_heads > 0 {
        lines.push(format!("{} heads of ledgers", totals.ledger_heads));
    }
    lines
}

/// A table.
pub fn text(table: &Table) -> Vec<String> {
    let mut lines = vec![shown::line(&table.title).into_owned()];
    if !table.about.is_empty() {
        lines.push(table.about.clone());
    }
    let heads: Vec<String> = table.heads.iter().map(|head| (*head).to_owned()).collect();
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| fitted(&cell.text())).collect())
        .collect();
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().map(|row| width(&row[at]));
            cells.chain([width(head)]).max().unwrap_or(0)
        })
        .collect();
    let numeric: Vec<bool> =
        (0..heads.len()).map(|at| table.rows.iter().any(|row| row[at].is_number())).collect();
    for row in std::iter::once(&heads).chain(&rows) {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let blanks = " ".repeat(widths[at].saturating_sub(width(cell)));
            line.push_str("  ");
            match numeric[at] {
                true => line.extend([blanks.as_str(), cell]),
                false => line.extend([cell.as_str(), &blanks]),
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    if rows.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.extend(table.notes.iter().map(|note| format!("  {note}")));
    lines
}

/// A cell that is neither empty nor too wide.
fn fitted(text: &str) -> String {
    if text.is_empty() {
        return "-".to_owned();
    }
    // What is cut away need not be written out first.
    let most = text.char_indices().nth(WIDEST + 1).map_or(text.len(), |(at, _)| at);
    let line = shown::line(&text[..most]);
    match line.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into_owned(),
    }
}

/// Columns that a text takes on a terminal, near enough: the scripts of East Asia and
/// pictures take two, marks that stand on other letters none.
fn width(text: &str) -> usize {
    text.chars()
        .map(|character| match character {
            '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
            '\u{1100}'..='\u{115f}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe6f}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{ffe0}'..='\u{ffe6}'
            | '\u{1f300}'..='\u{1faff}'
            | '\u{20000}'..='\u{3fffd}' => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::answer::Cell;
    use super::*;

    fn table(rows: Vec<Vec<Cell>>) -> Table {
        Table {
            id: "t".to_owned(),
            title: "T".to_owned(),
            about: String::new(),
            notes: vec![],
            heads: vec!["user", "events"],
            named_by: 1,
            rows,
        }
    }

    #[test]
    fn columns_are_aligned_and_numbers_end_together() {
        let lines = text(&table(vec![
            vec![Cell::Text("山田 太郎".to_owned()), Cell::Number(12)],
            vec![Cell::Nothing, Cell::Number(3)],
        ]));
        assert_eq!(
            lines,
            ["T", "  user       events", "  山田 太郎      12", "  -               3"]
        );
        assert_eq!(text(&table(vec![])), ["T", "  user  events", "  none"]);
    }

    #[test]
    fn what_a_terminal_obeys_is_written_out_and_what_is_long_is_cut() {
        let lines = text(&table(vec![
            vec![Cell::Text("a\u{1b}[2J\n\u{202e}b".to_owned()), Cell::Number(1)],
            vec![Cell::Text("x".repeat(100_000)), Cell::Number(1)],
        ]));
        assert!(lines.iter().all(|line| !line.contains(shown::is_obeyed)));
        assert!(lines[2].contains("a\\u{1b}[2J\\u{a}\\u{202e}b"), "{lines:?}");
        assert!(lines[3].contains('…') && lines[3].len() < 80, "{lines:?}");
    }
}
