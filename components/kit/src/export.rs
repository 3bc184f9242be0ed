//! What makes a library a component.

/// Exports a [`PagedSource`](crate::source::PagedSource) of the module this stands in.
#[macro_export]
macro_rules! export_source {
    ($source:ident) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "the generated exports are `unsafe(no_mangle)` functions")]
        mod export {
            type Component = $crate::shell::Shell<$crate::shell::Paged<super::$source>>;

            $crate::bindings::export!(Component with_types_in $crate::bindings);
        }
    };
}
