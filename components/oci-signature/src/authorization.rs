//! The `Authorization` header: written and read.
//!
//! Invariant: whatever [`Authorization::render`] writes, [`Authorization::parse`] reads back as the
//! same value, in any order of parameters; what one of them refuses the other refuses too. No
//! value is quoted in an error, and a session token in the key id is not printed by `Debug`.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;

use crate::secret::printable_key_id;

/// The scheme's name; compared without regard to case (RFC 9110, section 11.1).
const SCHEME: &str = "Signature";
/// Unknown parameter names up to this length are echoed in errors; longer ones are not names.
const LONGEST_NAME: usize = 32;

/// The parameters of an `Authorization: Signature ...` header.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Version of the scheme; the current one if absent.
    pub version: Option<String>,
    /// What was signed, in the order of the signing string.
    pub headers: Vec<String>,
    /// Whose key it is: see [`api_key_id`](crate::api_key_id) and
    /// [`session_token_key_id`](crate::session_token_key_id).
    pub key_id: String,
    /// `rsa-sha256` is the only one that customers are offered.
    pub algorithm: String,
    /// The signature's bytes.
    pub signature: Vec<u8>,
}

/// Why a header value is no `Authorization`, or an [`Authorization`] cannot be a header value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// Another scheme, or none.
    #[error("authorization scheme is not `Signature`")]
    Scheme,
    /// A parameter that the scheme does not have.
    #[error("unknown authorization parameter `{0}`")]
    UnknownParameter(String),
    /// The same parameter twice.
    #[error("authorization parameter `{0}` is given twice")]
    DuplicateParameter(&'static str),
    /// A required parameter is not there.
    #[error("authorization parameter `{0}` is missing")]
    MissingParameter(&'static str),
    /// The value has no closed pair of quotes around it.
    #[error("the value of authorization parameter `{0}` is not in double quotes")]
    Unquoted(&'static str),
    /// The value is empty or holds a quote, a backslash, a control or a non-ASCII character.
    #[error("authorization parameter `{0}` is empty or has a character that it may not have")]
    BadValue(&'static str),
    /// Not standard base64 with padding.
    #[error("authorization parameter `signature` is not base64")]
    NotBase64,
    /// Not `name="value"` joined with commas.
    #[error(
        "authorization is malformed at byte {0}: expected name=\"value\" pairs joined by commas"
    )]
    Malformed(usize),
}

impl Authorization {
    /// Reads a header value. The scheme and the parameters' names are compared without regard to
    /// case, the parameters may stand in any order.
    ///
    /// # Errors
    ///
    /// For a parameter that is unknown, given twice or missing (only `version` may be), the error
    /// names it.
    pub fn parse(value: &str) -> Result<Self, AuthorizationError> {
        let text = value.trim_matches(BLANKS);
        let (scheme, parameters) = text.split_once(BLANKS).ok_or(AuthorizationError::Scheme)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(AuthorizationError::Scheme);
        }
        let mut found = Parameters::default();
        let mut rest = parameters.trim_start_matches(BLANKS);
        loop {
            let at = value.trim_end_matches(BLANKS).len() - rest.len();
            let (parameter, content, after) = take_parameter(rest, at)?;
            found.put(parameter, content)?;
            let after = after.trim_start_matches(BLANKS);
            if after.is_empty() {
                return found.finish();
            }
            let at = value.trim_end_matches(BLANKS).len() - after.len();
            rest = after
                .strip_prefix(',')
                .ok_or(AuthorizationError::Malformed(at))?
                .trim_start_matches(BLANKS);
        }
    }

    /// The header value, parameters in the order of Oracle's examples.
    ///
    /// # Errors
    ///
    /// [`AuthorizationError::BadValue`] for text that cannot stand between quotes in a header, and
    /// for signed header names that are empty or contain a space.
    pub fn render(&self) -> Result<String, AuthorizationError> {
        let has_blank = |name: &String| name.is_empty() || name.contains(' ');
        if self.headers.iter().any(has_blank) {
            return Err(AuthorizationError::BadValue(Parameter::Headers.name()));
        }
        let parameters = [
            (Parameter::Version, self.version.clone()),
            (Parameter::Headers, Some(self.headers.join(" "))),
            (Parameter::KeyId, Some(self.key_id.clone())),
            (Parameter::Algorithm, Some(self.algorithm.clone())),
            (Parameter::Signature, Some(STANDARD.encode(&self.signature))),
        ];
        let mut text = format!("{SCHEME} ");
        let present =
            parameters.iter().filter_map(|(parameter, value)| Some((parameter, value.as_deref()?)));
        for (index, (parameter, value)) in present.enumerate() {
            check_value(*parameter, value)?;
            let comma = if index == 0 { "" } else { "," };
            text += &format!("{comma}{}=\"{value}\"", parameter.name());
        }
        Ok(text)
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("version", &self.version)
            .field("headers", &self.headers)
            .field("key_id", &printable_key_id(&self.key_id))
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

#[derive(Clone, Copy)]
enum Parameter {
    Version,
    Headers,
    KeyId,
    Algorithm,
    Signature,
}

impl Parameter {
    const ALL: [Self; 5] =
        [Self::Version, Self::Headers, Self::KeyId, Self::Algorithm, Self::Signature];

    fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Headers => "headers",
            Self::KeyId => "keyId",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
        }
    }
}

