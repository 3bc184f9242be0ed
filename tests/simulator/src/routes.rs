//! From method and path to an operation.
//!
//! The invariant: each service's paths stand here and nowhere else. A path of
//! OCI Audit may be preceded by a region, because one loopback port stands for
//! the endpoints of all regions.

use http::{Method, StatusCode};

use crate::answer::{Refusal, Refused};
use crate::query_string::decode;
use crate::service::Service;
use crate::{idcs, instance, oam};

/// Where an identity domain begins: what stands before is the domain's URL.
const IDCS: &str = "/idcs";
const AUDIT_EVENTS: &str = "/admin/v1/AuditEvents";
const OAM_AUDIT: &str = "/oam/services/rest/access/api/v1/audit";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// At the endpoint of a region (index into the regions served).
    OciAudit {
        region: usize,
        operation: AuditOperation,
    },
    /// Metadata service and federation endpoint of an instance in the home region.
    Instance(instance::Operation),
    Idcs(idcs::Operation),
    Oam(oam::Operation),
}

/// An operation of OCI Audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuditOperation {
    ListEvents,
    GetConfiguration,
}

/// Finds the operation, or says 404 the way the service would.
pub(crate) fn find(
    method: &Method,
    path: &str,
    regions: &[String],
    services: &[Service],
) -> Result<Operation, Refused> {
    let service = Service::of_path(path);
    if !services.contains(&service) {
        return Err(nowhere(method, path).into());
    }
    match service {
        Service::OciAudit => Ok(audit(method, path, regions)?),
        Service::Idcs => Ok(Operation::Idcs(identity_domain(method, path)?)),
        Service::Oam => Ok(Operation::Oam(access_manager(method, path)?)),
    }
}

fn audit(method: &Method, path: &str, regions: &[String]) -> Result<Operation, Refusal> {
    if let Some(operation) = instance::Operation::of(method, path) {
        return Ok(Operation::Instance(operation));
    }
    if let Some(operation) = audit_operation(method, path) {
        return Ok(Operation::OciAudit { region: 0, operation });
    }
    let (segment, operation) = path
        .strip_prefix('/')
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(segment, _)| {
            let operation = audit_operation(method, &path[1 + segment.len()..])?;
            Some((segment, operation))
        })
        .ok_or_else(|| nowhere(method, path))?;
    let region = regions
        .iter()
        .position(|region| region == segment)
        .ok_or_else(Refusal::not_authorized_or_not_found)?;
    Ok(Operation::OciAudit { region, operation })
}

fn audit_operation(method: &Method, path: &str) -> Option<AuditOperation> {
    match (method, path) {
        (&Method::GET, "/20190901/auditEvents") => Some(AuditOperation::ListEvents),
        (&Method::GET, "/20190901/configuration") => Some(AuditOperation::GetConfiguration),
        _ => None,
    }
}

fn nowhere(method: &Method, path: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "NotFound", format!("no operation answers {method} {path}"))
}

fn identity_domain(method: &Method, path: &str) -> Result<idcs::Operation, Refused> {
    let path = path.strip_prefix(IDCS).unwrap_or(path);
    let allowed = |expected: Method, operation| match *method == expected {
        true => Ok(operation),
        false => Err(idcs::method_not_allowed(&expected)),
    };
    let get = |operation| allowed(Method::GET, operation);
    match path {
        "/oauth2/v1/token" => allowed(Method::POST, idcs::Operation::Token),
        AUDIT_EVENTS => get(idcs::Operation::List),
        "/admin/v1/AuditEvents/.search" => allowed(Method::POST, idcs::Operation::Search),
        "/admin/v1/Schemas" => get(idcs::Operation::Schemas),
        "/admin/v1/ResourceTypes" => get(idcs::Operation::ResourceTypes),
        "/admin/v1/ServiceProviderConfig" => get(idcs::Operation::ServiceProviderConfig),
        _ => {
            let below = |parent: &str| {
                let name = path.strip_prefix(parent)?.strip_prefix('/')?;
                decode(name).filter(|name| !name.is_empty() && !name.contains('/'))
            };
            if let Some(id) = below(AUDIT_EVENTS) {
                return get(idcs::Operation::Get(id));
            }
            if let Some(urn) = below("/admin/v1/Schemas") {
                return get(idcs::Operation::Schema(urn));
            }
            if let Some(name) = below("/admin/v1/ResourceTypes") {
                return get(idcs::Operation::ResourceType(name));
            }
            Err(idcs::not_found())
        }
    }
}

