//! From method and path to an operation of the sign-in audit.
//!
//! The invariant: the service's paths stand here and nowhere else.

use http::{Method, StatusCode};

use super::{Operation, refused};
use crate::answer::Refused;

const AUDIT: &str = "/oam/services/rest/access/api/v1/audit";

/// Finds the operation, or refuses the way the service would.
pub(super) fn find(method: &Method, path: &str) -> Result<Operation, Refused> {
    let operation = match path.strip_prefix(AUDIT) {
        Some("/stats") => Some(Operation::Stats),
        Some("/events") => Some(Operation::Events { page: None }),
        Some(rest) => rest
            .strip_prefix("/events/")
            .filter(|page| !page.contains('/'))
            .map(|page| Operation::Events { page: Some(page.to_owned()) }),
        None => None,
    };
    match operation {
        Some(operation) if *method == Method::GET => Ok(operation),
        Some(_) => Err(refused(StatusCode::METHOD_NOT_ALLOWED, "GET only")),
        None => Err(refused(StatusCode::NOT_FOUND, "Not Found")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, path: &str) -> Result<Operation, (StatusCode, String)> {
        find(method, path).map_err(|Refused(answer)| {
            (answer.status, String::from_utf8(answer.body.concat()).unwrap())
        })
    }

    #[test]
    fn a_page_may_stand_in_the_path() {
        assert_eq!(
            ask(&Method::GET, "/oam/services/rest/access/api/v1/audit/events/12"),
            Ok(Operation::Events { page: Some("12".to_owned()) })
        );
    }

    #[test]
    fn the_service_refuses_in_its_own_words() {
        for (method, path, status, says) in [
            (Method::POST, "/oam/services/rest/access/api/v1/audit/events", 405, "GET only"),
            (Method::GET, "/oam/services/rest/access/api/v1/audit", 404, "Not Found"),
        ] {
            let (actual, body) = ask(&method, path).unwrap_err();
            assert_eq!(actual.as_u16(), status, "{method} {path}");
            assert!(body.contains(says), "{method} {path}: {body}");
        }
    }
}
