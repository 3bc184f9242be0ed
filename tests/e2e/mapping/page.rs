//! The page, table by table.

use std::fmt::{Debug, Write as _};

use serde_json::{Value, json};
use signon_kit::{factors, outcome, people};

use super::specimen::{Specimen, specimens};

const TIME: &str = "2026-01-02T03:04:05.678Z";

const HEAD: &str = "\
# What each record becomes

Written by `cargo xtask mapping` from the tables in `components/*/src/normalize/names.rs` and
`components/kit/src/`, and from what the components and the renderings make of one record for each
row. Do not edit it by hand; a test compares.

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
    oci_audit(&mut page);
    idcs(&mut page);
    oam(&mut page);
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
    line(page, &[head, "activity", "outcome", "protocol", "OCSF", "ECS", "ECS action", "OTel"]);
    rule(page, 8);
    for ((name, _), trio) in rows.iter().zip(all.chunks(3)) {
        let [success, failure, silence] = trio else { panic!("three records a row") };
        line(
            page,
            &[
                name,
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

fn oci_audit(page: &mut String) {
    heading(
        page,
        "`oci-audit`: `eventName` of `com.oraclecloud.IdentitySignOn`",
        "Records of other services are no sign-ons; they are counted and passed over.",
    );
    let record = |name: &str, id: Option<&str>, said: &str| {
        json!({
            "eventId": "1", "eventTime": TIME,
            "eventType": format!("com.oraclecloud.IdentitySignOn.{name}"),
            "data": {
                "eventName": name,
                "message": format!("{name} {said}"),
                "additionalDetails": { "eventId": id },
            },
        })
    };
    let trio = |name: &str| ["succeeded", "failed", ""].map(|said| record(name, None, said));
    let mut rows: Vec<(String, Trio)> = oci_audit::normalize::names::ACTIVITIES
        .iter()
        .map(|(name, ..)| (code(name), trio(name)))
        .collect();
    rows.push(("anything else".to_owned(), trio("SomethingNew")));
    activities(page, "oci-audit", "eventName", rows);
    heading(page, "`oci-audit`: refined by `additionalDetails.eventId`", "");
    let refined = oci_audit::normalize::names::REFINEMENTS.iter().map(|(of, word, place, _)| {
        // Any activity will do where none is named.
        let name = oci_audit::normalize::names::ACTIVITIES
            .iter()
            .find(|(_, activity, _)| of.as_ref().is_none_or(|of| of == activity))
            .map(|(name, ..)| *name)
            .unwrap();
        let id = |end: &str| match place {
            oci_audit::normalize::names::Place::Start => format!("{word}x{end}"),
            oci_audit::normalize::names::Place::Anywhere => format!("x{word}{end}"),
        };
        let said = of.as_ref().map_or("any event".to_owned(), |_| code(name));
        let where_it_stands = match place {
            oci_audit::normalize::names::Place::Start => format!("{word}*"),
            oci_audit::normalize::names::Place::Anywhere => format!("*{word}*"),
        };
        let trio = [".success", ".failure", ""].map(|end| record(name, Some(&id(end)), ""));
        (format!("{said} with {}", code(&where_it_stands)), trio)
    });
    activities(page, "oci-audit", "record", refined.collect());
}

fn idcs(page: &mut String) {
    heading(
        page,
        "`idcs`: what `eventId` begins with",
        "The longest beginning wins, and it ends where a part of the id ends: `admin.user.update` \
         is none of `admin.user.updated`.",
    );
    let trio = |id: &str| {
        [".success", ".failure", ""]
            .map(|end| json!({ "id": "1", "timestamp": TIME, "eventId": format!("{id}{end}") }))
    };
    let table = &idcs::normalize::names::ACTIVITIES;
    let mut rows: Vec<(String, Trio)> =
        table.iter().map(|(begin, _)| (code(begin), trio(begin))).collect();
    rows.push(("any other `sso.*`".to_owned(), trio("sso.something.new")));
    rows.push(("anything else".to_owned(), trio("admin.something.new")));
    activities(page, "idcs", "eventId", rows);
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
        "How an outcome is found (`oci-audit`, `idcs`)",
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
}

fn rows<T: Debug>(page: &mut String, place: &str, table: &[(&str, T)]) {
    for (word, meaning) in table {
        line(page, &[place, &code(word), &kebab(meaning)]);
    }
}

fn words(page: &mut String) {
    for (title, place, table) in [
        ("Factors", "factor", pairs(&factors::KINDS)),
        ("Kinds of users", "`actorType`", pairs(&people::USER_KINDS)),
        (
            "Protocols, where the type of a provider or application names one",
            "holds",
            pairs(&people::PROTOCOLS),
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
fn kebab(name: &impl Debug) -> String {
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
