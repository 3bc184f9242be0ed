//! An event that says no more than it must, for guests that say little.

use crate::contract::{Activity, EventClass, EventClasses, Outcome, SignOnEvent};

impl EventClasses {
    /// All there are.
    pub const ALL: Self = Self { sign_on: true, account: true, other: true };

    /// What is delivered where nothing else is asked for.
    pub const DEFAULT: Self = Self { other: false, ..Self::ALL };

    /// Whether a class is among them.
    pub fn has(self, class: EventClass) -> bool {
        match class {
            EventClass::SignOn => self.sign_on,
            EventClass::Account => self.account,
            EventClass::Other => self.other,
        }
    }
}

/// An event of that id and type; everything else is unknown.
pub fn blank(native_id: String, native_type: String, time: i64, text: String) -> SignOnEvent {
    SignOnEvent {
        native_id,
        same_as: Vec::new(),
        activity: Activity::Other(native_type.clone()),
        native_type,
        time,
        original_time: text,
        outcome: Outcome::Unknown,
        native_name: None,
        domain_event_id: None,
        logged: None,
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
