//! Laws of reading rows: every rendering the same, every byte accounted for, and
//! nothing that anybody can send makes it panic.

use oam::normalizer;
use proptest::prelude::*;
use signon_kit::contract::{
    Activity, EventClasses, Outcome, ReadOptions, SignOnEvent, SourceError,
};
use signon_kit::testing;
use signon_kit::testing::LIMITS;

const OPTIONS: ReadOptions =
    ReadOptions { classes: EventClasses::ALL, keep_raw: true, text_limit: 0 };

const JSON: &str = include_str!("../../../../tests/fixtures/oam/events.wrapped.json");
const BARE: &str = include_str!("../../../../tests/fixtures/oam/events.bare-nested-quoted.json");
const XML: &str = include_str!("../../../../tests/fixtures/oam/events.xml");
const ONE: &str = include_str!("../../../../tests/fixtures/oam/one-event.json");

type Read = (Vec<SignOnEvent>, u64, u64, Option<SourceError>);

/// Reads everything, in chunks of a size.
fn read(bytes: &[u8], chunk: usize) -> Read {
    let read = testing::read(normalizer::open(OPTIONS), bytes, chunk);
    (read.events, read.received, read.unreadable, read.error)
}

fn all(text: &str) -> Vec<SignOnEvent> {
    let (events, _, rejected, error) = read(text.as_bytes(), usize::MAX);
    assert_eq!((rejected, error), (0, None), "{text}");
    events
}

fn one(text: &str) -> SignOnEvent {
    let mut events = all(text);
    assert_eq!(events.len(), 1, "{text}");
    events.remove(0)
}

#[test]
fn a_logon_is_read_whole() {
    let event = all(JSON).remove(0);
    assert_eq!(event.native_id, "9007199254740993");
    assert_eq!((event.native_type.as_str(), &event.activity), ("AuthN", &Activity::Logon));
    assert_eq!(event.outcome, Outcome::Success);
    assert_eq!(event.time, 1_714_521_601_123);
    assert_eq!(event.original_time, "2024-05-01T00:00:01.123Z");
    let user = event.user.unwrap();
    assert_eq!(user.name.as_deref(), Some("ada@example.com"));
    assert_eq!(user.email.as_deref(), Some("ada@example.com"));
    assert_eq!(user.uid.as_deref(), Some("0F3A2B7C"));
    assert_eq!(user.dn.as_deref(), Some("cn=ada,cn=users,dc=example,dc=com"));
    assert_eq!(event.source_addresses, ["192.0.2.10", "198.51.100.7"]);
    assert_eq!(event.mfa, Some(true));
    assert_eq!(event.correlation.as_deref(), Some("005Xy^kE2b000001"));
    assert_eq!(
        event.agent.unwrap().original.as_deref(),
        Some("Mozilla/5.0 (X11; Linux) \"q\" <a&b>")
    );
    assert!(event.logon_method.is_some());
    for kept in ["Successful", "Laptop"] {
        assert!(event.unmapped.contains(kept), "{kept}: {}", event.unmapped);
    }
    for taken in ["Mozilla", "ada@", "192.0.2.10", "AuthN", "005Xy", "mfaUsed", "loginType"] {
        assert!(!event.unmapped.contains(taken), "{taken}: {}", event.unmapped);
    }
    assert!(JSON.contains(&event.raw.unwrap()));
}

/// What must not depend on the rendering.
fn essence(mut event: SignOnEvent) -> SignOnEvent {
    event.raw = None;
    event.unmapped = String::new();
    event
}

#[test]
fn every_rendering_gives_the_same_events() {
    let plain: Vec<SignOnEvent> = all(JSON).into_iter().map(essence).collect();
    assert_eq!(plain.len(), 3);
    for other in [BARE, XML] {
        let other: Vec<SignOnEvent> = all(other).into_iter().map(essence).collect();
        assert_eq!(other, plain);
    }
    assert_eq!(essence(one(ONE)), plain[0]);
}

#[test]
fn the_raw_text_of_an_element_is_byte_for_byte() {
    for event in all(XML) {
        let raw = event.raw.unwrap();
        assert!(raw.starts_with("<eventData>") && raw.ends_with("</eventData>"));
        assert!(XML.contains(&raw), "{raw}");
    }
}

