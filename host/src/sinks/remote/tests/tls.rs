//! Whom a sink trusts, and whom a receiver lets in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::*;

/// An authority of a test's own, and what it signed, in a folder.
struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate and its key, as PEM files of that name.
    fn sign(&self, name: &str, host: &str, purpose: ExtendedKeyUsagePurpose) {
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(self.path(&format!("{name}.crt")), signed.pem()).unwrap();
        std::fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("ca.pem")).unwrap()).unwrap();
        Arc::new(roots)
    }

    /// A receiver that lets in only whom this authority signed.
    async fn receiver(&self) -> u16 {
        self.sign("server", "127.0.0.1", ExtendedKeyUsagePurpose::ServerAuth);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(self.roots(), provider.clone()).build();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.unwrap())
            .with_single_cert(
                vec![CertificateDer::from_pem_file(self.path("server.crt")).unwrap()],
                PrivateKeyDer::from_pem_file(self.path("server.key")).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut request = vec![0; 64 << 10];
                    let _ = stream.read(&mut request).await;
                    let _ = stream.write_all(b"HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n").await;
                    let _ = stream.read(&mut request).await;
                });
            }
        });
        port
    }
}

fn sink_over_tls(folder: &Path, port: u16, tls: &str) -> Result<HttpSink, SinkError> {
    let keys = format!("retry_for = '1s'\ntls = {tls}");
    let SinkKind::Http(mut config) = sink_config("http", "uri", port, &keys) else { panic!() };
    config.remote.uri = format!("https://127.0.0.1:{port}/").parse().unwrap();
    HttpSink::open("siem", Format::Raw, &*config, folder)
}

#[tokio::test]
async fn a_receiver_with_its_own_authority_is_trusted_and_lets_our_certificate_in() {
    let authority = Authority::new();
    let port = authority.receiver().await;
    authority.sign("client", "signon", ExtendedKeyUsagePurpose::ClientAuth);
    let path = |name: &str| authority.path(name).display().to_string();
    let (ca, cert, key) = (path("ca.pem"), path("client.crt"), path("client.key"));
    let whole = format!("{{ ca_file = '{ca}', cert_file = '{cert}', key_file = '{key}' }}");
    let sink = sink_over_tls(authority.folder.path(), port, &whole).unwrap();
    sink.probe().await.unwrap();
    sink.deliver(&lines(&["a"])).await.unwrap().settle();
}

#[tokio::test]
async fn a_receiver_of_an_unknown_authority_gets_nothing_and_one_without_our_certificate_neither() {
    let authority = Authority::new();
    let port = authority.receiver().await;
    let folder = authority.folder.path();
    let unknown = sink_over_tls(folder, port, "{}").unwrap();
    let error = unknown.deliver(&lines(&["a"])).await.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    let ca = authority.path("ca.pem").display().to_string();
    let nameless = sink_over_tls(folder, port, &format!("{{ ca_file = '{ca}' }}")).unwrap();
    let error = nameless.deliver(&lines(&["a"])).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, SinkError::Unavailable { .. }), "{error}");
}

#[test]
fn a_file_that_holds_no_certificate_is_named() {
    let authority = Authority::new();
    std::fs::write(authority.path("empty.pem"), "").unwrap();
    for name in ["empty.pem", "missing.pem"] {
        let path = authority.path(name).display().to_string();
        let refused =
            sink_over_tls(authority.folder.path(), 9, &format!("{{ ca_file = '{path}' }}"));
        assert!(refused.unwrap_err().to_string().contains(name));
    }
}
