//! Writing an audit event the way an identity domain does.
//!
//! The invariant: what a record has follows from its family, as in Oracle's
//! samples; what is absent is absent, never null. The only secret is the code
//! of a text message, and it holds the marker.

use super::domain_kinds::{DomainKind, Family};
use super::json::Object;
use super::world::{Domain, Person, World};
use crate::prng::Prng;
use crate::secrets::SECRET_MARKER;

const AUDIT_EVENT: &str = "urn:ietf:params:scim:schemas:oracle:idcs:AuditEvent";
/// The application on whose behalf users change their passwords.
const PASSWORD_APP: (&str, &str) = ("uiChangePassword", "94d40a5c9b5449c7a6252f6c49144e29");

/// (what happened, `reasonValue`) of failures; the first is Oracle's.
const FAILURES: [(&str, &str); 3] = [
    ("You entered an incorrect user name or password.", "SSO-1001"),
    ("Your account is locked. Contact your system administrator.", "SSO-1003"),
    ("Authentication with the second factor failed.", "SSO-1121"),
];
/// `ssoCompletedFactors`: a map as Java writes it as text.
const FACTORS: [&str; 4] = [
    "{USERNAME_PASSWORD=}",
    "{USERNAME_PASSWORD=AUTH_SUCCESS}",
    "{USERNAME_PASSWORD=AUTH_SUCCESS, TOTP=AUTH_SUCCESS}",
    "{USERNAME_PASSWORD=AUTH_SUCCESS, FIDO_AUTHENTICATOR=AUTH_SUCCESS}",
];
/// (`ssoIdentityProvider`, `ssoIdentityProviderType`)
const PROVIDERS: [(&str, &str); 4] = [
    ("localIDP", "LOCAL"),
    ("UserNamePassword", "LOCAL"),
    ("AzureAD-東京", "SAML"),
    ("Google", "SOCIAL"),
];
/// (id, name, type) of applications.
const APPLICATIONS: [(&str, &str, &str); 3] = [
    ("IDCS_CONSOLE_APPID", "IDCS Console", "OPC"),
    ("fusion-apps", "Oracle Applications Cloud (Fusion)", "OPC:SAML"),
    ("payroll-saml", "Lohn & Gehalt", "NONOPC:SAML"),
];

/// What a record tells.
pub(super) struct DomainEvent<'a> {
    pub(super) kind: &'static DomainKind,
    pub(super) id: &'a str,
    pub(super) person: &'a Person,
    pub(super) agent: &'a str,
    pub(super) address: &'a str,
    pub(super) ecid: &'a str,
    /// RFC 3339 with milliseconds: when it happened, when it was stored.
    pub(super) timestamp: &'a str,
    pub(super) created: &'a str,
    /// RFC 3339 with whole seconds.
    pub(super) second: &'a str,
    pub(super) eight_hours_later: &'a str,
}

/// Who a record says acted.
struct Actor<'a> {
    name: &'a str,
    display: &'a str,
    id: &'a str,
    kind: &'static str,
}

/// Appends the record.
pub(super) fn write(out: &mut Vec<u8>, world: &World, random: &mut Prng, it: &DomainEvent<'_>) {
    let actor = actor(random, it);
    let domain = &world.domains[it.person.domain];
    let newer = random.one_in(4);
    Object::write(out, |row| {
        by(row, "idcsCreatedBy", domain, &actor, newer);
        row.text("actorName", actor.name);
        row.text("id", it.id);
        if it.kind.family != Family::Application {
            row.text("actorDisplayName", actor.display);
        }
        row.object("meta", |meta| {
            meta.text("created", it.created);
            meta.text("lastModified", it.created);
            meta.text("resourceType", "AuditEvent");
            meta.text("location", &format!("{}/AuditEvents/{}", url(domain), it.id));
        });
        row.text("rId", random.word(&["0:1", "0:1:1", "0:1:1:3:7", "0:1:1:5"]));
        row.text("actorId", actor.id);
        details(row, random, it);
        row.text("timestamp", it.timestamp);
        by(row, "idcsLastModifiedBy", domain, &actor, newer);
        row.raw("quotaCount", "0");
        row.text("ecId", it.ecid);
        row.text("clientIp", it.address);
        row.text("eventId", it.kind.event_id);
        row.raw("ssoAuthnLevel", "0");
        row.text("actorType", actor.kind);
        row.text("serviceName", service(it.kind));
        if newer {
            row.text("domainOcid", &domain.ocid);
            row.text("compartmentOcid", &world.tenancy);
            row.text("tenancyOcid", &world.tenancy);
        }
        row.list("schemas", AUDIT_EVENT);
    });
}

