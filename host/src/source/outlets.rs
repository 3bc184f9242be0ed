//! Which sinks take the events of which source.
//!
//! Invariant: what is known of all sinks is looked up, never searched: a thousand tenants
//! with a sink each must not cost a million looks.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::Config;
use crate::pipeline::Outlet;
use crate::render::Format;
use crate::sinks::{InputIndex, Sink, SinkConfig};
use crate::telemetry::Telemetry;

/// The sinks of a configuration, in the order in which they take a batch.
pub struct Outlets {
    all: Vec<Outlet>,
    inputs: InputIndex,
}

impl Outlets {
    /// Of opened sinks and their configuration.
    pub fn new(config: &Config, sinks: &[Arc<dyn Sink>], telemetry: &Telemetry) -> Self {
        let by_id: HashMap<&str, &SinkConfig> =
            config.sinks.iter().map(|config| (config.id.as_str(), config)).collect();
        let known: Vec<(&Arc<dyn Sink>, &SinkConfig)> =
            sinks.iter().filter_map(|sink| Some((sink, *by_id.get(sink.id())?))).collect();
        let outlet = |(sink, config): &(&Arc<dyn Sink>, &SinkConfig)| {
            Outlet::new(Arc::clone(sink), config, telemetry)
        };
        Self {
            inputs: InputIndex::new(known.iter().map(|(_, config)| config.inputs.as_slice())),
            all: known.iter().map(outlet).collect(),
        }
    }

    /// Those that take a source's events.
    pub fn of(&self, source_id: &str) -> Vec<Outlet> {
        self.inputs.taking(source_id).into_iter().map(|number| self.all[number].clone()).collect()
    }
}

/// Whether one of them wants the records themselves.
pub fn keep_raw(outlets: &[Outlet]) -> bool {
    outlets.iter().any(|outlet| outlet.keep.raw || outlet.sink.format() == Format::Raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Syntax;
    use crate::sinks::StdoutSink;

    #[test]
    fn a_source_gets_its_sinks_in_their_order_and_raw_text_if_one_of_them_keeps_it() {
        let text = "data_dir = 'd'\nsources.a_one = { type = 'oam' }\n\
                    sources.b_one = { type = 'oam' }\nsources.c = { type = 'oam' }\n\
                    sinks.z = { type = 'stdout', inputs = ['a_*'], format = 'raw' }\n\
                    sinks.y = { type = 'stdout', inputs = ['?_one'], keep = ['raw'] }\n\
                    sinks.x = { type = 'stdout', inputs = ['c', 'a_one', 'b_one'] }\n";
        let config = Config::parse(text, "f", Syntax::Toml, &|_| None).unwrap();
        let open = |id: &str, format| Arc::new(StdoutSink::new(id, format)) as Arc<dyn Sink>;
        let sinks = [open("x", Format::Ocsf), open("y", Format::Ocsf), open("z", Format::Raw)];
        let outlets = Outlets::new(&config, &sinks, &Telemetry::default());
        let of = |source: &str| {
            let found = outlets.of(source);
            let ids: Vec<String> = found.iter().map(|one| one.sink.id().to_owned()).collect();
            (ids.join(" "), keep_raw(&found))
        };
        assert_eq!(of("a_one"), ("x y z".to_owned(), true));
        assert_eq!(of("b_one"), ("x y".to_owned(), true));
        assert_eq!(of("c"), ("x".to_owned(), false));
    }
}