fn access_manager(method: &Method, path: &str) -> Result<oam::Operation, Refused> {
    let operation = match path.strip_prefix(OAM_AUDIT) {
        Some("/stats") => Some(oam::Operation::Stats),
        Some("/events") => Some(oam::Operation::Events { page: None }),
        Some(rest) => rest
            .strip_prefix("/events/")
            .filter(|page| !page.contains('/'))
            .map(|page| oam::Operation::Events { page: Some(page.to_owned()) }),
        None => None,
    };
    match operation {
        Some(operation) if *method == Method::GET => Ok(operation),
        Some(_) => Err(oam::refused(StatusCode::METHOD_NOT_ALLOWED, "GET only")),
        None => Err(oam::refused(StatusCode::NOT_FOUND, "Not Found")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, path: &str) -> Result<Operation, (StatusCode, String)> {
        let regions = ["us-ashburn-1".to_owned(), "eu-frankfurt-1".to_owned()];
        find(method, path, &regions, &Service::ALL).map_err(|Refused(answer)| {
            (answer.status, String::from_utf8(answer.body.concat()).unwrap())
        })
    }

    #[test]
    fn the_region_is_the_leading_segment_or_home() {
        for (path, region) in [
            ("/20190901/auditEvents", 0),
            ("/us-ashburn-1/20190901/auditEvents", 0),
            ("/eu-frankfurt-1/20190901/auditEvents", 1),
        ] {
            let operation = AuditOperation::ListEvents;
            assert_eq!(ask(&Method::GET, path), Ok(Operation::OciAudit { region, operation }));
        }
    }

    #[test]
    fn an_unknown_region_looks_like_a_missing_permission() {
        let (_, body) = ask(&Method::GET, "/uk-london-1/20190901/auditEvents").unwrap_err();
        assert!(body.contains("\"NotAuthorizedOrNotFound\""), "{body}");
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
            let (_, body) = ask(&method, path).unwrap_err();
            assert!(body.contains("\"NotFound\""), "{method} {path}: {body}");
        }
    }

    #[test]
    fn names_in_paths_are_decoded() {
        assert_eq!(
            ask(&Method::GET, "/idcs/admin/v1/Schemas/urn%3Aa:b"),
            Ok(Operation::Idcs(idcs::Operation::Schema("urn:a:b".to_owned())))
        );
        assert_eq!(
            ask(&Method::GET, "/idcs/admin/v1/AuditEvents/0f"),
            Ok(Operation::Idcs(idcs::Operation::Get("0f".to_owned())))
        );
        assert_eq!(
            ask(&Method::GET, "/oam/services/rest/access/api/v1/audit/events/12"),
            Ok(Operation::Oam(oam::Operation::Events { page: Some("12".to_owned()) }))
        );
    }

    #[test]
    fn each_service_refuses_in_its_own_words() {
        for (method, path, status, says) in [
            (Method::GET, "/idcs/oauth2/v1/token", 405, "urn:ietf:params:scim"),
            (Method::POST, "/idcs/admin/v1/AuditEvents", 405, "urn:ietf:params:scim"),
            (Method::GET, "/idcs/admin/v1/AuditEvents/", 404, "urn:ietf:params:scim"),
            (Method::GET, "/idcs", 404, "urn:ietf:params:scim"),
            (Method::POST, "/oam/services/rest/access/api/v1/audit/events", 405, "GET only"),
            (Method::GET, "/oam/services/rest/access/api/v1/audit", 404, "Not Found"),
        ] {
            let (actual, body) = ask(&method, path).unwrap_err();
            assert_eq!(actual.as_u16(), status, "{method} {path}");
            assert!(body.contains(says), "{method} {path}: {body}");
        }
    }

    #[test]
    fn a_service_that_is_not_simulated_is_not_there() {
        let regions = ["us-ashburn-1".to_owned()];
        let path = "/idcs/admin/v1/AuditEvents";
        let refused = find(&Method::GET, path, &regions, &[Service::OciAudit]).unwrap_err();
        assert_eq!(refused.0.status, StatusCode::NOT_FOUND);
    }
}
