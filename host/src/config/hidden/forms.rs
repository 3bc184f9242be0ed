//! What a value is taken for, and what it looks like where it comes back.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// What is escaped in a query: all but the unreserved characters of RFC 3986.
const IN_A_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is escaped in a path.
const IN_A_PATH: &AsciiSet = &IN_A_QUERY.remove(b'/').remove(b':');

/// From this length on a value is hidden even inside of other words.
pub(super) const LONG: usize = 8;

/// Below this length it is hidden only where it is quoted.
pub(super) const SHORT: usize = 4;

/// Where a needle counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Anywhere,
    /// As a word of its own.
    Word,
    /// Between marks that set it apart from what is said.
    Quoted,
    /// At the end of what was cut off.
    Head,
}

/// Where a value counts; `None` where there is nothing to hide.
pub(super) fn kind(value: &str) -> Option<Kind> {
    let number = value.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(value);
    let is_number = number.len() < LONG && number.bytes().all(|byte| byte.is_ascii_digit());
    match value.chars().count() {
        0 => None,
        // A port, a count or a span; what has more digits is a key.
        _ if is_number => Some(Kind::Quoted),
        _ => Some(by_length(value)),
    }
}

pub(super) fn by_length(value: &str) -> Kind {
    match value.chars().count() {
        length if length < SHORT => Kind::Quoted,
        length if length < LONG => Kind::Word,
        _ => Kind::Anywhere,
    }
}

/// A value, and those parts of it that messages show alone.
pub(super) fn parts(value: &str) -> Vec<Zeroizing<String>> {
    let mut parts: Vec<Zeroizing<String>> = vec![value.to_owned().into()];
    let mut add = |form: &str| {
        if form.chars().count() >= SHORT {
            parts.push(form.to_owned().into());
        }
    };
    add(value.trim());
    add(value.trim_end_matches('/'));
    if let Some((_, rest)) = value.split_once("://") {
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        add(host);
        add(host.rsplit_once(':').map_or(host, |(host, _)| host));
        add(user);
        user.split(':').for_each(&mut add);
        add(path);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        add(path.trim_end_matches('/'));
        query.split(['&', '=']).for_each(&mut add);
    } else if value.matches('/').count() > 2 {
        // Of a file what is missing is often its folder.
        if let Some(folder) = Path::new(value).parent().and_then(Path::to_str) {
            add(folder);
        }
    }
    parts
}

/// What it looks like where it is escaped or encoded.
pub(super) fn written_otherwise(plain: &str) -> Vec<Zeroizing<String>> {
    let json = serde_json::to_string(plain).unwrap_or_default();
    let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default();
    let percent = |escaped| utf8_percent_encode(plain, escaped).to_string();
    // What a base64 text ends in depends on what follows.
    let whole = &plain.as_bytes()[..plain.len() / 3 * 3];
    vec![
        plain.escape_debug().to_string().into(),
        json.to_owned().into(),
        percent(IN_A_QUERY).into(),
        percent(IN_A_PATH).into(),
        HEXLOWER.encode(plain.as_bytes()).into(),
        STANDARD_NO_PAD.encode(whole).into(),
        URL_SAFE_NO_PAD.encode(whole).into(),
    ]
}
