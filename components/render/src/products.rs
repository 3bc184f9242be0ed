//! What is known of a source by its name alone.

/// Who makes the products behind the built-in sources.
const ORACLE: &str = "Oracle";

/// Who makes the product behind a source; signon speaks for itself. `None` of a
/// component that somebody else wrote: it does not say, and nobody guesses.
pub fn vendor(source: &str) -> Option<&'static str> {
    match source {
        "signon" => Some("signon"),
        "oci_audit" | "idcs" | "oam" => Some(ORACLE),
        _ => None,
    }
}

/// The product behind a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product<'s> {
    /// Its name.
    pub name: &'s str,
    /// What was signed in to, where an event does not say: OCSF Authentication
    /// needs a service or a destination.
    pub service: &'s str,
    /// Oracle's own name of the log.
    pub log_name: Option<&'s str>,
    /// Whether sign-ons come over a network: to the cloud they do; Access Manager
    /// guards local networks too.
    pub is_remote: Option<bool>,
}

/// Looks a source up. One that is not known stands for itself.
pub fn of(source: &str) -> Product<'_> {
    match source {
        "oci_audit" => Product {
            name: "Oracle Cloud Infrastructure Audit",
            service: "Oracle Cloud Infrastructure Identity Sign-On",
            log_name: Some("_Audit"),
            is_remote: Some(true),
        },
        "idcs" => Product {
            name: "Oracle Identity Cloud Service",
            service: "Oracle Identity Cloud Service",
            log_name: Some("AuditEvents"),
            is_remote: Some(true),
        },
        "oam" => unknown("Oracle Access Manager"),
        "" => unknown("Unknown"),
        other => unknown(other),
    }
}

/// A product of which the name alone is known.
const fn unknown(name: &str) -> Product<'_> {
    Product { name, service: name, log_name: None, is_remote: None }
}
