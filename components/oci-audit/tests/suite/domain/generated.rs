//! Events of an identity domain, and the records in which they come.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// How OCI carries an event.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Its attributes stand in `additionalDetails`.
    Flat,
    /// The AuditEvent is a text there, and little stands beside it.
    Nested,
    /// Both, with times as numbers beside it.
    Both,
}

impl Shape {
    pub const ALL: [Self; 3] = [Self::Flat, Self::Nested, Self::Both];
}

/// An event.
#[derive(Debug, Clone)]
pub struct Made {
    name: &'static str,
    attributes: Map<String, Value>,
    time: String,
}

/// Event ids and the names under which OCI has them.
const KINDS: [(&str, &str); 16] = [
    ("sso.session.create.success", "InteractiveLogin"),
    ("sso.session.create.failure", "InteractiveLogin"),
    ("sso.session.delete.success", "DeleteSession"),
    ("sso.session.modify.success", "ModifySSOSession"),
    ("sso.authentication.failure", "FederatedInteractiveLoginAttempt"),
    ("sso.auth.factor.initiated", "FactorMfa"),
    ("sso.auth.factor.success", "VerifyMfaToken"),
    ("sso.app.access.success", "AccessApp"),
    ("saml.sp.sso.response.received.failure", "ReceiveSamlResponse"),
    ("saml.idp.sso.response.sent.success", "SentSamlResponse"),
    ("admin.user.authentication.failure", "AuthenticationUser"),
    ("admin.me.password.change.success", "ChangePassword"),
    ("admin.user.password.reset.failure", "ChangePassword"),
    ("sso.mfa.factor.enrolled", "EnrollFactor"),
    ("sso.bypasscode.create.success", "CreateBypassCode"),
    ("sso.brand.new", "BrandNew"),
];

fn word() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[a-z]{3,10}",
        2 => "[a-z]{2,6}@[a-z]{3,6}\\.example",
        1 => Just("N/A".to_owned()),
        1 => "[A-Za-z \"\\\\äß/:]{1,12}".prop_filter("blank", |text| !text.trim().is_empty()),
    ]
    .boxed()
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(words).prop_map(str::to_owned).boxed()
}

/// Attributes and what may stand in them.
fn attributes() -> Vec<(&'static str, BoxedStrategy<String>)> {
    let hex = || "[0-9a-f]{32}".boxed();
    vec![
        ("actorName", word()),
        ("actorDisplayName", word()),
        ("actorId", prop_oneof![4 => hex(), 1 => Just("IDCS".to_owned())].boxed()),
        ("actorOcid", "ocid1\\.user\\.oc1\\.\\.[a-z]{12}".boxed()),
        ("actorType", one_of(&["User", "App", "Client", "Robot"])),
        ("actorAuthType", one_of(&["none", "natv", "fed"])),
        (
            "clientIp",
            one_of(&[
                "203.0.113.20",
                "203.0.113.7:51234",
                "[2001:db8::1]:443",
                "10.0.64.84, 252.138.125.19",
                "10.x.x.x",
            ]),
        ),
        ("clientId", word()),
        ("clientName", word()),
        ("message", word()),
        ("reasonValue", one_of(&["SSO-1001", "AUTHENTICATION_FAILED", "USER_LOCKED", "NA"])),
        ("httpResponseStatus", one_of(&["200", "400", "401"])),
        ("ssoComments", word()),
        ("ssoUserAgent", word()),
        ("ssoBrowser", word()),
        ("ssoPlatform", word()),
        ("ssoApplicationId", word()),
        ("ssoApplicationName", word()),
        ("ssoApplicationType", one_of(&["APP", "NONOPC:SAML", "OPC:OAUTH"])),
        ("ssoRp", word()),
        ("ssoIdentityProvider", word()),
        ("ssoIdentityProviderType", one_of(&["LOCAL", "SAML", "SOCIAL"])),
        ("ssoMatchedSignOnPolicy", word()),
        ("ssoMatchedSignOnPolicyName", word()),
        ("ssoMatchedSignOnRule", word()),
        ("ssoSessionId", hex()),
        ("ssoSessionCreateTime", one_of(&["2026-03-31T16:30:09Z", "2026-03-31T16:30:09.123Z"])),
        ("ssoSessionExpiryTime", one_of(&["2026-04-01T00:30:09Z"])),
        (
            "ssoCompletedFactors",
            one_of(&[
                "{USERNAME_PASSWORD=AUTH_SUCCESS, TOTP=AUTH_SUCCESS}",
                "{USERNAME_PASSWORD=}",
                "[PUSH]",
            ]),
        ),
        ("ssoAuthFactor", one_of(&["TOTP", "PUSH", "NEW_ONE"])),
        ("ssoProtectedResource", one_of(&["https://cloud.oracle.com", "portal"])),
        ("ssoApplicationHostId", one_of(&["tenant1.example:8943", "tenant1.example"])),
        ("hostName", word()),
        ("hostIp", one_of(&["10.244.1.1", "10.244.1.1:8080"])),
        ("adminResourceType", one_of(&["User", "PasswordAuthenticator", "BypassCode"])),
        ("adminResourceName", word()),
        ("adminResourceId", hex()),
        ("adminRefResourceType", one_of(&["User"])),
        ("adminRefResourceName", word()),
        (
            "adminValuesAdded",
            one_of(&[
                r#"{"password":"*********","mappingAttributeValue":"mallory@contoso.example","mappingAttribute":"userName"}"#,
                r#"{"userName":"joe"}"#,
                "not JSON",
            ]),
        ),
        ("ecId", word()),
        ("rId", word()),
        ("ssoLocalIp", word()),
        ("brandNew", word()),
    ]
}