/// Values by parameter, as they are found.
#[derive(Default)]
struct Parameters<'a>([Option<&'a str>; Parameter::ALL.len()]);

impl<'a> Parameters<'a> {
    fn put(&mut self, parameter: Parameter, value: &'a str) -> Result<(), AuthorizationError> {
        match self.0[parameter as usize].replace(value) {
            None => Ok(()),
            Some(_) => Err(AuthorizationError::DuplicateParameter(parameter.name())),
        }
    }

    fn required(&self, parameter: Parameter) -> Result<&'a str, AuthorizationError> {
        self.0[parameter as usize].ok_or(AuthorizationError::MissingParameter(parameter.name()))
    }

    fn finish(self) -> Result<Authorization, AuthorizationError> {
        let headers: Vec<String> =
            self.required(Parameter::Headers)?.split(' ').map(str::to_owned).collect();
        if headers.iter().any(String::is_empty) {
            return Err(AuthorizationError::BadValue(Parameter::Headers.name()));
        }
        Ok(Authorization {
            version: self.0[Parameter::Version as usize].map(str::to_owned),
            headers,
            key_id: self.required(Parameter::KeyId)?.to_owned(),
            algorithm: self.required(Parameter::Algorithm)?.to_owned(),
            signature: STANDARD
                .decode(self.required(Parameter::Signature)?)
                .map_err(|_| AuthorizationError::NotBase64)?,
        })
    }
}

/// Splits `name="value"` from the front of the text, which starts at byte `at` of the header.
fn take_parameter(text: &str, at: usize) -> Result<(Parameter, &str, &str), AuthorizationError> {
    let malformed = AuthorizationError::Malformed(at);
    let Some((name, after)) = text.split_once('=') else {
        return Err(malformed);
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_name) {
        return Err(malformed);
    }
    let parameter = Parameter::ALL
        .into_iter()
        .find(|parameter| parameter.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| AuthorizationError::UnknownParameter(name.to_owned()))?;
    let (value, after) = after
        .strip_prefix('"')
        .and_then(|quoted| quoted.split_once('"'))
        .ok_or(AuthorizationError::Unquoted(parameter.name()))?;
    check_value(parameter, value)?;
    Ok((parameter, value, after))
}

/// Quoted pairs (`\"`) are refused rather than read: no client of the service writes them, and two
/// readers that differ on them would differ on what was signed.
fn check_value(parameter: Parameter, value: &str) -> Result<(), AuthorizationError> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if value.is_empty() || !value.bytes().all(is_plain) {
        return Err(AuthorizationError::BadValue(parameter.name()));
    }
    Ok(())
}
