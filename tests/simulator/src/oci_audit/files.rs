//! What clients of OCI Audit need.

use serde_json::json;

use crate::client_files::{Address, ClientFiles, quoted};
use crate::tenancy::Tenancy;

/// An API key and a session token as `~/.oci/config` names them, and the source.
pub(super) fn client_files(tenancy: &Tenancy, at: &Address<'_>) -> ClientFiles {
    let Tenancy { names, caller, regions, .. } = tenancy;
    let endpoint = format!("{}/{{region}}", at.url);
    let quoted_regions: Vec<String> = regions.iter().map(|region| quoted(region)).collect();
    ClientFiles {
        private: vec![
            ("oci_key.pem", caller.key_pem.clone()),
            ("session_token", caller.session_token.clone()),
        ],
        public: vec![("oci_config", oci_config(tenancy, at.directory))],
        settings: format!(
            "regions = [{regions}]\n\
             compartments = [{tenancy}]\n\
             endpoint = {endpoint}\n",
            regions = quoted_regions.join(", "),
            tenancy = quoted(&names.tenancy),
            endpoint = quoted(&endpoint),
        ),
        credentials: format!(
            "type = \"oci_api_key\", config_file = {}, profile = \"DEFAULT\"",
            at.path("oci_config")
        ),
        instead: format!(
            "# Or: credentials = {{ type = \"oci_instance_principal\", metadata_url = {}, \
             federation_url = {} }}\n",
            quoted(&format!("{}/opc/v2", at.url)),
            quoted(&format!("{}/v1/x509", at.url)),
        ),
        own_settings: json!({
            "regions": regions,
            "compartments": [names.tenancy],
            "endpoint": endpoint,
            "auth": {
                "tenancy": names.tenancy, "user": names.user,
                "fingerprint": caller.fingerprint.to_string(),
                "private_key": caller.key_pem,
            },
        }),
    }
}

fn oci_config(tenancy: &Tenancy, directory: &str) -> String {
    format!(
        "[DEFAULT]\n\
         user={user}\n\
         fingerprint={fingerprint}\n\
         key_file={directory}/oci_key.pem\n\
         tenancy={tenancy}\n\
         region={region}\n\
         \n\
         [SESSION]\n\
         security_token_file={directory}/session_token\n",
        user = tenancy.names.user,
        fingerprint = tenancy.caller.fingerprint,
        tenancy = tenancy.names.tenancy,
        region = tenancy.regions.first().map_or("", String::as_str),
    )
}
