//! The configuration of this component, checked whole before anything is asked.

use signon_kit::config::Reader;
use signon_kit::contract::{AccessRule, SourceError, Stream};
use signon_kit::endpoint::split_url;
use signon_kit::source::{Settings, no_such_stream};

use crate::auth::ApiKey;
use crate::regions;

/// JSON Schema of [`Config`].
pub const SCHEMA: &str = include_str!("config.schema.json");

/// Path of ListEvents, API version 20190901.
pub const PATH: &str = "/20190901/auditEvents";

/// Where in a custom endpoint the region goes.
const PLACEHOLDER: &str = "{region}";

/// What to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Regions by identifier, with the origin and path prefix to reach each.
    regions: Vec<Region>,
    /// Compartment OCIDs; sign-on events sit in the tenancy's own.
    compartments: Vec<String>,
    /// What signs, where nobody else does.
    pub auth: Option<ApiKey>,
}

/// A region and how to reach the Audit API in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Region identifier: `us-ashburn-1`.
    pub name: String,
    /// Realm, as far as the region is known: `oc1`.
    pub realm: Option<String>,
    /// `scheme://host[:port]`
    pub origin: String,
    /// What comes before `/20190901`; empty for Oracle's own endpoints.
    pub base_path: String,
}

/// One compartment in one region.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamTarget {
    /// Where to ask.
    pub region: Region,
    /// What to ask about.
    pub compartment: String,
}

impl Settings for Config {
    fn parse(text: &str) -> Result<Self, SourceError> {
        let mut reader = Reader::new(text)?;
        let names = reader.texts("regions", "us-ashburn-1");
        let compartments = reader.texts("compartments", "ocid1.tenancy.oc1..aaaa");
        let realm_domain = reader.text("realm_domain");
        let endpoint = reader.text("endpoint");
        for (index, compartment) in compartments.iter().enumerate() {
            if !is_compartment(compartment) {
                reader.wrong(
                    &format!("/compartments/{index}"),
                    format!("{compartment:?} is no compartment or tenancy OCID"),
                    "copy the OCID from the console: ocid1.tenancy.oc1..… or ocid1.compartment.oc1..…",
                );
            }
        }
        if let Some(domain) = &realm_domain
            && !is_domain(domain)
        {
            reader.wrong(
                "realm_domain",
                format!("{domain:?} is no domain name"),
                "write the second-level domain of the realm, like oraclecloud.com",
            );
        }
        let endpoint = endpoint.and_then(|text| match Endpoint::parse(&text, names.len()) {
            Ok(endpoint) => Some(endpoint),
            Err((problem, fix)) => {
                reader.wrong("endpoint", problem, fix);
                None
            }
        });
        let mut found = Vec::new();
        for (index, name) in names.iter().enumerate() {
            match Region::find(name, realm_domain.as_deref(), endpoint.as_ref()) {
                Ok(region) if found.contains(&region) => reader.wrong(
                    &format!("/regions/{index}"),
                    format!("{name:?} is {} again, under another name", region.name),
                    "remove one of them",
                ),
                Ok(region) => found.push(region),
                Err(problem) => reader.wrong(
                    &format!("/regions/{index}"),
                    problem,
                    "use a region identifier like us-ashburn-1; for a region newer than this \
                     component add realm_domain = \"oraclecloud.com\" (the realm's own domain)",
                ),
            }
        }
        let auth = ApiKey::read(&mut reader);
        reader.finish(Self { regions: found, compartments, auth })
    }

    fn access(&self) -> Vec<AccessRule> {
        self.regions
            .iter()
            .map(|region| AccessRule {
                origin: region.origin.clone(),
                methods: vec!["GET".to_owned()],
                path_prefix: format!("{}{PATH}", region.base_path),
            })
            .collect()
    }

    fn streams(&self) -> Vec<Stream> {
        self.targets()
            .map(|target| Stream {
                id: target.id(),
                label: format!("{} in {}", target.compartment, target.region.name),
            })
            .collect()
    }
}

impl Config {
    /// Everything there is to read, in a stable order.
    pub fn targets(&self) -> impl Iterator<Item = StreamTarget> + '_ {
        self.regions.iter().flat_map(|region| {
            self.compartments.iter().map(|compartment| StreamTarget {
                region: region.clone(),
                compartment: compartment.clone(),
            })
        })
    }

    /// The place with that stream id.
    ///
    /// # Errors
    ///
    /// `invalid-config` when the configuration has no such stream.
    pub fn target(&self, stream: &str) -> Result<StreamTarget, SourceError> {
        self.targets().find(|target| target.id() == stream).ok_or_else(|| no_such_stream(stream))
    }
}

impl StreamTarget {
    /// The stream id.
    pub fn id(&self) -> String {
        format!("{}/{}", self.region.name, self.compartment)
    }
}

