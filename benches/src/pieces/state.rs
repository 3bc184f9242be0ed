//! What it costs to remember what was delivered.

use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use signon_host::planner::{Range, Schedule};
use signon_host::state::{Commit, EmbeddedState, State as _, StreamKey, StreamState, Version};

use crate::row::{Bound, Row};
use crate::{Outcome, Piece, Setting};

/// Ids of a commit: a batch.
const IDS: u64 = 1_000;

/// Bytes of the file for each id.
const BYTES: Bound = Bound::AtMost(40.0);

pub fn pieces() -> Vec<Piece> {
    vec![Piece::new("state", measure)]
}

#[expect(clippy::cast_precision_loss, reason = "some millions")]
fn measure(setting: &Setting) -> Outcome<Vec<Row>> {
    let commits: u64 = if setting.quick { 100 } else { 1_000 };
    let folder = std::env::temp_dir().join(format!("signon-bench-state-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let state = EmbeddedState::open(&folder)?;
    let began = computed();
    for number in 0..commits {
        let outcomes = runtime.block_on(state.commit(Arc::new(commit(number)?.into())))?;
        if !outcomes.iter().all(Result::is_ok) {
            return Err("a commit was refused".into());
        }
    }
    let took = computed().saturating_sub(began);
    drop(state);
    let bytes = std::fs::metadata(folder.join("state.redb"))?.len();
    std::fs::remove_dir_all(&folder)?;
    let each = took.as_secs_f64() * 1e3 / commits as f64;
    Ok(vec![
        Row::new("state: a commit of 1,000 ids", each, "ms CPU"),
        Row::new("state: an id", bytes as f64 / (commits * IDS) as f64, "B").bound(BYTES),
    ])
}

/// The time for which the process has computed.
fn computed() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The commit of a batch: a minute later than the one before.
fn commit(number: u64) -> Outcome<Commit> {
    let (source, fingerprint) = ("acme_oci".to_owned(), "0123456789abcdef".to_owned());
    let key = StreamKey { source, fingerprint, stream: "us-ashburn-1".to_owned() };
    let end = i64::try_from(number + 1)? * 60_000;
    let schedule = Schedule::new(60, 3_600, 86_400, &[0]).ok_or("no schedule")?;
    let state = StreamState::begin(0, 0, schedule.begin(end));
    // As Oracle's look.
    let id = |event| format!("{:08x}-5c1e-4b7d-9f3a-{number:06x}{event:06x}", number * IDS + event);
    Ok(Commit {
        delivered: (0..IDS).map(id).collect(),
        fetched: Range { start: end - 60_000, end },
        ..Commit::position(key, Version::stored(number), state)
    })
}
