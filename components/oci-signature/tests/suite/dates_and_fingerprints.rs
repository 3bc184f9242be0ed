//! The two small text forms: IMF-fixdate and key fingerprints.

use oci_signature::{Fingerprint, imf_fixdate, parse_imf_fixdate};
use proptest::prelude::*;

#[test]
fn known_moments_are_written_as_the_standard_writes_them() {
    for (seconds, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        // The example of RFC 9110, section 5.6.7.
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_714_564_800, "Wed, 01 May 2024 12:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        assert_eq!(imf_fixdate(seconds), text);
        assert_eq!(parse_imf_fixdate(text), Some(seconds));
    }
}

#[test]
fn moments_that_four_digits_cannot_say_become_the_nearest_one() {
    assert_eq!(imf_fixdate(i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    assert_eq!(imf_fixdate(i64::MIN), "Sat, 01 Jan 0000 00:00:00 GMT");
}

#[test]
fn the_weekday_of_oracle_s_example_is_wrong_and_is_read() {
    let seconds = parse_imf_fixdate("Thu, 05 Jan 2014 21:31:40 GMT").unwrap();
    assert_eq!(imf_fixdate(seconds), "Sun, 05 Jan 2014 21:31:40 GMT");
}

#[test]
fn a_leap_second_is_read_as_the_one_after() {
    assert_eq!(
        parse_imf_fixdate("Sat, 31 Dec 2016 23:59:60 GMT"),
        parse_imf_fixdate("Sun, 01 Jan 2017 00:00:00 GMT")
    );
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "Wed, 01 May 2024 12:00:00",
        "Wed, 01 May 2024 12:00:00 UTC",
        "Wed, 1 May 2024 12:00:00 GMT",
        "wed, 01 May 2024 12:00:00 GMT",
        "Wed, 01 may 2024 12:00:00 GMT",
        "Wed, 00 May 2024 12:00:00 GMT",
        "Wed, 31 Apr 2024 12:00:00 GMT",
        "Wed, 29 Feb 2023 12:00:00 GMT",
        "Wed, 29 Feb 2100 12:00:00 GMT",
        "Wed, 01 May 2024 24:00:00 GMT",
        "Wed, 01 May 2024 12:60:00 GMT",
        "Wed, 01 May 2024 12:00:61 GMT",
        "Wed, 01 May +024 12:00:00 GMT",
        "Wed, 01 May 2024 12:00:00 GMT ",
        "Wednesday, 01-May-24 12:00:00 GMT",
        "Wed May  1 12:00:00 2024",
    ] {
        assert_eq!(parse_imf_fixdate(text), None, "{text}");
    }
}

#[test]
fn a_fingerprint_is_read_in_either_case_and_written_in_lower_case() {
    let text = "73:61:a2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7";
    let lower: Fingerprint = text.parse().unwrap();
    let upper: Fingerprint = text.to_uppercase().parse().unwrap();
    assert_eq!(lower, upper);
    assert_eq!(upper.to_string(), text);
    assert_eq!(lower.as_bytes()[..2], [0x73, 0x61]);
}

#[test]
fn what_is_no_fingerprint_is_refused_with_the_expected_form() {
    let good = "73:61:a2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7";
    for bad in [
        String::new(),
        good.replace(':', ""),
        good.replace(':', "-"),
        good[3..].to_owned(),
        format!("{good}:00"),
        format!("{good}:"),
        format!(" {good}"),
        good.replace("73", "7"),
        good.replace("73", "+3"),
        good.replace("73", "g3"),
        good.replace("73", "ä"),
    ] {
        let message = bad.parse::<Fingerprint>().unwrap_err().to_string();
        assert!(message.contains("16 pairs of hexadecimal digits"), "{bad}");
    }
}

proptest! {
    #[test]
    fn every_second_is_read_back(seconds in -62_167_219_200_i64..=253_402_300_799) {
        prop_assert_eq!(parse_imf_fixdate(&imf_fixdate(seconds)), Some(seconds));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in any::<String>(), dateish in "[A-Za-z0-9, :]{29}") {
        let _ = parse_imf_fixdate(&text);
        let _ = parse_imf_fixdate(&dateish);
        let _ = text.parse::<Fingerprint>();
        let _ = imf_fixdate(text.len() as i64 * i64::from(i32::MAX));
    }

    #[test]
    fn no_changed_character_makes_a_date_reader_panic(at in 0_usize..29, character in any::<char>()) {
        let mut text = "Wed, 01 May 2024 12:00:00 GMT".to_owned();
        text.replace_range(at..=at, &character.to_string());
        let _ = parse_imf_fixdate(&text);
    }

    #[test]
    fn every_fingerprint_is_read_back(bytes in any::<[u8; 16]>()) {
        let text = bytes.map(|byte| format!("{byte:02X}")).join(":");
        let fingerprint: Fingerprint = text.parse().unwrap();
        prop_assert_eq!(fingerprint.as_bytes(), &bytes);
        prop_assert_eq!(fingerprint.to_string().parse::<Fingerprint>(), Ok(fingerprint));
    }
}
