//! `~/.oci/config`: the file that the OCI command line and SDKs share.
//!
//! The SDKs disagree on details; this reader takes what all of them write, inherits from `DEFAULT`
//! as Python and TypeScript do, and refuses with a line number what some of them ignore in silence.
//!
//! Invariant: no value of the file is ever printed, neither by `Debug` nor in an error: any of them
//! may be a passphrase or a key that was pasted into the wrong place.

use std::{collections::BTreeMap, fmt};

use zeroize::Zeroizing;

use crate::{Fingerprint, OciConfigError, Secret};

/// The profile that is used when none is named, and from which all others inherit.
const DEFAULT_PROFILE: &str = "DEFAULT";

/// A parsed file. `Debug` shows the names of the profiles only.
pub struct OciConfig {
    /// In the order of the file.
    sections: Vec<Section>,
    /// Where each stands, by name: there may be thousands.
    by_name: BTreeMap<String, usize>,
}

struct Section {
    name: String,
    line: usize,
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    value: Zeroizing<String>,
    line: usize,
}

/// One profile with everything it inherits. `Debug` does not show the passphrase.
#[derive(Debug, Clone)]
pub struct Profile {
    /// As in the file.
    pub name: String,
    /// OCID of the tenancy.
    pub tenancy: String,
    /// Identifier or short code, lower case.
    pub region: Option<String>,
    /// Path of the private key as written; see [`expand_home`].
    pub key_file: String,
    /// Passphrase of the private key, from `pass_phrase` or `passphrase`.
    pub passphrase: Option<Secret>,
    /// Whose key it is.
    pub identity: Identity,
}

/// Who a profile signs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A user's API key.
    ApiKey {
        /// OCID of the user.
        user: String,
        /// Name of the key.
        fingerprint: Fingerprint,
    },
    /// A session token, as `oci session authenticate` makes them.
    SessionToken {
        /// Path of the token as written; see [`expand_home`].
        token_file: String,
    },
}

impl OciConfig {
    /// Reads the text of the file. Comments are lines that start with `#` or `;`; the first `=` of
    /// a line ends the key, all others belong to the value; keys are compared without regard to
    /// case.
    ///
    /// # Errors
    ///
    /// With the line; what only concerns one profile is said by [`OciConfig::profile`].
    pub fn parse(text: &str) -> Result<Self, OciConfigError> {
        let mut sections: Vec<Section> = Vec::new();
        let mut by_name = BTreeMap::new();
        let text = text.trim_start_matches('\u{feff}');
        for (index, content) in text.lines().enumerate() {
            let line = index + 1;
            let content = content.trim();
            if content.is_empty() || content.starts_with(['#', ';']) {
                continue;
            }
            if content.starts_with('[') {
                let section = Section::start(content, line)?;
                if let Some(earlier) = by_name.insert(section.name.clone(), sections.len()) {
                    return Err(OciConfigError::DuplicateProfile {
                        line,
                        first: sections[earlier].line,
                        name: section.name,
                    });
                }
                sections.push(section);
                continue;
            }
            let section = sections.last_mut().ok_or(OciConfigError::BeforeProfile { line })?;
            section.add(content, line)?;
        }
        Ok(Self { sections, by_name })
    }

    /// The profiles in the order of the file.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// A profile by its exact name, with what it inherits from `DEFAULT`.
    ///
    /// A session token beats user and fingerprint if both come from the same place; else the
    /// profile's own setting beats the inherited one.
    ///
    /// # Errors
    ///
    /// For a profile that does not exist the error names those that do; for a key that is missing,
    /// malformed or unsupported it names the key.
    pub fn profile(&self, name: &str) -> Result<Profile, OciConfigError> {
        let own = self.section(name).ok_or_else(|| self.unknown(name))?;
        Lookup { own, default: self.section(DEFAULT_PROFILE) }.profile()
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.by_name.get(name).map(|index| &self.sections[*index])
    }

    fn unknown(&self, name: &str) -> OciConfigError {
        let names: Vec<String> =
            self.profile_names().map(|existing| format!("[{existing}]")).collect();
        let existing =
            if names.is_empty() { "no profile at all".to_owned() } else { names.join(", ") };
        OciConfigError::UnknownProfile { name: name.to_owned(), existing }
    }
}

impl fmt::Debug for OciConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.profile_names().collect();
        f.debug_struct("OciConfig").field("profiles", &names).finish_non_exhaustive()
    }
}

impl Section {
    fn start(content: &str, line: usize) -> Result<Self, OciConfigError> {
        let (name, after) =
            content[1..].split_once(']').ok_or(OciConfigError::BadProfileLine { line })?;
        let (name, after) = (name.trim(), after.trim_start());
        if name.is_empty() || !(after.is_empty() || after.starts_with(['#', ';'])) {
            return Err(OciConfigError::BadProfileLine { line });
        }
        Ok(Self { name: name.to_owned(), line, entries: BTreeMap::new() })
    }

