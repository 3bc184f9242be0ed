//! Attacks by number: requests, sessions, attackers, and what they might share.

use std::time::Duration;

use serde_json::json;
use signon_host::runtime::SandboxError;

use crate::evil::Evil;
use crate::stage::{Attack, Stage, stage};

/// Attackers at once. Each computes as long as it may.
const ATTACKERS: usize = 32;

#[test]
fn ten_thousand_parallel_requests_are_a_few() {
    let stage = stage();
    let flooding = |evil: &Evil| {
        stage.attack(json!({
            "attack": "flood",
            "count": 10_000,
            "url": evil.url("/slow"),
            "origins": [evil.origin()],
        }))
    };
    // By default the handles are the first bound.
    stage.exceeds(&flooding(&Evil::start(&stage)), "handles");
    let evil = Evil::start(&stage);
    let roomy = flooding(&evil).limited(|limits| {
        limits.handles = 100_000;
        // Ten minutes: ten thousand requests take seconds, on a busy machine tens.
        limits.cpu_ticks = 60_000;
    });
    let mut seen = stage.sees(&roomy);
    seen.sort();
    assert_eq!(seen, ["200", "ErrorCode::ConnectionLimitReached"]);
    assert!(evil.most_open() <= 8, "{} at once", evil.most_open());
}

#[test]
fn sessions_that_are_never_closed_take_places_of_their_own_source_alone() {
    let stage = stage();
    let sleeping = stage.attack(json!({ "attack": "sleep" }));
    let sleeping = sleeping.clone().through(sleeping.egress());
    stage.runtime.block_on(async {
        let mut open = Vec::new();
        for _ in 0..8 {
            open.push(sleeping.open().await.unwrap());
        }
        // A thousand more wait for one of these eight to end.
        let waiting: Vec<_> = (0..1_000)
            .map(|_| {
                let sleeping = sleeping.clone();
                tokio::spawn(async move { sleeping.open().await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        let other = stage.attack(json!({}));
        other.run().await.unwrap();
        assert!(waiting.iter().all(|session| !session.is_finished()));
        open.pop();
        let served = futures_first(waiting).await;
        assert!(served >= 1, "a place that was given back is taken");
    });
    stage.beside(&stage.attack(json!({}))).unwrap();
}

/// Waits until one is done, ends the others, and tells how many were done.
async fn futures_first(waiting: Vec<tokio::task::JoinHandle<Result<(), SandboxError>>>) -> usize {
    while !waiting.iter().any(tokio::task::JoinHandle::is_finished) {
        tokio::task::yield_now().await;
    }
    let served = waiting.iter().filter(|session| session.is_finished()).count();
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    served
}

#[test]
fn many_who_compute_leave_room_for_one_who_does_not() {
    let stage = stage();
    let looping = |_| {
        let looping = stage.attack(json!({ "attack": "loop" }));
        looping.limited(|limits| limits.cpu_ticks = 40)
    };
    let attacks: Vec<Attack> = (0..ATTACKERS).map(looping).collect();
    for outcome in stage.all_beside(&attacks) {
        let error = outcome.unwrap_err();
        assert!(matches!(error, SandboxError::LimitExceeded { limit: "cpu_ticks", .. }), "{error}");
    }
}

#[test]
fn many_who_hoard_memory_leave_room_for_one_who_does_not() {
    let stage = stage();
    // What they hoard is given back by the system at the cost of all, so the pauses
    // after failures take part in the bound.
    let attacks = vec![stage.attack(json!({ "attack": "memory" })).paused(); 16];
    for outcome in stage.all_beside(&attacks) {
        assert!(outcome.unwrap_err().to_string().contains("memory_bytes"));
    }
}

#[test]
fn many_who_wait_for_ever_keep_nobody_waiting() {
    const LONGEST: Duration = Duration::from_secs(3_600);
    let stage = stage();
    let evil = Evil::start(&stage);
    let get = |path: &str| json!({ "attack": "get", "urls": [evil.url(path)], "origins": [evil.origin()] });
    let orders = [json!({ "attack": "sleep" }), get("/silent"), get("/stall"), get("/trickle")]
        .map(|order| {
            stage.attack(order).limited(|limits| {
                limits.wall_time = LONGEST;
                limits.first_byte = LONGEST;
                limits.between_bytes = LONGEST;
                limits.response_time = LONGEST;
            })
        });
    // Each is a source of its own.
    let attacks: Vec<Attack> = orders.iter().cycle().take(ATTACKERS).cloned().collect();
    stage.beside_waiting(&attacks, || evil.connections() >= ATTACKERS / 4 * 3);
}

/// The numbers of the connections that two requests of a source went over.
fn connections(stage: &Stage, attack: &Attack) -> Vec<String> {
    let batch = stage.runtime.block_on(attack.run()).unwrap();
    batch.findings.into_iter().map(|finding| finding.problem).collect()
}

#[test]
fn a_connection_is_used_again_by_its_own_source_and_by_no_other() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let order = json!({
        "attack": "get",
        "urls": [evil.url("/"), evil.url("/")],
        "origins": [evil.origin()],
    });
    let attack = stage.attack(order);
    let one = attack.clone().through(attack.egress());
    let other = attack.clone().through(attack.egress());
    let first = connections(&stage, &one);
    assert!(first.iter().all(|seen| seen.contains("connection 1 ")), "{first:?}");
    let second = connections(&stage, &other);
    assert!(second.iter().all(|seen| seen.contains("connection 2 ")), "{second:?}");
    let third = connections(&stage, &one);
    assert!(third.iter().all(|seen| seen.contains("connection 1 ")), "{third:?}");
}
