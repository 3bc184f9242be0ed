//! What a compute instance of the tenancy has: its metadata service, and the
//! endpoint that exchanges the certificate for a token.
//!
//! The invariant: a token is given only for a certificate that this simulator's
//! authority stands behind, to whoever signs with that certificate's key, and is
//! good for the session key it was asked with until its time is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use oci_signature::{Authorization, PublicKey, ReceivedRequest, session_token_key_id};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use crate::answer::{Answer, Refusal};
use crate::authentication::{check_date, refused};
use crate::error::SimulatorError;
use crate::identity::Names;
use crate::secrets::SECRET_MARKER;

/// Version 2 answers nobody without it.
const AUTHORIZATION: &str = "Bearer Oracle";

/// What is asked of an instance's surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Region,
    RegionInfo,
    Certificate,
    Key,
    Intermediate,
    Federate,
}

impl Operation {
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        match (method, path) {
            (&Method::GET, "/opc/v2/instance/region") => Some(Self::Region),
            (&Method::GET, "/opc/v2/instance/regionInfo") => Some(Self::RegionInfo),
            (&Method::GET, "/opc/v2/identity/cert.pem") => Some(Self::Certificate),
            (&Method::GET, "/opc/v2/identity/key.pem") => Some(Self::Key),
            (&Method::GET, "/opc/v2/identity/intermediate.pem") => Some(Self::Intermediate),
            (&Method::POST, "/v1/x509") => Some(Self::Federate),
            _ => None,
        }
    }
}

/// The instance, the authority behind its certificate, and the tokens given.
pub(crate) struct Instance {
    tenancy: String,
    certificate_pem: String,
    intermediate_pem: String,
    /// The caller's API key: making another would cost every start a fraction of a
    /// second.
    key_pem: String,
    chain: Arc<dyn ClientCertVerifier>,
    /// By `keyId`: the session's key, and when the token ends (Unix milliseconds).
    sessions: Mutex<BTreeMap<String, (PublicKey, i64)>>,
    /// Life of a token in seconds.
    lifetime: i64,
}

impl Instance {
    pub(crate) fn new(names: &Names, key_pem: &str, lifetime: u64) -> Result<Self, SimulatorError> {
        let failed =
            |reason: String| SimulatorError::Identity { what: "instance certificate", reason };
        let issued = issue(names, key_pem).map_err(|error| failed(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        roots.add(issued.root).map_err(|error| failed(error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            tenancy: names.tenancy.clone(),
            certificate_pem: issued.certificate_pem,
            intermediate_pem: issued.intermediate_pem,
            key_pem: key_pem.to_owned(),
            chain,
            sessions: Mutex::default(),
            lifetime: i64::try_from(lifetime).unwrap_or(i64::MAX),
        })
    }

    /// The key of a session whose token is good at this time, Unix milliseconds.
    pub(crate) fn key(&self, key_id: &str, now: i64) -> Option<PublicKey> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, ends) = sessions.get(key_id)?;
        (now < *ends).then(|| key.clone())
    }

    /// What the metadata service says in this region.
    pub(crate) fn metadata(
        &self,
        operation: Operation,
        headers: &HeaderMap,
        region: &str,
    ) -> Result<Answer, Refusal> {
        let known = headers.get(header::AUTHORIZATION).is_some_and(|value| value == AUTHORIZATION);
        if !known || headers.contains_key("x-forwarded-for") {
            return Err(refused(
                "version 2 wants `Authorization: Bearer Oracle` from the instance",
            ));
        }
        let text = match operation {
            Operation::Region => region.to_owned(),
            Operation::RegionInfo => json!({
                "realmKey": "oc1", "realmDomainComponent": "oraclecloud.com",
                "regionKey": "SIM", "regionIdentifier": region,
            })
            .to_string(),
            Operation::Certificate => self.certificate_pem.clone(),
            Operation::Intermediate => self.intermediate_pem.clone(),
            Operation::Key => self.key_pem.clone(),
            Operation::Federate => return Err(Refusal::not_authorized_or_not_found()),
        };
        let mut answer = Answer::json(StatusCode::OK, vec![Bytes::from(text)]);
        if operation != Operation::RegionInfo {
            answer.content_type = "text/plain";
        }
        Ok(answer)
    }

    /// A certificate against a token; `now` in Unix milliseconds.
    pub(crate) fn federate(
        &self,
        request: &ReceivedRequest<'_>,
        now: i64,
    ) -> Result<Answer, Refusal> {
        let body: Value = serde_json::from_slice(request.body)
            .map_err(|_| Refusal::invalid_parameter("the body is not JSON"))?;
        if body["fingerprintAlgorithm"] != "SHA256" {
            return Err(Refusal::invalid_parameter("fingerprintAlgorithm is not SHA256"));
        }
        let leaf = der(&body["certificate"], "certificate")?;
        let intermediates = body["intermediateCertificates"].as_array().into_iter().flatten();
        let intermediates: Vec<_> = intermediates
            .map(|value| der(value, "intermediateCertificates"))
            .collect::<Result<_, _>>()?;
        self.chain
            .verify_client_cert(&leaf, &intermediates, UnixTime::now())
            .map_err(|error| refused(format!("the certificate is not trusted: {error}")))?;
        let (tenancy, key) = subject(&leaf)?;
        if tenancy != self.tenancy {
            return Err(refused("the certificate is of another tenancy"));
        }
        check_signature(request, &key, &key_id(&tenancy, &leaf), now)?;
        let session_key = body["publicKey"].as_str().and_then(public_key);
        let session_key =
            session_key.ok_or_else(|| Refusal::invalid_parameter("publicKey is no RSA key"))?;
        let token = self.give(session_key, now);
        let answer = json!({ "token": token }).to_string();
        Ok(Answer::json(StatusCode::OK, vec![Bytes::from(answer)]))
    }

