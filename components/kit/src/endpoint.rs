//! Where a service is: a URL as operators write it, taken apart.

/// Longest origin and path, in bytes: together they are a stream's id, for which the
/// contract allows no more.
const LONGEST: usize = 512;

/// Splits a URL into origin and path, without a slash at its end. Braces stay, for what
/// fills something in.
///
/// # Errors
///
/// What is wrong with it, to stand behind the URL.
pub fn split_url(url: &str) -> Result<(String, String), String> {
    let (scheme, behind) = url.split_once("://").ok_or("has no scheme")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return Err("is neither http nor https".to_owned()),
    };
    let (authority, path) = behind.find('/').map_or((behind, ""), |at| behind.split_at(at));
    let authority = authority.to_ascii_lowercase();
    // Consoles show URLs with their port, and origins go without it.
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]{}".contains(&byte);
    if authority.is_empty() || !authority.bytes().all(plain) {
        return Err("has no plain host".to_owned());
    }
    let path = path.trim_end_matches('/');
    if path.bytes().any(|byte| byte <= b' ' || b"?#%\\".contains(&byte) || byte >= 0x7f) {
        return Err("has more than a plain path".to_owned());
    }
    if authority.len() + path.len() > LONGEST {
        return Err(format!("is longer than {LONGEST} bytes"));
    }
    Ok((format!("{scheme}://{authority}"), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_an_origin_and_a_path() {
        let split = |url| split_url(url).unwrap();
        assert_eq!(split("HTTPS://A.Example:443/b/"), ("https://a.example".into(), "/b".into()));
        assert_eq!(split("http://[::1]:8080"), ("http://[::1]:8080".into(), String::new()));
        for (url, problem) in [
            ("a.example", "has no scheme"),
            ("ftp://a", "is neither http nor https"),
            ("https://", "has no plain host"),
            ("https://u@a", "has no plain host"),
            ("https://a/b?c", "has more than a plain path"),
            ("https://a/%41", "has more than a plain path"),
        ] {
            assert_eq!(split_url(url).unwrap_err(), problem, "{url}");
        }
        assert!(split_url(&format!("https://a/{}", "b".repeat(600))).is_err());
    }
}
