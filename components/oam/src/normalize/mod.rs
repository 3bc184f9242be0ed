//! One row to one neutral event.
//!
//! Only the text without secrets is read. Each leaf is taken by one field or stays
//! in `unmapped`: the attribute map but for the user agent, and the word of `status` where
//! the outcome does not repeat it.

mod attributes;
pub mod names;

use signon_kit::contract::{
    Agent, EventClass, Identity, Outcome, ReadOptions, SignOnEvent, UserKind,
};
use signon_kit::domain::{Hops, hops, says_nothing};
use signon_kit::fields::Fields;
use signon_kit::text::cut;
use signon_kit::time;
use signon_kit::user_kinds::is_email;

use crate::document::Document;

pub use signon_kit::record_id::ID_FROM_CONTENT;

/// Makes an event of a row; `id` is the row's own or one made of its content.
///
/// # Errors
///
/// Why the row cannot become an event.
pub fn event(
    document: &Document<'_>,
    id: String,
    options: ReadOptions,
) -> Result<SignOnEvent, String> {
    let mut fields = Fields::new(&document.json, options.text_limit);
    let agent = attributes::take_agent(&mut fields);
    let agent = agent.map(|agent| cut(agent, options.text_limit as usize).into_owned());
    let mut event = read(fields, document, id, agent)?;
    event.raw = options.keep_raw.then(|| document.raw().to_owned());
    event.redacted.clone_from(&document.redacted);
    Ok(event)
}

fn read<'d>(
    mut f: Fields<'d>,
    document: &'d Document<'_>,
    id: String,
    agent: Option<String>,
) -> Result<SignOnEvent, String> {
    let own_id = document.own_id();
    let has_id = own_id.is_some();
    if let Some((member, _)) = own_id {
        f.take_node(member);
    }
    let (time, original_time) = time(&mut f, document)?;
    let kind = stated(&mut f, &["type"]);
    let status = f.peek(&["status"]);
    let outcome = names::outcome(status.as_deref());
    if let Outcome::Other(_) = outcome {
        f.take(&["status"]);
    }
    let mfa = f.peek(&["mfaUsed"]).and_then(|used| names::mfa(&used));
    if mfa.is_some() {
        f.take(&["mfaUsed"]);
    }
    let source = source(&mut f);
    Ok(SignOnEvent {
        native_id: id,
        same_as: Vec::new(),
        activity: names::activity(kind.as_deref()),
        native_type: kind.unwrap_or_default(),
        native_name: None,
        domain_event_id: None,
        time,
        original_time,
        logged: None,
        outcome,
        code: None,
        reason: None,
        message: None,
        user: user(&mut f),
        actor: None,
        app: None,
        idp: None,
        source_addresses: source.addresses,
        agent: agent.map(|original| Agent {
            original: Some(original),
            browser: None,
            platform: None,
        }),
        service: None,
        target: None,
        session: None,
        factors: Vec::new(),
        mfa,
        protocol: None,
        policy: None,
        rule: None,
        http: None,
        cloud: None,
        correlation: f.id(&["oracleECID"]),
        class: EventClass::SignOn,
        failure: None,
        source_port: source.port,
        auth_type: None,
        logon_method: stated(&mut f, &["userID", "loginType"])
            .or_else(|| stated(&mut f, &["loginType"])),
        group: None,
        labels: if has_id { Vec::new() } else { vec![ID_FROM_CONTENT.to_owned()] },
        unmapped: f.unmapped(),
        raw: None,
        redacted: Vec::new(),
    })
}

/// When it happened: of several members of that name the last that is readable.
fn time<'d>(f: &mut Fields<'d>, document: &'d Document<'_>) -> Result<(i64, String), String> {
    let members = document.json.root().children().filter(|member| member.key() == "accessTime");
    let texts = members.filter_map(|member| {
        let text = member.or_only_element().scalar_text()?.trim().to_owned();
        (!text.is_empty()).then_some((member, text))
    });
    let (mut found, mut problem) = (None, "no accessTime");
    for (member, text) in texts {
        match access_time(&text) {
            Some(time) => found = Some((member, time, text)),
            None => problem = "no readable accessTime",
        }
    }
    let (member, time, text) = found.ok_or(problem)?;
    f.take_node(member);
    Ok((time, text))
}

/// "UTC" is all that is documented: also as a word behind the time, as Java and
/// databases print it.
fn access_time(text: &str) -> Option<i64> {
    let bare = text
        .strip_suffix("[UTC]")
        .or_else(|| text.strip_suffix("UTC"))
        .or_else(|| text.strip_suffix("GMT"))
        .unwrap_or(text);
    time::parse(bare)
}

/// A text, unless it is a word for nothing.
fn stated(f: &mut Fields<'_>, path: &[&str]) -> Option<String> {
    f.peek(path).filter(|text| !says_nothing(text))?;
    f.text(path)
}

fn user(f: &mut Fields<'_>) -> Option<Identity> {
    // An object by its schema; a plain login is understood too.
    let name = stated(f, &["userID", "loginID"]).or_else(|| stated(f, &["userID"]));
    let identity = Identity {
        email: name.clone().filter(|name| is_email(name)),
        name,
        uid: stated(f, &["userID", "userGUID"]),
        uid_alt: None,
        display_name: None,
        domain: None,
        dn: stated(f, &["userID", "userDN"]),
        kind: UserKind::User,
    };
    let somebody = identity.name.is_some() || identity.uid.is_some() || identity.dn.is_some();
    somebody.then_some(identity)
}

/// Nearest to the person first; proxies follow, as in `X-Forwarded-For`. A list that says
/// more than that stays where it is, too.
fn source(f: &mut Fields<'_>) -> Hops {
    const ADDRESS: [&str; 1] = ["ipAddress"];
    let hops = hops(&f.peek(&ADDRESS).unwrap_or_default());
    if !hops.says_more {
        f.take(&ADDRESS);
    }
    hops
}
