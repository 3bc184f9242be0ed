//! Charts as SVG within the page. A chart repeats figures that stand beside it as text,
//! but for the sign-ons by time, whose figures it has in the title of each bar.

use std::fmt::Write as _;

use super::super::answer::{Cell, Table};
use super::super::rfc3339;
use super::super::timeline::{Bar, Timeline};

/// Size of the chart of sign-ons by time, in its own units.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 200.0;
/// Room for the figures at the left and the times below.
const LEFT: f64 = 44.0;
const BELOW: f64 = 22.0;

/// Sign-ons by time.
pub fn timeline(page: &mut String, timeline: &Timeline) {
    let (step, bars) = timeline.steps();
    let most = bars.iter().map(|(_, bar)| bar.total()).max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let (first, last) = (bars[0].0, bars[bars.len() - 1].0);
    let _ = write!(
        page,
        "<figure>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"Sign-ons by time, at most {most} in {}\">\n",
        span(step)
    );
    let height = HEIGHT - BELOW - 8.0;
    let bottom = HEIGHT - BELOW;
    let wide = (WIDTH - LEFT) / bars.len() as f64;
    for (share, label) in [(0.0, 0), (0.5, most.div_ceil(2)), (1.0, most)] {
        if most == 1 && share == 0.5 {
            continue;
        }
        let share = if share == 0.5 { label as f64 / most as f64 } else { share };
        let y = bottom - share * height;
        let _ = writeln!(
            page,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            LEFT - 6.0,
            y + 4.0
        );
    }
    for (at, (start, bar)) in bars.iter().enumerate().filter(|(_, (_, bar))| bar.total() > 0) {
        let x = LEFT + at as f64 * wide;
        let _ = write!(
            page,
            "<g><title>{}: {} succeeded, {} failed{}</title>",
            rfc3339(*start),
            bar.successes,
            bar.failures,
            match bar.others {
                0 => String::new(),
                others => format!(", {others} neither"),
            }
        );
        column(page, *bar, most, [x + wide * 0.08, wide * 0.84, bottom, height]);
        page.push_str("</g>\n");
    }
    for (x, anchor, time) in [(LEFT, "start", first), (WIDTH, "end", last)] {
        let _ = writeln!(
            page,
            "<text x=\"{x}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            HEIGHT - 6.0,
            rfc3339(time)
        );
    }
    let _ = write!(
        page,
        "</svg>\n<figcaption>Sign-ons by time, a bar for {}:\
         <span class=\"key success\"></span>succeeded\
         <span class=\"key failure\"></span>failed",
        span(step)
    );
    if bars.iter().any(|(_, bar)| bar.others > 0) {
        page.push_str("<span class=\"key other\"></span>neither");
    }
    if timeline.left_out() > 0 {
        let _ = write!(page, "; {} at times too far apart are left out", timeline.left_out());
    }
    page.push_str("</figcaption>\n</figure>\n");
}

/// Failures stand above what succeeded, so that they are seen.
fn column(page: &mut String, bar: Bar, most: u64, [x, wide, bottom, height]: [f64; 4]) {
    let mut y = bottom;
    for (class, count) in
        [("success", bar.successes), ("other", bar.others), ("failure", bar.failures)]
    {
        if count == 0 {
            continue;
        }
        // One event among thousands is still a line.
        let high = (count as f64 / most as f64 * height).max(1.0);
        y -= high;
        let _ = write!(
            page,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" \
             height=\"{high:.1}\"/>"
        );
    }
}

fn span(step_ms: i64) -> String {
    match step_ms / 3_600_000 {
        1 => "an hour".to_owned(),
        24 => "a day".to_owned(),
        168 => "a week".to_owned(),
        hours if hours % 24 == 0 => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    }
}

/// A bar beside each row of a table that counts.
pub struct Bars {
    /// Behind which column they stand.
    pub after: usize,
    events: usize,
    successes: Option<usize>,
    failures: Option<usize>,
    most: u64,
}

impl Bars {
    /// Of a table that counts events.
    pub fn of(table: &Table) -> Option<Self> {
        let events = table.position("events")?;
        let number = |row: &Vec<Cell>| match row[events] {
            Cell::Number(number) => number,
            _ => 0,
        };
        let most = table.rows.iter().map(number).max().filter(|most| *most > 0)?;
        let after = table.named_by.checked_sub(1)?;
        let (successes, failures) = (table.position("successes"), table.position("failures"));
        Some(Self { after, events, successes, failures, most })
    }

    /// The bar of a row; the figures stand beside it.
    pub fn draw(&self, page: &mut String, row: &[Cell]) {
        let number = |at: Option<usize>| match at.map(|at| &row[at]) {
            Some(Cell::Number(number)) => *number,
            _ => 0,
        };
        let events = number(Some(self.events));
        let (successes, failures) = (number(self.successes), number(self.failures));
        let others = events.saturating_sub(successes + failures);
        page.push_str("<svg viewBox=\"0 0 100 12\" aria-hidden=\"true\">");
        let mut x = 0.0;
        for (class, count) in [("failure", failures), ("success", successes), ("other", others)] {
            if count > 0 {
                let wide = (count as f64 / self.most as f64 * 100.0).max(0.5);
                let _ = write!(
                    page,
                    "<rect class=\"{class}\" x=\"{x:.1}\" y=\"1\" width=\"{wide:.1}\" height=\"10\"/>"
                );
                x += wide;
            }
        }
        page.push_str("</svg>");
    }
}
