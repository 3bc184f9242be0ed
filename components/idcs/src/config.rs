//! The configuration of this component, checked whole before anything is asked.

use signon_kit::config::Reader;
use signon_kit::contract::{AccessRule, SourceError, Stream};
use signon_kit::source::Settings;

use crate::auth::Client;

/// JSON Schema of [`Config`].
pub const SCHEMA: &str = include_str!("config.schema.json");

/// The member of an answer that holds the rows.
pub const ROWS: &str = "Resources";

/// Path of the resource.
pub const PATH: &str = "/admin/v1/AuditEvents";

/// What comes behind [`PATH`] for a search by POST.
pub const SEARCH: &str = "/.search";

/// The service sends no more rows at once, whatever is asked.
const LARGEST_PAGE: u32 = 1000;

/// What a domain URL looks like.
const EXAMPLE: &str = "https://idcs-0123456789abcdef0123456789abcdef.identity.oraclecloud.com";

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchMethod {
    /// `GET /AuditEvents?filter=…`, which the least privileged role allows.
    Get,
    /// `POST /AuditEvents/.search`
    Search,
}

/// What to read, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `scheme://host[:port]`
    pub origin: String,
    /// What comes before `/admin/v1`; empty for Oracle's own domains.
    pub base_path: String,
    /// How to search.
    pub method: SearchMethod,
    /// Rows to ask for at once.
    pub page_size: u32,
    /// The client that gets tokens, where nobody else attaches them.
    pub auth: Option<Client>,
}

impl Settings for Config {
    fn parse(text: &str) -> Result<Self, SourceError> {
        let mut reader = Reader::new(text)?;
        let (origin, base_path) = reader.required_url("domain_url", EXAMPLE, is_domain_alone);
        let methods = [("get", SearchMethod::Get), ("search", SearchMethod::Search)];
        let method = reader.choice("method", &methods).unwrap_or(SearchMethod::Get);
        let page_size = reader.whole_number("page_size", 1..=LARGEST_PAGE).unwrap_or(LARGEST_PAGE);
        let auth = Client::read(&mut reader, &origin, &base_path);
        reader.finish(Self { origin, base_path, method, page_size, auth })
    }

    fn access(&self) -> Vec<AccessRule> {
        let (method, path) = match self.method {
            SearchMethod::Get => ("GET", PATH.to_owned()),
            SearchMethod::Search => ("POST", format!("{PATH}{SEARCH}")),
        };
        let rule = AccessRule {
            origin: self.origin.clone(),
            methods: vec![method.to_owned()],
            path_prefix: format!("{}{path}", self.base_path),
        };
        // The token is asked for by whoever attaches it, which may be this component itself.
        std::iter::once(rule).chain(self.auth.as_ref().map(Client::access)).collect()
    }

    fn streams(&self) -> Vec<Stream> {
        let id = self.stream_id();
        vec![Stream { label: format!("audit events of {id}"), id }]
    }
}

impl Config {
    /// The id of the one stream: the domain itself, however it is reached.
    pub fn stream_id(&self) -> String {
        let (_, authority) = self.origin.split_once("://").unwrap_or_default();
        format!("{authority}{}", self.base_path)
    }
}

/// Whether the path of a domain's URL is none of its own pages.
fn is_domain_alone(path: &str) -> Result<(), String> {
    let pages = ["/admin/v1", "/ui/v1", "/oauth2/v1"];
    match pages.iter().find(|page| path.contains(**page)) {
        Some(page) => Err(format!("goes on to {page} and is not the domain alone")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use signon_kit::contract::{EventClasses, ReadOptions, TimeRange};
    use signon_kit::source::open;

    use super::*;

    fn findings(text: &str) -> Vec<(String, String)> {
        match Config::parse(text) {
            Err(SourceError::InvalidConfig(findings)) => {
                findings.into_iter().map(|f| (f.path, f.problem)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn with_url(url: &str) -> String {
        format!(r#"{{"domain_url":"{url}"}}"#)
    }

    #[test]
    fn a_stream_is_a_domain_and_least_privilege_is_the_default() {
        let url = "HTTPS://IDCS-AB12.identity.oraclecloud.com:443/";
        let config = Config::parse(&with_url(url)).unwrap();
        assert_eq!(config.streams()[0].id, "idcs-ab12.identity.oraclecloud.com");
        assert_eq!((config.method, config.page_size), (SearchMethod::Get, 1000));
        let rule = &config.access()[0];
        assert_eq!(rule.origin, "https://idcs-ab12.identity.oraclecloud.com");
        assert_eq!(rule.methods, ["GET"]);
        assert_eq!(rule.path_prefix, "/admin/v1/AuditEvents");
        let open = |stream: &str| {
            let range = TimeRange { start: 0, end: 1000 };
            let classes = EventClasses::ALL;
            let options = ReadOptions { classes, keep_raw: false, text_limit: 0 };
            open::<crate::Idcs>(config.clone(), stream, range, None, options)
        };
        assert!(open(&config.stream_id()).is_ok());
        assert!(open("other").is_err());
    }

    #[test]
    fn search_is_allowed_its_own_path_only() {
        let text = r#"{"domain_url":"http://127.0.0.1:9/idcs","method":"search","page_size":7}"#;
        let config = Config::parse(text).unwrap();
        let rule = &config.access()[0];
        assert_eq!((rule.methods[0].as_str(), config.page_size), ("POST", 7));
        assert_eq!(rule.path_prefix, "/idcs/admin/v1/AuditEvents/.search");
        assert_eq!(config.stream_id(), "127.0.0.1:9/idcs");
    }

    #[test]
    fn what_is_no_domain_url_is_refused_with_the_reason() {
        for (url, problem) in [
            ("idcs-1.identity.oraclecloud.com", "has no scheme"),
            ("ftp://a", "is neither http nor https"),
            ("https://u:p@a", "has no plain host"),
            ("https://a/x?y", "has more than a plain path"),
            ("https://a/ui/v1/adminconsole", "goes on to /ui/v1"),
            ("https://a/admin/v1", "goes on to /admin/v1"),
        ] {
            let told = findings(&with_url(url));
            assert_eq!((told.len(), told[0].0.as_str()), (1, "/domain_url"), "{url}");
            assert!(told[0].1.contains(problem), "{told:?}");
        }
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let told = findings(r#"{"method":"post","page_size":1001,"domain_ulr":"x"}"#);
        let places: Vec<&str> = told.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(places, ["/domain_url", "/method", "/page_size", "/domain_ulr"]);
    }

    #[test]
    fn the_schema_is_json_and_knows_the_same_keys() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let mut keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["auth", "domain_url", "method", "page_size"]);
    }
}
