//! Where each attribute stands: its names in an AuditEvent and the places of an OCI
//! record that say the same. Data; what each is for, docs/mapping.md says.

use super::record::Place;

const fn audit(names: &'static [&'static str]) -> Place {
    Place::named(names)
}

const fn both(
    names: &'static [&'static str],
    elsewhere: &'static [&'static [&'static str]],
) -> Place {
    Place { names, elsewhere }
}

// Clients and exports spell it in several ways.
pub const EVENT_ID: Place = audit(&["eventId", "eventid", "eventID"]);
pub const MESSAGE: Place = both(&["message"], &[&["data", "message"]]);
pub const COMMENTS: Place = audit(&["ssoComments"]);
pub const REASON: Place = audit(&["reasonValue"]);
pub const LOGIN_RESULT: Place = both(&[], &[&["data", "response", "payload", "login_result"]]);
pub const STATUS: Place = both(&["httpResponseStatus"], &[&["data", "response", "status"]]);
pub const RESPONSE_MESSAGE: Place = both(&[], &[&["data", "response", "message"]]);
pub const CREATED: Place = both(&[], &[&["oracle", "ingestedtime"]]);

pub const ACTOR_NAME: Place = both(&["actorName"], &[&["data", "identity", "principalName"]]);
pub const ACTOR_IDS: [Place; 3] = [
    audit(&["actorOcid"]),
    both(&[], &[&["data", "identity", "principalId"]]),
    audit(&["actorId"]),
];
pub const ACTOR_DISPLAY_NAME: Place = audit(&["actorDisplayName"]);
pub const ACTOR_TYPE: Place = audit(&["actorType"]);
pub const CLIENT_NAME: Place = both(&["clientName"], &[&["data", "identity", "callerName"]]);
pub const CLIENT_ID: Place = both(&["clientId"], &[&["data", "identity", "callerId"]]);
pub const AUTH_TYPE: Place = both(&["actorAuthType"], &[&["data", "identity", "authType"]]);

pub const RESOURCE_TYPE: Place = audit(&["adminResourceType"]);
pub const RESOURCE_NAME: Place = audit(&["adminResourceName"]);
pub const RESOURCE_ID: Place = audit(&["adminResourceId"]);
pub const REFERRED_TYPE: Place = audit(&["adminRefResourceType"]);
pub const REFERRED_NAME: Place = audit(&["adminRefResourceName"]);
pub const REFERRED_ID: Place = audit(&["adminRefResourceId"]);
pub const VALUES_ADDED: Place = audit(&["adminValuesAdded"]);
pub const VALUES_REMOVED: Place = audit(&["adminValuesRemoved"]);
pub const TARGET_USER_NAME: Place = both(&[], &[&["data", "resourceName"]]);
pub const TARGET_USER_ID: Place = both(&[], &[&["data", "resourceId"]]);

pub const ADDRESS: Place = both(&["clientIp"], &[&["data", "identity", "ipAddress"]]);
pub const PORT: Place = audit(&["X-Real-Port", "clientPort"]);
pub const AGENT: Place =
    both(&["ssoUserAgent", "userAgent"], &[&["data", "identity", "userAgent"]]);
pub const BROWSER: Place = audit(&["ssoBrowser"]);
pub const PLATFORM: Place = audit(&["ssoPlatform"]);

pub const APPLICATION_NAME: Place = audit(&["ssoApplicationName"]);
pub const APPLICATION_ID: Place = audit(&["ssoApplicationId"]);
pub const APPLICATION_TYPE: Place = audit(&["ssoApplicationType"]);
pub const RELYING_PARTY: Place = audit(&["ssoRp"]);
pub const PROVIDER_NAME: Place = audit(&["ssoIdentityProvider"]);
pub const PROVIDER_TYPE: Place = audit(&["ssoIdentityProviderType"]);
// No sample shows how the rules that choose a provider are called: every spelling that
// follows those of the sign-on policy.
pub const PROVIDER_POLICY: Place = audit(&[
    "ssoMatchedIdpPolicyName",
    "ssoMatchedIDPPolicyName",
    "ssoMatchedIdentityProviderPolicyName",
    "ssoMatchedIdpPolicy",
    "ssoMatchedIDPPolicy",
    "ssoMatchedIdentityProviderPolicy",
]);
pub const PROVIDER_RULE: Place = audit(&[
    "ssoMatchedIdpRuleName",
    "ssoMatchedIDPRuleName",
    "ssoMatchedIdentityProviderRuleName",
    "ssoMatchedIdpRule",
    "ssoMatchedIDPRule",
    "ssoMatchedIdentityProviderRule",
]);
pub const POLICY: Place = audit(&["ssoMatchedSignOnPolicyName", "ssoMatchedSignOnPolicy"]);
pub const RULE: Place = audit(&["ssoMatchedSignOnRuleName", "ssoMatchedSignOnRule"]);

pub const SESSION_ID: Place = audit(&["ssoSessionId"]);
pub const SESSION_CREATED: Place = audit(&["ssoSessionCreateTime"]);
pub const SESSION_EXPIRES: Place = audit(&["ssoSessionExpiryTime"]);
pub const CONSOLE_SESSION: Place = both(&[], &[&["data", "identity", "consoleSessionId"]]);
pub const CREDENTIALS: Place = both(&[], &[&["data", "identity", "credentials"]]);

