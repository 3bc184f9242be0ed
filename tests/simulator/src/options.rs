//! What a simulator can be asked for.
//!
//! The invariant: [`Options::check`] refuses every combination that could not
//! be served as described, before anything is bound or generated.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::error::SimulatorError;
use crate::faults::Faults;
use crate::service::Service;

/// How a [`Simulator`](crate::Simulator) is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on; loopback only. Default `127.0.0.1:0`, any free port.
    pub listen: SocketAddr,
    /// Everything generated follows from this number. Default 1.
    pub seed: u64,
    /// Records generated in all; sign-ons are the part given by
    /// [`sign_on_share`](Self::sign_on_share). Default 1000.
    pub events: u64,
    /// Share of sign-ons among the records, 0 to 1. Default 0.05: sign-ons are
    /// a small part of what a tenancy audits.
    pub sign_on_share: f64,
    /// Events are spread over `[now - span, now)`. Default 24 hours.
    pub span: Duration,
    /// No record is processed within this time before `now`, so that a client
    /// that stays some way behind the clock can still read all of them.
    /// Default zero: the newest records become visible as time passes.
    pub quiet: Duration,
    /// The simulator's time at start, Unix milliseconds; it runs on from there.
    /// Default: the system's time.
    pub now: Option<i64>,
    /// Records a page. Default 100.
    pub page_size: usize,
    /// Regions served; the first is the home region. Default `us-ashburn-1`.
    pub regions: Vec<String>,
    /// Serve the records of this file (a JSON array or one record a line)
    /// instead of generated ones. They are listed in the tenancy's root
    /// compartment in the home region.
    pub oci_events: Option<PathBuf>,
    /// The services there are; what is written (configuration, truth) covers
    /// these. Default: OCI Audit alone.
    pub services: Vec<Service>,
    /// Audit events generated for the identity domain. Up to a third of them
    /// are sign-ons that OCI Audit has too. Default 150.
    pub idcs_event_count: u64,
    /// Serve the rows of this file (a JSON array, one row a line or a saved
    /// list reply) as the identity domain's audit events instead.
    pub idcs_events: Option<PathBuf>,
    /// Events generated for the sign-in audit of Fusion. Up to a third of them
    /// are sign-ons that OCI Audit has too. Default 100.
    pub oam_event_count: u64,
    /// Serve the events of this file (a JSON array, one event a line or a saved
    /// JSON reply) as the sign-in audit instead.
    pub oam_events: Option<PathBuf>,
    /// How long the identity domain's access tokens and the instance's tokens live;
    /// whole seconds.
    /// Default one hour.
    pub token_lifetime: Duration,
    /// What goes wrong on purpose.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            seed: 1,
            events: 1000,
            sign_on_share: 0.05,
            span: Duration::from_secs(24 * 60 * 60),
            quiet: Duration::ZERO,
            now: None,
            page_size: 100,
            regions: vec!["us-ashburn-1".to_owned()],
            oci_events: None,
            services: vec![Service::OciAudit],
            idcs_event_count: 150,
            idcs_events: None,
            oam_event_count: 100,
            oam_events: None,
            token_lifetime: Duration::from_secs(3600),
            faults: Faults::default(),
        }
    }
}

/// Most records that are kept: each takes about 3 KiB of memory, so this is
/// already more than a test machine has.
const MOST_EVENTS: u64 = 50_000_000;
/// Longest span: ten years, far beyond Oracle's retention of one.
const LONGEST_SPAN: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

impl Options {
    /// Refuses values that make no sense, naming the option and what is expected.
    pub(crate) fn check(&self) -> Result<(), SimulatorError> {
        let refuse = |option, reason: &str| {
            Err(SimulatorError::Option { option, reason: reason.to_owned() })
        };
        if !self.listen.ip().is_loopback() {
            return Err(SimulatorError::NotLoopback(self.listen));
        }
        if self.page_size == 0 {
            return refuse("page_size", "expected at least 1 record a page");
        }
        if !(0.0..=1.0).contains(&self.sign_on_share) {
            return refuse("sign_on_share", "expected a share from 0 to 1");
        }
        for (option, events) in [
            ("events", self.events),
            ("idcs_event_count", self.idcs_event_count),
            ("oam_event_count", self.oam_event_count),
        ] {
            if events > MOST_EVENTS {
                return refuse(option, "expected at most 50000000 records");
            }
        }
        if self.token_lifetime.as_secs() == 0 || self.token_lifetime > LONGEST_SPAN {
            return refuse("token_lifetime", "expected at least a second, at most ten years");
        }
        if self.services.is_empty() {
            return refuse("services", "expected at least one service");
        }
        if self.span > LONGEST_SPAN {
            return refuse("span", "expected at most ten years");
        }
        if self.quiet.as_millis() >= self.span.as_millis() {
            return refuse("span", "expected a span longer than zero and than `quiet`");
        }
        // Far enough from both ends of the calendar that no time in a record
        // leaves the years 1 to 9999.
        if self.now.is_some_and(|now| !(0..200_000_000_000_000).contains(&now)) {
            return refuse("now", "expected Unix milliseconds between 1970 and the year 8307");
        }
        if self.regions.is_empty() {
            return refuse("regions", "expected at least one region, such as us-ashburn-1");
        }
        for (index, region) in self.regions.iter().enumerate() {
            let shaped = region.contains('-')
                && region
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !shaped {
                return refuse(
                    "regions",
                    &format!("`{region}` is no region identifier such as us-ashburn-1"),
                );
            }
            if self.regions[..index].contains(region) {
                return refuse("regions", &format!("`{region}` is given twice"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_accepted() {
        Options::default().check().unwrap();
    }

    #[test]
    fn values_that_make_no_sense_are_refused_by_name() {
        let day = Duration::from_secs(86_400);
        let cases: [(&str, Options); 10] = [
            ("page_size", Options { page_size: 0, ..Options::default() }),
            ("sign_on_share", Options { sign_on_share: f64::NAN, ..Options::default() }),
            ("span", Options { span: Duration::ZERO, ..Options::default() }),
            ("span", Options { span: day, quiet: day, ..Options::default() }),
            ("regions", Options { regions: vec![], ..Options::default() }),
            ("regions", Options { regions: vec!["IAD".into()], ..Options::default() }),
            ("now", Options { now: Some(-1), ..Options::default() }),
            ("services", Options { services: vec![], ..Options::default() }),
            ("idcs_event_count", Options { idcs_event_count: u64::MAX, ..Options::default() }),
            ("token_lifetime", Options { token_lifetime: Duration::ZERO, ..Options::default() }),
        ];
        for (option, options) in cases {
            let message = options.check().unwrap_err().to_string();
            assert!(message.contains(&format!("`{option}`")), "{message}");
        }
    }

    #[test]
    fn an_address_that_others_can_reach_is_refused() {
        for address in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0"] {
            let options = Options { listen: address.parse().unwrap(), ..Options::default() };
            let message = options.check().unwrap_err().to_string();
            assert!(message.contains("loopback only"), "{message}");
        }
    }
}
