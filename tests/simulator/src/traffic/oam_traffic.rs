//! What happened in the simulated Fusion, as its sign-in audit tells it.
//!
//! The invariant: every event is entered into the truth by its id. A part of
//! the events are sign-ons that OCI Audit has too, with the same ECID. Ids are
//! 64-bit integers, some beyond what a double can hold.

use super::story::some_of;
use super::world::{Person, World, address, agent};
use super::{Records, Story, Window};
use crate::faults::Fault;
use crate::identity::Names;
use crate::oam::{Event, Row, User};
use crate::options::Options;
use crate::prng::Prng;

/// Events are kept for seven days.
const KEPT: i64 = 7 * 86_400_000;
/// One more than 2^53, the first integer that a double rounds.
const BEYOND_A_DOUBLE: i64 = 9_007_199_254_740_993;

/// One event in so many says the same as the one before, but for its id.
const TWINS: u64 = 23;

/// Ways to write that a sign-on went well, or did not: Oracle's page says
/// "successful or denied" and no more.
const SUCCESSES: [&str; 4] = ["success", "Successful", "SUCCESS", "successful"];
const DENIALS: [&str; 5] = ["denied", "Denied", "DENIED", "failure", "Failed"];
/// (type, how often)
const TYPES: [(&str, u64); 6] = [
    ("AuthN", 55),
    ("Logout", 25),
    ("AuthZ", 8),
    ("SessionTimeout", 5),
    ("TokenIssue", 4),
    ("authn", 3),
];

/// Generates the events that the options ask for, as of `now`, Unix
/// milliseconds.
pub(crate) fn generate(
    options: &Options,
    names: &Names,
    now: i64,
    stories: &[Story],
) -> Records<Row> {
    let world = World::new(names, &options.regions, options.seed);
    let window = Window::new(options, now, KEPT);
    let sign_ons: Vec<&Story> = stories
        .iter()
        .filter(|story| story.happened >= window.start && kind_of(story).is_some())
        .collect();
    let count = options.oam_event_count;
    // A third, so that there is room for events of Fusion alone.
    let shared = usize::try_from(count / 3).unwrap_or(usize::MAX).min(sign_ons.len());
    let mut shared = some_of(&sign_ons, shared);
    let marked = !options.faults.has(Fault::OamNoIds);
    let mut records = Records::<Row>::none(window.start);
    for index in 0..count {
        // Kept apart from other generators, which use the bare seed.
        let mut random = Prng::new(options.seed ^ 0x0a3_7aff, index);
        let twin = records.rows.last().filter(|_| index % TWINS == TWINS - 1);
        let mut event = if let Some(twin) = twin {
            twin.event.clone()
        } else if let Some(story) = shared.next() {
            told(&world, &window, &mut random, story)
        } else {
            let time = window.pick(&mut random);
            made_up(&world, &mut random, time, index)
        };
        let beyond = if random.one_in(5) { BEYOND_A_DOUBLE } else { 0 };
        let id = beyond + 700_000_000 + i64::try_from(index).unwrap_or(0);
        event.id = Some(id);
        if marked {
            records.truth.mark(id.to_string());
        }
        let later = i64::try_from(random.below(3_000)).unwrap_or(0);
        let stored = window.processed(event.access_time, later).max(event.access_time);
        records.rows.push(Row { event, stored });
    }
    if let Some(first) = records.rows.iter().map(|row| row.event.access_time).min() {
        records.first = first;
    }
    records
}

/// The type under which Fusion records such a sign-on, if it does.
fn kind_of(story: &Story) -> Option<&'static str> {
    match story.event_id {
        "sso.session.create.success" | "sso.session.create.failure" => Some("AuthN"),
        "sso.authentication.failure" => Some("AuthN"),
        "sso.session.delete.success" => Some("Logout"),
        _ => None,
    }
}

/// Fusion's view of a sign-on: up to a second later.
fn told(world: &World, window: &Window, random: &mut Prng, story: &Story) -> Event {
    let later = i64::try_from(random.below(1_000)).unwrap_or(0);
    let time = window.processed(story.happened, later);
    let person = &world.people[story.who];
    let kind = kind_of(story).unwrap_or("AuthN");
    let address = story.address.rsplit(',').next().unwrap_or(&story.address);
    event(random, person, kind, story.succeeded, time, address, &story.agent, story.ecid.clone())
}

fn made_up(world: &World, random: &mut Prng, time: i64, index: u64) -> Event {
    let person = &world.people[random.index(world.people.len())];
    let kind = pick_type(random, index);
    let succeeded = !random.one_in(6);
    let (address, agent, ecid) = (address(random), agent(random), random.ecid());
    event(random, person, kind, succeeded, time, &address, &agent, ecid)
}

fn pick_type(random: &mut Prng, index: u64) -> &'static str {
    let mut left = random.below(TYPES.iter().map(|(_, weight)| weight).sum());
    // Some of the events go through all types, so that even few have each.
    if index.is_multiple_of(4) {
        return TYPES[random.index(TYPES.len())].0;
    }
    for (kind, weight) in TYPES {
        if left < weight {
            return kind;
        }
        left -= weight;
    }
    TYPES[0].0
}

#[allow(clippy::too_many_arguments, reason = "what one event says, each thing once")]
fn event(
    random: &mut Prng,
    person: &Person,
    kind: &str,
    succeeded: bool,
    access_time: i64,
    address: &str,
    agent: &str,
    ecid: String,
) -> Event {
    let status = if succeeded { random.word(&SUCCESSES) } else { random.word(&DENIALS) };
    let login = person.login;
    let mut attributes = vec![
        ("userAgent".to_owned(), vec![agent.to_owned()]),
        ("device".to_owned(), vec![random.word(&["Desktop", "Phone <unknown>"]).to_owned()]),
    ];
    if random.one_in(3) {
        let roles = ["ORA_FND_USER", "Payroll & HR", ""].map(str::to_owned);
        attributes.push(("roles".to_owned(), roles.into()));
    }
    Event {
        id: None,
        access_time,
        kind: Some(kind.to_owned()),
        status: Some(status.to_owned()),
        ip_address: Some(address.to_owned()),
        mfa_used: Some(random.one_in(3)),
        ecid: Some(ecid),
        user: Some(User {
            login_id: Some(login.to_owned()),
            login_type: Some(random.word(&["FORM", "SAML", "Federated"]).to_owned()),
            dn: Some(format!("cn={login},cn=Users,dc=example,dc=com")),
            guid: Some(person.domain_id.to_ascii_uppercase()),
        }),
        // Not every event has any.
        attributes: (!random.one_in(5)).then_some(attributes),
    }
}
