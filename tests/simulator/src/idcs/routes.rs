//! From method and path to an operation of an identity domain.
//!
//! The invariant: the domain's paths stand here and nowhere else.

use http::Method;

use super::Operation;
use super::error::{method_not_allowed, not_found};
use crate::answer::Refused;
use crate::query_string::decode;

/// Where an identity domain begins: what stands before is the domain's URL.
const IDCS: &str = "/idcs";
const AUDIT_EVENTS: &str = "/admin/v1/AuditEvents";

/// Finds the operation, or refuses the way the domain would.
pub(super) fn find(method: &Method, path: &str) -> Result<Operation, Refused> {
    let path = path.strip_prefix(IDCS).unwrap_or(path);
    let allowed = |expected: Method, operation| match *method == expected {
        true => Ok(operation),
        false => Err(method_not_allowed(&expected)),
    };
    let get = |operation| allowed(Method::GET, operation);
    match path {
        "/oauth2/v1/token" => allowed(Method::POST, Operation::Token),
        AUDIT_EVENTS => get(Operation::List),
        "/admin/v1/AuditEvents/.search" => allowed(Method::POST, Operation::Search),
        "/admin/v1/Schemas" => get(Operation::Schemas),
        "/admin/v1/ResourceTypes" => get(Operation::ResourceTypes),
        "/admin/v1/ServiceProviderConfig" => get(Operation::ServiceProviderConfig),
        _ => {
            let below = |parent: &str| {
                let name = path.strip_prefix(parent)?.strip_prefix('/')?;
                decode(name).filter(|name| !name.is_empty() && !name.contains('/'))
            };
            if let Some(id) = below(AUDIT_EVENTS) {
                return get(Operation::Get(id));
            }
            if let Some(urn) = below("/admin/v1/Schemas") {
                return get(Operation::Schema(urn));
            }
            if let Some(name) = below("/admin/v1/ResourceTypes") {
                return get(Operation::ResourceType(name));
            }
            Err(not_found())
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn ask(method: &Method, path: &str) -> Result<Operation, (StatusCode, String)> {
        find(method, path).map_err(|Refused(answer)| {
            (answer.status, String::from_utf8(answer.body.concat()).unwrap())
        })
    }

    #[test]
    fn names_in_paths_are_decoded() {
        assert_eq!(
            ask(&Method::GET, "/idcs/admin/v1/Schemas/urn%3Aa:b"),
            Ok(Operation::Schema("urn:a:b".to_owned()))
        );
        assert_eq!(
            ask(&Method::GET, "/idcs/admin/v1/AuditEvents/0f"),
            Ok(Operation::Get("0f".to_owned()))
        );
    }

    #[test]
    fn the_service_refuses_in_its_own_words() {
        for (method, path, status, says) in [
            (Method::GET, "/idcs/oauth2/v1/token", 405, "urn:ietf:params:scim"),
            (Method::POST, "/idcs/admin/v1/AuditEvents", 405, "urn:ietf:params:scim"),
            (Method::GET, "/idcs/admin/v1/AuditEvents/", 404, "urn:ietf:params:scim"),
            (Method::GET, "/idcs", 404, "urn:ietf:params:scim"),
        ] {
            let (actual, body) = ask(&method, path).unwrap_err();
            assert_eq!(actual.as_u16(), status, "{method} {path}");
            assert!(body.contains(says), "{method} {path}: {body}");
        }
    }
}
