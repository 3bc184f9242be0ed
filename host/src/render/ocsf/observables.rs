//! `observables`: what analysts pivot on, again in one list. They repeat values
//! of the event under the path they stand at and never hold anything new.

use super::classes::Class;
use super::enums::{Label, is_ip};
use super::people::email;
use super::places;
use crate::contract::{Identity, SignOnEvent};
use crate::render::event::said;
use crate::render::json::Object;

const HOSTNAME: Label<'_> = (1, "Hostname");
const IP_ADDRESS: Label<'_> = (2, "IP Address");
const USER_NAME: Label<'_> = (4, "User Name");
const EMAIL_ADDRESS: Label<'_> = (5, "Email Address");
const USER_AGENT: Label<'_> = (16, "HTTP User-Agent");
const USER_UID: Label<'_> = (31, "User Object: uid");
const ACCOUNT_NAME: Label<'_> = (34, "Account Object: name");
const ACCOUNT_UID: Label<'_> = (35, "Account Object: uid");

/// Path, type and value; one without a value is left out.
type Observable<'e> = (&'static str, Label<'static>, Option<&'e str>);

/// Writes the list.
pub fn write(o: &mut Object<'_>, event: &SignOnEvent, class: Class) {
    let found = collect(event, class);
    let found = found.into_iter().filter_map(|(path, label, value)| Some((path, label, value?)));
    o.objects("observables", found, |o, (path, (type_id, caption), value)| {
        o.text("name", path);
        o.number("type_id", type_id);
        o.text("type", caption);
        o.text("value", value);
    });
}

fn collect(event: &SignOnEvent, class: Class) -> Vec<Observable<'_>> {
    let mut found = Vec::new();
    if class != Class::Base {
        found.extend(identity(event.user.as_ref(), ["user.name", "user.uid", "user.email_addr"]));
        // Without an actor of its own, `actor.user` is the same person.
        found.extend(identity(
            event.actor.as_ref(),
            ["actor.user.name", "actor.user.uid", "actor.user.email_addr"],
        ));
        let origin = places::origin(event);
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
