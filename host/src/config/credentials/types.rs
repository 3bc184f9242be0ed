//! The types of credentials there are: one row each.

use super::basic::BasicKeys;
use super::config::CredentialsConfig;
use super::oauth2::OAuth2Config;
use super::oci::{ApiKey, InstanceKeys, ResourceKeys};
use crate::schema::{Variant, Variants};

/// A table of credentials.
pub const CREDENTIALS: Variants<CredentialsConfig> =
    Variants { what: "type of credentials", example: "\"oci_api_key\"", all: TYPES };

const TYPES: &[Variant<CredentialsConfig>] = &[
    Variant::of::<ApiKey>(
        "oci_api_key",
        "An API key: of a configuration file of Oracle's tools, or with `user`, `tenancy`, \
         `fingerprint` and `key_file` in place.",
    ),
    Variant::of::<InstanceKeys>(
        "oci_instance_principal",
        "What the metadata service of a compute instance gives.",
    ),
    Variant::of::<ResourceKeys>(
        "oci_resource_principal",
        "What Functions and the like put into the environment (version 2.2).",
    ),
    Variant::of::<OAuth2Config>(
        "oauth2_client_credentials",
        "A token for a confidential application of an identity domain.",
    ),
    Variant::of::<BasicKeys>("basic", "A user and a password with every request."),
];
