//! From method and path to an operation of OCI Audit.
//!
//! The invariant: the service's paths stand here and nowhere else. A path may be
//! preceded by a region, because one loopback port stands for the endpoints of all
//! regions.

use http::Method;

use crate::answer::Refusal;
use crate::instance;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// At the endpoint of a region (index into the regions served).
    Audit { region: usize, operation: AuditOperation },
    /// Metadata service and federation endpoint of an instance in the home region.
    Instance(instance::Operation),
}

/// An operation of OCI Audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuditOperation {
    ListEvents,
    GetConfiguration,
}

/// Finds the operation, or says 404 the way the service would.
pub(super) fn find(method: &Method, path: &str, regions: &[String]) -> Result<Operation, Refusal> {
    if let Some(operation) = instance::Operation::of(method, path) {
        return Ok(Operation::Instance(operation));
    }
    if let Some(operation) = audit_operation(method, path) {
        return Ok(Operation::Audit { region: 0, operation });
    }
    let (segment, operation) = path
        .strip_prefix('/')
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(segment, _)| {
            let operation = audit_operation(method, &path[1 + segment.len()..])?;
            Some((segment, operation))
        })
        .ok_or_else(|| Refusal::nowhere(method, path))?;
    let region = regions
        .iter()
        .position(|region| region == segment)
        .ok_or_else(Refusal::not_authorized_or_not_found)?;
    Ok(Operation::Audit { region, operation })
}

fn audit_operation(method: &Method, path: &str) -> Option<AuditOperation> {
    match (method, path) {
        (&Method::GET, "/20190901/auditEvents") => Some(AuditOperation::ListEvents),
        (&Method::GET, "/20190901/configuration") => Some(AuditOperation::GetConfiguration),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, path: &str) -> Result<Operation, String> {
        let regions = ["us-ashburn-1".to_owned(), "eu-frankfurt-1".to_owned()];
        find(method, path, &regions).map_err(|refusal| refusal.code.to_owned())
    }

    #[test]
    fn the_region_is_the_leading_segment_or_home() {
        for (path, region) in [
            ("/20190901/auditEvents", 0),
            ("/us-ashburn-1/20190901/auditEvents", 0),
            ("/eu-frankfurt-1/20190901/auditEvents", 1),
        ] {
            let operation = AuditOperation::ListEvents;
            assert_eq!(ask(&Method::GET, path), Ok(Operation::Audit { region, operation }));
        }
    }

    #[test]
    fn an_unknown_region_looks_like_a_missing_permission() {
        let body = ask(&Method::GET, "/uk-london-1/20190901/auditEvents").unwrap_err();
        assert!(body.contains("NotAuthorizedOrNotFound"), "{body}");
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
            let body = ask(&method, path).unwrap_err();
            assert!(body == "NotFound", "{method} {path}: {body}");
        }
    }
}
