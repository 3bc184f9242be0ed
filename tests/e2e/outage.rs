//! After an outage `signon coverage` tells exactly what is complete and what is not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use signon_simulator::{Faults, Options, Service as Simulated};

use crate::support::{HOUR, Service, options, options_of};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Now, to the minute, in Unix milliseconds.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = i64::try_from(now).unwrap();
    now - now % 60_000
}

fn rfc3339(time_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(time_ms).unwrap().to_rfc3339()
}

/// A service that is collected from, left alone, and collected from again.
struct Outage {
    service: Service,
    config: std::path::PathBuf,
    now: i64,
}

impl Outage {
    /// Collects from `start` on while it is `away`, and again at `now` with things
    /// going wrong. The service's clock is the one that counts: ours is ahead of it, so
    /// far that the run fails for it, and closes nothing later.
    fn of(start: i64, away: i64, now: i64, faults: &[&str]) -> Self {
        let since = |end: i64| Duration::from_millis(u64::try_from(end - start).unwrap());
        let options = |now: i64| Options {
            now: Some(now),
            span: since(now),
            oam_event_count: 400,
            ..options_of(&[Simulated::Oam])
        };
        let write = |service: &Service| {
            let config = service.config().set_in("oam", "start", &format!("{:?}", rfc3339(start)));
            config.write("outage.toml")
        };
        let service = Service::start(options(away));
        let first = service.once(&write(&service));
        assert_eq!(first.code, Some(1), "{}", first.stderr);
        assert!(first.stderr.contains("the service's clock says"), "{}", first.stderr);
        service.assert_holds(&[Simulated::Oam]);
        let faults = Faults::parse_all(faults.iter().copied()).unwrap();
        let service = service.restart(Options { faults, ..options(now) });
        let config = write(&service);
        service.once(&config).success();
        Self { service, config, now }
    }

    /// Standing, start and end of each segment, and its reason.
    fn segments(&self) -> Vec<(String, i64, i64, String)> {
        let to = rfc3339(self.now);
        let told = self.service.coverage(&self.config, &["--json", "--verify", "--to", &to]);
        let report: Value = serde_json::from_str(told.success().stdout.trim()).unwrap();
        assert_eq!(report["complete"], false);
        let segment = |segment: &Value| {
            let (start, end) = (&segment["range"]["start"], &segment["range"]["end"]);
            let reason = segment["reason"].as_str().unwrap_or_default().to_owned();
            let standing = segment["standing"].as_str().unwrap().to_owned();
            (standing, start.as_i64().unwrap(), end.as_i64().unwrap(), reason)
        };
        report["segments"].as_array().unwrap().iter().map(segment).collect()
    }

    fn assert_complete_up_to_the_last_day(&self, start: i64) {
        let segments = self.segments();
        let (complete, open): (Vec<_>, Vec<_>) = segments.iter().partition(|s| s.0 == "complete");
        assert!(open.iter().all(|segment| segment.0 == "open"), "{segments:?}");
        assert_eq!(complete.len(), 1, "{segments:?}");
        self.near(complete[0].1, start);
        self.at_most(complete[0].2, self.now - DAY_MS);
        self.near(segments.last().unwrap().2, self.now);
    }

    /// How far apart two times may be that are the same: clocks differ by some minutes,
    /// and they went on while the commands ran.
    fn slack(&self) -> i64 {
        6 * 60_000 + (now() - self.now)
    }

    fn near(&self, time: i64, expected: i64) {
        let apart = (time - expected).abs();
        assert!(apart <= self.slack(), "{} instead of {}", rfc3339(time), rfc3339(expected));
    }

    /// The same for where the last sweep stands: it reads six hours at once.
    fn at_most(&self, time: i64, expected: i64) {
        let behind = expected - time;
        let bounds = -self.slack()..=6 * HOUR_MS + self.slack();
        assert!(bounds.contains(&behind), "{} instead of {}", rfc3339(time), rfc3339(expected));
    }
}

#[test]
fn after_a_day_of_outage_only_the_last_day_is_open() {
    let now = now();
    let start = now - 44 * HOUR_MS;
    let outage = Outage::of(start, now - DAY_MS, now, &["cut=0.1", "5xx=0.1"]);
    outage.assert_complete_up_to_the_last_day(start);
}

#[test]
fn tokens_that_expire_leave_no_hole() {
    let now = now();
    let start = now - 44 * HOUR_MS;
    let faults = Faults::parse_all(["expire-token=0.3"]).unwrap();
    let service = Service::start(Options { span: 40 * HOUR, faults, ..options() });
    let config = service.config().set("start", &format!("{:?}", rfc3339(start)));
    let config = config.write("outage.toml");
    service.once(&config).success();
    service.assert_complete();
    Outage { service, config, now }.assert_complete_up_to_the_last_day(start);
}

#[test]
fn what_vanished_during_an_outage_is_a_gap_and_what_was_read_once_is_unproven() {
    let now = now();
    let start = now - 12 * DAY_MS;
    let outage = Outage::of(start, now - 10 * DAY_MS, now, &[]);
    let segments = outage.segments();
    let words: Vec<&str> = segments.iter().map(|segment| segment.0.as_str()).collect();
    assert_eq!(words[..4], ["complete", "unproven", "gap", "complete"], "{segments:?}");
    assert!(words[4..].iter().all(|word| *word == "open"), "{segments:?}");
    let away = now - 10 * DAY_MS;
    outage.at_most(segments[0].2, away - DAY_MS);
    outage.near(segments[1].2, away);
    outage.near(segments[2].2, now - 7 * DAY_MS);
    outage.at_most(segments[3].2, now - DAY_MS);
    for segment in &segments[1..3] {
        assert!(segment.3.contains("older than the source keeps events"), "{segments:?}");
    }
}
