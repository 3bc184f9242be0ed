//! The page, table by table.

use std::fmt::{Debug, Write as _};

use serde_json::{Value, json};
use signon_kit::{domain, factors, outcome, user_kinds};

use super::specimen::{Specimen, specimens};

const TIME: &str = "2026-01-02T03:04:05.678Z";

const HEAD: &str = "\
# What each record becomes

Written by `cargo xtask mapping` from the tables in `components/kit/src/domain/` and
`components/oam/src/normalize/names.rs`, and from what the components and the renderings make of one record for each
row. Do not edit it by hand; a test compares.

*Class* is what a source's `classes` choose by: `sign-on` and `account` are delivered where nothing
else is said, `other` is counted as filtered.

Names count in any case. The lists are open: a name that is in none of them is kept as it is, with
the activity `other`.

*Outcome* is what becomes of a record that says it succeeded, of one that says it failed, and of one
that says neither. OCSF classes are those of 1.8.0 (1.5 and 1.7 have the same numbers), then those of
1.9.0 where they differ. ECS is `event.category` / `event.type`; the ECS columns and the OCSF column
are those of the record that says it succeeded.
";

/// The whole page.
pub fn write() -> String {
    let mut page = HEAD.to_owned();
    event_ids(&mut page);
    event_names(&mut page);
    oam(&mut page);
    fields(&mut page);
    outcomes(&mut page);
    words(&mut page);
    page
}

/// The three records of a row: one that says it succeeded, one that says it
/// failed, one that says nothing.
type Trio = [Value; 3];

fn activities(page: &mut String, component: &str, head: &str, rows: Vec<(String, Trio)>) {
    let records: Vec<Value> = rows.iter().flat_map(|(_, trio)| trio.clone()).collect();
    let all = specimens(component, &records);
    line(
        page,
        &[head, "class", "activity", "outcome", "protocol", "OCSF", "ECS", "ECS action", "OTel"],
    );
    rule(page, 9);
    for ((name, _), trio) in rows.iter().zip(all.chunks(3)) {
        let [success, failure, silence] = trio else { panic!("three records a row") };
        line(
            page,
            &[
                name,
                &success.class,
                &code(&success.activity),
                &format!("{} / {} / {}", success.outcome, failure.outcome, silence.outcome),
                &success.protocol,
                &class(success),
                &success.ecs,
                &code(&success.ecs_action),
                &code(&success.otel),
            ],
        );
    }
}

/// Both versions of the class, if they differ.
fn class(specimen: &Specimen) -> String {
    if specimen.ocsf == specimen.ocsf_1_9 {
        return specimen.ocsf.clone();
    }
    format!("{}; 1.9: {}", specimen.ocsf, specimen.ocsf_1_9)
}

/// By the domain's own id, in whatever record it comes.
fn event_ids(page: &mut String) {
    heading(
        page,
        "Identity domains: what `eventId` begins with (`oci_audit`, `idcs`)",
        "The longest beginning counts, and it ends where a part of the id ends: `admin.user.update` \
         is none of `admin.user.updated`. In OCI records the id stands in `additionalDetails` or in \
         the AuditEvent within it, and counts before the record's own name.",
    );
    let trio = |id: &str| {
        [".success", ".failure", ""]
            .map(|end| json!({ "id": "1", "timestamp": TIME, "eventId": format!("{id}{end}") }))
    };
    let mut rows: Vec<(String, Trio)> =
        domain::EVENT_IDS.iter().map(|(begin, ..)| (code(begin), trio(begin))).collect();
    rows.push((
        "an enrolled factor: `*.factor.enroll*`, `*.mfa.add*`, …".into(),
        trio("sso.mfa.factor.enrolled"),
    ));
    rows.push((
        "a removed one: `*.factor.remove*`, `*.mfa.reset`, …".into(),
        trio("sso.mfa.factor.removed"),
    ));
    rows.push(("anything else, of a user, with its outcome".into(), trio_of_user("something.new")));
    rows.push(("anything else".into(), trio("something.new")));
    activities(page, "idcs", "eventId", rows);

    heading(
        page,
        "Identity domains: words in an `eventId` that no row knows",
        "A part of the id begins with the word; the first word of this table that is in it counts.",
    );
    line(page, &["word", "activity", "protocol"]);
    rule(page, 3);
    for (word, activity, protocol) in &domain::WORDS {
        let [activity, protocol] = [activity.as_ref().map(kebab), protocol.as_ref().map(kebab)]
            .map(|cell| cell.unwrap_or("—".into()));
        line(page, &[&code(word), &activity, &protocol]);
    }
}

