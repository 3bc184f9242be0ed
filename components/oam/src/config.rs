//! The configuration of this component, checked whole before anything is asked.

use serde_json::Value;
use signon_kit::auth::Basic;
use signon_kit::config::Reader;
use signon_kit::contract::{AccessRule, SourceError, Stream};
use signon_kit::source::no_such_stream;

use crate::query;

/// JSON Schema of [`Config`].
pub const SCHEMA: &str = include_str!("config.schema.json");

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

impl Config {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    ///
    /// `invalid-config` with everything that is wrong.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let Prepared { text, page_size, no_base_url } = prepare(text);
        let mut reader = Reader::new(&text)?;
        // Known to the reader, so that it is suggested for a slip of the pen.
        let _ = reader.text("page_size");
        let (origin, base_path) = base_url(&mut reader, no_base_url);
        let page_style = choose(
            &mut reader,
            "page_style",
            &[("query", PageStyle::Query), ("path", PageStyle::Path)],
        );
        let format = choose(&mut reader, "format", &[("json", Format::Json), ("xml", Format::Xml)]);
        let page_size = match page_size {
            None => PAGE_SIZE,
            Some(value) => match size(&value) {
                Some(size) => size,
                None => {
                    reader.wrong(
                        "page_size",
                        format!("{value} is no whole number from 1 to {LARGEST_PAGE}"),
                        format!("write it like page_size = {PAGE_SIZE}"),
                    );
                    PAGE_SIZE
                }
            },
        };
        let auth = Basic::read(&mut reader);
        reader.finish(Self { origin, base_path, page_style, page_size, format, auth })
    }

    /// The one stream of a pod. Its id is the pod's, so that another pod is another
    /// stream.
    pub fn streams(&self) -> Vec<Stream> {
        vec![Stream { id: self.stream_id(), label: format!("sign-ons at {}", self.origin) }]
    }

    /// The configuration, if `stream` is one of its streams.
    ///
    /// # Errors
    ///
    /// `invalid-config` when it is not.
    pub fn open(self, stream: &str) -> Result<Self, SourceError> {
        if stream == self.stream_id() {
            return Ok(self);
        }
        Err(no_such_stream(stream))
    }

    fn stream_id(&self) -> String {
        format!("{}{}", self.origin, self.base_path)
    }

    /// The requests this configuration needs: two paths, by GET.
    pub fn access(&self) -> Vec<AccessRule> {
        [query::EVENTS, query::STATS]
            .into_iter()
            .map(|path| AccessRule {
                origin: self.origin.clone(),
                methods: vec!["GET".to_owned()],
                path_prefix: format!("{}{path}", self.base_path),
            })
            .collect()
    }
}

/// What the reader, which knows texts only, cannot tell.
struct Prepared {
    /// The configuration without `page_size`.
    text: String,
    page_size: Option<Value>,
    no_base_url: bool,
}

fn prepare(text: &str) -> Prepared {
    let Ok(Value::Object(mut object)) = serde_json::from_str(text) else {
        return Prepared { text: text.to_owned(), page_size: None, no_base_url: true };
    };
    let page_size = object.remove("page_size").filter(|size| !size.is_null());
    let no_base_url = object.get("base_url").is_none_or(Value::is_null);
    Prepared { text: Value::Object(object).to_string(), page_size, no_base_url }
}

fn size(value: &Value) -> Option<u32> {
    let size = u32::try_from(value.as_u64()?).ok()?;
    (1..=LARGEST_PAGE).contains(&size).then_some(size)
}

fn choose<T: Copy + Default>(reader: &mut Reader, key: &'static str, choices: &[(&str, T)]) -> T {
    let Some(word) = reader.text(key) else {
        return T::default();
    };
    let chosen = choices.iter().find(|(known, _)| *known == word);
    chosen.map(|(_, choice)| *choice).unwrap_or_else(|| {
        let words: Vec<String> = choices.iter().map(|(known, _)| format!("{known:?}")).collect();
        reader.wrong(key, format!("{word:?} is unknown"), format!("write {}", words.join(" or ")));
        T::default()
    })
}

fn base_url(reader: &mut Reader, is_missing: bool) -> (String, String) {
    const FIX: &str =
        "write the pod's login host, like base_url = \"https://acme.login.us2.oraclecloud.com\"";
    let Some(text) = reader.text("base_url") else {
        // A value of another kind has its finding already.
        if is_missing {
            reader.wrong("base_url", "is missing", FIX);
        }
        return Default::default();
    };
    match split(&text) {
        Ok(parts) => parts,
        Err(problem) => {
            reader.wrong("base_url", format!("{text:?} {problem}"), FIX);
            Default::default()
        }
    }
}

fn split(text: &str) -> Result<(String, String), &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("has no scheme")?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return Err("is neither http nor https");
    }
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    if authority.is_empty() || authority.contains(['@', '?', '#', ' ']) {
        return Err("has no plain host");
    }
    if path.contains(['?', '#', ' ', '%']) {
        return Err("has more than a plain path");
    }
    let path = path.trim_end_matches('/');
    if path.contains("/oam/") || path.ends_with("/oam") {
        return Err("has the API's own path, which is added here");
    }
    if text.len() > 500 {
        return Err("is too long");
    }
    Ok((format!("{scheme}://{}", authority.to_ascii_lowercase()), path.to_owned()))
}

#[cfg(test)]
mod tests {
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
        assert!(config.clone().open("https://acme.login.example.com").is_ok());
        assert!(config.open("else").is_err());
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
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let mut keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["auth", "base_url", "format", "page_size", "page_style"]);
    }
}
