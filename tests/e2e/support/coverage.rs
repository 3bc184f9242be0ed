//! What `signon coverage` says of a service with one stream.

use std::path::Path;

use serde_json::Value;

use super::Service;

/// The only stream's coverage.
pub fn coverage(service: &Service, config: &Path, arguments: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(arguments);
    let text = service.coverage(config, &all).success().stdout;
    let mut lines = text.lines();
    let report = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert!(lines.next().is_none(), "more than one stream: {text}");
    report
}

/// Seconds with each standing.
pub fn seconds(report: &Value, standing: &str) -> i64 {
    let segments = report["segments"].as_array().unwrap();
    let of_standing = segments.iter().filter(|segment| segment["standing"] == standing);
    of_standing
        .map(|s| s["range"]["end"].as_i64().unwrap() - s["range"]["start"].as_i64().unwrap())
        .sum::<i64>()
        / 1000
}
