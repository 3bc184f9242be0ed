//! `observables`: what analysts pivot on, again in one list. They repeat values
//! of the event under the path they stand at and never hold anything new; of values
//! of one type each is there once, under its first path.

use super::classes::Class;
use super::endpoints;
use super::enums::is_ip;
use super::identities::email;
use crate::contract::{Identity, SignOnEvent};
use crate::event::{actor, said};
use crate::json::Object;

/// `type_id` of a host's name.
const HOSTNAME: i64 = 1;
/// Of an IP address.
const IP_ADDRESS: i64 = 2;
/// Of the name of a user.
const USER_NAME: i64 = 4;
/// Of a mail address.
const EMAIL_ADDRESS: i64 = 5;
/// Of a user agent.
const USER_AGENT: i64 = 16;
/// Of the id of a user.
const USER_UID: i64 = 31;
/// Of the name of an account.
const ACCOUNT_NAME: i64 = 34;
/// Of the id of an account.
const ACCOUNT_UID: i64 = 35;

/// Path, type and value; one without a value is left out.
type Observable<'e> = (&'static str, i64, Option<&'e str>);

/// Writes the list.
pub fn write(o: &mut Object<'_>, event: &SignOnEvent, class: Class) {
    let mut once: Vec<(&str, i64, &str)> = Vec::new();
    for (path, type_id, value) in collect(event, class) {
        let Some(value) = value else { continue };
        if !once.iter().any(|(_, known, same)| (*known, *same) == (type_id, value)) {
            once.push((path, type_id, value));
        }
    }
    o.objects("observables", once, |o, (path, type_id, value)| {
        o.text("name", path);
        o.number("type_id", type_id);
        o.text("value", value);
    });
}

fn collect(event: &SignOnEvent, class: Class) -> Vec<Observable<'_>> {
    let mut found = Vec::new();
    if class != Class::Base {
        found.extend(identity(event.user.as_ref(), ["user.name", "user.uid", "user.email_addr"]));
        found.extend(identity(
            actor(event),
            ["actor.user.name", "actor.user.uid", "actor.user.email_addr"],
        ));
        let origin = endpoints::origin(event);
        found.push(("src_endpoint.ip", IP_ADDRESS, origin.ip));
        let hops = origin.hops.into_iter();
        found.extend(hops.map(|hop| ("src_endpoint.intermediate_ips", IP_ADDRESS, Some(hop))));
        let agent = event.agent.as_ref().and_then(|agent| said(&agent.original));
        found.push(("http_request.user_agent", USER_AGENT, agent));
    }
    if let Some(target) = event.target.as_ref().filter(|_| class == Class::Authentication) {
        found.push(("dst_endpoint.hostname", HOSTNAME, said(&target.hostname)));
        let ip = said(&target.ip).filter(|address| is_ip(address));
        found.push(("dst_endpoint.ip", IP_ADDRESS, ip));
    }
    if let Some(cloud) = &event.cloud {
        found.push(("cloud.account.name", ACCOUNT_NAME, said(&cloud.account_name)));
        found.push(("cloud.account.uid", ACCOUNT_UID, said(&cloud.account_uid)));
    }
    found
}

fn identity<'e>(
    who: Option<&'e Identity>,
    [name, uid, email_addr]: [&'static str; 3],
) -> [Observable<'e>; 3] {
    [
        (name, USER_NAME, who.and_then(|who| said(&who.name))),
        (uid, USER_UID, who.and_then(|who| said(&who.uid))),
        (email_addr, EMAIL_ADDRESS, who.and_then(email)),
    ]
}
