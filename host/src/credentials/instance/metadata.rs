//! The metadata service of a compute instance, version 2: who the instance is.
//!
//! Invariant: its client dials the one origin that was configured and follows
//! nothing; a link-local address is allowed for that origin alone.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use http::{Request, Uri, header};
use http_body_util::Full;
use oci_signature::PrivateKey;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};
use zeroize::Zeroizing;

use super::exchange;
use crate::credentials::redactor::shown;
use crate::credentials::{CredentialError, endpoint};
use crate::net::{HttpClient, PrivateAddresses};

/// What version 2 asks of every caller, so that a tricked proxy does not pass.
const AUTHORIZATION: &str = "Bearer Oracle";

/// Attributes of the certificate's subject that name the tenancy.
const TENANCY: [&str; 2] = ["opc-tenant:", "opc-identity:"];

/// Who the instance is, and the proof.
#[derive(Debug)]
pub struct Identity {
    /// OCID of the tenancy.
    pub tenancy: String,
    /// SHA-256 of the certificate: lower-case hexadecimal pairs joined with colons.
    pub fingerprint: String,
    /// The certificate, DER in base64.
    pub certificate: String,
    /// Those between it and Oracle's root, in the same form.
    pub intermediates: Vec<String>,
    /// The key of the certificate.
    pub key: PrivateKey,
}

/// The service.
#[derive(Debug)]
pub struct Metadata {
    /// Without a trailing slash.
    url: String,
    client: HttpClient,
}

impl Metadata {
    pub fn new(url: &Uri, trust: Arc<ClientConfig>) -> Self {
        let authority = url.authority().map_or("", |authority| authority.as_str());
        let origin = format!("{}://{authority}", url.scheme_str().unwrap_or_default());
        let private =
            PrivateAddresses { everywhere: false, origins: vec![origin.to_ascii_lowercase()] };
        Self {
            url: url.to_string().trim_end_matches('/').to_owned(),
            client: HttpClient::new(trust, private),
        }
    }

    /// Something that may pass went wrong.
    pub fn failed(&self, problem: &str) -> CredentialError {
        self.error("", problem.to_owned(), false)
    }

    /// Certificate and key as they are now.
    pub async fn identity(&self) -> Result<Identity, CredentialError> {
        let certificate = self.get("/identity/cert.pem").await?;
        let key = self.get("/identity/key.pem").await?;
        let intermediate = self.get("/identity/intermediate.pem").await?;
        identity(&certificate, &key, &intermediate)
            .map_err(|problem| self.error("/identity", problem, false))
    }

    /// Where the instance's region exchanges certificates for tokens. The service
    /// knows the region's domain, so that new realms need no new version of ours.
    pub async fn federation_url(&self) -> Result<Uri, CredentialError> {
        const PATH: &str = "/instance/regionInfo";
        let answer = self.get(PATH).await?;
        let url = federation_url(&answer).ok_or_else(|| {
            let problem = "holds no regionIdentifier and realmDomainComponent; set federation_url";
            self.error(PATH, problem.to_owned(), true)
        })?;
        endpoint("federation_url", &url)
    }

    async fn get(&self, path: &str) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        let url = format!("{}{path}", self.url);
        let uri = endpoint("metadata_url", &url)?;
        let host = uri.authority().map_or("", |authority| authority.as_str()).to_owned();
        let request = Request::get(uri)
            .header(header::HOST, host)
            .header(header::AUTHORIZATION, AUTHORIZATION)
            .body(Full::new(Bytes::new()))
            .map_err(|error| self.error(path, error.to_string(), true))?;
        let (status, body) = exchange::ask(&self.client, request).await.map_err(|unanswered| {
            let problem =
                format!("{}; it is there only on compute instances of OCI", unanswered.problem);
            self.error(path, problem, unanswered.refused)
        })?;
        if !status.is_success() {
            let problem = format!("answered {status}; check metadata_url");
            return Err(self.error(path, problem, status.is_client_error() && status != 429));
        }
        Ok(body)
    }

    fn error(&self, path: &str, problem: String, refused: bool) -> CredentialError {
        let url = format!("{}{path}", self.url);
        let url = url.parse().map_or_else(|_| "metadata_url".to_owned(), |url| shown(&url));
        CredentialError::Identity { url, problem, refused }
    }
}

