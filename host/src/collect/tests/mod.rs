//! Laws of the collector.

mod model;
mod pairs;
mod service;
mod world;
