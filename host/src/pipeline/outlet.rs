//! A sink as a source sees it.
//!
//! Invariant: what its lines carry follows from its configuration alone, so that they
//! are the same however often it is opened.

use std::sync::Arc;

use crate::render::Keep;
use crate::sinks::{Sink, SinkConfig};
use crate::telemetry::{SinkTelemetry, Telemetry};

/// A sink that takes the events of a source.
#[derive(Debug, Clone)]
pub struct Outlet {
    pub sink: Arc<dyn Sink>,
    /// What of a record its lines carry.
    pub keep: Keep,
    /// Whether a line itself says whose event it is.
    pub tells_owner: bool,
    /// Whom is told what it takes.
    pub telemetry: SinkTelemetry,
}

impl Outlet {
    pub fn new(sink: Arc<dyn Sink>, config: &SinkConfig, telemetry: &Telemetry) -> Self {
        let telemetry = telemetry.sink(&config.id, config.kind.name());
        Self { sink, keep: config.keep, tells_owner: config.kind.tells_owner(), telemetry }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Syntax};
    use crate::ledger;
    use crate::pipeline::accept::lines;
    use crate::planner::Range;
    use crate::render::sample::sample_event;
    use crate::render::{Format, Owner};
    use crate::sinks::{Line, StdoutSink};

    fn outlet(keys: &str, format: Format) -> Outlet {
        let text = format!(
            "data_dir = 'd'\nsources.acme = {{ type = 'oam' }}\n\
             [sinks.siem]\ninputs = ['*']\n{keys}\n"
        );
        let config = Config::parse(&text, "f", Syntax::Toml, &|_| None);
        let config = config.unwrap_or_else(|error| panic!("{error}")).sinks.remove(0);
        Outlet::new(Arc::new(StdoutSink::new("siem", format)), &config, &Telemetry::default())
    }

    fn of(tenant: &str, source: &str, outlet: &Outlet) -> Vec<Line> {
        let owner = Owner { tenant: tenant.to_owned(), ..Owner::of_source(source) };
        lines(&[sample_event()], &Arc::new(owner), "oam", outlet)
    }

    #[test]
    fn the_same_record_of_two_sources_or_tenants_makes_two_lines() {
        for format in Format::ALL.into_iter().filter(|format| *format != Format::Raw) {
            let outlet = outlet("type = 'stdout'", format);
            let text = |tenant, source| of(tenant, source, &outlet).remove(0).text;
            assert_ne!(text("acme", "oam"), text("beta", "oam"), "{format}");
            assert_ne!(text("acme", "one"), text("acme", "two"), "{format}");
        }
    }

    #[test]
    fn whose_the_events_are_stands_around_them_in_otlp_and_in_each_line_elsewhere() {
        let otlp = outlet("type = 'otlp'\nendpoint = 'http://127.0.0.1:9'", Format::Otel);
        let line = of("acme", "one", &otlp).remove(0);
        assert!(!line.text.contains("signon.tenant"), "{}", line.text);
        assert_eq!((&*line.owner.tenant, &*line.owner.source), ("acme", "one"));
        let file = outlet("type = 'file'\npath = 'p'\nformat = 'otel'", Format::Otel);
        assert!(of("acme", "one", &file)[0].text.contains("signon.tenant"));
    }

    #[test]
    fn a_head_says_all_it_has_whatever_is_kept() {
        let tip = ledger::Tip { number: 7, ..ledger::genesis("s") };
        let head = ledger::head("acme", "s", tip, Range { start: 0, end: 60_000 });
        let owner = Arc::new(Owner::of_source("acme"));
        for format in Format::ALL {
            let outlet = outlet("type = 'stdout'\nkeep = []", format);
            let line =
                lines(std::slice::from_ref(&head), &owner, ledger::COMPONENT, &outlet).remove(0);
            assert!(line.text.contains("closed_until_ms"), "{format}: {}", line.text);
        }
    }
}
