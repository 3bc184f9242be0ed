//! Signatures with an API key, for runtimes where nobody attaches them.
//!
//! The key is read when the configuration is, so that a wrong one is a finding with
//! its place and not a failure later. Invariant: no text of the key is in an error.

use oci_signature::{
    Body, DateHeader, Fingerprint, PrivateKey, RequestToSign, Signer, api_key_id, imf_fixdate,
};
use signon_kit::auth::{Authorize, Random, Surroundings};
use signon_kit::config::Reader;
use signon_kit::http::{Method, Request, Transport, TransportError};
use signon_kit::secret::Secret;

/// Headers that a runtime sets itself, and lets nobody else set.
const OF_THE_RUNTIME: [&str; 2] = ["host", "content-length"];

/// An API key and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    tenancy: String,
    user: String,
    fingerprint: String,
    private_key: Secret,
    passphrase: Option<Secret>,
}

impl ApiKey {
    /// Reads the table `auth` of a configuration, if it is there.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let mut table = reader.table("auth")?;
        let key = Self {
            tenancy: table.required_text("tenancy", "ocid1.tenancy.oc1..aaaa"),
            user: table.required_text("user", "ocid1.user.oc1..aaaa"),
            fingerprint: table.required_text("fingerprint", "20:3b:97:13:…"),
            private_key: table.required_secret("private_key"),
            passphrase: table.secret("passphrase"),
        };
        match key.fingerprint.parse::<Fingerprint>() {
            Err(error) if !key.fingerprint.is_empty() => {
                let fix = "copy the fingerprint that the console shows for the key";
                table.wrong("fingerprint", error.to_string(), fix);
            }
            _ if key.private_key.expose().is_empty() => {}
            fingerprint => {
                let read = key.key();
                let checked = read.and_then(|read| match fingerprint {
                    Ok(fingerprint) => read.check_fingerprint(&fingerprint),
                    Err(_) => Ok(()),
                });
                if let Err(error) = checked {
                    table.wrong("private_key", error.to_string(), "paste the text of the PEM file");
                }
            }
        }
        reader.absorb(table);
        Some(key)
    }

    fn key(&self) -> Result<PrivateKey, oci_signature::KeyError> {
        let passphrase = self.passphrase.as_ref().map(Secret::expose);
        PrivateKey::from_pem(self.private_key.expose(), passphrase)
    }

    /// What signs with this key. `None` if it cannot be read, which reading the
    /// configuration has ruled out.
    pub fn signer(&self) -> Option<Signature> {
        let fingerprint = self.fingerprint.parse().ok()?;
        let id = api_key_id(&self.tenancy, &self.user, &fingerprint);
        Some(Signature(Signer::new(id, self.key().ok()?)))
    }
}

/// Signs requests.
#[derive(Debug)]
pub struct Signature(Signer);

impl Authorize for Signature {
    fn headers<T: Transport + Surroundings>(
        &mut self,
        request: &Request,
        transport: &mut T,
    ) -> Result<Vec<(&'static str, String)>, TransportError> {
        let date = imf_fixdate(transport.wall_clock_ms().div_euclid(1000));
        let (_, host) = request.origin.split_once("://").unwrap_or_default();
        let to_sign = RequestToSign {
            method: match request.method {
                Method::Get => "GET",
                Method::Post => "POST",
            },
            target: &request.target,
            host,
            date: &date,
            // A runtime may keep `date` to itself.
            date_header: DateHeader::XDate,
            body: match request.method {
                Method::Get => Body::None,
                Method::Post => {
                    Body::Signed { content_type: "application/json", bytes: &request.body }
                }
            },
        };
        let mut headers = self
            .0
            .sign(&to_sign, &mut Random(transport))
            .map_err(|error| TransportError::Unauthorized(error.to_string()))?;
        headers.retain(|(name, _)| !OF_THE_RUNTIME.contains(name));
        Ok(headers)
    }
}
