//! Laws of the collector.

mod model;
mod service;
mod world;
