//! A sink as a source sees it.
//!
//! Invariant: what its lines carry follows from its configuration alone, so that they
//! are the same however often it is opened.

use std::sync::Arc;

use crate::contract::SignOnEvent;
use crate::ledger;
use crate::render::{Context, Format, Keep, Owner, render};
use crate::sinks::{Line, Sink, SinkConfig};
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

/// What lines look like: sinks for which it is the same get the same lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    format: Format,
    keep: Keep,
    tells_owner: bool,
}

impl Outlet {
    pub fn new(sink: Arc<dyn Sink>, config: &SinkConfig, telemetry: &Telemetry) -> Self {
        let telemetry = telemetry.sink(&config.id, config.kind.name());
        Self { sink, keep: config.keep, tells_owner: config.kind.tells_owner(), telemetry }
    }

    fn look(&self) -> Look {
        let Self { sink, keep, tells_owner, .. } = self;
        Look { format: sink.format(), keep: *keep, tells_owner: *tells_owner }
    }
}

/// The events of a source as lines for each of its sinks, rendered once for all that want
/// the same. `component` is the name in the component's descriptor.
pub fn lines_for_each(
    outlets: &[Outlet],
    events: &[SignOnEvent],
    owner: &Arc<Owner>,
    component: &str,
) -> Vec<Arc<[Line]>> {
    let mut rendered: Vec<(Look, Arc<[Line]>)> = Vec::new();
    let mut each = Vec::with_capacity(outlets.len());
    for look in outlets.iter().map(Outlet::look) {
        let lines = match rendered.iter().find(|(other, _)| *other == look) {
            Some((_, lines)) => lines.clone(),
            None => {
                let lines: Arc<[Line]> = lines(events, owner, component, look).into();
                rendered.push((look, lines.clone()));
                lines
            }
        };
        each.push(lines);
    }
    each
}

fn lines(events: &[SignOnEvent], owner: &Arc<Owner>, component: &str, look: Look) -> Vec<Line> {
    let nobody = Owner::NOBODY;
    let named = if look.tells_owner { owner } else { &nobody };
    // What signon says of itself has nothing but what is unmapped.
    let unmapped = look.keep.unmapped || component == ledger::COMPONENT;
    let context = Context { component, owner: named, keep: Keep { unmapped, ..look.keep } };
    events
        .iter()
        .map(|event| Line {
            id: event.native_id.clone(),
            owner: owner.clone(),
            time: event.time,
            text: render(event, &context, look.format),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Syntax};
    use crate::planner::Range;
    use crate::render::sample::sample_event;
    use crate::sinks::StdoutSink;

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
        lines(&[sample_event()], &Arc::new(owner), "oam", outlet.look())
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
    fn what_looks_the_same_is_rendered_once() {
        let same = || outlet("type = 'stdout'", Format::Ocsf);
        let other = outlet("type = 'stdout'\nkeep = []", Format::Ocsf);
        let owner = Arc::new(Owner::of_source("s"));
        let each = lines_for_each(&[same(), other, same()], &[sample_event()], &owner, "oam");
        assert!(Arc::ptr_eq(&each[0], &each[2]) && !Arc::ptr_eq(&each[0], &each[1]));
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
            let line = lines(std::slice::from_ref(&head), &owner, ledger::COMPONENT, outlet.look())
                .remove(0);
            assert!(line.text.contains("closed_until_ms"), "{format}: {}", line.text);
        }
    }
}
