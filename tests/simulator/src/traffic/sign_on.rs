//! Sign-on records, in both generations that Oracle has written.
//!
//! Tenancy sign-ons of old carry the outcome in `response.status`; sign-ons to
//! an identity domain leave the response empty and carry everything in
//! `additionalDetails`. The invariant: the event type says `IdentitySignOn`,
//! in some case, and every secret holds the marker.

use std::borrow::Cow;

use super::json::Object;
use super::kinds::{KINDS, Kind};
use super::record::{self, Envelope, Moment};
use super::world::{Domain, Person, World, address, agent};
use crate::prng::Prng;

/// (`ssoComments`, `reasonValue`) of failures in an identity domain. The first
/// is Oracle's; the others have its shape.
const FAILURES: [(&str, &str); 3] = [
    ("You entered an incorrect user name or password.", "SSO-1001"),
    ("Your account is locked. Contact your system administrator.", "SSO-1003"),
    ("Authentication with the second factor failed.", "SSO-1121"),
];

/// `login_result` of failures in the old generation. The first is Oracle's; the
/// others have its shape.
const LOGIN_RESULTS: [&str; 3] = ["PASSWORD_INVALID", "USER_NOT_FOUND", "MFA_TOKEN_INVALID"];

/// Second factors as `ssoCompletedFactors` names them, none among them.
const FACTORS: [Option<&str>; 6] =
    [None, None, Some("TOTP"), Some("PUSH"), Some("SMS"), Some("FIDO_AUTHENTICATOR")];

/// (provider, type) by which a user signs on to an identity domain.
const PROVIDERS: [(&str, &str); 4] = [
    ("UserNamePassword", "LOCAL"),
    ("UserNamePassword", "LOCAL"),
    ("Okta Workforce", "SAML"),
    ("AzureAD-東京", "SAML"),
];

const APPLICATIONS: [(&str, &str, &str); 3] = [
    ("LoginClient_APPID", "IAM LoginClient", "APP"),
    ("fusion-apps", "Oracle Applications Cloud (Fusion)", "OPC"),
    ("payroll-saml", "Lohn & Gehalt", "NONOPC:SAML"),
];

/// Everything about one sign-on that several blocks of the record show.
pub(super) struct SignOn<'a> {
    kind: &'static Kind,
    /// Index into the people.
    pub(super) who: usize,
    person: &'a Person,
    domain: &'a Domain,
    pub(super) agent: Cow<'static, str>,
    pub(super) address: String,
    pub(super) succeeded: bool,
    pub(super) ecid: String,
    by_domain: bool,
}

impl<'a> SignOn<'a> {
    /// Decides what the `ordinal`-th sign-on is.
    pub(super) fn decide(world: &'a World, random: &mut Prng, ordinal: u64) -> Self {
        let kind = pick_kind(random, ordinal);
        let who = random.index(world.people.len());
        let person = &world.people[who];
        let by_domain = kind.success.is_some() && !random.one_in(3);
        let may_fail = !by_domain || kind.failure.is_some();
        Self {
            kind,
            who,
            person,
            domain: &world.domains[person.domain],
            agent: agent(random),
            address: address(random),
            succeeded: !(may_fail && random.chance(0.2)),
            ecid: format!("{}^j00000000", random.hex(6)),
            by_domain,
        }
    }

    /// `eventId` of a sign-on to an identity domain, which other services may
    /// have seen too.
    pub(super) fn event_id(&self) -> Option<&'static str> {
        match (self.by_domain, self.succeeded) {
            (false, _) => None,
            (true, true) => self.kind.success,
            (true, false) => self.kind.failure,
        }
    }
}

/// Appends the record of a sign-on.
pub(super) fn write(
    out: &mut Vec<u8>,
    world: &World,
    random: &mut Prng,
    moment: &Moment,
    sign_on: &SignOn<'_>,
) {
    let name = sign_on.kind.name;
    let event_type = spelling(random, name);
    let envelope = Envelope { event_type: &event_type, source: "IdentitySignOn", moment };
    record::write(out, random, &envelope, |data, random| {
        data.maybe("eventGroupingId", None);
        data.text("eventName", name);
        data.text("compartmentId", &world.tenancy);
        data.text("compartmentName", world.tenancy_name);
        data.text("resourceName", "");
        data.null("resourceId");
        data.text("availabilityDomain", random.word(&["AD1", "AD2", "AD3"]));
        data.nulls(&["freeformTags", "definedTags"]);
        match sign_on.by_domain {
            true => domain_generation(data, world, random, moment, sign_on),
            false => legacy_generation(data, world, random, moment, sign_on),
        }
    });
}

