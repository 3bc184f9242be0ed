//! What a search asks for, by GET or by POST.
//!
//! The invariant: both ways of asking mean the same. Limits are those of the
//! service: 50 rows unless said otherwise, never more than 1000, and no page
//! but the first without an order.

use serde_json::Value;

use super::error::ScimError;
use super::filter::Filter;
use super::filter_text;
use super::schema::{Attribute, Kind, without_schema};
use crate::query_string::QueryString;

const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// Rows a page unless the request says otherwise.
const USUAL_COUNT: usize = 50;
/// Most rows a page, whatever the request says.
const MOST_COUNT: usize = 1000;
/// Asks for the number of rows in place of rows. Not SCIM.
const COUNT_ALL: &str = "count(*)";
/// Sets that hold all the attributes there are: all are returned by default.
const WHOLE_SETS: [&str; 2] = ["all", "default"];
const OTHER_SETS: [&str; 3] = ["always", "never", "request"];

/// A search that can be answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Search {
    pub(super) filter: Option<Filter>,
    pub(super) sort: Option<Sort>,
    /// Number of the first row, counted from 1.
    pub(super) start: usize,
    pub(super) count: usize,
    pub(super) shown: Shown,
}

/// The order asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) by: Attribute,
    pub(super) descending: bool,
}

/// What is shown of a row. Names are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Whole,
    Only(Vec<String>),
    Without(Vec<String>),
    /// Not rows, but how many there are.
    Number,
}

/// The parameters as sent, before they are understood.
#[derive(Debug, Default)]
struct Asked {
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    attributes: Vec<String>,
    attribute_sets: Vec<String>,
    excluded_attributes: Vec<String>,
}

impl Search {
    /// Reads a query string. Parameters that nobody knows are ignored.
    pub(super) fn from_query(query: &str) -> Result<Self, ScimError> {
        let query =
            QueryString::parse(query).map_err(|error| ScimError::bad_request(error.to_string()))?;
        let text = |name| query.get(name).map(str::to_owned);
        let list = |name| match query.get(name) {
            None => Vec::new(),
            Some(list) => list.split(',').map(|one| one.trim().to_owned()).collect(),
        };
        let number = |name: &str| {
            let parse = |text: &str| text.trim().parse().map_err(|_| no_integer(name));
            query.get(name).map(parse).transpose()
        };
        Self::understand(Asked {
            filter: text("filter"),
            sort_by: text("sortBy"),
            sort_order: text("sortOrder"),
            start_index: number("startIndex")?,
            count: number("count")?,
            attributes: list("attributes"),
            attribute_sets: list("attributeSets"),
            excluded_attributes: list("excludedAttributes"),
        })
    }

    /// Reads a search request.
    pub(super) fn from_body(body: &[u8]) -> Result<Self, ScimError> {
        let body: Value = serde_json::from_slice(body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| ScimError::bad_request("The body is no JSON object."))?;
        let named = body["schemas"]
            .as_array()
            .is_some_and(|schemas| schemas.iter().any(|schema| schema == SEARCH_REQUEST));
        if !named {
            return Err(ScimError::bad_request(format!("schemas must hold {SEARCH_REQUEST}.")));
        }
        let given = |name: &str| body.get(name).filter(|value| !value.is_null());
        let wrong = |name: &str, expected: &str| {
            ScimError::bad_request(format!("'{name}' is not {expected}."))
        };
        let text = |name: &str| match given(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(name, "a text")),
        };
        let number = |name: &str| {
            given(name).map(|value| value.as_i64().ok_or_else(|| no_integer(name))).transpose()
        };
        let list = |name: &str| match given(name) {
            None => Ok(Vec::new()),
            Some(value) => value
                .as_array()
                .and_then(|list| list.iter().map(|one| Some(one.as_str()?.to_owned())).collect())
                .ok_or_else(|| wrong(name, "a list of texts")),
        };
        Self::understand(Asked {
            filter: text("filter")?,
            sort_by: text("sortBy")?,
            sort_order: text("sortOrder")?,
            start_index: number("startIndex")?,
            count: number("count")?,
            attributes: list("attributes")?,
            attribute_sets: list("attributeSets")?,
            excluded_attributes: list("excludedAttributes")?,
        })
    }

    fn understand(asked: Asked) -> Result<Self, ScimError> {
        let start = usize::try_from(asked.start_index.unwrap_or(1)).unwrap_or(1).max(1);
        if start > 1 && asked.sort_by.is_none() {
            return Err(ScimError::missing_sort_by());
        }
        let count = usize::try_from(asked.count.unwrap_or(-1)).unwrap_or(USUAL_COUNT);
        let filter = asked.filter.as_deref().map(filter_text::parse).transpose();
        Ok(Self {
            filter: filter.map_err(ScimError::bad_request)?,
            sort: sort(asked.sort_by.as_deref(), asked.sort_order.as_deref())?,
            start,
            count: count.min(MOST_COUNT),
            shown: shown(&asked)?,
        })
    }
}

