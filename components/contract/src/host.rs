//! The contract as the host sees it, generated from `wit/`, where every line is
//! documented.
#![allow(
    missing_docs,
    unsafe_code,
    unused_qualifications,
    clippy::allow_attributes_without_reason,
    clippy::all,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "signon-source",
    exports: { default: async },
    additional_derives: [Clone, PartialEq],
});

pub use exports::signon::source::types::*;
