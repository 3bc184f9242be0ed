//! Names of Oracle's own attributes that are no secrets, so that they pass whatever words
//! they are made of, and pass quickly: nearly every name of a record is one of them.
//!
//! From the tables of the Audit API, of AuditEvents and of the sign-in and sign-out audit.
//! `notificationSmsOtpCode` is one of those too, and is a secret.

use crate::simd;

/// The names, in the order of the tables they are from.
pub const ATTRIBUTES: [&str; 165] = [
    // OCI Audit: the envelopes.
    "eventType",
    "cloudEventsVersion",
    "eventTypeVersion",
    "source",
    "eventId",
    "eventID",
    "eventTime",
    "contentType",
    "data",
    "type",
    "id",
    "time",
    "specversion",
    "dataschema",
    "oracle",
    "compartmentid",
    "tenantid",
    "loggroupid",
    "ingestedtime",
    "extensions",
    // `data`
    "eventGroupingId",
    "eventName",
    "compartmentId",
    "compartmentName",
    "resourceName",
    "resourceId",
    "availabilityDomain",
    "freeformTags",
    "definedTags",
    "systemTags",
    "securityAttributes",
    "identity",
    "request",
    "response",
    "stateChange",
    "additionalDetails",
    "internalDetails",
    "message",
    "previous",
    "current",
    // `identity`, `request`, `response`
    "principalName",
    "principalId",
    "authType",
    "callerName",
    "callerId",
    "tenantId",
    "ipAddress",
    "userAgent",
    "consoleSessionId",
    "path",
    "action",
    "parameters",
    "headers",
    "status",
    "responseTime",
    "payload",
    "login_result",
    "login_input",
    // AuditEvents, and `additionalDetails` where those travel on.
    "schemas",
    "meta",
    "created",
    "lastModified",
    "resourceType",
    "location",
    "idcsCreatedBy",
    "idcsLastModifiedBy",
    "value",
    "$ref",
    "display",
    "ocid",
    "timestamp",
    "timeStamp",
    "serviceName",
    "actorId",
    "actorOcid",
    "actorName",
    "actorDisplayName",
    "actorType",
    "actorAuthType",
    "ecId",
    "rId",
    "eventid",
    "clientIp",
    "clientId",
    "clientName",
    "clientStripeName",
    "ssoSessionId",
    "ssoSessionCreateTime",
    "ssoSessionExpiryTime",
    "ssoIdentityProvider",
    "ssoIdentityProviderType",
    "ssoAuthFactor",
    "ssoCompletedFactors",
    "ssoAuthnLevel",
    "ssoUserAgent",
    "ssoBrowser",
    "ssoPlatform",
    "ssoLocalIp",
    "ssoRp",
    "ssoProtectedResource",
    "ssoApplicationId",
    "ssoApplicationName",
    "ssoApplicationType",
    "ssoApplicationHostId",
    "ssoMatchedSignOnPolicy",
    "ssoMatchedSignOnPolicyName",
    "ssoMatchedSignOnRule",
    "ssoMatchedSignOnRuleName",
    "ssoPolicyObligations",
    "ssoComments",
    "ssoCSR",
    "ssoAttribute",
    "adminResourceId",
    "adminResourceName",
    "adminResourceType",
    "adminRefResourceId",
    "adminRefResourceName",
    "adminRefResourceType",
    "adminAppRoleAppName",
    "adminValuesAdded",
    "adminValuesRemoved",
    "notificationDeliveryChannel",
    "notificationDeliveryEmailFrom",
    "notificationDeliveryEmailTo",
    "notificationDeliveryEmailSubject",
    "notificationDeliveryEmailLocale",
    "notificationDeliveryEmailStatus",
    "notificationDeliverySmsPhoneNumber",
    "notificationSmsOtpCodeExpiry",
    "reasonValue",
    "httpResponseStatus",
    "quotaCount",
    "meterAsOPCService",
    "domainOcid",
    "compartmentOcid",
    "tenancyOcid",
    "externalId",
    "domainId",
    "domainName",
    "domainDisplayName",
    "hostIp",
    "hostName",
    "auditEventMapValue",
    "checksum",
    "test",
    "X-Real-Port",
    "mappingAttribute",
    "mappingAttributeValue",
    "includeSFFAuthKeys",
    "includeMfaAttributes",
    "includeMemberships",
    "isOCIConsoleClient",
    "authenticationFactors",
    "publicKey",
    // Sign-in and sign-out audit.
    "accessTime",
    "userID",
    "loginID",
    "loginType",
    "userDN",
    "userGUID",
    "mfaUsed",
    "oracleECID",
    "attributeMap",
    "eventData",
    "key",
];

/// Attributes that list factors and how each went: `{USERNAME_PASSWORD=AUTH_SUCCESS}`.
const FACTORS: [&str; 2] = ["ssoCompletedFactors", "ssoAuthFactor"];

/// Places in [`TABLE`]: four times the names, so that most are found at the first look.
const PLACES: usize = 1024;

/// Open addressing: numbers of names from 1 on.
const TABLE: [u8; PLACES] = {
    let mut table = [0; PLACES];
    let mut at = 0;
    while at < ATTRIBUTES.len() {
        let mut place = hash(ATTRIBUTES[at].as_bytes());
        while table[place] != 0 {
            place = (place + 1) % PLACES;
        }
        table[place] = at as u8 + 1;
        at += 1;
    }
    table
};

/// Names differ in length, at both ends or in the middle.
const fn hash(name: &[u8]) -> usize {
    let (length, middle) = (name.len(), name.len() / 2);
    (length * 37
        + name[0] as usize * 5
        + name[length - 1] as usize * 131
        + name[middle] as usize * 17
        + name[middle / 2] as usize * 71)
        % PLACES
}

/// Whether a name is an attribute's that holds no secret.
#[inline]
pub fn is_attribute(name: &[u8]) -> bool {
    if name.is_empty() {
        return false;
    }
    let mut place = hash(name);
    loop {
        match TABLE[place] {
            0 => return false,
            number if simd::same(ATTRIBUTES[usize::from(number) - 1].as_bytes(), name) => {
                return true;
            }
            _ => place = (place + 1) % PLACES,
        }
    }
}

/// Whether what stands under a name lists factors, whose names are those of secrets.
pub fn lists_factors(name: &str) -> bool {
    FACTORS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::names::{Secrecy, secrecy_of_bytes};

    #[test]
    fn every_attribute_is_known_and_nothing_else() {
        assert!(ATTRIBUTES.iter().all(|name| is_attribute(name.as_bytes())));
        let others = ["", "x", "eventid2", "credentials", "notificationSmsOtpCode", "EVENTID"];
        assert!(others.iter().all(|name| !is_attribute(name.as_bytes())));
    }

    /// So that the list makes names quick and hides no secret: one name holds a word.
    #[test]
    fn the_words_leave_nearly_every_attribute_alone() {
        let held = |name: &&&str| secrecy_of_bytes(name.as_bytes()) != Secrecy::Open;
        let held: Vec<&&str> = ATTRIBUTES.iter().filter(held).collect();
        assert_eq!(held, [&"includeSFFAuthKeys"]);
    }
}