fn federation_url(answer: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let name = |key: &str| {
        let name = answer[key].as_str()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        (!name.is_empty() && name.bytes().all(plain)).then_some(name)
    };
    let (region, domain) = (name("regionIdentifier")?, name("realmDomainComponent")?);
    Some(format!("https://auth.{region}.{domain}/v1/x509"))
}

fn identity(certificate: &[u8], key: &[u8], intermediate: &[u8]) -> Result<Identity, String> {
    let leaf = CertificateDer::from_pem_slice(certificate)
        .map_err(|_| "cert.pem holds no PEM certificate".to_owned())?;
    let parsed = Certificate::from_der(&leaf)
        .map_err(|_| "cert.pem holds no X.509 certificate".to_owned())?
        .tbs_certificate;
    let intermediates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(intermediate)
        .map(|certificate| certificate.map(|der| STANDARD.encode(&der)))
        .collect();
    let intermediates =
        intermediates.map_err(|_| "intermediate.pem holds no PEM certificate".to_owned())?;
    let key = std::str::from_utf8(key).map_err(|_| "key.pem is no text".to_owned())?;
    let key = PrivateKey::from_pem(key, None).map_err(|error| format!("key.pem: {error}"))?;
    let subject_key = parsed
        .subject_public_key_info
        .to_der()
        .map_err(|_| "cert.pem holds no usable key".to_owned())?;
    if STANDARD.encode(subject_key) != public_key(&key) {
        return Err("cert.pem and key.pem do not belong together".to_owned());
    }
    let tenancy = parsed
        .subject
        .0
        .iter()
        .flat_map(|names| names.0.iter())
        .filter_map(|name| std::str::from_utf8(name.value.value()).ok())
        .find_map(|text| TENANCY.iter().find_map(|start| text.strip_prefix(start)))
        .ok_or("the subject of cert.pem names no tenancy (opc-tenant:…)")?;
    let fingerprint: Vec<String> =
        Sha256::digest(&leaf).iter().map(|byte| HEXLOWER.encode(&[*byte])).collect();
    Ok(Identity {
        tenancy: tenancy.to_owned(),
        fingerprint: fingerprint.join(":"),
        certificate: STANDARD.encode(&leaf),
        intermediates,
        key,
    })
}

/// The public half of a key: DER `SubjectPublicKeyInfo` in base64.
pub fn public_key(key: &PrivateKey) -> String {
    key.public_key().to_pem().lines().filter(|line| !line.starts_with('-')).collect()
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    /// Certificate (with this unit in its subject) and key, PEM. ECDSA: only
    /// what stands before the key counts here.
    fn certificate(unit: &str) -> String {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::OrganizationalUnitName, unit);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn a_realm_that_is_new_needs_no_new_version() {
        let answer = br#"{"realmKey":"oc99","realmDomainComponent":"oraclecloud99.com",
                         "regionKey":"XYZ","regionIdentifier":"xy-somewhere-1"}"#;
        let url = federation_url(answer).unwrap();
        assert_eq!(url, "https://auth.xy-somewhere-1.oraclecloud99.com/v1/x509");
        for wrong in [
            &br#"{"regionIdentifier":"a"}"#[..],
            br#"{"regionIdentifier":"evil.example/","realmDomainComponent":"b"}"#,
            br#"{"regionIdentifier":"a@b","realmDomainComponent":"b"}"#,
            b"<html>",
        ] {
            assert_eq!(federation_url(wrong), None);
        }
    }

    #[test]
    fn an_identity_that_is_none_is_told_by_its_defect() {
        let pem = certificate("opc-tenant:ocid1.tenancy.oc1..x");
        let parse = |certificate: &str, key: &str| {
            identity(certificate.as_bytes(), key.as_bytes(), b"").unwrap_err()
        };
        assert!(parse("S3CRET", "S3CRET").contains("cert.pem holds no PEM"));
        let error = parse(&pem, "S3CRET");
        assert!(error.contains("key.pem") && !error.contains("S3CRET"), "{error}");
    }

    #[test]
    fn a_key_is_named_without_its_armour() {
        let key = PrivateKey::generate(&mut OsRng).unwrap();
        let der = STANDARD.decode(public_key(&key)).unwrap();
        assert_eq!(der[0], 0x30);
        assert!(der.len() > 256);
    }
}
