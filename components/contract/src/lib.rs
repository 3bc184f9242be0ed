//! The contract as a host and what is pure see it: one set of types, generated from `wit/`,
//! where every line is documented.
//!
//! Natively they are wasmtime's, with what calls a component; for WebAssembly they are those
//! that the guests share.

#[cfg(not(target_family = "wasm"))]
mod host;
#[cfg(not(target_family = "wasm"))]
pub use host::*;

#[cfg(target_family = "wasm")]
pub use signon_kit::contract::*;

#[cfg(not(target_family = "wasm"))]
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
