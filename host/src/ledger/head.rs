//! The head of a chain as a record of its own, for the sinks.
//!
//! It is an event like any other (an unknown activity, so a base event in OCSF),
//! so every format and every sink can carry it. Its id follows from stream, number and
//! hash: sent twice it is recognized, and the head of a chain that had to be begun
//! anew is another.

use super::Tip;
use crate::contract::{Activity, EventClass, Outcome, SignOnEvent};
use crate::planner::Range;

/// Stands for the component of which a head is an event.
pub const COMPONENT: &str = "signon";

/// `native_type` of a head, and what tells it from sign-ons.
pub const HEAD_TYPE: &str = "signon.ledger.head";

/// The record that says how far a stream's ledger reaches and what it hashes to.
/// `closed` is the latest stretch of time without holes that is closed; its end is
/// the time of the record.
pub fn head(source: &str, stream: &str, tip: Tip, closed: Range) -> SignOnEvent {
    let hash = tip.hash.to_string();
    let text = serde_json::json!({
        "type": HEAD_TYPE,
        "id": format!("{HEAD_TYPE}:{source}:{stream}:{}:{}", tip.number, &hash[..16]),
        "source": source,
        "stream": stream,
        "entries": tip.number,
        "hash": hash,
        "closed_from_ms": closed.start,
        "closed_until_ms": closed.end,
    });
    SignOnEvent {
        native_id: text["id"].as_str().unwrap_or_default().to_owned(),
        same_as: Vec::new(),
        native_type: HEAD_TYPE.to_owned(),
        native_name: None,
        domain_event_id: None,
        time: closed.end,
        original_time: closed.end.to_string(),
        logged: None,
        activity: Activity::Other("ledger-head".to_owned()),
        outcome: Outcome::Success,
        code: None,
        reason: None,
        message: Some(format!("ledger of {source}: {} entries, head {}", tip.number, tip.hash)),
        user: None,
        actor: None,
        app: None,
        idp: None,
        source_addresses: Vec::new(),
        agent: None,
        service: None,
        target: None,
        session: None,
        factors: Vec::new(),
        mfa: None,
        protocol: None,
        policy: None,
        rule: None,
        http: None,
        cloud: None,
        correlation: None,
        class: EventClass::Other,
        failure: None,
        source_port: None,
        auth_type: None,
        logon_method: None,
        group: None,
        labels: Vec::new(),
        unmapped: text.to_string(),
        raw: Some(text.to_string()),
        redacted: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::genesis;
    use super::*;
    use crate::render::{Context, Format, event_id, render};

    #[test]
    fn a_head_goes_through_every_format_with_its_hash_and_its_id() {
        let tip = Tip { number: 7, ..genesis("s") };
        let event = head("acme", "us/ocid1", tip, Range { start: 0, end: 60_000 });
        for format in Format::ALL {
            let line = render(&event, &Context::of(COMPONENT), format);
            assert!(line.contains(&tip.hash.to_string()), "{format}: {line}");
            assert_eq!(event_id(&line, format).as_deref(), Some(&*event.native_id), "{format}");
        }
    }

    #[test]
    fn a_head_is_no_sign_on_and_not_of_oracle() {
        let event = head("acme", "s", genesis("s"), Range { start: 0, end: 60_000 });
        let line = render(&event, &Context::of(COMPONENT), Format::Ocsf);
        assert!(line.contains("\"class_uid\":0"), "{line}");
        assert!(!line.contains("Oracle"), "{line}");
    }

    #[test]
    fn heads_of_two_entries_have_two_ids() {
        let closed = Range { start: 0, end: 60_000 };
        let of = |number| head("a", "s", Tip { number, ..genesis("s") }, closed).native_id;
        assert_ne!(of(1), of(2));
        assert_eq!(of(1), of(1));
        let anew = head("a", "s", Tip { number: 1, ..genesis("t") }, closed).native_id;
        assert_ne!(of(1), anew);
    }
}