pub const FACTORS_DONE: Place = audit(&["ssoCompletedFactors"]);
pub const FACTOR: Place = audit(&["ssoAuthFactor"]);

pub const RESOURCE: Place = audit(&["ssoProtectedResource"]);
pub const HOST_NAME: Place = audit(&["ssoApplicationHostId", "hostName"]);
pub const HOST_IP: Place = audit(&["hostIp"]);

pub const REQUEST_ID: Place = both(&[], &[&["data", "request", "id"]]);
pub const METHOD: Place = both(&[], &[&["data", "request", "action"]]);
pub const PATH: Place = both(&[], &[&["data", "request", "path"]]);

pub const EXECUTION: Place = audit(&["ecId"]);
pub const GROUP: Place = both(&[], &[&["data", "eventGroupingId"]]);
pub const META_CREATED: [&str; 2] = ["meta", "created"];

pub const SERVICE: Place = audit(&["serviceName"]);
pub const TENANCY: Place =
    both(&["tenancyOcid"], &[&["data", "identity", "tenantId"], &["oracle", "tenantid"]]);
pub const COMPARTMENT: Place = both(
    &["compartmentOcid"],
    &[&["data", "compartmentId"], &["oracle", "compartmentid"], &["extensions", "compartmentId"]],
);
pub const COMPARTMENT_NAME: Place = both(&[], &[&["data", "compartmentName"]]);
pub const ZONE: Place = both(&[], &[&["data", "availabilityDomain"]]);
pub const DOMAIN_ID: Place = audit(&["domainId", "domainOcid"]);
pub const DOMAIN_NAME: Place = audit(&["domainName"]);
pub const DOMAIN_DISPLAY_NAME: Place = audit(&["domainDisplayName"]);

/// Which attributes a field of the neutral event is made of, the first before the others,
/// as docs/mapping.md shows it. Fields that a source decides itself are not among them.
pub static FIELDS: [(&str, &[Place]); 50] = [
    ("domain-event-id", &[EVENT_ID]),
    ("code", &[REASON, LOGIN_RESULT, STATUS]),
    ("reason", &[COMMENTS, LOGIN_RESULT, RESPONSE_MESSAGE, MESSAGE]),
    ("message", &[MESSAGE]),
    ("user / actor .name", &[ACTOR_NAME]),
    ("user / actor .uid, .uid-alt", &ACTOR_IDS),
    ("user / actor .display-name", &[ACTOR_DISPLAY_NAME]),
    ("user / actor .kind", &[ACTOR_TYPE]),
    ("user.name (account)", &[RESOURCE_NAME, REFERRED_NAME, TARGET_USER_NAME]),
    ("user.uid (account)", &[RESOURCE_ID, REFERRED_ID, TARGET_USER_ID, PATH]),
    ("user.name (attacked)", &[VALUES_ADDED, VALUES_REMOVED]),
    ("app.name", &[CLIENT_NAME]),
    ("app.uid", &[CLIENT_ID]),
    ("idp.name", &[PROVIDER_NAME]),
    ("idp.kind", &[PROVIDER_TYPE]),
    ("idp.policy", &[PROVIDER_POLICY]),
    ("idp.rule", &[PROVIDER_RULE]),
    ("source-addresses, source-port", &[ADDRESS]),
    ("source-port", &[PORT]),
    ("agent.original", &[AGENT]),
    ("agent.browser", &[BROWSER]),
    ("agent.platform", &[PLATFORM]),
    ("service.name", &[APPLICATION_NAME, RELYING_PARTY]),
    ("service.uid", &[APPLICATION_ID]),
    ("service.kind", &[APPLICATION_TYPE]),
    ("target.name", &[RESOURCE]),
    ("target.hostname, .port", &[HOST_NAME]),
    ("target.ip, .port", &[HOST_IP]),
    ("session.uid", &[SESSION_ID, CONSOLE_SESSION]),
    ("session.credential-uid", &[CREDENTIALS]),
    ("session.created", &[SESSION_CREATED]),
    ("session.expires", &[SESSION_EXPIRES]),
    ("factors, mfa", &[FACTORS_DONE, FACTOR]),
    ("protocol", &[PROVIDER_TYPE, APPLICATION_TYPE]),
    ("auth-type", &[AUTH_TYPE]),
    ("policy", &[POLICY]),
    ("rule", &[RULE]),
    ("http.request-id", &[REQUEST_ID]),
    ("http.method", &[METHOD]),
    ("http.path", &[PATH]),
    ("http.status", &[STATUS]),
    ("http.response-message", &[RESPONSE_MESSAGE]),
    ("cloud.zone", &[ZONE]),
    ("cloud.account-uid, .account-name", &[COMPARTMENT, COMPARTMENT_NAME]),
    ("cloud.organization-uid", &[TENANCY]),
    ("cloud.service", &[SERVICE]),
    ("cloud.domain.uid", &[DOMAIN_ID]),
    ("cloud.domain.name, .display-name", &[DOMAIN_NAME, DOMAIN_DISPLAY_NAME]),
    ("correlation", &[EXECUTION]),
    ("group", &[GROUP]),
];
