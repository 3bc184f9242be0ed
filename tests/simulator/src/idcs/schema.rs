//! The attributes of an audit event.
//!
//! The invariant: what can be filtered, sorted or shown is named here, and the
//! schema served is made from the same table. Which attributes compare by exact
//! case is published for `id`, `ecId` and `rId`; for the others SCIM's default
//! holds (RFC 7643, 2.2).

/// The resource's schema.
pub(super) const AUDIT_EVENT: &str = "urn:ietf:params:scim:schemas:oracle:idcs:AuditEvent";

/// How an attribute's values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    ExactText,
    Time,
    Integer,
    Boolean,
    Complex(&'static [(&'static str, Kind)]),
}

const BY: Kind = Kind::Complex(&[
    ("value", Kind::Text),
    ("type", Kind::Text),
    ("display", Kind::Text),
    ("ocid", Kind::Text),
    ("$ref", Kind::Text),
]);

const META: Kind = Kind::Complex(&[
    ("resourceType", Kind::Text),
    ("created", Kind::Time),
    ("lastModified", Kind::Time),
    ("location", Kind::Text),
    ("version", Kind::Text),
]);

/// All attributes, by group.
pub(super) const ATTRIBUTES: &[(&str, Kind)] = &[
    ("id", Kind::Text),
    ("externalId", Kind::Text),
    ("meta", META),
    ("idcsCreatedBy", BY),
    ("idcsLastModifiedBy", BY),
    ("ocid", Kind::Text),
    ("domainOcid", Kind::Text),
    ("compartmentOcid", Kind::Text),
    ("tenancyOcid", Kind::Text),
    ("timestamp", Kind::Time),
    ("eventId", Kind::Text),
    ("serviceName", Kind::Text),
    ("message", Kind::Text),
    ("reasonValue", Kind::Text),
    ("ecId", Kind::ExactText),
    ("rId", Kind::ExactText),
    ("actorName", Kind::Text),
    ("actorDisplayName", Kind::Text),
    ("actorId", Kind::Text),
    ("actorType", Kind::Text),
    ("clientIp", Kind::Text),
    ("clientId", Kind::Text),
    ("clientName", Kind::Text),
    ("ssoSessionId", Kind::Text),
    ("ssoSessionCreateTime", Kind::Time),
    ("ssoSessionExpiryTime", Kind::Time),
    ("ssoIdentityProvider", Kind::Text),
    ("ssoIdentityProviderType", Kind::Text),
    ("ssoAuthFactor", Kind::Text),
    ("ssoCompletedFactors", Kind::Text),
    ("ssoAuthnLevel", Kind::Integer),
    ("ssoUserAgent", Kind::Text),
    ("ssoBrowser", Kind::Text),
    ("ssoPlatform", Kind::Text),
    ("ssoLocalIp", Kind::Text),
    ("ssoRp", Kind::Text),
    ("ssoProtectedResource", Kind::Text),
    ("ssoApplicationId", Kind::Text),
    ("ssoApplicationName", Kind::Text),
    ("ssoApplicationType", Kind::Text),
    ("ssoApplicationHostId", Kind::Text),
    ("ssoMatchedSignOnPolicy", Kind::Text),
    ("ssoMatchedSignOnRule", Kind::Text),
    ("ssoPolicyObligations", Kind::Text),
    ("ssoComments", Kind::Text),
    ("ssoCSR", Kind::Text),
    ("adminResourceId", Kind::Text),
    ("adminResourceName", Kind::Text),
    ("adminResourceType", Kind::Text),
    ("adminRefResourceId", Kind::Text),
    ("adminRefResourceName", Kind::Text),
    ("adminRefResourceType", Kind::Text),
    ("adminAppRoleAppName", Kind::Text),
    ("adminValuesAdded", Kind::Text),
    ("adminValuesRemoved", Kind::Text),
    ("notificationDeliveryChannel", Kind::Text),
    ("notificationDeliveryEmailFrom", Kind::Text),
    ("notificationDeliveryEmailTo", Kind::Text),
    ("notificationDeliveryEmailSubject", Kind::Text),
    ("notificationDeliveryEmailLocale", Kind::Text),
    ("notificationDeliveryEmailStatus", Kind::Text),
    ("notificationDeliverySmsPhoneNumber", Kind::Text),
    ("notificationSmsOtpCode", Kind::Text),
    ("notificationSmsOtpCodeExpiry", Kind::Text),
    ("quotaCount", Kind::Integer),
    ("meterAsOPCService", Kind::Boolean),
];

/// An attribute, or a part of a complex one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) part: Option<&'static str>,
    pub(super) kind: Kind,
}

impl Attribute {
    /// Finds an attribute by its name in any case, as in `eventId`,
    /// `meta.created` or with the schema in front.
    pub(super) fn find(path: &str) -> Option<Self> {
        let path = without_schema(path);
        let (name, part) = match path.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (path, None),
        };
        let among = |table: &'static [(&'static str, Kind)], name: &str| {
            table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
        };
        let (name, kind) = among(ATTRIBUTES, name)?;
        match (kind, part) {
            (_, None) => Some(Self { name, part: None, kind }),
            (Kind::Complex(parts), Some(part)) => {
                let (part, kind) = among(parts, part)?;
                Some(Self { name, part: Some(part), kind })
            }
            _ => None,
        }
    }
}

/// An attribute's path without the schema that may stand before it.
pub(super) fn without_schema(path: &str) -> &str {
    match path.get(..AUDIT_EVENT.len()) {
        Some(schema) if schema.eq_ignore_ascii_case(AUDIT_EVENT) => {
            path[AUDIT_EVENT.len()..].strip_prefix(':').unwrap_or(path)
        }
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_in_any_case_and_with_their_schema() {
        for path in ["clientIp", "clientip", "CLIENTIP", &format!("{AUDIT_EVENT}:clientIp")] {
            assert_eq!(Attribute::find(path).unwrap().name, "clientIp");
        }
        let created = Attribute::find("Meta.Created").unwrap();
        assert_eq!((created.name, created.part), ("meta", Some("created")));
        assert_eq!(created.kind, Kind::Time);
    }

    #[test]
    fn what_is_no_attribute_is_not_found() {
        for path in ["", "userName", "meta.when", "eventId.value", "meta.created.x", AUDIT_EVENT] {
            assert_eq!(Attribute::find(path), None, "{path}");
        }
    }
}
