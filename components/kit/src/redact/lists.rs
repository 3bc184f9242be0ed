//! What is kept of maps in which others choose the names: of everything else the value is
//! taken out. New headers and parameters with credentials appear, and nobody detects on
//! them.

/// Which names are kept of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Headers of a request or an answer.
    Headers,
    /// Parameters of a request: its query or its form.
    Parameters,
    /// What a request was answered.
    Payload,
    /// A record within the record: every name, as far as it is no secret's.
    Record,
}

/// Lower case.
const HEADERS: [&str; 21] = [
    "accept",
    "accept-language",
    "connection",
    "content-length",
    "content-type",
    "date",
    "forwarded",
    "host",
    "oci-original-url",
    "opc-client-info",
    "opc-request-id",
    "origin",
    "referer",
    "user-agent",
    "via",
    "x-date",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-real-ip",
    "x-real-port",
];

/// Lower case, without what separates words: OAuth's that say who asks for what, and those
/// of Oracle's own lists. `state`, `nonce`, `login_hint` and pages are not among them.
const PARAMETERS: [&str; 34] = [
    "acrvalues",
    "attributes",
    "attributesets",
    "audience",
    "availabilitydomain",
    "clientassertiontype",
    "clientid",
    "codechallengemethod",
    "compartmentid",
    "count",
    "display",
    "endtime",
    "granttype",
    "lifecyclestate",
    "limit",
    "maxage",
    "prompt",
    "provider",
    "redirecturi",
    "region",
    "requestedtokentype",
    "resource",
    "responsemode",
    "responsetype",
    "scope",
    "sortby",
    "sortorder",
    "startindex",
    "starttime",
    "subjecttokentype",
    "tenant",
    "tenantid",
    "tokentypehint",
    "uilocales",
];

/// The same of answers: how a sign-on ended, errors, and what a thing is called.
const PAYLOAD: [&str; 28] = [
    "code",
    "compartmentid",
    "detail",
    "details",
    "displayname",
    "error",
    "errorcode",
    "errordescription",
    "errormessage",
    "expiresin",
    "id",
    "lifecyclestate",
    "logininput",
    "loginresult",
    "message",
    "messageid",
    "name",
    "ocid",
    "resourcename",
    "resourcetype",
    "schemas",
    "scope",
    "status",
    "tenantid",
    "timecreated",
    "title",
    "tokentype",
    "username",
];

impl Keep {
    /// Whether what stands under a name is kept, as far as it is no secret by itself.
    pub(super) fn keeps(self, name: &str) -> bool {
        let list: &[&str] = match self {
            Self::Record => return true,
            Self::Headers => return HEADERS.iter().any(|kept| kept.eq_ignore_ascii_case(name)),
            Self::Parameters => &PARAMETERS,
            Self::Payload => &PAYLOAD,
        };
        list.iter().any(|kept| is_same(kept, name))
    }
}

/// Whether a name is written without its query: where it leads to is kept, and what it
/// carries there is not.
pub(super) fn is_redirect(name: &str) -> bool {
    is_same("redirecturi", name)
}

/// Whatever the case, and whatever separates words.
fn is_same(known: &str, name: &str) -> bool {
    let letters = name.bytes().filter(|byte| !matches!(byte, b'_' | b'-'));
    letters.map(|byte| byte.to_ascii_lowercase()).eq(known.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_in_any_case_and_no_other() {
        assert!(Keep::Headers.keeps("USER-AGENT") && !Keep::Headers.keeps("x-new"));
        assert!(Keep::Parameters.keeps("client_id") && Keep::Parameters.keeps("redirectUri"));
        assert!(Keep::Payload.keeps("login_result") && !Keep::Payload.keeps("login_results"));
        assert!(!Keep::Parameters.keeps("") && !Keep::Parameters.keeps("state"));
    }
}
