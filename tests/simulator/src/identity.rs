//! Who may call, and who the simulator says it is.
//!
//! The invariant: private keys are made anew for every simulator and leave it
//! only through the configuration files it is asked to write. Names (tenancy,
//! user, compartment) follow from the seed, because records hold them.

use std::collections::BTreeMap;
use std::sync::Arc;

use oci_signature::{Fingerprint, PrivateKey, PublicKey};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::error::SimulatorError;
use crate::prng::Prng;
use crate::secrets::SECRET_MARKER;

/// Oracle's minimum for an API signing key.
const KEY_BITS: usize = 2048;

/// The OCIDs that follow from a seed.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) tenancy: String,
    pub(crate) user: String,
    /// A compartment that exists and holds nothing.
    pub(crate) empty_compartment: String,
}

impl Names {
    pub(crate) fn new(seed: u64) -> Self {
        // Kept apart from the record generators, which use the bare index.
        let mut random = Prng::new(seed ^ 0x1de7_7171, 0);
        Self {
            tenancy: ocid("tenancy", "", &mut random),
            user: ocid("user", "", &mut random),
            empty_compartment: ocid("compartment", "", &mut random),
        }
    }
}

/// An OCID with the usual 60 characters of lower-case base 32.
pub(crate) fn ocid(kind: &str, region: &str, random: &mut Prng) -> String {
    let unique = random.text(b"abcdefghijklmnopqrstuvwxyz234567", 52);
    format!("ocid1.{kind}.oc1.{region}.aaaaaaaa{unique}")
}

/// The caller's credentials: one API key, and a session token for the same key.
pub(crate) struct Caller {
    pub(crate) key_pem: String,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) session_token: String,
    keys: BTreeMap<String, PublicKey>,
}

impl Caller {
    /// Makes a key; takes a fraction of a second.
    pub(crate) fn new(names: &Names) -> Result<Self, SimulatorError> {
        let failed = |reason: String| SimulatorError::Identity { what: "api key", reason };
        let key = rsa::RsaPrivateKey::new(&mut rand_core::OsRng, KEY_BITS)
            .map_err(|error| failed(error.to_string()))?;
        let key_pem = key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| failed(error.to_string()))?
            .to_string();
        let key =
            PrivateKey::from_pem(&key_pem, None).map_err(|error| failed(error.to_string()))?;
        let fingerprint = key.fingerprint();
        // Shaped like a JSON web token; its content is nobody's business.
        let session_token =
            format!("eyJhbGciOiJSUzI1NiJ9.e30.{SECRET_MARKER}{fingerprint}").replace(':', "");
        let api_key = oci_signature::api_key_id(&names.tenancy, &names.user, &fingerprint);
        let session = oci_signature::session_token_key_id(&session_token);
        let keys = BTreeMap::from([(api_key, key.public_key()), (session, key.public_key())]);
        Ok(Self { key_pem, fingerprint, session_token, keys })
    }

    /// The public key that belongs to a `keyId`.
    pub(crate) fn key(&self, key_id: &str) -> Option<&PublicKey> {
        self.keys.get(key_id)
    }
}

/// The server's certificate and the authority that issued it.
pub(crate) struct Certificates {
    pub(crate) ca_pem: String,
    pub(crate) server: Arc<rustls::ServerConfig>,
}

impl Certificates {
    /// A fresh authority and a certificate for the loopback names.
    pub(crate) fn new() -> Result<Self, SimulatorError> {
        let failed = |reason: String| SimulatorError::Identity { what: "certificate", reason };
        let (ca, ca_pem, chain, key) = issue().map_err(|error| failed(error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut server = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?
            .with_no_client_auth()
            .with_single_cert(vec![chain, ca], PrivateKeyDer::Pkcs8(key))
            .map_err(|error| failed(error.to_string()))?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { ca_pem, server: Arc::new(server) })
    }
}

type Issued = (
    rustls::pki_types::CertificateDer<'static>,
    String,
    rustls::pki_types::CertificateDer<'static>,
    PrivatePkcs8KeyDer<'static>,
);

/// Authority (DER and PEM), server certificate, server key.
fn issue() -> Result<Issued, rcgen::Error> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Python 3.13 verifies strictly: key usage and key identifiers must be there.
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "signon simulator authority");
    let ca_certificate = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);

    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name.push(DnType::CommonName, "signon simulator");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let certificate = leaf.signed_by(&key, &issuer)?;
    Ok((
        ca_certificate.der().clone(),
        ca_certificate.pem(),
        certificate.der().clone(),
        PrivatePkcs8KeyDer::from(key.serialize_der()),
    ))
}
