//! From method and path to an operation.
//!
//! The invariant: each service's paths stand here and nowhere else. A path may
//! be preceded by a region, because one loopback port stands for the endpoints
//! of all regions.

use http::{Method, StatusCode};

use crate::answer::Refusal;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    AuditListEvents,
    AuditGetConfiguration,
}

/// An operation at the endpoint of a region (index into the regions served).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) region: usize,
    pub(crate) operation: Operation,
}

/// Finds the operation, or says 404 the way the service would.
pub(crate) fn find(method: &Method, path: &str, regions: &[String]) -> Result<Route, Refusal> {
    if let Some(operation) = operation(method, path) {
        return Ok(Route { region: 0, operation });
    }
    let (segment, operation) = path
        .strip_prefix('/')
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(segment, _)| {
            let operation = operation(method, &path[1 + segment.len()..])?;
            Some((segment, operation))
        })
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::NOT_FOUND,
                "NotFound",
                format!("no operation answers {method} {path}"),
            )
        })?;
    let region = regions
        .iter()
        .position(|region| region == segment)
        .ok_or_else(Refusal::not_authorized_or_not_found)?;
    Ok(Route { region, operation })
}

fn operation(method: &Method, path: &str) -> Option<Operation> {
    match (method, path) {
        (&Method::GET, "/20190901/auditEvents") => Some(Operation::AuditListEvents),
        (&Method::GET, "/20190901/configuration") => Some(Operation::AuditGetConfiguration),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions() -> Vec<String> {
        vec!["us-ashburn-1".to_owned(), "eu-frankfurt-1".to_owned()]
    }

    #[test]
    fn the_region_is_the_leading_segment_or_home() {
        for (path, region) in [
            ("/20190901/auditEvents", 0),
            ("/us-ashburn-1/20190901/auditEvents", 0),
            ("/eu-frankfurt-1/20190901/auditEvents", 1),
        ] {
            let route = find(&Method::GET, path, &regions()).unwrap();
            assert_eq!(route.region, region);
            assert_eq!(route.operation, Operation::AuditListEvents);
        }
    }

    #[test]
    fn an_unknown_region_looks_like_a_missing_permission() {
        let refusal =
            find(&Method::GET, "/uk-london-1/20190901/auditEvents", &regions()).unwrap_err();
        assert_eq!(refusal.code, "NotAuthorizedOrNotFound");
    }

    #[test]
    fn unknown_methods_and_paths_are_not_found() {
        for (method, path) in [
            (Method::POST, "/20190901/auditEvents"),
            (Method::GET, "/20190901/auditevents"),
            (Method::GET, "/20190901/auditEvents/"),
            (Method::GET, "//20190901"),
            (Method::GET, "/"),
            (Method::GET, "*"),
        ] {
            let refusal = find(&method, path, &regions()).unwrap_err();
            assert_eq!(refusal.code, "NotFound", "{method} {path}");
        }
    }
}