#[test]
fn the_other_words_of_the_fixture_are_kept() {
    let events = all(JSON);
    assert_eq!((&events[1].activity, &events[1].outcome), (&Activity::Logoff, &Outcome::Failure));
    assert_eq!(events[2].activity, Activity::Other("AuthZ".into()));
    assert_eq!(events[2].outcome, Outcome::Other("Pending".into()));
    assert!(events[2].user.is_none() && events[2].mfa.is_none());
    assert!(events[2].native_id.starts_with("sha256:") && events[2].native_id.ends_with(".0"));
    assert_eq!(events[2].labels, ["id-from-content"]);
}

#[test]
fn every_form_of_the_access_time_is_one_moment() {
    for time in [
        "\"2024-05-01T00:00:01.000Z\"",
        "\"2024-05-01T00:00:01Z\"",
        "\"2024-05-01T02:00:01+02:00\"",
        "\"2024-05-01T02:00:01.0+0200\"",
        "\"2024-05-01 00:00:01\"",
        "\"2024-05-01 00:00:01.000 UTC\"",
        "\"2024-05-01T00:00:01Z[UTC]\"",
        "1714521601000",
        "\"1714521601000\"",
    ] {
        let event = one(&format!(r#"{{"eventID":1,"accessTime":{time}}}"#));
        assert_eq!(event.time, 1_714_521_601_000, "{time}");
        assert_eq!(event.original_time, time.trim_matches('"'));
        assert_eq!(event.outcome, Outcome::Unknown);
    }
}

#[test]
fn no_secret_survives_anywhere_in_the_event() {
    let json = r#"{"eventID":1,"accessTime":"2024-05-01T00:00:01Z","otpCode":"S3CRET-1",
        "attributeMap":[{"key":"Cookie","value":["S3CRET-2"]},{"key":"x","value":"Bearer S3CRET-3"}]}"#;
    let xml = "<eventData><eventID>1</eventID><accessTime>2024-05-01T00:00:01Z</accessTime>\
        <otpCode>S3CRET-1</otpCode><attributeMap><key>Cookie</key><value>S3CRET-2</value>\
        </attributeMap><attributeMap><key>x</key><value>Bearer S3CRET-3</value></attributeMap>\
        </eventData>";
    for text in [json, xml] {
        let event = one(text);
        assert!(!format!("{event:?}").contains("S3CRET"), "{event:?}");
        assert_eq!(event.redacted.len(), 3, "{:?}", event.redacted);
    }
}

#[test]
fn entities_and_external_references_are_refused_and_nothing_else_is_lost() {
    let text = "<Events><eventData><eventID>1</eventID><type>&xxe;</type></eventData>\
        <eventData><eventID>2</eventID><accessTime>2024-05-01T00:00:01Z</accessTime></eventData>\
        </Events>";
    let (events, received, rejected, error) = read(text.as_bytes(), 7);
    assert_eq!((events.len(), received, rejected, error), (1, 2, 1, None));
    let bomb = "<!DOCTYPE Events [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><Events>&b;</Events>";
    let Some(SourceError::Malformed(why)) = read(bomb.as_bytes(), 5).3 else { panic!() };
    assert!(why.contains("DTD"), "{why}");
}

#[test]
fn text_an_attacker_controls_never_rejects_a_row() {
    let mut json =
        br#"{"eventID":1,"accessTime":"2024-05-01T00:00:01Z","userID":{"loginID":"\"}{\ud800 "#
            .to_vec();
    json.extend_from_slice(b"\xff\xfe");
    json.extend(std::iter::repeat_n(b'A', 1 << 20));
    json.extend_from_slice(b"\"}}");
    let mut xml =
        b"<eventData><eventID>1</eventID><accessTime>2024-05-01T00:00:01Z</accessTime><userID><loginID>"
            .to_vec();
    xml.extend_from_slice(b"&lt;/loginID&gt; & &#0; &#xD800; \xff\xfe ]]&gt;");
    xml.extend_from_slice(b"</loginID></userID></eventData>");
    for text in [json, xml] {
        let (events, _, rejected, error) = read(&text, 1000);
        assert_eq!((events.len(), rejected, error), (1, 0, None));
        assert!(events[0].user.as_ref().unwrap().name.as_ref().unwrap().contains('\u{fffd}'));
    }
}

#[test]
fn a_row_without_a_time_is_rejected_by_name_and_scrubbed() {
    for text in [
        r#"{"eventID":1,"accessTime":"<your-time>","password":"S3CRET"}"#,
        "<eventData><eventID>1</eventID><accessTime>soon</accessTime><password>S3CRET</password></eventData>",
    ] {
        let mut normalizer = normalizer::open(OPTIONS);
        normalizer.push(text.as_bytes());
        normalizer.finish();
        let batch = normalizer.next(LIMITS).unwrap();
        let reject = &batch.rejects[0];
        assert!(reject.reason.contains("accessTime"), "{}", reject.reason);
        let kept = reject.text.as_ref().unwrap();
        assert!(kept.contains("accessTime") && !kept.contains("S3CRET"), "{kept}");
    }
}

#[test]
fn null_everywhere_and_huge_numbers_and_duplicate_keys_lose_nothing() {
    let event =
        one(r#"{"eventID":null,"accessTime":1714521601000,"type":null,"status":null,"userID":null,
            "attributeMap":null,"n":123456789012345678901234567890,"d":1,"d":2}"#);
    assert!(event.unmapped.contains("123456789012345678901234567890"));
    assert!(event.unmapped.contains(r#""d":1"#) && event.unmapped.contains(r#""d":2"#));
    assert!(event.native_id.starts_with("sha256:"));
}

#[test]
fn equal_rows_without_an_id_get_the_same_ids_at_every_reading() {
    let row = r#"{"accessTime":"2024-05-01T00:00:01Z","type":"AuthN"}"#;
    let text = format!("[{row},{row},{}]", row.replace("AuthN", "Logout"));
    let ids = |text: &str| -> Vec<String> { all(text).into_iter().map(|e| e.native_id).collect() };
    let first = ids(&text);
    assert_eq!(first, ids(&text));
    assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
}

proptest! {
    #[test]
    fn the_events_do_not_depend_on_how_bytes_arrive(chunk in 1usize..3000) {
        for text in [JSON, BARE, XML, ONE] {
            prop_assert_eq!(read(text.as_bytes(), chunk), read(text.as_bytes(), usize::MAX));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        read(&bytes, 97);
    }

    #[test]
    fn arbitrary_markup_never_panics_and_is_read_the_same_in_pieces(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<Events>", "</Events>", "<eventData>", "</eventData>", "<eventData/>", "<a b='c'>",
            "</a>", "<!--", "-->", "<![CDATA[", "]]>", "&", "&amp;", "&x;", "<", ">", "text",
            "<?pi", "?>", "\u{feff}", "<!DOCTYPE x>", "<!DOCTYPE>", "<!x", "]", "-", "<accessTime>1714521601000</accessTime>",
            "<eventID>1</eventID>", "\"", "'", " ", "ü",
        ]), 0..30),
        chunk in 1usize..20,
    ) {
        let text = format!("<Events>{}", pieces.concat());
        let (whole, parts) = (read(text.as_bytes(), usize::MAX), read(text.as_bytes(), chunk));
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn arbitrary_json_pieces_are_read_the_same_in_pieces(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", "\"Events\":", "\"eventData\":", "\"eventID\":1", ",", "null",
            "\"accessTime\":1714521601000", "\"a\":", "\"", "\\", "7", "\n", " ", "ü",
        ]), 0..30),
        chunk in 1usize..20,
    ) {
        let text = pieces.concat();
        let (whole, parts) = (read(text.as_bytes(), usize::MAX), read(text.as_bytes(), chunk));
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn a_page_with_a_byte_changed_never_panics_or_loses_count(
        at in 0usize..8000, byte in any::<u8>(), chunk in 1usize..3000,
    ) {
        for text in [JSON, XML] {
            let mut page = text.as_bytes().to_vec();
            let at = at % page.len();
            page[at] = byte;
            read(&page, chunk);
        }
    }
}

#[test]
fn no_form_of_a_secret_survives_anywhere_in_an_event() {
    for rows in [
        include_str!("../../../../tests/fixtures/redaction/oam.json"),
        include_str!("../../../../tests/fixtures/redaction/oam.xml"),
    ] {
        testing::assert_no_secret_survives(all(rows));
    }
}