impl Region {
    fn find(
        written: &str,
        realm_domain: Option<&str>,
        endpoint: Option<&Endpoint>,
    ) -> Result<Self, String> {
        let known = regions::find(written);
        let name = match &known {
            Some(known) => known.name.to_owned(),
            None if is_region_name(written) => written.to_owned(),
            None => return Err(format!("{written:?} is no region")),
        };
        let realm = known.as_ref().map(|known| known.realm.to_owned());
        let (origin, base_path) = match (endpoint, realm_domain, &known) {
            (Some(endpoint), _, _) => (
                endpoint.origin.replace(PLACEHOLDER, &name),
                endpoint.base_path.replace(PLACEHOLDER, &name),
            ),
            // No `.oci.` label: the Audit API is one of the older services.
            (None, Some(domain), _) => (format!("https://audit.{name}.{domain}"), String::new()),
            (None, None, Some(known)) => {
                (format!("https://audit.{name}.{}", known.domain), String::new())
            }
            (None, None, None) => return Err(format!("unknown region {written:?}")),
        };
        Ok(Self { name, realm, origin, base_path })
    }
}

/// An endpoint given by hand: for new realms, private gateways and simulators.
struct Endpoint {
    origin: String,
    base_path: String,
}

impl Endpoint {
    fn parse(text: &str, regions: usize) -> Result<Self, (String, String)> {
        let (origin, base_path) = split_url(text).map_err(|problem| {
            let example = "write it like https://audit.us-ashburn-1.oraclecloud.com, with \
                           {region} where the region goes";
            (format!("{text:?} {problem}"), example.to_owned())
        })?;
        if regions > 1 && !text.contains(PLACEHOLDER) {
            return Err((
                format!("{text:?} serves {regions} regions without telling them apart"),
                "put {region} where the region goes, or make one source for each region".to_owned(),
            ));
        }
        Ok(Self { origin, base_path })
    }
}

/// Loose, as OCIDs are documented: `ocid1.<type>.<realm>.[region].<id>`.
fn is_compartment(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() >= 5
        && parts[0] == "ocid1"
        && matches!(parts[1], "tenancy" | "compartment")
        && !parts[2].is_empty()
        && !parts[parts.len() - 1].is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

fn is_domain(text: &str) -> bool {
    text.contains('.')
        && text.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

/// `us-ashburn-1`, `me-dcc-muscat-1`: at least three parts, the last a number.
fn is_region_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3
        && parts[..parts.len() - 1]
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
        && parts.last().is_some_and(|last| last.parse::<u8>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANCY: &str = "ocid1.tenancy.oc1..aaaa";

    fn findings(text: &str) -> Vec<(String, String)> {
        match Config::parse(text) {
            Err(SourceError::InvalidConfig(findings)) => {
                findings.into_iter().map(|f| (f.path, f.problem)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_stream_is_a_compartment_in_a_region() {
        let text =
            format!(r#"{{"regions":["IAD","eu-frankfurt-1"],"compartments":["{TENANCY}"]}}"#);
        let config = Config::parse(&text).unwrap();
        let ids: Vec<String> = config.streams().into_iter().map(|s| s.id).collect();
        assert_eq!(ids, [format!("us-ashburn-1/{TENANCY}"), format!("eu-frankfurt-1/{TENANCY}")]);
        let rules = config.access();
        assert_eq!(rules[1].origin, "https://audit.eu-frankfurt-1.oraclecloud.com");
        assert_eq!(rules[1].path_prefix, "/20190901/auditEvents");
        assert_eq!(rules[1].methods, ["GET"]);
    }

    #[test]
    fn an_unknown_region_needs_its_realms_domain() {
        let text = format!(r#"{{"regions":["mars-olympus-1"],"compartments":["{TENANCY}"]}}"#);
        assert_eq!(findings(&text)[0].1, "unknown region \"mars-olympus-1\"");
        let text =
            text.replace("\"compartments\"", "\"realm_domain\":\"oc99.example\",\"compartments\"");
        let config = Config::parse(&text).unwrap();
        assert_eq!(config.access()[0].origin, "https://audit.mars-olympus-1.oc99.example");
    }

    #[test]
    fn an_endpoint_by_hand_tells_regions_apart() {
        let one = format!(
            r#"{{"regions":["iad","fra"],"compartments":["{TENANCY}"],"endpoint":"http://127.0.0.1:1"}}"#
        );
        assert!(findings(&one)[0].1.contains("telling them apart"));
        let config = Config::parse(&one.replace(":1\"", ":1/{region}\"")).unwrap();
        assert_eq!(config.access()[1].path_prefix, "/eu-frankfurt-1/20190901/auditEvents");
        assert_eq!(config.access()[1].origin, "http://127.0.0.1:1");
    }

    #[test]
    fn a_region_under_two_names_is_refused() {
        let text = format!(r#"{{"regions":["us-ashburn-1","iad"],"compartments":["{TENANCY}"]}}"#);
        assert_eq!(findings(&text)[0].0, "/regions/1");
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let told = findings(
            r#"{"regions":["x"],"compartments":["y"],"endpoint":"ftp://a","realm_domain":"b","auth":1}"#,
        );
        let places: Vec<&str> = told.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            places,
            ["/compartments/0", "/realm_domain", "/endpoint", "/regions/0", "/auth"]
        );
    }

    #[test]
    fn the_schema_is_json_and_knows_the_same_keys() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
        let mut keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["auth", "compartments", "endpoint", "realm_domain", "regions"]);
    }
}