fn actor<'a>(random: &mut Prng, it: &DomainEvent<'a>) -> Actor<'a> {
    let person = it.person;
    match it.kind.family {
        Family::OwnPassword => {
            let (name, id) = PASSWORD_APP;
            Actor { name, display: name, id, kind: "App" }
        }
        Family::Sms => Actor {
            name: "idcssso",
            display: "idcssso",
            id: "7d3e9c0f4b4c4b5a9a0d6f2f1c8e7b6a",
            kind: "App",
        },
        // Nobody knows whether the user exists: the domain itself stands in.
        Family::Failure if !random.one_in(3) => {
            Actor { name: person.login, display: person.login, id: "IDCS", kind: "User" }
        }
        _ => Actor {
            name: person.login,
            display: person.display,
            id: &person.domain_id,
            kind: "User",
        },
    }
}

fn by(row: &mut Object<'_>, key: &str, domain: &Domain, actor: &Actor<'_>, newer: bool) {
    let (kind, id) = (actor.kind, actor.id);
    row.object(key, |by| {
        by.text("type", kind);
        by.text("display", actor.display);
        by.text("value", id);
        if newer {
            by.text("ocid", &format!("ocid1.user.oc1..{id}"));
        }
        by.text("$ref", &format!("{}/{kind}s/{id}", url(domain)));
    });
}

fn url(domain: &Domain) -> String {
    format!("https://{}.identity.oraclecloud.com:443/admin/v1", domain.name)
}

fn service(kind: &DomainKind) -> &'static str {
    match kind.family {
        Family::Mail => "Messaging",
        Family::Sms => "SSO",
        _ if kind.event_id.starts_with("sso.") => "SSO",
        _ => "Admin",
    }
}

fn details(row: &mut Object<'_>, random: &mut Prng, it: &DomainEvent<'_>) {
    match it.kind.family {
        Family::Session => session(row, random, it),
        Family::SessionEnd => {
            sign_on(row, random, it);
            row.text("ssoSessionId", &random.uuid());
            said(row, "Session delete success");
        }
        Family::Failure => failure(row, random, it),
        Family::Application => application(row, random, it),
        Family::Factor => {
            sign_on(row, random, it);
            row.text("ssoAuthFactor", random.word(&["TOTP", "PUSH", "SMS", "EMAIL"]));
            said(row, "Authentication factor initiated");
        }
        Family::OwnPassword => own_password(row, it),
        Family::Account => account(row, random, it),
        Family::Console => said(row, it.kind.event_id),
        Family::Mail => mail(row, it),
        Family::Sms => sms(row, random, it),
        Family::Administration(kind) => administration(row, random, it, kind),
        Family::Unknown => said(row, "An event that no list has yet"),
    }
}

fn said(row: &mut Object<'_>, message: &str) {
    row.text("ssoComments", message);
    row.text("message", message);
}

/// What every sign-on has.
fn sign_on(row: &mut Object<'_>, random: &mut Prng, it: &DomainEvent<'_>) {
    let (provider, kind) = random.pick(&PROVIDERS);
    row.text("ssoIdentityProvider", provider);
    row.text("ssoIdentityProviderType", kind);
    row.text("ssoLocalIp", random.word(&["172.17.0.50", "172.xx.x.xx", "203.0.113.50"]));
    row.text("ssoRp", random.word(&["idcscloudgate", "PCTrustedApp", "IDCS"]));
    row.text("ssoUserAgent", it.agent);
}

fn session(row: &mut Object<'_>, random: &mut Prng, it: &DomainEvent<'_>) {
    sign_on(row, random, it);
    row.text("ssoSessionId", &random.uuid());
    row.text("ssoSessionCreateTime", it.second);
    row.text("ssoSessionExpiryTime", it.eight_hours_later);
    row.text("ssoCompletedFactors", random.word(&FACTORS));
    row.text("ssoBrowser", random.word(&["Firefox", "Chrome", "Safari"]));
    row.text("ssoPlatform", random.word(&["Mac OS X", "Windows 7", "Linux"]));
    row.text("ssoApplicationHostId", "tenant1.idcs.internal.oracle.com:8943");
    row.text("ssoCSR", "false");
    row.text("ssoMatchedSignOnPolicy", "DefaultSignOnPolicy");
    row.text("ssoMatchedSignOnRule", "DefaultSignOnRule");
    row.text(
        "ssoPolicyObligations",
        "effect:ALLOW,authenticationFactor:IDP,allowUserToSkip2FAEnrolment:false,\
         2FAFrequency:SESSION,reAuthenticate:false,trustedDevice2FAFrequency:",
    );
    row.text("ssoProtectedResource", "https://tenant-base-url/ui/v1/adminconsole");
    match it.kind.event_id {
        "sso.session.modify.success" => said(row, "Session modify success"),
        _ => said(row, "Session create success"),
    }
}

