//! Laws of the collector.
