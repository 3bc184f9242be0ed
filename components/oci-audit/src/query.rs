//! The request for one page. Pure: the same range gives the same bytes, which is
//! what gets signed.

use signon_kit::http::{Method, Request};
use signon_kit::range::MinuteRange;
use signon_kit::text::percent_encode;
use signon_kit::time;

use crate::config::{PATH, StreamTarget};

/// The request for a page of a range; `page` is the `opc-next-page` of the one
/// before.
pub fn request(stream: &StreamTarget, range: MinuteRange, page: Option<&str>) -> Request {
    let mut path_and_query = format!(
        "{}{PATH}?compartmentId={}&startTime={}&endTime={}",
        stream.region.base_path,
        percent_encode(&stream.compartment),
        percent_encode(&time::format(range.start())),
        percent_encode(&time::format(range.end())),
    );
    if let Some(page) = page {
        path_and_query.push_str("&page=");
        path_and_query.push_str(&percent_encode(page));
    }
    Request {
        method: Method::Get,
        origin: stream.region.origin.clone(),
        target: path_and_query,
        headers: vec![("accept", "application/json".to_owned())],
        body: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use signon_kit::contract::TimeRange;

    use signon_kit::source::Settings as _;

    use super::*;
    use crate::config::Config;

    fn stream() -> StreamTarget {
        Config::parse(r#"{"regions":["phx"],"compartments":["ocid1.tenancy.oc1..aaaa"]}"#)
            .unwrap()
            .targets()
            .next()
            .unwrap()
    }

    #[test]
    fn a_page_token_goes_into_page_and_is_encoded() {
        let range = TimeRange { start: 1_714_521_600_000, end: 1_714_525_200_000 };
        let request = request(&stream(), range.try_into().unwrap(), Some("AP37-f_9=="));
        assert_eq!(request.origin, "https://audit.us-phoenix-1.oraclecloud.com");
        assert_eq!(
            request.target,
            "/20190901/auditEvents?compartmentId=ocid1.tenancy.oc1..aaaa\
             &startTime=2024-05-01T00%3A00%3A00Z&endTime=2024-05-01T01%3A00%3A00Z\
             &page=AP37-f_9%3D%3D"
        );
    }
}
