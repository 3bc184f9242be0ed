//! What a source may ask for. Pure.

use std::sync::Arc;

use http::uri::Authority;
use http::{Method, Request, Uri};

use super::target;
use crate::contract::AccessRule;
use crate::credentials::Credential;

/// Why an access rule cannot become a grant.
#[derive(Debug, thiserror::Error)]
#[error("the access rule {rule} is none: {problem}")]
pub struct GrantError {
    rule: String,
    problem: &'static str,
}

/// One kind of request that may pass, and the credential that signs it.
#[derive(Debug, Clone)]
pub struct Grant {
    scheme: String,
    host: String,
    port: u16,
    methods: Vec<Method>,
    path_prefix: String,
    /// Attached to requests of this grant and to nothing else.
    pub credential: Option<Arc<Credential>>,
}

impl Grant {
    /// Checks a rule and binds a credential to it.
    ///
    /// # Errors
    ///
    /// When the rule's origin, methods or path are malformed or too wide.
    pub fn new(rule: &AccessRule, credential: Option<Arc<Credential>>) -> Result<Self, GrantError> {
        let wrong = |problem| GrantError {
            rule: format!("{} {}{}", rule.methods.join(","), rule.origin, rule.path_prefix),
            problem,
        };
        let uri: Uri = rule.origin.parse().map_err(|_| wrong("the origin is no URL"))?;
        let scheme = uri.scheme_str().ok_or_else(|| wrong("the origin has no scheme"))?;
        if !matches!(scheme, "http" | "https") {
            return Err(wrong("the scheme is neither http nor https"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("the origin has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("the origin names a user"));
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/")
            || rule.origin.ends_with('/')
        {
            return Err(wrong("the origin has a path"));
        }
        if !rule.path_prefix.starts_with('/') || target::path_problem(&rule.path_prefix).is_some() {
            return Err(wrong("the path prefix is no plain path"));
        }
        let methods = rule
            .methods
            .iter()
            .map(|method| match method.as_str() {
                "GET" | "HEAD" | "POST" => {
                    Method::from_bytes(method.as_bytes()).map_err(|_| wrong("no method"))
                }
                _ => Err(wrong("only GET, HEAD and POST can be granted")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if methods.is_empty() {
            return Err(wrong("it has no methods"));
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            host: authority.host().to_ascii_lowercase(),
            port: port(authority, scheme).ok_or_else(|| wrong("the port is none"))?,
            methods,
            path_prefix: rule.path_prefix.clone(),
            credential,
        })
    }

    /// Whether this grant covers a request.
    pub fn allows<B>(&self, request: &Request<B>) -> bool {
        self.methods.contains(request.method())
            && self.names_origin_of(request.uri())
            && self.covers_path(request.uri().path())
    }

    /// Whether this grant is for the origin of a URI.
    pub fn names_origin_of(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return false;
        };
        scheme == self.scheme
            && !authority.as_str().contains('@')
            && authority.host().eq_ignore_ascii_case(&self.host)
            && port(authority, scheme) == Some(self.port)
    }

    /// On a segment boundary, by a path that reads the same to every server.
    fn covers_path(&self, path: &str) -> bool {
        let prefix = self.path_prefix.trim_end_matches('/');
        let rest = path.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            && target::path_problem(path).is_none()
    }
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let methods: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        let Self { scheme, host, port, path_prefix, .. } = self;
        write!(f, "{} {scheme}://{host}:{port}{path_prefix}", methods.join(","))
    }
}

/// The port of an authority; nothing where it names one that is none.
fn port(authority: &Authority, scheme: &str) -> Option<u16> {
    match authority.port() {
        Some(port) => Some(port.as_u16()),
        None if authority.as_str().ends_with(authority.host()) => Some(default_port(scheme)),
        None => None,
    }
}

fn default_port(scheme: &str) -> u16 {
    if scheme == "http" { 80 } else { 443 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(origin: &str, path_prefix: &str) -> AccessRule {
        AccessRule {
            origin: origin.into(),
            methods: vec!["GET".into()],
            path_prefix: path_prefix.into(),
        }
    }

    fn allows(method: &str, uri: &str) -> bool {
        let grant = Grant::new(&rule("https://audit.example", "/v1/events"), None).unwrap();
        match Request::builder().method(method).uri(uri).body(()) {
            Ok(request) => grant.allows(&request),
            Err(_) => false,
        }
    }

    #[test]
    fn only_what_was_granted_passes() {
        assert!(allows("GET", "https://audit.example/v1/events?a=b"));
        assert!(allows("GET", "https://AUDIT.example:443/v1/events/x"));
        for (method, uri) in [
            ("POST", "https://audit.example/v1/events"),
            ("GET", "http://audit.example/v1/events"),
            ("GET", "https://audit.example:444/v1/events"),
            ("GET", "https://audit.example.evil/v1/events"),
            ("GET", "https://audit.example@evil/v1/events"),
            ("GET", "https://user@audit.example/v1/events"),
            ("GET", "https://audit.example:/v1/events"),
            ("GET", "https://audit.example:99999/v1/events"),
            ("GET", "https://audit.example/v1/events2"),
            ("GET", "https://audit.example/v1/events/../users"),
            ("GET", "https://audit.example/v1/events/%2e%2E/users"),
            ("GET", "https://audit.example/v1/events/..%2fusers"),
            ("GET", "https://audit.example//v1/events"),
            ("GET", "https://audit.example/v1/events/..;/users"),
            ("GET", "https://audit.example/v1/events/%252e%252e%252fusers"),
            ("GET", "/v1/events"),
        ] {
            assert!(!allows(method, uri), "{method} {uri}");
        }
    }

    #[test]
    fn rules_that_are_none_are_refused() {
        for (origin, path) in [
            ("audit.example", "/"),
            ("ftp://audit.example", "/"),
            ("https://user@audit.example", "/"),
            ("https://audit.example/", "/"),
            ("https://audit.example/v1", "/"),
            ("https://audit.example", "v1"),
            ("https://audit.example", "/v1/../v2"),
            ("https://audit.example", "/v1/%2525"),
        ] {
            assert!(Grant::new(&rule(origin, path), None).is_err(), "{origin} {path}");
        }
        let mut delete = rule("https://audit.example", "/");
        delete.methods = vec!["DELETE".into()];
        assert!(Grant::new(&delete, None).is_err());
    }
}