    fn give(&self, key: PublicKey, now: i64) -> String {
        let issued = now.div_euclid(1000);
        let claims = json!({
            "sub": "ocid1.instance.oc1..simulated", "iss": "authService.oracle.com",
            "ptype": "instance", "tenant": self.tenancy, "iat": issued, "exp": issued.saturating_add(self.lifetime),
        });
        let mut random = [0; 16];
        rand_core::RngCore::fill_bytes(&mut rand_core::OsRng, &mut random);
        // Nobody but the simulator reads the signature, and it knows what it gave.
        let token = format!(
            "{}.{}.{SECRET_MARKER}{}",
            URL_SAFE_NO_PAD.encode("{\"alg\":\"RS256\"}"),
            URL_SAFE_NO_PAD.encode(claims.to_string()),
            URL_SAFE_NO_PAD.encode(random)
        );
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = now.saturating_add(self.lifetime.saturating_mul(1000));
        sessions.insert(session_token_key_id(&token), (key, ends));
        token
    }
}

fn check_signature(
    request: &ReceivedRequest<'_>,
    key: &PublicKey,
    key_id: &str,
    now: i64,
) -> Result<(), Refusal> {
    let header =
        request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let (_, value) = header.ok_or_else(|| refused("the Authorization header is missing"))?;
    let authorization = Authorization::parse(value).map_err(|error| refused(error.to_string()))?;
    if authorization.key_id != key_id {
        return Err(refused("the keyId is not that of the certificate"));
    }
    oci_signature::verify_federation(&authorization, request, key)
        .map_err(|error| refused(error.to_string()))?;
    check_date(&authorization, request, now)
}

/// How a certificate is named in requests that its key signs.
fn key_id(tenancy: &str, leaf: &CertificateDer<'_>) -> String {
    let pairs: Vec<String> =
        Sha256::digest(leaf).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{tenancy}/fed-x509-sha256/{}", pairs.join(":"))
}

/// A PEM body without armour and line ends.
fn der(value: &Value, name: &str) -> Result<CertificateDer<'static>, Refusal> {
    let decoded = value.as_str().and_then(|text| STANDARD.decode(text).ok());
    decoded
        .map(CertificateDer::from)
        .ok_or_else(|| Refusal::invalid_parameter(format!("{name} is not base64 in one line")))
}

fn public_key(base64: &str) -> Option<PublicKey> {
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n");
    PublicKey::from_pem(&pem).ok()
}

/// Tenancy and key of a certificate that is trusted.
fn subject(leaf: &CertificateDer<'_>) -> Result<(String, PublicKey), Refusal> {
    let parsed = Certificate::from_der(leaf)
        .map_err(|_| refused("the certificate is none"))?
        .tbs_certificate;
    let mut names = parsed.subject.0.iter().flat_map(|names| names.0.iter());
    let tenancy = names.find_map(|name| {
        std::str::from_utf8(name.value.value()).ok()?.strip_prefix("opc-tenant:").map(str::to_owned)
    });
    let key = parsed.subject_public_key_info.to_der().ok();
    let key = key.and_then(|der| public_key(&STANDARD.encode(der)));
    tenancy.zip(key).ok_or_else(|| refused("the certificate names no tenancy or has no RSA key"))
}

struct Issued {
    root: CertificateDer<'static>,
    intermediate_pem: String,
    certificate_pem: String,
}

/// Root, intermediate and the instance's certificate.
fn issue(names: &Names, key_pem: &str) -> Result<Issued, rcgen::Error> {
    let (root_key, intermediate_key) = (KeyPair::generate()?, KeyPair::generate()?);
    let authority = |name: &str| -> Result<CertificateParams, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(params)
    };
    let root = authority("signon simulator instances")?;
    let root_certificate = root.self_signed(&root_key)?;
    let root = Issuer::new(root, root_key);
    let intermediate = authority("signon simulator instances, intermediate")?;
    let intermediate_certificate = intermediate.signed_by(&intermediate_key, &root)?;
    let intermediate = Issuer::new(intermediate, intermediate_key);

    let mut leaf = CertificateParams::new(Vec::new())?;
    let tenant = format!("opc-tenant:{}", names.tenancy);
    leaf.distinguished_name.push(DnType::CommonName, "ocid1.instance.oc1..simulated");
    leaf.distinguished_name.push(DnType::OrganizationName, "opc-certtype:instance");
    leaf.distinguished_name.push(DnType::OrganizationalUnitName, tenant);
    let certificate = leaf.signed_by(&KeyPair::from_pem(key_pem)?, &intermediate)?;
    Ok(Issued {
        root: root_certificate.der().clone(),
        intermediate_pem: intermediate_certificate.pem(),
        certificate_pem: certificate.pem(),
    })
}
