//! What a SCIM client asks for before it asks for events (RFC 7643, 5 to 7).
//!
//! The invariant: only what is served is promised.

use serde_json::{Value, json};

use super::schema::{ATTRIBUTES, AUDIT_EVENT, Kind};

const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const RESOURCE_TYPE: &str = "AuditEvent";

/// `GET /Schemas`
pub(super) fn schemas() -> Value {
    list(schema(AUDIT_EVENT))
}

/// `GET /Schemas/{urn}`
pub(super) fn schema(urn: &str) -> Option<Value> {
    let attributes: Vec<Value> = ATTRIBUTES
        .iter()
        // Common to all resources, so no part of this schema (RFC 7643, 3.1).
        .filter(|(name, _)| !["id", "externalId", "meta"].contains(name))
        .map(|(name, kind)| attribute(name, *kind))
        .collect();
    urn.eq_ignore_ascii_case(AUDIT_EVENT).then(|| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": AUDIT_EVENT,
            "name": RESOURCE_TYPE,
            "description": "AuditEvent resource.",
            "attributes": attributes,
            "meta": { "resourceType": "Schema", "location": format!("/admin/v1/Schemas/{AUDIT_EVENT}") },
        })
    })
}

fn attribute(name: &str, kind: Kind) -> Value {
    let (kind_name, parts) = match kind {
        Kind::Text | Kind::ExactText => ("string", None),
        Kind::Time => ("dateTime", None),
        Kind::Integer => ("integer", None),
        Kind::Boolean => ("boolean", None),
        Kind::Complex(parts) => ("complex", Some(parts)),
    };
    let required = ["timestamp", "eventId"].contains(&name);
    let mut attribute = json!({
        "name": name,
        "type": kind_name,
        "multiValued": false,
        "description": name,
        "required": required,
        "caseExact": kind == Kind::ExactText,
        "mutability": "readOnly",
        "returned": "default",
        "uniqueness": "none",
        "idcsSearchable": true,
    });
    if let Some(parts) = parts {
        attribute["subAttributes"] =
            parts.iter().map(|(name, kind)| self::attribute(name, *kind)).collect();
    }
    attribute
}

/// `GET /ResourceTypes`
pub(super) fn resource_types() -> Value {
    list(resource_type(RESOURCE_TYPE))
}

/// `GET /ResourceTypes/{name}`
pub(super) fn resource_type(name: &str) -> Option<Value> {
    (name == RESOURCE_TYPE).then(|| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": RESOURCE_TYPE,
            "name": RESOURCE_TYPE,
            "endpoint": "/AuditEvents",
            "description": "Audit events",
            "schema": AUDIT_EVENT,
            "meta": { "resourceType": "ResourceType", "location": "/admin/v1/ResourceTypes/AuditEvent" },
        })
    })
}

/// `GET /ServiceProviderConfig`
pub(super) fn service_provider_config() -> Value {
    let supported = |supported: bool| json!({ "supported": supported });
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": supported(false),
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": 1000 },
        "changePassword": supported(false),
        "sort": supported(true),
        "etag": supported(false),
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "An access token of the domain's token endpoint",
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": "/admin/v1/ServiceProviderConfig" },
    })
}

fn list(resource: Option<Value>) -> Value {
    let resources: Vec<Value> = resource.into_iter().collect();
    json!({
        "schemas": [LIST_RESPONSE],
        "totalResults": resources.len(),
        "Resources": resources,
        "startIndex": 1,
        "itemsPerPage": resources.len(),
    })
}
