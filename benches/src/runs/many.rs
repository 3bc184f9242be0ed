//! A process with thousands of sources: how it starts, what it takes when it is idle, and
//! what it gives back.

use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting, density};

const AT_ONCE: &str = "sources due at once";
const SINKS: &str = "tenants with a file sink each";
const IDLE: &str = "computing when idle";
const AFTER: &str = "memory a minute after all have read";

/// Tenants with a file each, and sources of which memory is looked at.
const TENANTS: usize = 2_000;

pub fn pieces() -> Vec<Piece> {
    vec![
        Piece::new(AT_ONCE, at_once),
        Piece::new(SINKS, sinks),
        Piece::new(IDLE, idle),
        Piece::new(AFTER, after),
    ]
}

/// Fewer where it has to be quick; such a row has no bound.
fn many(setting: &Setting, sources: usize) -> (usize, impl Fn(Row, Bound) -> Row) {
    let quick = setting.quick;
    let bounded = move |row: Row, bound| if quick { row } else { row.bound(bound) };
    (if quick { sources / 10 } else { sources }, bounded)
}

fn at_once(setting: &Setting) -> Outcome<Vec<Row>> {
    let (sources, bounded) = many(setting, density::SOURCES);
    let (first, last) = density::served_at_once(&setting.signon, &setting.work, sources)?;
    let row = |what: &str, value, most| {
        let row = Row::new(format!("{AT_ONCE}: {what} served"), value, "s");
        bounded(row.noting(format!("{sources} sources")), Bound::AtMost(most))
    };
    Ok(vec![row("first", first, 2.0), row("all", last, 20.0)])
}

fn sinks(setting: &Setting) -> Outcome<Vec<Row>> {
    let (tenants, bounded) = many(setting, TENANTS);
    let started = density::started_with_sinks(&setting.signon, &setting.work, tenants)?;
    let row = Row::new(format!("{SINKS}: started"), started, "s");
    Ok(vec![bounded(row.noting(format!("{tenants} tenants")), Bound::AtMost(5.0))])
}

fn idle(setting: &Setting) -> Outcome<Vec<Row>> {
    if !cfg!(target_os = "linux") {
        return Ok(vec![Row::skipped(IDLE, "% of a core", None, "known on Linux only")]);
    }
    let (sources, _) = many(setting, TENANTS);
    let share = density::computing_when_idle(&setting.signon, &setting.work, sources)?;
    let row = Row::new(IDLE, share, "% of a core").noting(format!("{sources} sources"));
    Ok(vec![row.bound(Bound::AtMost(0.2))])
}

fn after(setting: &Setting) -> Outcome<Vec<Row>> {
    if !cfg!(target_os = "linux") {
        return Ok(vec![Row::skipped(AFTER, "MiB", None, "known on Linux only")]);
    }
    let (sources, bounded) = many(setting, TENANTS);
    let (before, after) = density::before_and_after(&setting.signon, &setting.work, sources)?;
    #[expect(clippy::cast_precision_loss, reason = "some hundred MiB")]
    let (before, after) = (before as f64, after as f64);
    let row = Row::new(AFTER, after, "MiB").against("idle from the start", before, after / before);
    Ok(vec![bounded(row.noting(format!("{sources} sources")), Bound::AtMost(1.3))])
}