/// An event with some of the attributes.
pub fn event() -> BoxedStrategy<Made> {
    let attributes: Vec<_> = attributes()
        .into_iter()
        .map(|(key, value)| {
            proptest::option::weighted(0.6, value).prop_map(move |value| (key, value))
        })
        .collect();
    let id = prop_oneof!["[0-9a-f]{32}", "[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}"];
    (prop::sample::select(&KINDS[..]), attributes, id, 0u32..86_400_000)
        .prop_map(|((event_id, name), attributes, id, at)| {
            let (seconds, millis) = (at / 1000, at % 1000);
            let time = format!(
                "2026-03-31T{:02}:{:02}:{:02}.{millis:03}Z",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            );
            let mut map = Map::new();
            map.insert("id".into(), json!(id));
            map.insert("eventId".into(), json!(event_id));
            for (key, value) in attributes {
                map.extend(value.map(|value| (key.to_owned(), json!(value))));
            }
            Made { name, attributes: map, time }
        })
        .boxed()
}

impl Made {
    /// As the domain's own API gives it.
    pub fn audit_event(&self) -> Value {
        let mut event = self.attributes.clone();
        event.insert("timestamp".into(), json!(self.time));
        event.insert("meta".into(), json!({"created": self.time}));
        Value::Object(event)
    }

    /// As OCI Audit gives it.
    pub fn oci_record(&self, shape: Shape) -> Value {
        let text = |key: &str| self.attributes.get(key).cloned().unwrap_or_default();
        let mut details = Map::new();
        match shape {
            Shape::Flat | Shape::Both => details.extend(self.attributes.clone()),
            Shape::Nested => {}
        }
        if matches!(shape, Shape::Nested | Shape::Both) {
            let inner = self.audit_event().to_string();
            details.insert("auditEventMapValue".into(), json!(inner));
        }
        if matches!(shape, Shape::Both) {
            details.insert("timestamp".into(), json!(1_774_974_451_881_i64));
            if details.contains_key("ssoSessionCreateTime") {
                details.insert("ssoSessionCreateTime".into(), json!(1_774_974_609_200_i64));
            }
        }
        let service = if self.name == "AuthenticationUser" {
            "identityControlPlane"
        } else {
            "IdentitySignOn"
        };
        json!({
            "eventType": format!("com.oraclecloud.{service}.{}", self.name),
            "cloudEventsVersion": "0.1",
            "eventId": self.attributes["id"],
            "eventTime": self.time,
            "data": {
                "eventName": self.name,
                "compartmentId": "ocid1.tenancy.oc1..aaaa",
                "additionalDetails": details,
                "identity": {
                    "principalName": text("actorName"),
                    "principalId": text("actorOcid"),
                    "ipAddress": text("clientIp"),
                    "userAgent": text("ssoUserAgent"),
                    "tenantId": "ocid1.tenancy.oc1..aaaa",
                },
                "request": {"id": "946F3F115F085954B191E81DBF538206"},
                "response": {"responseTime": self.time, "status": text("httpResponseStatus")},
            },
        })
    }
}

/// A row of Access Manager's audit events.
pub fn access_row() -> BoxedStrategy<Value> {
    let user = (maybe(word()), maybe(word()), maybe(word()), maybe(word())).prop_map(
        |(login, guid, dn, login_type)| {
            json!({"loginID": login, "userGUID": guid, "userDN": dn, "loginType": login_type})
        },
    );
    let members = (
        maybe(one_of(&["AuthN", "Logout", "AuthZ", "none"])),
        maybe(one_of(&["Successful", "denied", "FAILED", "Pending"])),
        maybe(one_of(&["192.0.2.10", "192.0.2.10:443, 198.51.100.7:80", "[2001:db8::1]:1", "-"])),
        maybe(one_of(&["true", "FALSE", "perhaps"])),
        maybe(word()),
    );
    let map = one_of(&["Mozilla/5.0", "Laptop"]);
    ("[0-9]{1,19}", members, maybe(user.boxed()), map)
        .prop_map(|(id, (kind, status, ip, mfa, ecid), user, value)| {
            json!({
                "eventID": id,
                "accessTime": "2026-03-31T16:30:09.123Z",
                "type": kind,
                "status": status,
                "ipAddress": ip,
                "mfaUsed": mfa,
                "oracleECID": ecid,
                "userID": user,
                "attributeMap": [{"key": "User-Agent", "value": [value]}, {"key": "x", "value": ["y"]}],
            })
        })
        .boxed()
}

fn maybe<T: Clone + std::fmt::Debug + 'static>(
    value: BoxedStrategy<T>,
) -> BoxedStrategy<Option<T>> {
    proptest::option::weighted(0.7, value).boxed()
}
