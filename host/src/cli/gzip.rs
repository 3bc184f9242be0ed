//! Answers that are packed for whoever takes them packed. A scraper asks every few seconds
//! for text that is mostly the same names over and over.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, header};
use hyper::body::Bytes;

/// What is shorter goes in one packet or two as it is.
const WORTH_IT: usize = 2 << 10;

/// Whether who sent these headers takes gzip.
pub fn is_taken(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(header::ACCEPT_ENCODING).iter();
    asked.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case("gzip")
            && weight.trim().parse::<f32>().is_ok_and(|q| q > 0.0)
    })
}

/// The body for a text, and what headers say of it. Packing is computing: it is done where
/// nobody else waits for it.
pub async fn body(text: String, is_taken: bool) -> (Bytes, HeaderMap) {
    // What is kept on the way is not for everybody.
    let vary = (header::VARY, HeaderValue::from_static("accept-encoding"));
    let mut headers = HeaderMap::from_iter([vary]);
    if !is_taken || text.len() < WORTH_IT {
        return (text.into(), headers);
    }
    let text = Bytes::from(text);
    let whole = text.clone();
    match tokio::task::spawn_blocking(move || pack(&whole)).await {
        Ok(packed) => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            (packed, headers)
        }
        // The process ends.
        Err(_) => (text, headers),
    }
}

fn pack(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(text).and_then(|()| encoder.finish());
    packed.expect("a vector takes every byte").into()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn gzip_is_for_whoever_says_so() {
        for (asked, expected) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("br;q=1.0, gzip; q=1", true),
            ("gzip;q=0", false),
            ("gzip;q=0.0, identity", false),
            ("gzip;q=many", false),
            ("identity", false),
            ("x-gzipped", false),
            ("", false),
        ] {
            let value = HeaderValue::from_static(asked);
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]);
            assert_eq!(is_taken(&headers), expected, "{asked}");
        }
        assert!(!is_taken(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn what_is_packed_is_the_same_text_and_less() {
        let text = "signon_source_up{source=\"acme\"} 1\n".repeat(1_000);
        let (body, headers) = body(text.clone(), true).await;
        assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
        assert!(body.len() < text.len() / 10);
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&*body).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        for (text, is_taken) in [(text, false), ("short".to_owned(), true)] {
            let (body, headers) = super::body(text.clone(), is_taken).await;
            assert!(body == text.as_bytes() && !headers.contains_key(header::CONTENT_ENCODING));
        }
    }
}
