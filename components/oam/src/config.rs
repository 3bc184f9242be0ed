//! The configuration of this component, checked whole before anything is asked.

use signon_kit::auth::Basic;
use signon_kit::config::Reader;
use signon_kit::contract::{AccessRule, SourceError, Stream};
use signon_kit::source::Settings;

/// JSON Schema of [`Config`].
pub const SCHEMA: &str = include_str!("config.schema.json");

/// Path of the events.
pub const EVENTS: &str = "/oam/services/rest/access/api/v1/audit/events";

/// Path of their count.
pub const STATS: &str = "/oam/services/rest/access/api/v1/audit/stats";

/// What a pod's login host looks like.
const EXAMPLE: &str = "https://acme.login.us2.oraclecloud.com";

/// Rows a page when the configuration does not say.
const PAGE_SIZE: u32 = 1000;

/// Largest page seen in the field; nothing is documented.
const LARGEST_PAGE: u32 = 10_000;

/// Where the page number goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageStyle {
    /// `?pageNumber=2`, as documented.
    #[default]
    Query,
    /// `/events/2`, as one client in the field does.
    Path,
}

impl PageStyle {
    /// The word for it in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Path => "path",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Query => Self::Path,
            Self::Path => Self::Query,
        }
    }
}

/// Which rendering to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `application/json`
    #[default]
    Json,
    /// `application/xml`
    Xml,
}

/// What to read, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `scheme://host[:port]`
    pub origin: String,
    /// What comes before the API's own path; usually empty.
    pub base_path: String,
    /// Where the page number goes.
    pub page_style: PageStyle,
    /// Rows a page.
    pub page_size: u32,
    /// Which rendering to ask for.
    pub format: Format,
    /// Login and password, where nobody else attaches them.
    pub auth: Option<Basic>,
}

impl Settings for Config {
    fn parse(text: &str) -> Result<Self, SourceError> {
        let mut reader = Reader::new(text)?;
        let (origin, base_path) = reader.required_url("base_url", EXAMPLE, is_login_host);
        let styles = [("query", PageStyle::Query), ("path", PageStyle::Path)];
        let page_style = reader.choice("page_style", &styles).unwrap_or_default();
        let formats = [("json", Format::Json), ("xml", Format::Xml)];
        let format = reader.choice("format", &formats).unwrap_or_default();
        let page_size = reader.whole_number("page_size", 1..=LARGEST_PAGE).unwrap_or(PAGE_SIZE);
        let auth = Basic::read(&mut reader);
        reader.finish(Self { origin, base_path, page_style, page_size, format, auth })
    }

    fn access(&self) -> Vec<AccessRule> {
        [EVENTS, STATS]
            .into_iter()
            .map(|path| AccessRule {
                origin: self.origin.clone(),
                methods: vec!["GET".to_owned()],
                path_prefix: format!("{}{path}", self.base_path),
            })
            .collect()
    }

    fn streams(&self) -> Vec<Stream> {
        vec![Stream { id: self.stream_id(), label: format!("sign-ons at {}", self.origin) }]
    }
}

impl Config {
    /// The pod's, so that another pod is another stream.
    fn stream_id(&self) -> String {
        format!("{}{}", self.origin, self.base_path)
    }
}

/// Whether the path of the URL is none of the API's own.
fn is_login_host(path: &str) -> Result<(), String> {
    match path.contains("/oam/") || path.ends_with("/oam") {
        true => Err("has the API's own path, which is added here".to_owned()),
        false => Ok(()),
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

    #[test]
    fn a_login_host_is_enough() {
        let config = Config::parse(r#"{"base_url":"https://Acme.login.example.com/"}"#).unwrap();
        assert_eq!(config.origin, "https://acme.login.example.com");
        assert_eq!((config.page_style, config.format), (PageStyle::Query, Format::Json));
        assert_eq!(config.page_size, 1000);
        let prefixes: Vec<String> = config.access().into_iter().map(|r| r.path_prefix).collect();
        assert_eq!(
            prefixes,
            [
                "/oam/services/rest/access/api/v1/audit/events",
                "/oam/services/rest/access/api/v1/audit/stats"
            ]
        );
        assert_eq!(config.streams()[0].id, "https://acme.login.example.com");
        let open = |stream: &str| {
            let range = TimeRange { start: 0, end: 1000 };
            let classes = EventClasses::ALL;
            let options = ReadOptions { classes, keep_raw: false, text_limit: 0 };
            open::<crate::Oam>(config.clone(), stream, range, None, options)
        };
        assert!(open("https://acme.login.example.com").is_ok());
        assert!(open("else").is_err());
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let told = findings(
            r#"{"base_url":"ftp://a","page_style":"header","page_size":0,"format":"csv","pagesize":1}"#,
        );
        let places: Vec<&str> = told.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(places, ["/base_url", "/page_style", "/format", "/page_size", "/pagesize"]);
    }

    #[test]
    fn an_odd_base_url_or_page_size_has_one_finding() {
        for (text, path) in [
            ("{}", "/base_url"),
            (r#"{"base_url":5}"#, "/base_url"),
            (r#"{"base_url":"https://u:p@a"}"#, "/base_url"),
            (r#"{"base_url":"https://a/oam/services"}"#, "/base_url"),
            (r#"{"base_url":"https://a","page_size":"1000"}"#, "/page_size"),
            (r#"{"base_url":"https://a","page_size":10001}"#, "/page_size"),
            (r#"{"base_url":"https://a","page_size":2.5}"#, "/page_size"),
        ] {
            let told = findings(text);
            assert_eq!((told.len(), told[0].0.as_str()), (1, path), "{text}");
        }
    }

    #[test]
    fn the_schema_is_json_and_knows_the_same_keys() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let mut keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["auth", "base_url", "format", "page_size", "page_style"]);
    }
}
