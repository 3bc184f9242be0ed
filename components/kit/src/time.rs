//! Times as Oracle writes them, to and from milliseconds. No clock here.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

/// Reads RFC 3339, also with an offset without colon (`+0000`), without any
/// offset (UTC), or as epoch milliseconds or seconds in digits.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    if let Ok(time) = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z") {
        return Some(time.timestamp_millis());
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(time.and_utc().timestamp_millis());
        }
    }
    let number: i64 = text.parse().ok()?;
    // 10^11 seconds is the year 5138, 10^11 milliseconds is 1973.
    Some(if number.abs() < 100_000_000_000 { number.saturating_mul(1000) } else { number })
}

/// RFC 3339 in UTC: whole seconds as `…00Z`, else with milliseconds.
pub fn format(time_ms: i64) -> String {
    let precision =
        if time_ms.rem_euclid(1000) == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    DateTime::<Utc>::from_timestamp_millis(time_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(precision, true)
}

/// Whether a time says no more than milliseconds.
pub fn is_exact(time: &str) -> bool {
    let behind = time.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits = behind.bytes().take_while(u8::is_ascii_digit);
    digits.skip(3).all(|digit| digit == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_seen_is_read() {
        let expected = Some(1_646_846_313_983);
        for text in [
            "2022-03-09T17:18:33.983Z",
            "2022-03-09T18:18:33.983+01:00",
            "2022-03-09T17:18:33.983+0000",
            "2022-03-09T17:18:33.983",
            "2022-03-09 17:18:33.983",
            "1646846313983",
            " 2022-03-09T17:18:33.983000Z ",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(parse("1646846313"), Some(1_646_846_313_000));
        assert_eq!(parse("<your-time>"), None);
    }

    #[test]
    fn whole_seconds_carry_no_fraction() {
        assert_eq!(format(1_646_846_280_000), "2022-03-09T17:18:00Z");
        assert_eq!(format(1_646_846_313_983), "2022-03-09T17:18:33.983Z");
    }
}
