//! The built-in components, embedded into whoever depends on this crate. The
//! library `signon_host` does not; the command `signon` does.

/// A built-in component.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its name, as its descriptor gives it: `oci_audit`.
    pub name: &'static str,
    /// The component's bytes.
    pub bytes: &'static [u8],
}

/// Every built-in component. Files are called as their packages, with dashes.
pub const BUILT_INS: [BuiltIn; 3] = [
    BuiltIn {
        name: "oci_audit",
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/oci-audit.wasm")),
    },
    BuiltIn { name: "idcs", bytes: include_bytes!(concat!(env!("OUT_DIR"), "/idcs.wasm")) },
    BuiltIn { name: "oam", bytes: include_bytes!(concat!(env!("OUT_DIR"), "/oam.wasm")) },
];

/// Finds a built-in by name.
pub fn find(name: &str) -> Option<BuiltIn> {
    BUILT_INS.into_iter().find(|built_in| built_in.name == name)
}
