//! `signon simulate`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use signon_simulator::{Faults, Options, Service, Simulator};

use super::exit;
use super::failure::Failure;
use super::signals;

/// Arguments of `signon simulate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Loopback address to serve HTTP and HTTPS on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Folder for oci_config, oci_key.pem, ca.pem and a signon.toml to run with.
    #[arg(long, value_name = "DIR")]
    write_config: PathBuf,
    /// Serve the records of this file (JSON array or NDJSON) instead of generated ones.
    #[arg(long, value_name = "FILE")]
    oci_events: Option<PathBuf>,
    /// Serve the AuditEvents rows of this file (JSON array, NDJSON or a saved answer).
    #[arg(long, value_name = "FILE")]
    idcs_events: Option<PathBuf>,
    /// Serve the Fusion OAM rows of this file (JSON array, NDJSON or a saved answer).
    #[arg(long, value_name = "FILE")]
    oam_events: Option<PathBuf>,
    /// Services to serve: oci_audit, idcs, oam. By default those with a file, or all.
    #[arg(long, value_name = "SERVICE", value_delimiter = ',', value_parser = service)]
    services: Vec<Service>,
    /// Write the ids of the sign-on events, one a line.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// A fault to inject; may be repeated. `--fault help` lists them.
    #[arg(long, value_name = "SPEC")]
    fault: Vec<String>,
    /// Audit records to generate; sign-ons are a small part of them.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    events: u64,
    /// Share of sign-ons among them, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    sign_on_share: f64,
    /// Seed of everything generated.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Records in a page.
    #[arg(long, value_name = "N", default_value_t = 100)]
    page_size: usize,
    /// Hours before now over which the records are spread.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    hours: u64,
    /// Regions to serve, the home region first.
    #[arg(long, value_name = "REGION", default_value = "us-ashburn-1", value_delimiter = ',')]
    regions: Vec<String>,
}

fn service(name: &str) -> Result<Service, String> {
    Service::ALL
        .into_iter()
        .find(|service| service.name() == name)
        .ok_or_else(|| format!("known are {}", Service::ALL.map(Service::name).join(", ")))
}

fn services(arguments: &Arguments) -> Vec<Service> {
    if !arguments.services.is_empty() {
        return arguments.services.clone();
    }
    let files = [
        (Service::OciAudit, &arguments.oci_events),
        (Service::Idcs, &arguments.idcs_events),
        (Service::Oam, &arguments.oam_events),
    ];
    let given: Vec<Service> =
        files.iter().filter(|(_, file)| file.is_some()).map(|(service, _)| *service).collect();
    if given.is_empty() { Service::ALL.to_vec() } else { given }
}

/// Serves until told to stop.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let faults = Faults::parse_all(&arguments.fault).map_err(Failure::usage)?;
    let services = services(&arguments);
    let options = Options {
        listen: arguments.listen,
        seed: arguments.seed,
        events: arguments.events,
        sign_on_share: arguments.sign_on_share,
        span: Duration::from_secs(arguments.hours.saturating_mul(3600)),
        page_size: arguments.page_size,
        regions: arguments.regions,
        services,
        oci_events: arguments.oci_events,
        idcs_events: arguments.idcs_events,
        oam_events: arguments.oam_events,
        faults,
        ..Options::default()
    };
    let simulator = Simulator::start(options).await.map_err(Failure::failed)?;
    simulator.write_config(&arguments.write_config).map_err(Failure::failed)?;
    if let Some(truth) = &arguments.truth {
        simulator.write_truth(truth).map_err(Failure::failed)?;
    }
    let folder = arguments.write_config.display();
    exit::complain(format!(
        "serving {} records at {} and {}",
        simulator.records(),
        simulator.http_url(),
        simulator.https_url()
    ));
    exit::complain(format!("collect them with: signon run --once --config {folder}/signon.toml"));
    let mut stop = signals::stop();
    // An error means that nobody can tell us to stop any more: stop.
    let _ = stop.wait_for(|stop| *stop).await;
    simulator.shutdown().await;
    Ok(())
}
