//! Attacks on time, memory, stack and handles.

use std::time::Duration;

use serde_json::json;
use signon_host::runtime::SandboxError;

use crate::stage::{Attack, Stage, stage};

fn attack(stage: &Stage, name: &str) -> Attack {
    stage.attack(json!({ "attack": name }))
}

#[test]
fn an_endless_loop_ends_when_its_ticks_are_spent() {
    let stage = stage();
    let looping = attack(&stage, "loop").limited(|limits| limits.cpu_ticks = 30);
    stage.exceeds(&looping, "cpu_ticks");
}

#[test]
fn an_endless_loop_in_a_pure_call_ends_too() {
    let stage = stage();
    let order = json!({ "attack": "loop", "in": "access" }).to_string();
    let limits = signon_host::limits::Limits { cpu_ticks: 30, ..Default::default() };
    let access = stage.sandbox.access(&stage.hostile, &limits, &order);
    let message = stage.runtime.block_on(access).unwrap_err().to_string();
    assert!(message.contains("cpu_ticks (30) in access"), "{message}");
}

#[test]
fn a_loop_of_host_calls_ends_when_its_ticks_are_spent() {
    let stage = stage();
    let polling = attack(&stage, "busy-poll").limited(|limits| limits.cpu_ticks = 30);
    stage.exceeds(&polling, "cpu_ticks");
}

#[test]
fn waiting_for_ever_costs_no_ticks_and_ends_by_the_wall_clock() {
    let stage = stage();
    // Twice as many ticks pass as it has. What it needs to get to its sleep is a few, on
    // a machine that others use tens.
    let sleeping = attack(&stage, "sleep").limited(|limits| {
        limits.cpu_ticks = 100;
        limits.wall_time = Duration::from_secs(2);
    });
    let message = stage.exceeds(&sleeping, "wall_time");
    assert!(message.contains("(\"2s\")"), "{message}");
}

#[test]
fn a_memory_bomb_ends_at_its_bytes() {
    let stage = stage();
    let message = stage.exceeds(&attack(&stage, "memory"), "memory_bytes");
    assert!(message.contains("(67108864)"), "{message}");
}

#[test]
fn a_stack_overflow_ends_the_session_alone() {
    let stage = stage();
    let error = stage.beside(&attack(&stage, "stack")).unwrap_err();
    assert!(matches!(error, SandboxError::Trap { .. }), "{error}");
    assert!(error.to_string().contains("stack"), "{error}");
}

#[test]
fn a_trap_ends_the_session_alone() {
    let stage = stage();
    let error = stage.beside(&attack(&stage, "trap")).unwrap_err();
    assert!(matches!(error, SandboxError::Trap { call: "session.next", .. }), "{error}");
    assert!(error.to_string().contains("unreachable"), "{error}");
}

#[test]
fn a_panic_ends_the_session_alone_and_its_text_stays_inside() {
    let stage = stage();
    let error = stage.beside(&attack(&stage, "panic")).unwrap_err();
    assert!(matches!(error, SandboxError::Trap { .. }), "{error}");
    assert!(!error.to_string().contains("S3CRET"), "{error}");
}

#[test]
fn a_session_that_ended_cannot_be_called_again() {
    let stage = stage();
    let trap = attack(&stage, "trap");
    let limits = signon_host::contract::BatchLimits { events: 1, bytes: 1, soft_deadline_ms: 1 };
    stage.runtime.block_on(async {
        let mut session = trap.open().await.unwrap();
        session.next(limits).await.unwrap_err();
        let message = session.next(limits).await.unwrap_err().to_string();
        assert!(message.contains("had ended before"), "{message}");
    });
}

#[test]
fn a_gigabyte_of_random_bytes_is_too_many() {
    let stage = stage();
    stage.exceeds(&attack(&stage, "random"), "random_bytes");
}

#[test]
fn timers_without_end_end_at_the_handles() {
    let stage = stage();
    stage.exceeds(&attack(&stage, "timers"), "handles");
}

#[test]
fn header_fields_without_end_end_at_the_handles() {
    let stage = stage();
    stage.exceeds(&attack(&stage, "fields"), "handles");
}

#[test]
fn thousands_of_sessions_in_one_instance_end_at_the_handles() {
    let stage = stage();
    stage.exceeds(&attack(&stage, "sessions"), "handles");
}

#[test]
fn methods_of_megabytes_are_not_kept_by_the_host() {
    let stage = stage();
    let order = json!({ "attack": "methods", "bytes": 30 << 20 });
    forget_peak();
    let before = resident_bytes();
    stage.beside(&stage.attack(order)).unwrap();
    let grown = peak_resident_bytes().saturating_sub(before);
    assert!(grown < 1 << 30, "the process grew by {grown} bytes");
}

#[test]
fn bodies_that_are_written_and_never_sent_stay_small() {
    let stage = stage();
    let before = resident_bytes();
    stage.exceeds(&attack(&stage, "written"), "handles");
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 256 << 20, "the process grew by {grown} bytes");
}

/// What `/proc` says of this process; 0 where there is none.
fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// The highest peak so far, of other tests maybe, is no longer one. Where it cannot be
/// forgotten it counts, as long as it is below the bound of this test.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn resident_bytes() -> u64 {
    status("VmRSS:")
}

fn peak_resident_bytes() -> u64 {
    status("VmHWM:")
}