fn pick_kind(random: &mut Prng, ordinal: u64) -> &'static Kind {
    // The first ones go through all kinds, so that even few records have each.
    if let Some(kind) = usize::try_from(ordinal).ok().and_then(|n| KINDS.get(n)) {
        return kind;
    }
    let total = KINDS.iter().map(|kind| kind.weight).sum();
    let mut left = random.below(total);
    for kind in &KINDS {
        if left < kind.weight {
            return kind;
        }
        left -= kind.weight;
    }
    &KINDS[0]
}

/// The event type as most services write it, or as the Events service does.
fn spelling(random: &mut Prng, name: &str) -> String {
    let usual = format!("com.oraclecloud.IdentitySignOn.{name}");
    match random.below(50) {
        0 => usual.to_ascii_lowercase(),
        1 => usual.to_ascii_uppercase(),
        _ => usual,
    }
}

fn legacy_generation(
    data: &mut Object<'_>,
    world: &World,
    random: &mut Prng,
    moment: &Moment,
    it: &SignOn<'_>,
) {
    let name = it.kind.name;
    data.object("identity", |identity| {
        identity.text("principalName", it.person.login);
        identity.text("principalId", &it.person.ocid);
        identity.text("authType", random.word(&["natv", "natf", "fed"]));
        identity.nulls(&["callerName", "callerId"]);
        identity.text("tenantId", &world.tenancy);
        identity.text("ipAddress", &it.address);
        let token = record::security_token(random);
        identity.maybe("credentials", (!random.one_in(3)).then_some(&*token));
        identity.text("userAgent", &it.agent);
        identity.maybe(
            "consoleSessionId",
            random.one_in(2).then(|| format!("csid{}", random.hex(28))).as_deref(),
        );
    });
    data.object("request", |request| {
        request.text("id", &format!("{}/{}", random.hex(32), random.hex(32)));
        request.text("path", "/v1/oauth2/authorize");
        request.text("action", random.word(&["GET", "POST"]));
        request.object("parameters", |parameters| {
            parameters.list("tenant", world.tenancy_name);
            parameters.list("provider", it.domain.display);
        });
        record::request_headers(request, random, &it.agent, moment);
    });
    data.object("response", |response| {
        response.text("status", if it.succeeded { "200" } else { "400" });
        response.text("responseTime", &moment.response);
        record::response_headers(response, random, moment);
        response.object("payload", |payload| {
            if !it.succeeded {
                let login = it.person.login;
                payload
                    .text("login_input", &format!("tenant: {}, user: {login}", world.tenancy_name));
                payload.text("login_result", random.word(&LOGIN_RESULTS));
            }
        });
        let outcome = if it.succeeded { "succeeded" } else { "failed" };
        response.text("message", &format!("{name} {outcome}"));
    });
    data.object("stateChange", |state| state.nulls(&["previous", "current"]));
    match random.below(3) {
        0 => data.null("additionalDetails"),
        1 => data.object("additionalDetails", |_| {}),
        _ => data.object("additionalDetails", |details| {
            details.raw("X-Real-Port", &random.below(65_536).to_string());
            details.text("domainDisplayName", it.domain.display);
            record::odd_values(details, random);
        }),
    }
}

fn domain_generation(
    data: &mut Object<'_>,
    world: &World,
    random: &mut Prng,
    moment: &Moment,
    it: &SignOn<'_>,
) {
    data.object("identity", |identity| {
        identity.text("principalName", it.person.login);
        identity.nulls(&["principalId", "authType", "callerName", "callerId"]);
        identity.text("tenantId", &world.tenancy);
        identity.text("ipAddress", &it.address);
        let token = record::security_token(random);
        identity.maybe("credentials", random.one_in(5).then_some(&*token));
        identity.text("userAgent", &it.agent);
        identity.null("consoleSessionId");
    });
    data.object("request", |request| {
        request.text("id", &it.ecid);
        request.nulls(&["path", "action", "parameters"]);
        match random.one_in(5) {
            true => record::request_headers(request, random, &it.agent, moment),
            false => request.null("headers"),
        }
    });
    data.object("response", |response| {
        response.null("status");
        response.text("responseTime", &moment.response);
        response.nulls(&["headers", "payload", "message"]);
    });
    data.object("stateChange", |state| state.nulls(&["previous", "current"]));
    let mut attributes = Vec::new();
    Object::write(&mut attributes, |details| {
        actor(details, random, it);
        outcome(details, random, it);
        session(details, random, moment, it);
        record::odd_values(details, random);
    });
    let attributes = String::from_utf8(attributes).expect("what was written is JSON");
    details(data, &attributes, it);
}

