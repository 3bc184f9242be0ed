//! Secrets that nobody can foresee, with a mark by which tests find leaks.

/// Stands in every secret that the simulator makes.
pub const SECRET_MARKER: &str = "S3CRET";

/// A secret between two texts.
pub(crate) fn secret(before: &str, after: &str) -> String {
    let mut bytes = [0; 8];
    rand_core::RngCore::fill_bytes(&mut rand_core::OsRng, &mut bytes);
    format!("{before}{SECRET_MARKER}{:016x}{after}", u64::from_be_bytes(bytes))
}
