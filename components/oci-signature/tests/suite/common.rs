//! What the tests share: key files, a request, a generator that is the same on every run.
use std::{fs, path::Path};

use oci_signature::{
    Authorization, Body, DateHeader, PrivateKey, PublicKey, ReceivedRequest, RequestToSign, Signer,
    VerifyError, verify,
};
use rand_core::{CryptoRng, RngCore, impls};

pub const PASSPHRASE: &str = "correct-horse-battery";
pub const KEY_ID: &str = "ocid1.tenancy.oc1..t/ocid1.user.oc1..u/\
                          73:61:a2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7";
pub const DATE: &str = "Wed, 01 May 2024 12:00:00 GMT";

pub fn key_file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
    fs::read_to_string(folder.join(name)).unwrap()
}

pub fn key() -> PrivateKey {
    PrivateKey::from_pem(&key_file("rsa2048.pkcs8.pem"), None).unwrap()
}

pub fn signer() -> Signer {
    Signer::new(KEY_ID, key())
}

/// Headers in the form that a server hands to the verifier.
pub fn borrow<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

pub fn header<'a>(headers: &'a [(&'static str, String)], name: &str) -> &'a str {
    let found = headers.iter().find(|(other, _)| *other == name);
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

pub const GET: RequestToSign<'static> = RequestToSign {
    method: "GET",
    target: "/20190901/auditEvents?compartmentId=c&page=A%3D%3D",
    host: "audit.us-phoenix-1.oraclecloud.com",
    date: DATE,
    date_header: DateHeader::Date,
    body: Body::None,
};
pub const POST: RequestToSign<'static> = RequestToSign {
    method: "POST",
    body: Body::Signed { content_type: "application/json", bytes: b"{\"a\":1}" },
    ..GET
};

pub type Headers = Vec<(&'static str, String)>;

pub fn sign(request: &RequestToSign<'_>) -> Headers {
    signer().sign(request, &mut TestRng(7)).unwrap()
}

pub fn body<'a>(request: &RequestToSign<'a>) -> &'a [u8] {
    match request.body {
        Body::Signed { bytes, .. } => bytes,
        _ => b"",
    }
}

pub fn check_with(
    verifier: fn(&Authorization, &ReceivedRequest<'_>, &PublicKey) -> Result<(), VerifyError>,
    request: &RequestToSign<'_>,
    headers: &Headers,
    body: &[u8],
) -> Result<(), VerifyError> {
    let authorization = Authorization::parse(header(headers, "authorization")).unwrap();
    let received = ReceivedRequest {
        method: request.method,
        target: request.target,
        headers: &borrow(headers),
        body,
    };
    verifier(&authorization, &received, &key().public_key())
}

pub fn check(
    request: &RequestToSign<'_>,
    headers: &Headers,
    body: &[u8],
) -> Result<(), VerifyError> {
    check_with(verify, request, headers, body)
}

pub fn set(headers: &mut Headers, name: &str, value: &str) {
    let found = headers.iter_mut().find(|(other, _)| *other == name);
    found.unwrap().1 = value.to_owned();
}

pub fn list(headers: &mut Headers, from: &str, to: &str) {
    let changed = header(headers, "authorization").replace(from, to);
    assert_ne!(changed, header(headers, "authorization"));
    set(headers, "authorization", &changed);
}

/// SplitMix64: no entropy needed, because the tests keep no secrets.
pub struct TestRng(pub u64);

impl RngCore for TestRng {
    fn next_u32(&mut self) -> u32 {
        self.next_u64() as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        impls::fill_bytes_via_next(self, dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for TestRng {}
