//! Attacks by what is answered: too much, too long, too deep, untrue.

use signon_kit::contract::{
    Activity, Batch, BatchCounts, EventClass, Finding, Outcome, Progress, Reject, Severity,
    SignOnEvent, SourceError,
};

use crate::export::Order;

/// A batch with what `seen` tells, made worse as the order says.
pub fn attack(order: &Order, seen: Vec<String>) -> Result<Batch, SourceError> {
    let count = order.number("count");
    let mut batch = batch();
    batch.findings = seen.iter().map(|text| finding(text)).collect();
    match order.text("attack") {
        "cursor" => batch.cursor = Some(vec![0; order.number("bytes")]),
        "string" => batch.findings.push(finding(&"x".repeat(order.number("bytes")))),
        "list" => aliased(&mut batch, order.number("bytes"), count),
        "many-events" => events(&mut batch, count, event),
        "many-findings" => batch.findings = (0..count).map(|_| finding("x")).collect(),
        "many-rejects" => {
            batch.counts =
                BatchCounts { received: count as u64, filtered: 0, rejected: count as u64 };
            batch.rejects = (0..count).map(reject).collect();
        }
        "text" => events(&mut batch, 1, |number| SignOnEvent {
            reason: Some("x".repeat(order.number("bytes"))),
            ..event(number)
        }),
        "unmapped" => events(&mut batch, 1, |number| SignOnEvent {
            unmapped: format!("{{\"a\":\"{}\"}}", "x".repeat(order.number("bytes"))),
            ..event(number)
        }),
        "deep" => events(&mut batch, 1, |number| deep(number, count)),
        "odd" => events(&mut batch, 1, odd),
        "barren" => batch.progress = Progress::More,
        "caught-up" => batch.progress = Progress::CaughtUp,
        "lie" => batch.counts.received = 7,
        "error" => return Err(SourceError::Unavailable("x".repeat(order.number("bytes")))),
        "leak" => return Err(SourceError::Forbidden(seen.join("; "))),
        _ => {}
    }
    Ok(batch)
}

/// A batch with nothing in it, at its end.
pub fn batch() -> Batch {
    Batch {
        events: Vec::new(),
        cursor: None,
        progress: Progress::Finished,
        counts: BatchCounts { received: 0, filtered: 0, rejected: 0 },
        rejects: Vec::new(),
        source_total: None,
        earliest_available: None,
        findings: Vec::new(),
    }
}

pub fn finding(problem: &str) -> Finding {
    Finding {
        severity: Severity::Info,
        path: String::new(),
        problem: problem.to_owned(),
        fix: "none".to_owned(),
    }
}

fn reject(number: usize) -> Reject {
    Reject { reason: "none".into(), position: number as u64, digest: String::new(), text: None }
}

fn events(batch: &mut Batch, count: usize, make: impl Fn(usize) -> SignOnEvent) {
    batch.counts.received = count as u64;
    batch.events = (0..count).map(make).collect();
}

/// A list of texts that are all the same bytes: small here, vast when lifted.
fn aliased(batch: &mut Batch, bytes: usize, count: usize) {
    let text = String::leak("x".repeat(bytes));
    events(batch, 1, event);
    batch.events[0].labels = (0..count)
        // SAFETY: none. The texts alias, and freeing them would corrupt this guest; the
        // host ends it before. That is the attack.
        .map(|_| unsafe { String::from_raw_parts(text.as_mut_ptr(), text.len(), text.len()) })
        .collect();
}

fn deep(number: usize, depth: usize) -> SignOnEvent {
    let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    SignOnEvent { unmapped: format!("{{\"a\":{nested}}}"), raw: Some(nested), ..event(number) }
}

/// Texts that are no JSON where JSON belongs, and that would break a line.
fn odd(number: usize) -> SignOnEvent {
    SignOnEvent {
        unmapped: "} \n{\"metadata\":{\"uid\":\"forged\"}}".to_owned(),
        raw: Some("a\nb\u{0}\u{2028}\"".to_owned()),
        native_type: "\n\r\u{1b}[2J".to_owned(),
        redacted: vec!["not a pointer".to_owned(), String::new()],
        original_time: "never".to_owned(),
        time: i64::MIN,
        ..event(number)
    }
}

fn event(number: usize) -> SignOnEvent {
    SignOnEvent {
        native_id: format!("hostile-{number}"),
        same_as: Vec::new(),
        native_type: "hostile".to_owned(),
        native_name: None,
        domain_event_id: None,
        time: 0,
        original_time: "1970-01-01T00:00:00Z".to_owned(),
        logged: None,
        activity: Activity::Logon,
        outcome: Outcome::Success,
        code: None,
        reason: None,
        message: None,
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
        class: EventClass::SignOn,
        failure: None,
        source_port: None,
        auth_type: None,
        logon_method: None,
        group: None,
        labels: Vec::new(),
        unmapped: "{}".to_owned(),
        raw: None,
        redacted: Vec::new(),
    }
}
