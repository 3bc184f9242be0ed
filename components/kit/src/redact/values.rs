//! Values that are no secrets whatever they are called: masks, and words of protocols.

use super::MARK;

/// How factors and requests go, and what stands for nothing.
const PLAIN: [&str; 24] = [
    "auth_failed",
    "auth_failure",
    "auth_initiated",
    "auth_success",
    "denied",
    "disabled",
    "enabled",
    "enrolled",
    "expired",
    "failed",
    "failure",
    "false",
    "initiated",
    "inprogress",
    "invalid",
    "n/a",
    "none",
    "null",
    "ok",
    "pending",
    "succeeded",
    "success",
    "true",
    "undefined",
];

/// What other programs put where a secret was.
const MASKS: [&str; 6] = [MARK, "<redacted>", "[hidden]", "<hidden>", "[masked]", "<masked>"];

/// Grants and kinds of answers that are called like the secrets they are about.
const GRANTS: [&str; 6] =
    ["authorization_code", "client_credentials", "id_token", "password", "refresh_token", "token"];

/// What the error codes of Oracle's services begin with: `SSO-1001`.
const ERRORS: [&str; 7] = ["SSO-", "IDCS-", "OAM-", "OAMSSA-", "OIC-", "ORA-", "AUD-"];

/// Codes of errors as OCI's services answer them.
const ERROR_WORDS: [&str; 22] = [
    "CannotParseRequest",
    "ExternalServerIncorrectState",
    "IncorrectState",
    "InternalServerError",
    "InvalidParameter",
    "LimitExceeded",
    "MethodNotAllowed",
    "MethodNotImplemented",
    "MissingParameter",
    "NamespaceNotFound",
    "NoEtagMatch",
    "NotAllowed",
    "NotAuthenticated",
    "NotAuthorized",
    "NotAuthorizedOrNotFound",
    "NotAuthorizedOrResourceAlreadyExists",
    "NotFound",
    "QuotaExceeded",
    "ServiceUnavailable",
    "SignUpRequired",
    "TooManyRequests",
    "UnprocessableEntity",
];

/// Whether nothing is hidden here.
pub fn is_plain(value: &str) -> bool {
    let value = value.trim();
    is_mask(value)
        || PLAIN.iter().any(|plain| plain.eq_ignore_ascii_case(value))
        || is_oracle_id(value)
}

/// Nothing but stars, dots or crosses; nothing at all.
fn is_mask(value: &str) -> bool {
    value.chars().all(|one| matches!(one, '*' | '•' | '●' | '∙' | '·' | '#' | '-'))
        || (value.len() > 3 && value.bytes().all(|byte| byte == b'x'))
        || (value.len() > 3 && value.bytes().all(|byte| byte == b'X'))
        || MASKS.iter().any(|mask| mask.eq_ignore_ascii_case(value))
}

/// Names a thing and opens nothing.
fn is_oracle_id(value: &str) -> bool {
    value.starts_with("ocid1.")
        && value.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._:/-".contains(&byte)
        })
}

/// Whether this is the code of a status or an error.
pub fn is_plain_code(value: &str) -> bool {
    let value = value.trim();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (value.len() == 3 && digits(value) && matches!(value.as_bytes()[0], b'1'..=b'5'))
        || ERROR_WORDS.contains(&value)
        || ERRORS.iter().any(|begin| {
            value
                .strip_prefix(begin)
                .is_some_and(|rest| matches!(rest.len(), 3..=6) && digits(rest))
        })
}

/// Whether this is the name of a grant or of a kind of answer.
pub fn is_grant(value: &str) -> bool {
    GRANTS.contains(&value)
}

/// Whether this is how a factor went: capitals of which no password is made.
pub fn is_factor_result(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}
