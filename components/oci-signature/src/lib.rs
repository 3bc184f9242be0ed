//! OCI HTTP Signature, version 1: signing, verification, keys and `~/.oci/config`.
//!
//! The host signs requests as they leave, guests in foreign runtimes sign for themselves and the simulator
//! verifies; all three must agree to the byte, so the rules live here once.
//!
//! Invariants: no input or output, no clock, no source of randomness (the caller passes date and
//! RNG in); the same request gives the same signature; no private key, passphrase or session token
//! appears in a `Debug`, a `Display` or an error.
//!
//! ```
//! use oci_signature::{Body, DateHeader, RequestToSign, signing_string};
//!
//! let request = RequestToSign {
//!     method: "GET",
//!     target: "/20190901/auditEvents?compartmentId=x",
//!     host: "audit.us-phoenix-1.oraclecloud.com",
//!     date: "Wed, 01 May 2024 12:00:00 GMT",
//!     date_header: DateHeader::XDate,
//!     body: Body::None,
//! };
//! assert_eq!(
//!     signing_string(&request),
//!     "x-date: Wed, 01 May 2024 12:00:00 GMT\n\
//!      (request-target): get /20190901/auditEvents?compartmentId=x\n\
//!      host: audit.us-phoenix-1.oraclecloud.com"
//! );
//! ```

mod authorization;
mod date;
mod encrypted_key;
mod fingerprint;
mod key;
mod key_error;
mod oci_config;
mod oci_config_error;
mod pem;
mod secret;
mod sign_error;
mod signing;
mod verify;

pub use authorization::{Authorization, AuthorizationError};
pub use date::{imf_fixdate, parse_imf_fixdate};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use key::{PrivateKey, PublicKey};
pub use key_error::KeyError;
pub use oci_config::{Identity, OciConfig, Profile, expand_home};
pub use oci_config_error::OciConfigError;
pub use secret::Secret;
pub use sign_error::SignError;
pub use signing::{
    Body, DateHeader, RequestToSign, Signer, api_key_id, content_sha256, session_token_key_id,
    signing_string,
};
pub use verify::{
    ReceivedRequest, VerifyError, received_signing_string, signed_date, verify, verify_exempt,
    verify_federation,
};
