//! Ordinary records: calls of other services, the bulk of what is audited.
//!
//! The invariant: the event type never names `IdentitySignOn`, in any case;
//! but some records mention it elsewhere, as rules about sign-ons and searches
//! for them do, so that whoever searches the text instead of reading the type
//! is found out.

use super::json::Object;
use super::operations::{OPERATIONS, Operation};
use super::record::{self, Envelope, Moment};
use super::world::{Person, World, address, agent};
use crate::identity::ocid;
use crate::prng::Prng;

/// (status, what the message says) of failed calls.
const FAILURES: [(&str, &str); 4] = [
    ("404", "NotAuthorizedOrNotFound"),
    ("401", "NotAuthenticated"),
    ("409", "IncorrectState"),
    ("500", "InternalServerError"),
];

/// Appends the record of an ordinary call.
pub(super) fn write(out: &mut Vec<u8>, world: &World, random: &mut Prng, moment: &Moment) {
    let operation = random.pick(&OPERATIONS);
    let usual = format!("com.oraclecloud.{}.{}", operation.service, operation.name);
    let event_type = match random.below(50) {
        0 => usual.to_ascii_lowercase(),
        1 => usual.to_ascii_uppercase(),
        _ => usual,
    };
    let envelope = Envelope { event_type: &event_type, source: operation.source, moment };
    let trap = random.one_in(20).then(|| random.below(4));
    record::write(out, random, &envelope, |data, random| {
        body(data, world, random, moment, operation, trap);
    });
}

fn body(
    data: &mut Object<'_>,
    world: &World,
    random: &mut Prng,
    moment: &Moment,
    operation: &Operation,
    trap: Option<u64>,
) {
    let compartment = random.pick(&world.compartments);
    let resource = match random.one_in(4) {
        true => None,
        false => Some({
            let region: &String = random.pick(&world.regions);
            ocid(operation.resource, region, random)
        }),
    };
    data.maybe(
        "eventGroupingId",
        random.one_in(2).then(|| format!("csid{}/{}", random.hex(28), random.hex(30))).as_deref(),
    );
    data.text("eventName", operation.name);
    data.text("compartmentId", &compartment.ocid);
    data.text("compartmentName", compartment.name);
    data.text(
        "resourceName",
        match trap {
            Some(0) => "alert on com.oraclecloud.IdentitySignOn.InteractiveLogin",
            _ => "",
        },
    );
    data.maybe("resourceId", resource.as_deref());
    data.text("availabilityDomain", random.word(&["AD1", "AD2", "AD3"]));
    tags(data, random);
    let person = random.pick(&world.people);
    let agent = agent(random);
    identity(data, world, random, person, &agent);
    request(data, random, moment, operation, &agent, trap);
    response(data, random, moment, operation);
    data.object("stateChange", |state| match random.one_in(4) {
        true => {
            state.object("previous", |was| was.text("lifecycleState", "PROVISIONING"));
            state.object("current", |is| is.text("lifecycleState", "AVAILABLE"));
        }
        false => state.nulls(&["previous", "current"]),
    });
    details(data, random, trap);
    data.object("internalDetails", |_| {});
}

fn tags(data: &mut Object<'_>, random: &mut Prng) {
    match random.below(3) {
        0 => data.nulls(&["freeformTags", "definedTags"]),
        1 => {
            data.object("freeformTags", |_| {});
            data.object("definedTags", |_| {});
        }
        _ => {
            data.object("freeformTags", |tags| tags.text("équipe", "réseau"));
            data.object("definedTags", |tags| {
                tags.object("Oracle-Tags", |oracle| {
                    oracle.text("CreatedBy", "default/alice.ng@example.com");
                    oracle.text("CreatedOn", "2024-02-23T18:38:00.683Z");
                });
            });
        }
    }
}

fn identity(data: &mut Object<'_>, world: &World, random: &mut Prng, person: &Person, agent: &str) {
    data.object("identity", |identity| {
        identity.text("principalName", person.login);
        identity.text("principalId", &person.ocid);
        identity.text("authType", random.word(&["natv", "natf", "fed", "resource", "service"]));
        identity.nulls(&["callerName", "callerId"]);
        identity.text("tenantId", &world.tenancy);
        identity.text("ipAddress", &address(random));
        let credentials = match random.below(3) {
            0 => None,
            1 => Some(record::security_token(random)),
            _ => Some(format!("{}/{}/{}", world.tenancy, person.ocid, random.hex(32))),
        };
        identity.maybe("credentials", credentials.as_deref());
        identity.text("userAgent", agent);
        identity.null("consoleSessionId");
    });
}

fn request(
    data: &mut Object<'_>,
    random: &mut Prng,
    moment: &Moment,
    operation: &Operation,
    agent: &str,
    trap: Option<u64>,
) {
    data.object("request", |request| {
        let id = format!("{}/{}/{}", random.hex(32), random.hex(32), random.hex(32));
        request.text("id", &id.to_ascii_uppercase());
        request.text("path", operation.path);
        request.text("action", operation.action);
        request.object("parameters", |parameters| {
            if trap == Some(1) {
                parameters.list(
                    "searchQuery",
                    "search \"x/_Audit\" | where type = \
                     'com.oraclecloud.IdentitySignOn.InteractiveLogin'",
                );
            }
            if random.one_in(2) {
                parameters.list("limit", &random.below(1000).to_string());
            }
        });
        record::request_headers(request, random, agent, moment);
    });
}

fn response(data: &mut Object<'_>, random: &mut Prng, moment: &Moment, operation: &Operation) {
    data.object("response", |response| {
        let failure = random.one_in(12).then(|| random.pick(&FAILURES));
        response.text("status", failure.map_or("200", |(status, _)| status));
        response.text("responseTime", &moment.response);
        record::response_headers(response, random, moment);
        response.object("payload", |payload| {
            if random.one_in(3) {
                payload.text("id", &random.hex(32));
                payload.text("resourceName", "resource");
            }
        });
        match failure {
            Some((_, code)) => response
                .text("message", &format!("{} failed with response '{code}'", operation.name)),
            None => response.null("message"),
        }
    });
}

fn details(data: &mut Object<'_>, random: &mut Prng, trap: Option<u64>) {
    data.object("additionalDetails", |details| {
        details.raw("X-Real-Port", &random.below(65_536).to_string());
        match trap {
            // A rule about sign-ons holds the key and the value of a sign-on.
            Some(2) => details.object("ruleCondition", |rule| {
                rule.text("eventType", "com.oraclecloud.IdentitySignOn.InteractiveLogin");
                rule.text("eventName", "InteractiveLogin");
            }),
            Some(3) => details
                .text("body", "{\"eventType\":\"com.oraclecloud.IdentitySignOn.DeleteSession\"}"),
            _ => {}
        }
        record::odd_values(details, random);
    });
}
