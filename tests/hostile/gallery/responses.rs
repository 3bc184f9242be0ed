//! Services that do not mean well: answers without end, without haste, without
//! form. The guest here does nothing wrong.

use std::time::Duration;

use serde_json::json;

use crate::evil::{BOMB, Evil};
use crate::stage::{Attack, Stage, stage};

fn reading(stage: &Stage, evil: &Evil, path: &str) -> Attack {
    let order = json!({ "attack": "get", "urls": [evil.url(path)], "origins": [evil.origin()] });
    stage.attack(order)
}

fn sees(path: &str, limited: impl FnOnce(Attack) -> Attack) -> String {
    let stage = stage();
    let evil = Evil::start(&stage);
    stage.sees(&limited(reading(&stage, &evil, path))).remove(0)
}

#[test]
fn an_endless_response_ends_at_its_bytes() {
    let seen = sees("/endless", |attack| attack.limited(|limits| limits.response_bytes = 8 << 20));
    assert!(seen.contains("response body size exceeds limit"), "{seen:.300}");
}

#[test]
fn a_trickling_response_ends_at_its_time() {
    let seen = sees("/trickle", |attack| {
        attack.limited(|limits| limits.response_time = Duration::from_millis(500))
    });
    assert!(seen.contains("HTTP response timeout"), "{seen}");
}

#[test]
fn a_trickling_response_cannot_outlive_the_wall_clock_of_its_call() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let attack = reading(&stage, &evil, "/trickle")
        .limited(|limits| limits.wall_time = Duration::from_millis(500));
    stage.exceeds(&attack, "wall_time");
}

#[test]
fn a_response_that_stalls_ends_between_two_bytes() {
    let seen = sees("/stall", |attack| {
        attack.limited(|limits| limits.between_bytes = Duration::from_millis(300))
    });
    assert!(seen.contains("connection read timeout"), "{seen}");
}

#[test]
fn a_service_that_never_answers_is_given_up() {
    let seen = sees("/silent", |attack| {
        attack.limited(|limits| limits.first_byte = Duration::from_millis(300))
    });
    assert!(seen.contains("did not answer within first_byte = 300ms"), "{seen}");
}

#[test]
fn headers_of_a_response_have_bounds() {
    let seen = sees("/large-headers", |attack| attack);
    assert!(seen.contains("HttpResponseHeaderSectionSize"), "{seen}");
    for path in ["/headers", "/many-headers", "/garbage"] {
        let seen = sees(path, |attack| attack);
        assert!(!seen.starts_with("200"), "{path}: {seen:.300}");
    }
}

#[test]
fn a_decompression_bomb_arrives_as_small_as_it_was_sent() {
    let seen = sees("/bomb", |attack| attack);
    let expected = format!("200 {} [gzip]", BOMB.len());
    assert!(seen.starts_with(&expected), "{seen:.100}");
}

#[test]
fn a_response_that_ends_early_is_no_whole_one() {
    let stage = stage();
    let evil = Evil::start(&stage);
    let attack = reading(&stage, &evil, "/lies")
        .limited(|limits| limits.between_bytes = Duration::from_millis(300));
    let seen = stage.sees(&attack).remove(0);
    assert!(seen.contains("connection read timeout") || seen.contains("cut off"), "{seen}");
}