fn no_integer(name: &str) -> ScimError {
    ScimError::bad_request(format!("'{name}' is not an integer."))
}

fn sort(by: Option<&str>, order: Option<&str>) -> Result<Option<Sort>, ScimError> {
    let descending = match order.map(str::to_ascii_lowercase).as_deref() {
        None | Some("ascending") => false,
        Some("descending") => true,
        Some(_) => {
            let detail = "'sortOrder' is neither ascending nor descending.";
            return Err(ScimError::bad_request(detail));
        }
    };
    let Some(name) = by else { return Ok(None) };
    let by = Attribute::find(name)
        .filter(|attribute| !matches!(attribute.kind, Kind::Complex(_)))
        .filter(|attribute| attribute.name != "externalId")
        .ok_or_else(|| ScimError::bad_request(format!("'sortBy': '{name}' is not searchable.")))?;
    Ok(Some(Sort { by, descending }))
}

fn shown(asked: &Asked) -> Result<Shown, ScimError> {
    let lower = |names: &[String]| -> Vec<String> {
        names.iter().map(|name| without_schema(name).to_ascii_lowercase()).collect()
    };
    let attributes = lower(&asked.attributes);
    if attributes.iter().any(|name| name == COUNT_ALL) {
        return Ok(Shown::Number);
    }
    let sets = lower(&asked.attribute_sets);
    let known = |set: &String| WHOLE_SETS.contains(&&**set) || OTHER_SETS.contains(&&**set);
    if let Some(set) = sets.iter().find(|set| !known(set)) {
        return Err(ScimError::bad_request(format!("'{set}' is no attribute set.")));
    }
    if sets.iter().any(|set| WHOLE_SETS.contains(&&**set)) {
        return Ok(Shown::Whole);
    }
    if !sets.is_empty() || !attributes.is_empty() {
        return Ok(Shown::Only(attributes));
    }
    match asked.excluded_attributes.is_empty() {
        true => Ok(Shown::Whole),
        false => Ok(Shown::Without(lower(&asked.excluded_attributes))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_service() {
        for (query, count) in
            [("", 50), ("count=", 50), ("count=-3", 50), ("count=0", 0), ("count=4000", 1000)]
        {
            assert_eq!(Search::from_query(query).unwrap().count, count, "{query}");
        }
        for start in ["0", "-5", "1"] {
            let search = Search::from_query(&format!("startIndex={start}")).unwrap();
            assert_eq!(search.start, 1);
        }
    }

    #[test]
    fn both_ways_of_asking_mean_the_same() {
        let query = "filter=eventId+sw+%22sso.%22&sortBy=timestamp&sortOrder=Descending\
            &startIndex=51&count=25&attributes=actorName,clientip&sortedBy=nobody";
        let body = serde_json::json!({
            "schemas": [SEARCH_REQUEST], "filter": "eventId sw \"sso.\"", "sortBy": "timestamp",
            "sortOrder": "descending", "startIndex": 51, "count": 25,
            "attributes": ["actorName", "clientip"], "unknown": {}
        });
        let search = Search::from_query(query).unwrap();
        assert_eq!(search, Search::from_body(body.to_string().as_bytes()).unwrap());
        assert_eq!(search.shown, Shown::Only(vec!["actorname".into(), "clientip".into()]));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for query in [
            "count=ten",
            "startIndex=1.5",
            "sortBy=userName",
            "sortBy=meta",
            "sortOrder=up",
            "filter=eventId",
            "attributeSets=some",
            "filter=%zz",
        ] {
            let error = Search::from_query(query).unwrap_err();
            assert_eq!((error.status.as_u16(), error.message_id), (400, None), "{query}");
        }
        let beyond = Search::from_query("startIndex=51").unwrap_err();
        assert_eq!(beyond, ScimError::missing_sort_by());
        for body in [
            "",
            "[]",
            "{}",
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":"5"}"#,
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":"id"}"#,
        ] {
            assert!(Search::from_body(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn sets_and_attributes_are_united() {
        let shown = |query: &str| Search::from_query(query).unwrap().shown;
        assert_eq!(shown("attributeSets=Default&attributes=id"), Shown::Whole);
        assert_eq!(shown("attributeSets=request"), Shown::Only(vec![]));
        assert_eq!(shown("excludedAttributes=message"), Shown::Without(vec!["message".into()]));
        assert_eq!(shown("attributes=count(*)"), Shown::Number);
    }
}