fn trio_of_user(id: &str) -> Trio {
    [".success", ".failure", ""].map(|end| {
        json!({ "id": "1", "timestamp": TIME, "eventId": format!("{id}{end}"), "actorName": "ada" })
    })
}

/// By the name that OCI gives.
fn event_names(page: &mut String) {
    heading(
        page,
        "OCI Audit: `eventName` (`oci_audit`)",
        "Of the services `com.oraclecloud.IdentitySignOn`, whose records are all sign-ons, and \
         `com.oraclecloud.identityControlPlane`, of whose records only those of a known name or \
         with a domain's `eventId` are. Types of the Events service (`createuser.end`) count as \
         well. Records of all other services are `other`.",
    );
    let record = |service: &str, name: &str, said: &str| {
        json!({
            "eventId": "1", "eventTime": TIME,
            "eventType": format!("com.oraclecloud.{service}.{name}"),
            "data": { "eventName": name, "message": format!("{name} {said}") },
        })
    };
    let trio = |service: &str, name: &str| {
        ["succeeded", "failed", ""].map(|said| record(service, name, said))
    };
    let mut rows: Vec<(String, Trio)> = domain::EVENT_NAMES
        .iter()
        .map(|(name, ..)| (code(name), trio("identityControlPlane", name)))
        .collect();
    rows.push(("`Receive…Saml…`".into(), trio("IdentitySignOn", "ReceiveSamlResponse")));
    rows.push(("`Sent…Saml…Response`".into(), trio("IdentitySignOn", "SentSamlResponse")));
    rows.push(("any other of `IdentitySignOn`".into(), trio("IdentitySignOn", "SomethingNew")));
    rows.push((
        "any other of `identityControlPlane`".into(),
        trio("identityControlPlane", "SomethingNew"),
    ));
    rows.push(("of any other service".into(), trio("ComputeApi", "LaunchInstance")));
    activities(page, "oci_audit", "eventName", rows);
}

/// Where each field of the neutral event comes from.
fn fields(page: &mut String) {
    heading(
        page,
        "Where each field comes from",
        "Fields by their name in the contract. Of several places the first that says something \
         counts; `NA`, `N/A`, `null`, `None`, `unknown` and `-` say nothing. In OCI records the \
         AuditEvent within the record counts first (`auditEventMapValue`), then \
         `additionalDetails`, then `data`. What no field takes is in `unmapped`, in the place where \
         it stood.",
    );
    line(
        page,
        &["field", "AuditEvents (`idcs`)", "OCI Audit (`oci_audit`)", "Access Manager (`oam`)"],
    );
    rule(page, 4);
    let made = |text: &str| text.to_owned();
    let rows = [
        ("native-id", "`id`", "`eventId`, `id`, `eventID`", "`eventID`"),
        ("native-type", "`eventId`", "`eventType`, `type`", "`type`"),
        ("native-name", "—", "`data.eventName`, the end of the type", "—"),
        (
            "time, original-time",
            "`timestamp`",
            "`eventTime`, `time`, `data.response.responseTime`",
            "`accessTime`",
        ),
        ("logged", "`meta.created`", "`oracle.ingestedtime`", "—"),
        ("same-as", "—", "`additionalDetails.id`", "—"),
        ("http.url", "—", "header `oci-original-url`", "—"),
        ("http.referrer", "—", "header `Referer`", "—"),
        ("cloud.realm, .region", "—", "configuration, `regionId`", "—"),
    ];
    for row in rows {
        let cells: [&str; 4] = row.into();
        line(page, &cells);
    }
    let join = |places: Vec<String>| match places.len() {
        0 => made("—"),
        _ => places.join(", "),
    };
    let oam = |field: &str| {
        let row = oam::normalize::names::FIELDS.iter().find(|(known, _)| *known == field);
        join(
            row.into_iter()
                .flat_map(|(_, members)| members.iter().map(|name| code(name)))
                .collect(),
        )
    };
    for (field, places) in &domain::FIELDS {
        let names = |places: &[domain::Place]| {
            places.iter().flat_map(|place| place.names).map(|name| code(name)).collect()
        };
        let elsewhere = places.iter().flat_map(|place| place.elsewhere);
        let of_oci: Vec<String> = elsewhere.map(|path| code(&path.join("."))).collect();
        let idcs: Vec<String> = names(places);
        let oci = match (idcs.is_empty(), of_oci.is_empty()) {
            (false, false) => format!("the same, {}", of_oci.join(", ")),
            (false, true) => made("the same"),
            (true, _) => join(of_oci),
        };
        line(page, &[field, &join(idcs), &oci, &oam(field)]);
    }
    for (field, _) in &oam::normalize::names::FIELDS {
        if !domain::FIELDS.iter().any(|(known, _)| known == field) {
            line(page, &[field, "—", "—", &oam(field)]);
        }
    }
}

