//! Services that send what no guest ever sees: informational answers, chunks of
//! nothing, trailers. What the host does with it is bounded, or the source's own work.

use std::time::Duration;

use serde_json::json;

use crate::evil::Evil;
use crate::stage::{Attack, Stage, stage};

/// Flooders at once.
const FLOODERS: usize = 32;

fn reading(stage: &Stage, evil: &Evil, path: &str) -> Attack {
    let order = json!({ "attack": "get", "urls": [evil.url(path)], "origins": [evil.origin()] });
    stage.attack(order)
}

fn sees(path: &str) -> String {
    let stage = stage();
    let evil = Evil::start(&stage);
    stage.sees(&reading(&stage, &evil, path)).remove(0)
}

#[test]
fn informational_answers_are_few_and_small() {
    for path in ["/flood-100", "/flood-103"] {
        let seen = sees(path);
        assert!(seen.contains("informational answers (1xx) do not end"), "{path}: {seen}");
    }
    let seen = sees("/few-hints");
    assert!(seen.starts_with("200 2 ") && seen.contains("ok"), "{seen}");
}

#[test]
fn chunks_that_hold_nothing_end() {
    for path in ["/chunk-extension", "/chunk-zeros", "/chunk-blanks", "/trailers"] {
        let seen = sees(path);
        assert!(seen.contains("cut off"), "{path}: {seen:.300}");
    }
}

#[test]
fn many_who_flood_leave_room_for_one_who_does_not() {
    let stage = stage();
    let evil = Evil::start(&stage);
    for path in ["/flood-100", "/tiny-chunks"] {
        // Long enough to be measured, short enough for a test.
        let flooding = reading(&stage, &evil, path)
            .limited(|limits| limits.response_time = Duration::from_secs(2));
        for outcome in stage.all_beside(&vec![flooding.paused(); FLOODERS]) {
            assert!(outcome.is_ok(), "the guest is told, and does nothing wrong");
        }
    }
}
