//! Client assertions: a signed JSON web token in place of a secret (RFC 7523).
//!
//! The invariant: nothing in an assertion counts before its signature is
//! verified with the client's public key; every refusal says what is wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::Pkcs1v15Sign;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::IdcsClient;

/// The audience that Oracle documents, with and without the final slash.
const AUDIENCES: [&str; 2] =
    ["https://identity.oraclecloud.com/", "https://identity.oraclecloud.com"];
/// How far in the future an assertion may have been issued: clocks differ.
const MOST_SKEW_SECONDS: i64 = 5 * 60;

/// Whether the assertion proves that the caller is the client. `now` in Unix
/// milliseconds.
pub(super) fn verify(client: &IdcsClient, assertion: &str, now: i64) -> Result<(), String> {
    let (signed, signature) =
        assertion.rsplit_once('.').ok_or("the assertion is no signed JSON web token")?;
    let (header, claims) =
        signed.split_once('.').ok_or("the assertion is no signed JSON web token")?;
    let header = json(header).ok_or("the assertion's header cannot be read")?;
    check_header(client, &header)?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| "the assertion's signature is not base64url".to_owned())?;
    let digest = Sha256::digest(signed.as_bytes());
    client
        .public_key
        .verify(Pkcs1v15Sign::new::<Sha256>(), &digest, &signature)
        .map_err(|_| "the assertion's signature is wrong".to_owned())?;
    let claims = json(claims).ok_or("the assertion's claims cannot be read")?;
    check_claims(client, &claims, now.div_euclid(1000))
}

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn check_header(client: &IdcsClient, header: &Value) -> Result<(), String> {
    if header["alg"] != "RS256" {
        return Err(format!("the assertion's alg is {}, expected RS256", header["alg"]));
    }
    // Left out by some clients; Oracle's page names it.
    if header["typ"].as_str().is_some_and(|kind| !kind.eq_ignore_ascii_case("JWT")) {
        return Err(format!("the assertion's typ is {}, expected JWT", header["typ"]));
    }
    if header["kid"] != client.key_id {
        return Err(format!("the assertion's kid is {}, no such certificate", header["kid"]));
    }
    Ok(())
}

fn check_claims(client: &IdcsClient, claims: &Value, now: i64) -> Result<(), String> {
    for name in ["iss", "sub"] {
        if claims[name] != *client.id {
            return Err(format!("the assertion's {name} is not the client id"));
        }
    }
    let known = |audience: &Value| AUDIENCES.iter().any(|known| audience == known);
    let addressed = match &claims["aud"] {
        Value::Array(audiences) => audiences.iter().any(known),
        audience => known(audience),
    };
    if !addressed {
        return Err(format!("the assertion's aud is {}, expected {}", claims["aud"], AUDIENCES[0]));
    }
    // Dates may have a fraction (RFC 7519, 2).
    let seconds = |name: &str| claims[name].as_f64().map(|seconds| seconds.floor() as i64);
    match seconds("exp") {
        Some(expires) if expires > now => {}
        Some(_) => return Err("the assertion has expired".to_owned()),
        None => return Err("the assertion has no exp".to_owned()),
    }
    for name in ["iat", "nbf"] {
        if seconds(name).is_some_and(|time| time > now + MOST_SKEW_SECONDS) {
            return Err(format!("the assertion's {name} is in the future"));
        }
    }
    Ok(())
}
