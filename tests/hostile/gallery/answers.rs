//! Attacks by what a component answers.

use serde_json::{Value, json};
use signon_host::contract::SourceError;
use signon_host::limits::Limits;
use signon_host::render::{Context, Format, Keep, render};
use signon_host::runtime::SandboxError;

use crate::stage::stage;

fn order(attack: &str, bytes: usize, count: usize) -> Value {
    json!({ "attack": attack, "bytes": bytes, "count": count })
}

#[test]
fn a_list_of_texts_that_alias_ends_at_the_lifted_bytes() {
    let stage = stage();
    // 16 MiB inside, a hundred times that outside.
    stage.exceeds(&stage.attack(order("list", 16 << 20, 100)), "lifted_bytes");
}

#[test]
fn a_gigantic_text_ends_at_the_lifted_bytes_or_at_the_length_of_a_text() {
    let stage = stage();
    let text = stage.attack(order("string", 24 << 20, 1));
    stage.exceeds(&text, "text_bytes");
    let narrow = text.limited(|limits| limits.lifted_bytes = 8 << 20);
    stage.exceeds(&narrow, "lifted_bytes");
}

#[test]
fn a_cursor_of_a_hundred_megabytes_ends_at_whatever_bound_comes_first() {
    let stage = stage();
    let cursor = stage.attack(order("cursor", 100_000_000, 1));
    stage.exceeds(&cursor, "memory_bytes");
    let roomy = cursor.limited(|limits| limits.memory_bytes = 512 << 20);
    stage.exceeds(&roomy, "lifted_bytes");
    let lifted = roomy.limited(|limits| limits.lifted_bytes = 512 << 20);
    stage.exceeds(&lifted, "cursor_bytes");
}

#[test]
fn a_batch_of_more_events_than_asked_for_ends_the_session() {
    let stage = stage();
    stage.exceeds(&stage.attack(order("many-events", 0, 10_001)), "batch_events");
    stage.exceeds(&stage.attack(order("many-rejects", 0, 10_001)), "batch_events");
}

#[test]
fn findings_without_end_end_the_session() {
    let stage = stage();
    stage.exceeds(&stage.attack(order("many-findings", 0, 1_001)), "findings");
}

#[test]
fn a_text_that_was_not_cut_ends_the_session() {
    let stage = stage();
    stage.exceeds(&stage.attack(order("text", (64 << 10) + 1, 1)), "text_bytes");
}

#[test]
fn unmapped_text_of_megabytes_ends_the_session() {
    let stage = stage();
    let large = stage.attack(order("unmapped", 17 << 20, 1));
    let roomy = large.limited(|limits| limits.memory_bytes = 256 << 20);
    stage.exceeds(&roomy, "record_bytes");
    let small = stage.attack(order("unmapped", 3 << 20, 1));
    stage.exceeds(&small.limited(|limits| limits.batch_bytes = 1 << 20), "batch_bytes");
}

#[test]
fn an_error_of_megabytes_ends_the_session() {
    let stage = stage();
    stage.exceeds(&stage.attack(order("error", 1 << 20, 1)), "text_bytes");
}

#[test]
fn batches_that_bring_nothing_are_not_asked_for_for_ever() {
    let stage = stage();
    stage.exceeds(&stage.attack(order("barren", 0, 1)), "barren_batches");
}

#[test]
fn a_range_of_time_that_is_answered_caught_up_is_refused_with_the_components_name() {
    let stage = stage();
    let error = stage.beside(&stage.attack(order("caught-up", 0, 1))).unwrap_err();
    let malformed = matches!(error, SandboxError::Source(SourceError::Malformed(_)));
    let message = error.to_string();
    assert!(malformed && message.contains("component hostile"), "{message}");
    assert!(message.contains("answered caught-up for a range of time"), "{message}");
}

#[test]
fn counts_that_do_not_add_up_are_refused() {
    let stage = stage();
    let error = stage.beside(&stage.attack(order("lie", 0, 1))).unwrap_err();
    let malformed = matches!(error, SandboxError::Source(SourceError::Malformed(_)));
    assert!(malformed && error.to_string().contains("7 records"), "{error}");
}

#[test]
fn streams_and_rules_without_end_are_refused() {
    let stage = stage();
    let limits = Limits::default();
    let ask = |attack: &str| {
        let order = order(attack, 0, 10_001).to_string();
        stage.runtime.block_on(async {
            let streams = stage.sandbox.streams(&stage.hostile, &limits, &order).await;
            let rules = stage.sandbox.access(&stage.hostile, &limits, &order).await;
            let errors = [streams.err(), rules.err()];
            errors.into_iter().flatten().map(|error| error.to_string()).collect::<Vec<_>>()
        })
    };
    for attack in ["many-streams", "many-rules"] {
        let messages = ask(attack);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains("list_items (10000)"), "{messages:?}");
    }
    let long = ask("long-stream");
    assert!(long[0].contains("id of 601 bytes") || long[0].contains("an id of"), "{long:?}");
}

/// Every line of every format is one JSON object, whatever is in the event.
fn assert_lines_hold(order: Value) {
    let stage = stage();
    let batch = stage.beside(&stage.attack(order)).unwrap();
    assert_eq!(batch.events.len(), 1);
    for format in [Format::Ocsf, Format::Ecs, Format::Otel, Format::Raw] {
        let context = Context { keep: Keep::ALL, ..Context::of("hostile") };
        let line = render(&batch.events[0], &context, format);
        assert!(!line.contains('\n'), "{format}: {line:.200}");
        let read = serde_json::from_str(&line);
        let value: Value = read.unwrap_or_else(|error| panic!("{format}: {error}: {line:.200}"));
        assert!(value.is_object(), "{format}");
    }
}

#[test]
fn deeply_nested_values_render_to_lines_that_every_reader_takes() {
    for depth in [50, 64, 100, 100_000] {
        assert_lines_hold(order("deep", 0, depth));
    }
}

#[test]
fn texts_that_would_break_a_line_do_not() {
    assert_lines_hold(order("odd", 0, 1));
}
