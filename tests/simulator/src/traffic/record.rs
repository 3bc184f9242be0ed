//! What all records have in common: envelope, headers, secrets, odd values.
//!
//! The invariant: a secret in a record always holds [`SECRET_MARKER`], so that
//! a test finds a leak by searching for one word.

use chrono::{DateTime, SecondsFormat};

use super::json::Object;
use crate::prng::Prng;
use crate::secrets::SECRET_MARKER;

/// An event's time, in the forms in which records hold it.
pub(super) struct Moment {
    pub(super) id: String,
    /// RFC 3339 with milliseconds.
    pub(super) time: String,
    pub(super) response: String,
    /// RFC 3339 with whole seconds.
    pub(super) second: String,
    pub(super) eight_hours_later: String,
    /// IMF-fixdate, for headers.
    pub(super) header: String,
}

impl Moment {
    /// The moment of an event at `time`, Unix milliseconds.
    pub(super) fn new(id: String, time: i64, random: &mut Prng) -> Self {
        let at = |milliseconds: i64, precision| {
            DateTime::from_timestamp_millis(milliseconds)
                .unwrap_or_default()
                .to_rfc3339_opts(precision, true)
        };
        let took = i64::try_from(random.below(900)).unwrap_or(0);
        Self {
            id,
            time: at(time, SecondsFormat::Millis),
            response: at(time + took, SecondsFormat::Millis),
            second: at(time, SecondsFormat::Secs),
            eight_hours_later: at(time + 8 * 3_600_000, SecondsFormat::Secs),
            header: oci_signature::imf_fixdate(time.div_euclid(1000)),
        }
    }
}

pub(super) struct Envelope<'a> {
    pub(super) event_type: &'a str,
    pub(super) source: &'a str,
    pub(super) moment: &'a Moment,
}

/// Appends a record. The event type stands first, as Oracle writes it, but in
/// some records last: JSON promises no order.
pub(super) fn write(
    out: &mut Vec<u8>,
    random: &mut Prng,
    envelope: &Envelope<'_>,
    data: impl FnOnce(&mut Object<'_>, &mut Prng),
) {
    let last = random.one_in(40);
    Object::write(out, |record| {
        if !last {
            record.text("eventType", envelope.event_type);
        }
        record.text("cloudEventsVersion", "0.1");
        record.text("eventTypeVersion", "2.0");
        record.text("source", envelope.source);
        record.text("eventId", &envelope.moment.id);
        record.text("eventTime", &envelope.moment.time);
        record.text("contentType", "application/json");
        record.object("data", |object| data(object, random));
        if last {
            record.text("eventType", envelope.event_type);
        }
    });
}

/// A session token as it is found in `identity.credentials`.
pub(super) fn security_token(random: &mut Prng) -> String {
    format!("ST$eyJraWQiOiJhc3dfb2MxIn0.{SECRET_MARKER}{}.{}", random.hex(48), random.hex(24))
}

/// Adds `headers`: what a console or an SDK sends, with the secrets in it.
/// Header names come in any case.
pub(super) fn request_headers(
    request: &mut Object<'_>,
    random: &mut Prng,
    agent: &str,
    moment: &Moment,
) {
    let spelled = |random: &mut Prng, name: &str| match random.below(6) {
        0 => name.to_ascii_lowercase(),
        1 => name.to_ascii_uppercase(),
        _ => name.to_owned(),
    };
    request.object("headers", |headers| {
        headers.list("Accept", "*/*");
        headers.list("User-Agent", agent);
        headers.list("Accept-Encoding", "gzip, deflate, br");
        headers.list("Accept-Language", "en-US,en;q=0.5");
        headers.list("Connection", "keep-alive");
        headers.list("x-date", &moment.header);
        headers.list("opc-request-id", &random.hex(32).to_ascii_uppercase());
        let authorization = format!(
            "Signature keyId=\"{}\",version=\"1\",algorithm=\"rsa-sha256\",\
             headers=\"(request-target) host opc-request-id x-date\",signature=\"*****\"",
            security_token(random)
        );
        headers.list(&spelled(random, "Authorization"), &authorization);
        if random.one_in(2) {
            let cookie = format!("JSESSIONID={SECRET_MARKER}{}; locale=en", random.hex(24));
            headers.list(&spelled(random, "Cookie"), &cookie);
        }
        if random.one_in(4) {
            let token = format!("eyJ{SECRET_MARKER}{}", random.hex(60));
            headers.list(&spelled(random, "opc-obo-token"), &token);
        }
        headers.list("Referer", "https://cloud.oracle.com/");
        headers.list("Content-Type", "application/json");
    });
}

/// Adds `headers` of a response.
pub(super) fn response_headers(response: &mut Object<'_>, random: &mut Prng, moment: &Moment) {
    response.object("headers", |headers| {
        headers.list(
            "Access-Control-Expose-Headers",
            "opc-previous-page,opc-next-page,opc-client-info,ETag,opc-work-request-id,\
             opc-total-items,opc-request-id,Location",
        );
        headers.list("Access-Control-Allow-Credentials", "true");
        headers.list("X-Content-Type-Options", "nosniff");
        headers.list("Connection", "keep-alive");
        headers.list("Content-Length", &random.below(20_000).to_string());
        headers.list("opc-request-id", &format!("{}/{}", random.hex(32), random.hex(32)));
        headers.list("Date", &moment.header);
        headers.list("Content-Type", "application/json");
    });
}

/// Values that are no texts, among them numbers that a double cannot hold.
pub(super) fn odd_values(details: &mut Object<'_>, random: &mut Prng) {
    match random.below(12) {
        // One more than 2^53, the first integer that a double rounds.
        0 => details.raw("serialNumber", "9007199254740993"),
        1 => details.raw("serialNumber", "18446744073709551615"),
        2 => details.raw("riskScore", "0.30000000000000004"),
        3 => details.raw("trusted", "false"),
        4 => details.raw("attempts", "[1,2,{\"nested\":[null,true]}]"),
        5 => details.raw(
            "adminValuesAdded",
            "{\"authenticationFactors\":[{\"status\":\"ENROLLED\",\"type\":\"TOTP\"}]}",
        ),
        _ => {}
    }
}