fn oam(page: &mut String) {
    let record = |kind: &str, status: Option<&str>| json!({ "eventID": 1, "accessTime": TIME, "type": kind, "status": status });
    heading(
        page,
        "`oam`: `type`",
        "Fusion documents no values but these two; OAM on premises has no such API.",
    );
    let trio =
        |kind: &str| [Some("success"), Some("denied"), None].map(|status| record(kind, status));
    let table = &oam::normalize::names::ACTIVITIES;
    let mut rows: Vec<(String, Trio)> =
        table.iter().map(|(kind, _)| (code(kind), trio(kind))).collect();
    rows.push(("anything else".to_owned(), trio("AuthZ")));
    activities(page, "oam", "type", rows);

    heading(page, "`oam`: `status`", "A word that is in no row is kept as it is.");
    let words: Vec<&str> = oam::normalize::names::OUTCOMES.iter().map(|(word, _)| *word).collect();
    let words = [&words[..], &["Pending"]].concat();
    let records: Vec<Value> =
        words.iter().map(|word| record("AuthN", Some(&word.replace('*', "ed")))).collect();
    line(page, &["status", "outcome", "OCSF `status_id`", "ECS `event.outcome`"]);
    rule(page, 4);
    for (word, specimen) in words.iter().zip(specimens("oam", &records)) {
        let cells = [&code(word), &specimen.outcome, &specimen.ocsf_status, &specimen.ecs_outcome];
        line(page, &cells.map(String::as_str));
    }
}

fn outcomes(page: &mut String) {
    heading(
        page,
        "How an outcome is found (`oci_audit`, `idcs`)",
        "The first of these that says something counts. Where two of them disagree, the event has \
         the label `outcome-conflict`. A second factor that was sent is `initiated`, never a \
         success, unless the event id or `login_result` says how it ended.",
    );
    line(page, &["place", "says", "outcome"]);
    rule(page, 3);
    rows(page, "1. last part of the event id", &outcome::EVENT_ID_ENDS);
    rows(page, "2. `login_result` is", &outcome::RESULTS);
    let failures = outcome::FAILURES.map(code).join(", ");
    line(page, &["2. `login_result` holds", &failures, "failure"]);
    line(page, &["3. HTTP status", "2xx", "success"]);
    line(page, &["3. HTTP status", "any other", "failure"]);
    rows(page, "4. message holds (and not both)", &outcome::MESSAGES);

    heading(
        page,
        "Why something failed (`oci_audit`, `idcs`)",
        "By the letters and digits of the code, the reason or the event id, in this order; the \
         first word of this table that is in it counts.",
    );
    line(page, &["holds", "failure"]);
    rule(page, 2);
    for (word, class) in &outcome::FAILURE_WORDS {
        line(page, &[&code(word), &kebab(class)]);
    }
}

fn rows<T: Debug>(page: &mut String, place: &str, table: &[(&str, T)]) {
    for (word, meaning) in table {
        line(page, &[place, &code(word), &kebab(meaning)]);
    }
}

fn words(page: &mut String) {
    for (title, place, table) in [
        ("Factors", "factor", pairs(&factors::KINDS)),
        ("Kinds of users", "`actorType`", pairs(&user_kinds::USER_KINDS)),
        (
            "Protocols, where the type of a provider or application names one",
            "holds",
            pairs(&user_kinds::PROTOCOLS),
        ),
    ] {
        heading(page, title, "");
        line(page, &[place, "kind"]);
        rule(page, 2);
        for (word, meaning) in table {
            line(page, &[&code(word), &meaning]);
        }
    }
}

fn pairs<T: Debug>(table: &[(&'static str, T)]) -> Vec<(&'static str, String)> {
    table.iter().map(|(word, meaning)| (*word, kebab(meaning))).collect()
}

/// `OneTimePassword` as the contract writes it: `one-time-password`.
pub fn kebab(name: &impl Debug) -> String {
    let mut word = String::new();
    let name = format!("{name:?}");
    let name = name.rsplit("::").next().unwrap_or_default();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(character.to_ascii_lowercase());
    }
    word
}

fn heading(page: &mut String, title: &str, text: &str) {
    write!(page, "\n## {title}\n\n").unwrap();
    if !text.is_empty() {
        write!(page, "{text}\n\n").unwrap();
    }
}

fn code(text: &str) -> String {
    if text == "—" { text.to_owned() } else { format!("`{text}`") }
}

fn line(page: &mut String, cells: &[&str]) {
    writeln!(page, "| {} |", cells.join(" | ")).unwrap();
}

fn rule(page: &mut String, cells: usize) {
    writeln!(page, "|{}", "---|".repeat(cells)).unwrap();
}