fn failure(row: &mut Object<'_>, random: &mut Prng, it: &DomainEvent<'_>) {
    sign_on(row, random, it);
    if random.one_in(2) {
        row.text("ssoProtectedResource", "https://tenant-base-url/ui/v1/adminconsole");
    }
    let (comment, reason) = random.pick(&FAILURES);
    row.text("reasonValue", reason);
    said(row, &format!("Authentication failure {comment}"));
}

fn application(row: &mut Object<'_>, random: &mut Prng, it: &DomainEvent<'_>) {
    sign_on(row, random, it);
    let (id, name, kind) = random.pick(&APPLICATIONS);
    row.text("ssoApplicationId", id);
    row.text("ssoApplicationName", name);
    row.text("ssoApplicationType", kind);
    match it.kind.event_id.ends_with(".failure") {
        true => {
            row.text("reasonValue", "SSO-1018");
            said(row, "Application access failure");
        }
        false => said(row, "Application access success"),
    }
}

fn own_password(row: &mut Object<'_>, it: &DomainEvent<'_>) {
    let id = &it.person.domain_id;
    row.text("adminResourceId", id);
    row.text("adminResourceType", "MePasswordMustChanger");
    let values = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:oracle:idcs:MePasswordMustChanger"],
        "id": id,
        "password": "********",
    });
    row.text("adminValuesAdded", &values.to_string());
    if it.kind.event_id.ends_with(".failure") {
        row.text("reasonValue", "error.identity.passwordpolicy.violated");
    }
}

fn account(row: &mut Object<'_>, random: &mut Prng, it: &DomainEvent<'_>) {
    row.text("adminResourceId", &it.person.domain_id);
    row.text("adminResourceName", it.person.login);
    row.text("adminResourceType", "User");
    if random.one_in(3) {
        // Numbers and truths stand in quotes inside the text.
        let values = serde_json::json!({
            "active": "true",
            "loginAttempts": "0",
            "password": "********",
            "displayName": it.person.display,
        });
        row.text("adminValuesAdded", &values.to_string());
    }
    if it.kind.event_id.ends_with(".failure") {
        row.text("reasonValue", "error.identity.user.invalidState");
    }
    row.text("message", it.kind.event_id);
}

fn mail(row: &mut Object<'_>, it: &DomainEvent<'_>) {
    let (failed, login) = (it.kind.event_id.ends_with(".failure"), it.person.login);
    let (status, reason) = if failed { ("FAILURE", "500") } else { ("SUCCESS", "201") };
    row.text("adminResourceId", &it.person.domain_id);
    row.text("adminResourceName", login);
    row.text("notificationDeliveryChannel", "EMAIL");
    row.text("notificationDeliveryEmailStatus", status);
    row.text(
        "notificationDeliveryEmailSubject",
        "Password has been reset for Your tenant1 account",
    );
    row.text("reasonValue", reason);
    row.text("notificationDeliveryEmailLocale", "en");
    row.text("notificationDeliveryEmailTo", &format!("[{login}]"));
    row.text("notificationDeliveryEmailFrom", "no-reply@example.com");
    row.text(
        "message",
        &format!("The EMAIL notification was delivered to the following recipients: [{login}]."),
    );
}

fn sms(row: &mut Object<'_>, random: &mut Prng, it: &DomainEvent<'_>) {
    let code = format!("{SECRET_MARKER}{}", random.text(b"0123456789", 6));
    row.text("adminResourceId", &it.person.domain_id);
    row.text("notificationDeliveryChannel", "SMS");
    row.text("notificationDeliverySmsPhoneNumber", "+1202555XX42");
    row.text("notificationSmsOtpCode", &code);
    row.text("notificationSmsOtpCodeExpiry", it.eight_hours_later);
    row.text("reasonValue", "201");
    row.text("message", "The SMS notification was delivered successfully.");
}

fn administration(row: &mut Object<'_>, random: &mut Prng, it: &DomainEvent<'_>, kind: &str) {
    row.text("adminResourceId", &random.hex(32));
    row.text("adminResourceName", &format!("{kind} \"{}\"", random.below(100)));
    row.text("adminResourceType", kind);
    if it.kind.event_id.contains(".member.") || kind == "Grant" {
        row.text("adminRefResourceId", &it.person.domain_id);
        row.text("adminRefResourceName", it.person.login);
        row.text("adminRefResourceType", "User");
        row.text("adminAppRoleAppName", "Example Application");
    }
    // Records of large applications go up to 47 kB.
    let members = if random.one_in(20) { 400 } else { 2 };
    let members: Vec<String> = (0..members).map(|_| random.hex(32)).collect();
    let values = serde_json::json!({ "members": members, "isSystem": "false" });
    row.text("adminValuesAdded", &values.to_string());
    if random.one_in(3) {
        row.text("adminValuesRemoved", "{\"description\":\"old\",\"count\":\"2\"}");
    }
    if random.one_in(5) {
        row.raw("meterAsOPCService", "false");
    }
}
