//! Laws of the collector.

mod hostile;
mod model;
mod pairs;
mod service;
mod world;
