//! What is known of a source by its name alone.

/// `metadata.product.vendor_name`
pub const VENDOR: &str = "Oracle";

/// The product behind a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product<'s> {
    /// `metadata.product.name`
    pub name: &'s str,
    /// What was signed in to, where an event does not say: Authentication needs
    /// a service or a destination.
    pub service: &'s str,
    /// `metadata.log_name`: Oracle's own name of the log.
    pub log_name: Option<&'s str>,
    /// `is_remote`: cloud sign-ons are; Access Manager guards local networks too.
    pub is_remote: Option<bool>,
}

/// Looks a source up. One that is not known stands for itself.
pub fn of(source: &str) -> Product<'_> {
    match source {
        "oci-audit" => Product {
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
        "oam" => Product {
            name: "Oracle Access Manager",
            service: "Oracle Access Manager",
            log_name: None,
            is_remote: None,
        },
        "" => Product { name: VENDOR, service: VENDOR, log_name: None, is_remote: None },
        other => Product { name: other, service: other, log_name: None, is_remote: None },
    }
}
