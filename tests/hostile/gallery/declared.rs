//! Bombs that go off before the first instruction: memories and tables that a module
//! declares at their full size.

use signon_host::sandbox::SandboxError;

use crate::stage::stage;

/// Refused when it is loaded, before any session.
fn assert_does_not_load(component: &[u8], limit: &str) {
    let error = stage().sandbox.load("giant.wasm", component).unwrap_err();
    assert!(matches!(error, SandboxError::DeclaresTooMuch { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("giant.wasm") && message.contains(limit), "{message}");
}

#[test]
fn a_table_declared_beyond_the_limit_is_not_made() {
    assert_does_not_load(hostile_components::GIANT_TABLE, "limits.table_elements");
}

#[test]
fn a_memory_declared_beyond_the_limit_is_not_made() {
    assert_does_not_load(hostile_components::GIANT_MEMORY, "limits.memory_bytes");
}