/// The AuditEvent as records of the years carried it: its attributes alone, as text
/// beside them, and as text with little beside it.
fn details(data: &mut Object<'_>, attributes: &str, it: &SignOn<'_>) {
    const TEXT: &str = "auditEventMapValue";
    let members = &attributes[1..attributes.len() - 1];
    let event = it.kind.success.filter(|_| it.succeeded).or(it.kind.failure);
    // By what a record has anyway: its form costs no draw of its own.
    match it.ecid.bytes().next().unwrap_or_default() % 3 {
        0 => data.raw("additionalDetails", attributes),
        1 => {
            let text = serde_json::Value::from(attributes);
            data.raw("additionalDetails", &format!("{{\"{TEXT}\":{text},{members}}}"));
        }
        _ => data.object("additionalDetails", |details| {
            details.text(TEXT, attributes);
            details.maybe("eventId", event);
            details.text("ecId", &it.ecid);
            details.text("domainDisplayName", it.domain.display);
        }),
    }
}

fn actor(details: &mut Object<'_>, random: &mut Prng, it: &SignOn<'_>) {
    details.text("actorDisplayName", it.person.display);
    details.text("actorName", it.person.login);
    details.text("actorOcid", &it.person.domain_id);
    details.text("actorType", "User");
    // The address of the client, without the proxies that the list has.
    let client = it.address.rsplit(',').next().unwrap_or(&it.address);
    details.text("clientIp", client);
    details.text("domainId", &it.domain.ocid);
    details.text("domainName", &it.domain.name);
    details.text("domainDisplayName", it.domain.display);
    details.text("hostIp", &format!("10.244.{}.18", random.below(256)));
    details.text("hostName", &format!("idcs-sso-{}", random.hex(8)));
    details.object("idcsCreatedBy", |by| by.text("value", &random.hex(32)));
    details.object("idcsLastModifiedBy", |by| by.text("value", &random.hex(32)));
}

fn outcome(details: &mut Object<'_>, random: &mut Prng, it: &SignOn<'_>) {
    let event = match it.succeeded {
        true => it.kind.success,
        false => it.kind.failure,
    };
    details.maybe("eventId", event);
    details.text("ecId", &it.ecid);
    details.text("rId", "0:1:6:14");
    if it.succeeded {
        let message = format!(" {} succeeded", it.kind.name);
        details.text("message", &message);
        details.text("ssoComments", &message);
        details.text("reasonValue", "");
    } else {
        let (comment, reason) = random.pick(&FAILURES);
        details.text("message", comment);
        details.text("ssoComments", comment);
        details.text("reasonValue", reason);
    }
    let password = match it.succeeded {
        true => "AUTH_SUCCESS",
        false => "AUTH_FAILED",
    };
    // Java's text form of a map.
    let factors = match random.pick(&FACTORS) {
        Some(second) if it.succeeded => {
            format!("{{USERNAME_PASSWORD=AUTH_SUCCESS, {second}=AUTH_SUCCESS}}")
        }
        _ => format!("{{USERNAME_PASSWORD={password}}}"),
    };
    details.text("ssoCompletedFactors", &factors);
    if it.kind.name.contains("Mfa") {
        let second = FACTORS[2 + random.index(FACTORS.len() - 2)];
        details.maybe("ssoAuthFactor", second);
    }
}

fn session(details: &mut Object<'_>, random: &mut Prng, moment: &Moment, it: &SignOn<'_>) {
    let (provider, provider_type) = random.pick(&PROVIDERS);
    details.text("ssoIdentityProvider", provider);
    details.text("ssoIdentityProviderType", provider_type);
    let (id, name, kind) = random.pick(&APPLICATIONS);
    details.text("ssoApplicationId", id);
    details.text("ssoApplicationName", name);
    details.text("ssoApplicationType", kind);
    details.text("ssoRp", id);
    details.text("ssoBrowser", random.word(&["Firefox", "Chrome", "Safari"]));
    details.text("ssoPlatform", random.word(&["Mac OS X", "Windows", "Linux"]));
    details.text("ssoCSR", "false");
    details.text("ssoLocalIp", "127.0.0.1");
    details.text("ssoMatchedSignOnPolicy", "DefaultSignOnPolicy");
    details.text("ssoMatchedSignOnPolicyName", "Default Sign-On Policy");
    details.text("ssoMatchedSignOnRule", "DefaultSignOnRule");
    details.text("ssoMatchedSignOnRuleName", "Default Sign-On Rule");
    details.text(
        "ssoPolicyObligations",
        "effect:ALLOW,authenticationFactor:IDP,allowUserToSkip2FAEnrolment:false,\
         2FAFrequency:SESSION,reAuthenticate:false,trustedDevice2FAFrequency:",
    );
    details.text("ssoProtectedResource", "https://cloud.oracle.com");
    details.text("ssoUserAgent", &it.agent);
    if it.succeeded {
        details.text("ssoSessionId", &random.hex(32));
        details.text("ssoSessionCreateTime", &moment.second);
        details.text("ssoSessionExpiryTime", &moment.eight_hours_later);
    }
}
