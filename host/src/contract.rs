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
    path: "../wit",
    world: "signon-source",
    exports: { default: async },
    additional_derives: [Clone, PartialEq],
});

pub use exports::signon::source::types::*;

impl EventClasses {
    /// All there are.
    pub const ALL: Self = Self { sign_on: true, account: true, other: true };

    /// What is delivered where nothing else is asked for: sign-ons and what people sign in
    /// with. Mails that were sent and groups that were changed are asked for by name.
    pub const DEFAULT: Self = Self { other: false, ..Self::ALL };

    /// Whether a class is among them.
    pub fn has(self, class: EventClass) -> bool {
        match class {
            EventClass::SignOn => self.sign_on,
            EventClass::Account => self.account,
            EventClass::Other => self.other,
        }
    }
}
