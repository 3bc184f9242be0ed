//! The contract as Rust types, generated once from `wit/` for all guests, so that
//! there is one `SignOnEvent` and one `SourceError` in the whole house.
#![allow(
    missing_docs,
    unsafe_code,
    unused_qualifications,
    clippy::allow_attributes_without_reason,
    reason = "generated from wit/, where every line is documented"
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "signon-source",
    pub_export_macro: true,
    default_bindings_module: "signon_kit::bindings",
    additional_derives: [Clone, PartialEq],
});

pub use exports::signon::source::source::{
    Guest, GuestNormalizer, GuestSession, Normalizer, Session,
};
