//! The types of sources that come with the program: one row each.
//!
//! What a built-in may reach stands in no row: it follows from its settings, by its own
//! word, in a call that has seen no byte from outside.

/// A source that comes with the program.
#[derive(Debug)]
pub struct SourceType {
    /// As `type` names it, and its component.
    pub name: &'static str,
    /// What it reads, in Markdown.
    pub help: &'static str,
    /// The types of credentials that its service takes.
    pub credentials: &'static [&'static str],
    /// Where its service gives tokens, if it is its own authorization server: the key of
    /// its address, and the path below that.
    pub token_endpoint: Option<(&'static str, &'static str)>,
}

/// All of them.
pub const SOURCE_TYPES: &[SourceType] = &[
    SourceType {
        name: "oci_audit",
        help: "OCI Audit, where sign-ons of identity domains are recorded for a year.",
        credentials: &["oci_api_key", "oci_instance_principal", "oci_resource_principal"],
        token_endpoint: None,
    },
    SourceType {
        name: "idcs",
        help: "AuditEvents of an identity domain, kept for 30 to 90 days.",
        credentials: &["oauth2_client_credentials"],
        token_endpoint: Some(("domain_url", "/oauth2/v1/token")),
    },
    SourceType {
        name: "oam",
        help: "Fusion's own sign-in API, seven days of data; on-premises OAM has no such API.",
        credentials: &["basic"],
        token_endpoint: None,
    },
];
