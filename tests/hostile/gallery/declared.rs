//! Bombs that go off before the first instruction: memories and tables that a module
//! declares at their full size.

use serde_json::json;
use signon_host::limits::Limits;
use signon_host::runtime::{Sandbox, SandboxError};

use crate::stage::stage;

/// Loads where some source may have that much, and is not made where its own may not.
fn assert_is_not_made(component: &[u8], limit: &str) {
    let stage = stage();
    let loaded = stage.sandbox.load("giant.wasm", component).unwrap();
    let attack = stage.attack(json!({})).of(loaded);
    let message = stage.exceeds(&attack, limit);
    assert!(message.contains("in instantiate"), "{message}");
}

/// Does not even load where no source may have that much.
fn assert_does_not_load(component: &[u8], limit: &str) {
    let sandbox = Sandbox::new(&Limits::default()).unwrap();
    let error = sandbox.load("giant.wasm", component).unwrap_err();
    assert!(matches!(error, SandboxError::DeclaresTooMuch { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("giant.wasm") && message.contains(limit), "{message}");
}

#[test]
fn a_table_declared_beyond_the_limit_is_not_made() {
    assert_is_not_made(hostile_components::GIANT_TABLE, "table_elements");
    assert_does_not_load(hostile_components::GIANT_TABLE, "table_elements");
}

#[test]
fn a_memory_declared_beyond_the_limit_is_not_made() {
    assert_is_not_made(hostile_components::GIANT_MEMORY, "memory_bytes");
    assert_does_not_load(hostile_components::GIANT_MEMORY, "memory_bytes");
}
