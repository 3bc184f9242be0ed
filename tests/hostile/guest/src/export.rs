//! The shell: pure calls behave unless `in` names them.

use serde_json::Value;
use signon_kit::bindings::{Guest, GuestNormalizer, GuestSession, Normalizer, Session};
use signon_kit::contract::{
    AccessRule, Batch, BatchLimits, Cursor, Descriptor, Finding, ReadOptions, Selection, Shape,
    SourceError, Stream, TypeCount, Windowed,
};

use crate::{answers, requests, resources};

struct Component;

signon_kit::bindings::export!(Component with_types_in signon_kit::bindings);

/// What a test wants.
pub struct Order(Value);

impl Order {
    fn parse(config: &str) -> Self {
        Self(serde_json::from_str(config).unwrap_or_default())
    }

    pub fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    pub fn texts(&self, key: &str) -> Vec<&str> {
        self.0[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub fn number(&self, key: &str) -> usize {
        self.0[key].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(1)
    }

    /// Attacks if this is the call to do it in.
    fn strike(&self, call: &str) {
        let place = if self.text("in").is_empty() { "next" } else { self.text("in") };
        if place == call {
            resources::attack(self);
        }
    }
}

impl Guest for Component {
    type Session = SessionExport;
    type Normalizer = NormalizerExport;

    fn describe() -> Descriptor {
        Descriptor {
            name: "hostile".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: "Attacks whoever runs it".to_owned(),
            config_schema: "{}".to_owned(),
            identity_keys: vec![],
            kinds: Vec::new(),
            shape: Shape::Windowed(Windowed {
                granularity_seconds: 60,
                longest_range_seconds: 3600,
                smallest_retention_seconds: 86_400,
                largest_retention_seconds: 86_400,
                readings_seconds: vec![0],
            }),
        }
    }

    fn access(config: String) -> Result<Vec<AccessRule>, SourceError> {
        let order = Order::parse(&config);
        order.strike("access");
        if order.text("attack") == "many-rules" {
            return Ok((0..order.number("count")).map(|_| rule("https://a.example")).collect());
        }
        Ok(order.texts("origins").into_iter().map(rule).collect())
    }

    fn streams(config: String) -> Result<Vec<Stream>, SourceError> {
        let order = Order::parse(&config);
        order.strike("streams");
        let count = if order.text("attack") == "many-streams" { order.number("count") } else { 1 };
        let id = if order.text("attack") == "long-stream" { "x".repeat(600) } else { "s".into() };
        Ok((0..count).map(|n| Stream { id: format!("{id}{n}"), label: String::new() }).collect())
    }

    fn check(config: String) -> Result<Vec<Finding>, SourceError> {
        let order = Order::parse(&config);
        order.strike("check");
        Ok(requests::attack(&order).into_iter().map(|text| answers::finding(&text)).collect())
    }
}

fn rule(origin: &str) -> AccessRule {
    AccessRule {
        origin: origin.to_owned(),
        methods: vec!["GET".to_owned(), "POST".to_owned()],
        path_prefix: "/".to_owned(),
    }
}

struct SessionExport(Order);

impl GuestSession for SessionExport {
    fn open(
        config: String,
        _stream: String,
        _selection: Selection,
        _cursor: Option<Cursor>,
        _options: ReadOptions,
    ) -> Result<Session, SourceError> {
        let order = Order::parse(&config);
        order.strike("open");
        Ok(Session::new(Self(order)))
    }

    fn next(&self, _limits: BatchLimits) -> Result<Batch, SourceError> {
        self.0.strike("next");
        answers::attack(&self.0, requests::attack(&self.0))
    }
}

/// Resources of the guest's own that are never given back.
pub fn hoard_sessions() -> ! {
    loop {
        std::mem::forget(Session::new(SessionExport(Order(Value::Null))));
    }
}

struct NormalizerExport;

impl GuestNormalizer for NormalizerExport {
    fn open(_options: ReadOptions) -> Result<Normalizer, SourceError> {
        Ok(Normalizer::new(Self))
    }

    fn push(&self, _chunk: Vec<u8>) {}

    fn next(&self, _limits: BatchLimits) -> Result<Batch, SourceError> {
        Ok(answers::batch())
    }

    fn finish(&self) {}

    fn passed_over(&self) -> Vec<TypeCount> {
        Vec::new()
    }
}
