//! What the tests of several rooms stand on.

mod disk;

pub use disk::{Disk, Moments};
