//! Access tokens: made, and recognized again.
//!
//! The invariant: a token is good if this simulator made it and its time is
//! not over. It looks like a JSON web token, as Oracle's do, and holds the
//! marker by which tests find leaks; no client has any business reading it.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha512};

use crate::secrets::SECRET_MARKER;

/// What a token's holder may do, by Oracle's table of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Reads events by GET, nothing else.
    AuditAdministrator,
    /// Also searches by POST and reads schemas.
    IdentityDomainAdministrator,
}

impl Role {
    pub(super) const ALL: [Self; 2] = [Self::AuditAdministrator, Self::IdentityDomainAdministrator];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AuditAdministrator => "Audit Administrator",
            Self::IdentityDomainAdministrator => "Identity Domain Administrator",
        }
    }
}

/// Makes and checks access tokens.
pub(super) struct Bearer {
    key: [u8; 32],
    issued: AtomicU64,
}

impl Bearer {
    pub(super) fn new() -> Self {
        let mut key = [0; 32];
        rand_core::RngCore::fill_bytes(&mut rand_core::OsRng, &mut key);
        Self { key, issued: AtomicU64::new(0) }
    }

    /// A token of this role, good until `expires`, Unix seconds.
    pub(super) fn issue(&self, client_id: &str, role: Role, now: i64, expires: i64) -> String {
        let claims = serde_json::json!({
            "iss": "https://identity.oraclecloud.com/",
            "aud": ["https://simulated.identity.oraclecloud.com", "urn:opc:lbaas:logicalguid=simulated"],
            "tok_type": "AT",
            "sub": client_id,
            "sub_type": "client",
            "client_id": client_id,
            "clientAppRoles": ["Authenticated Client", role.name()],
            "scope": "urn:opc:idm:t.audit",
            "tenant": "simulated",
            "jti": self.issued.fetch_add(1, Ordering::Relaxed).to_string(),
            "iat": now.div_euclid(1000),
            "exp": expires,
        });
        let header = r#"{"alg":"RS256","kid":"SIGNING_KEY","typ":"JWT"}"#;
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", encode(header), encode(&claims.to_string()));
        format!("{signed}.{}", self.seal(&signed))
    }

    /// Who holds the token, or what is wrong with it. `now` in Unix milliseconds.
    pub(super) fn check(&self, token: &str, now: i64) -> Result<Role, &'static str> {
        let claims = token
            .rsplit_once('.')
            .filter(|(signed, seal)| self.seal(signed) == *seal)
            .and_then(|(signed, _)| URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok())
            .and_then(|claims| serde_json::from_slice::<serde_json::Value>(&claims).ok())
            .ok_or("the token was not issued by this domain")?;
        if claims["exp"].as_i64().is_none_or(|expires| expires.saturating_mul(1000) <= now) {
            return Err("the token has expired");
        }
        let roles = claims["clientAppRoles"].as_array().map(Vec::as_slice).unwrap_or_default();
        let administrator = Role::IdentityDomainAdministrator;
        Ok(match roles.iter().any(|role| role == administrator.name()) {
            true => administrator,
            false => Role::AuditAdministrator,
        })
    }

    fn seal(&self, signed: &str) -> String {
        let digest = Sha512::new().chain_update(self.key).chain_update(signed).finalize();
        // Marker and digest together are valid base64url.
        format!("{SECRET_MARKER}{}", URL_SAFE_NO_PAD.encode(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_until_its_time_is_over() {
        let bearer = Bearer::new();
        for role in Role::ALL {
            let token = bearer.issue("client", role, 1_000_000, 1060);
            assert_eq!(bearer.check(&token, 1_059_999), Ok(role));
            assert_eq!(bearer.check(&token, 1_060_000), Err("the token has expired"));
        }
    }

    #[test]
    fn a_token_is_three_parts_of_base64_with_the_marker() {
        let token = Bearer::new().issue("client", Role::AuditAdministrator, 0, 60);
        assert!(token.contains(SECRET_MARKER));
        let parts: Vec<_> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part)).collect();
        assert_eq!(parts.len(), 3);
        assert!(parts.iter().all(Result::is_ok), "{token}");
    }

    #[test]
    fn a_token_of_another_domain_or_a_changed_one_is_refused() {
        let (one, other) = (Bearer::new(), Bearer::new());
        let token = one.issue("client", Role::AuditAdministrator, 0, 60);
        assert!(other.check(&token, 0).is_err());
        let (header, rest) = token.split_once('.').unwrap();
        for changed in ["", ".", "..", &token[1..], &format!("{header}.e30.{rest}")] {
            assert!(one.check(changed, 0).is_err(), "{changed}");
        }
        assert_ne!(token, one.issue("client", Role::AuditAdministrator, 0, 60));
    }
}
