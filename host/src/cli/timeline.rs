//! The time of a stream as one line to look at: a character for each piece of it.
//!
//! Invariant: a gap is seen however short it is: of what is within a piece, the worst is
//! drawn.

use std::io::IsTerminal as _;

use signon_host::ledger::{Segment, Standing};
use signon_host::state::StreamReport;

/// Characters of the line.
const WIDTH: i64 = 60;

/// Standings from the best to the worst, with what is drawn.
const DRAWN: [(&str, char); 4] =
    [("complete", '#'), ("open", '.'), ("unproven", '?'), ("gap", '!')];

/// Whether people look at standard output and standard error.
pub fn is_seen() -> bool {
    std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
}

/// What the line is made of.
pub fn legend() -> String {
    let parts = DRAWN.map(|(word, drawn)| format!("{drawn} {word}"));
    format!("  {}", parts.join("  "))
}

/// The line.
pub fn draw(report: &StreamReport) -> String {
    let (start, end) = (report.interval.start, report.interval.end);
    let length = end.saturating_sub(start).max(1);
    let piece = |time: i64| {
        let within = i128::from(time.saturating_sub(start)) * i128::from(WIDTH);
        within.div_euclid(i128::from(length)).clamp(0, i128::from(WIDTH) - 1)
    };
    let mut line = [None; WIDTH as usize];
    for Segment { range, standing } in &report.segments {
        let rank = rank(standing);
        // What ends where a piece begins is not in that piece.
        for at in piece(range.start)..=piece(range.end.saturating_sub(1)) {
            // Within the line, as it was clamped.
            let worst = &mut line[usize::try_from(at).unwrap_or(0)];
            *worst = (*worst).max(Some(rank));
        }
    }
    let drawn: String =
        line.iter().map(|rank| rank.map_or(' ', |rank: usize| DRAWN[rank].1)).collect();
    format!("  [{drawn}]")
}

fn rank(standing: &Standing) -> usize {
    match standing {
        Standing::Complete => 0,
        Standing::Open(_) => 1,
        Standing::Unproven(_) => 2,
        Standing::Gap(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use signon_host::ledger::{Counts, Hash, Late, Tip};
    use signon_host::planner::Range;

    use super::*;

    fn report(segments: Vec<(i64, i64, Standing)>) -> StreamReport {
        let interval = Range { start: segments[0].0, end: segments[segments.len() - 1].1 };
        let segment = |(start, end, standing)| Segment { range: Range { start, end }, standing };
        StreamReport {
            source: "a".to_owned(),
            stream: "s".to_owned(),
            fingerprint: String::new(),
            began_ms: 0,
            interval,
            segments: segments.into_iter().map(segment).collect(),
            complete: false,
            counts: Counts::default(),
            late: Late::default(),
            tip: Tip { number: 0, hash: "0".repeat(64).parse::<Hash>().unwrap() },
            head_found: None,
            damage: None,
            silent_for_ms: None,
            doubt: None,
        }
    }

    #[test]
    fn a_gap_of_a_minute_is_seen_in_a_year() {
        const MINUTE: i64 = 60_000;
        let year = 365 * 24 * 60 * MINUTE;
        let half = year / 2;
        let line = draw(&report(vec![
            (0, half, Standing::Complete),
            (half, half + MINUTE, Standing::Gap("g".to_owned())),
            (half + MINUTE, year - MINUTE, Standing::Complete),
            (year - MINUTE, year, Standing::Open("o".to_owned())),
        ]));
        assert_eq!(line, format!("  [{}!{}.]", "#".repeat(30), "#".repeat(28)));
    }

    #[test]
    fn a_line_is_as_wide_whatever_the_times_are() {
        for (start, end) in [(0, 0), (0, 1), (i64::MIN, i64::MAX), (5, 3)] {
            let line = draw(&report(vec![(start, end, Standing::Complete)]));
            assert_eq!(line.chars().count(), 64, "{start} {end}");
        }
    }
}
