//! Laws of the collector.

mod hostile;
mod model;
mod outage;
mod pairs;
mod service;
mod starvation;
mod world;