    fn add(&mut self, content: &str, line: usize) -> Result<(), OciConfigError> {
        let (key, value) = content.split_once('=').ok_or(OciConfigError::NoEquals { line })?;
        let mut key = key.trim().to_lowercase();
        if key.is_empty() {
            return Err(OciConfigError::NoKey { line });
        }
        // Go's spelling.
        if key == "passphrase" {
            key = "pass_phrase".to_owned();
        }
        if let Some(earlier) = self.entries.get(&key) {
            let first = earlier.line;
            return Err(OciConfigError::DuplicateKey { line, first });
        }
        let value = Zeroizing::new(value.trim().to_owned());
        self.entries.insert(key, Entry { value, line });
        Ok(())
    }

    /// An empty value counts as none.
    fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| !entry.value.is_empty())
    }
}

/// A profile on top of `DEFAULT`.
struct Lookup<'a> {
    own: &'a Section,
    default: Option<&'a Section>,
}

impl<'a> Lookup<'a> {
    fn get(&self, key: &str) -> Option<&'a Entry> {
        // A key that is there but empty takes the inherited value away, as in Python.
        if self.own.entries.contains_key(key) {
            return self.own.get(key);
        }
        self.default?.get(key)
    }

    fn text(&self, key: &str) -> Option<String> {
        Some(self.get(key)?.value.as_str().to_owned())
    }

    fn required(&self, key: &'static str) -> Result<&'a Entry, OciConfigError> {
        self.get(key)
            .ok_or_else(|| OciConfigError::MissingKey { profile: self.own.name.clone(), key })
    }

    fn ocid(&self, key: &'static str) -> Result<String, OciConfigError> {
        let entry = self.required(key)?;
        if looks_like_an_ocid(&entry.value) {
            return Ok(entry.value.as_str().to_owned());
        }
        Err(OciConfigError::NotAnOcid { line: entry.line, profile: self.own.name.clone(), key })
    }

    fn profile(&self) -> Result<Profile, OciConfigError> {
        self.refuse_unsupported()?;
        let identity = match self.token_file() {
            Some(token_file) => Identity::SessionToken { token_file },
            None => self.api_key()?,
        };
        Ok(Profile {
            name: self.own.name.clone(),
            tenancy: self.ocid("tenancy")?,
            region: self.text("region").map(|region| region.to_lowercase()),
            key_file: self.required("key_file")?.value.as_str().to_owned(),
            passphrase: self.text("pass_phrase").map(Secret::new),
            identity,
        })
    }

    /// The token's path, unless the profile's own user or fingerprint say that the inherited token
    /// is not meant.
    fn token_file(&self) -> Option<String> {
        let key = "security_token_file";
        let is_own = self.own.get(key).is_some();
        let has_own_user = self.own.get("user").is_some() || self.own.get("fingerprint").is_some();
        if has_own_user && !is_own {
            return None;
        }
        self.text(key)
    }

    fn api_key(&self) -> Result<Identity, OciConfigError> {
        let user = self.ocid("user")?;
        let entry = self.required("fingerprint")?;
        let fingerprint = entry.value.parse().map_err(|problem| OciConfigError::Fingerprint {
            line: entry.line,
            profile: self.own.name.clone(),
            problem,
        })?;
        Ok(Identity::ApiKey { user, fingerprint })
    }

    fn refuse_unsupported(&self) -> Result<(), OciConfigError> {
        let problem = |key: &str, value: &str| match key {
            "key_content" => {
                "a private key does not belong in this file; save it to a file of its \
                              own and set `key_file`"
            }
            "delegation_token_file" => {
                "delegation tokens are not supported; use an API key or a \
                                        session token"
            }
            _ if value == "instance_principal" => {
                "instance principals are not supported; use an API key or a session token, and \
                 remove this line"
            }
            _ => {
                "this kind of authentication is not supported; use an API key or a session token, \
                  and remove this line"
            }
        };
        for key in ["key_content", "delegation_token_file", "authentication_type"] {
            if let Some(entry) = self.get(key) {
                return Err(OciConfigError::Unsupported {
                    line: entry.line,
                    profile: self.own.name.clone(),
                    key,
                    problem: problem(key, &entry.value.to_lowercase()),
                });
            }
        }
        Ok(())
    }
}

/// The loose shape that Python checks: a label, at least three more parts ended by a dot or a
/// colon (the region's may be empty), and the id.
fn looks_like_an_ocid(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['.', ':']).collect();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    parts.len() >= 5
        && parts.first().is_some_and(|label| !label.is_empty())
        && parts.last().is_some_and(|id| !id.is_empty())
        && parts.iter().all(|part| part.bytes().all(is_word))
}

/// Puts the home directory in place of a leading `~`; other paths stay as they are.
///
/// # Errors
///
/// [`OciConfigError::NoHome`], and [`OciConfigError::HomeOfAnotherUser`] for `~name/...`.
pub fn expand_home(path: &str, home: Option<&str>) -> Result<String, OciConfigError> {
    let Some(below) = path.strip_prefix('~') else {
        return Ok(path.to_owned());
    };
    if !below.is_empty() && !below.starts_with(['/', '\\']) {
        return Err(OciConfigError::HomeOfAnotherUser);
    }
    let home = home.filter(|home| !home.is_empty()).ok_or(OciConfigError::NoHome)?;
    if below.is_empty() {
        return Ok(home.to_owned());
    }
    Ok(format!("{}{below}", home.trim_end_matches(['/', '\\'])))
}
