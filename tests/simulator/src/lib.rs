//! Oracle's audit APIs on loopback, for tests, demonstrations and measurements.
//!
//! Why it exists: there is no public emulator of these APIs, and the ones for
//! other Oracle services verify nothing. A collector that was only tried
//! against a lenient server proves little, so this one refuses what Oracle
//! refuses: a wrong signature, a wrong clock, an unknown or malformed
//! parameter, a page token of another query. Oracle's own SDKs work with it.
//!
//! One history is told by up to three services ([`Service`]): OCI Audit, the
//! `AuditEvents` of an identity domain with its token endpoint, and the sign-in
//! audit of Fusion. A sign-on that several of them saw has other ids in each
//! and one execution context id, as during a migration.
//!
//! The invariant: what counts as a sign-on is decided when a record is made,
//! never by looking at it afterwards. [`Simulator::truth_of`] is therefore an
//! answer sheet that shares no code with the thing it grades.
//!
//! ```no_run
//! # async fn example() -> Result<(), signon_simulator::SimulatorError> {
//! use signon_simulator::{Options, Simulator};
//!
//! let simulator = Simulator::start(Options::default()).await?;
//! simulator.write_config("/tmp/simulated".as_ref())?;
//! println!("{} serves {} records", simulator.http_url(), simulator.records());
//! simulator.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod api;
mod authentication;
mod client_files;
mod clock;
mod error;
mod faults;
mod gate;
mod idcs;
mod identity;
mod injection;
mod instance;
mod lateness;
mod oam;
mod oci_audit;
mod options;
mod prng;
mod query_string;
mod record_store;
mod secrets;
mod server;
mod service;
mod simulator;
mod statistics;
mod tenancy;
mod traffic;
mod truth;

pub use error::SimulatorError;
pub use faults::{Fault, FaultError, Faults, OamBounds, OamOrder, OamPageStyle, OamRendering};
pub use options::Options;
pub use secrets::SECRET_MARKER;
pub use service::Service;
pub use simulator::Simulator;
pub use statistics::Statistics;
pub use traffic::{IDCS_EVENT_IDS, SIGN_ON_EVENT_NAMES};
