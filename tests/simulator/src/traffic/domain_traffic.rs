//! What happened in the simulated identity domain.
//!
//! The invariant: every row is entered into the truth, because every row is an
//! event that is delivered: sign-ons as such, the rest as what they are. A part
//! of the rows are sign-ons that OCI Audit has too, with the same ECID.

use chrono::{DateTime, SecondsFormat};

use super::domain_event::{self, DomainEvent};
use super::domain_kinds::{DOMAIN_KINDS, DomainKind, kind_of};
use super::story::some_of;
use super::world::{World, address, agent};
use super::{Records, Story, Window};
use crate::faults::Fault;
use crate::idcs::Row;
use crate::identity::Names;
use crate::options::Options;
use crate::prng::Prng;

/// Audit events are purged after at most 90 days.
const KEPT: i64 = 90 * 86_400_000;

/// A row to be written.
struct Planned {
    kind: &'static DomainKind,
    /// Unix milliseconds.
    happened: i64,
    /// Index into the people.
    who: usize,
    agent: String,
    address: String,
    ecid: String,
}

/// Generates the rows that the options ask for, as of `now`, Unix milliseconds.
pub(crate) fn generate(
    options: &Options,
    names: &Names,
    now: i64,
    stories: &[Story],
) -> Records<Row> {
    let world = World::new(names, &options.regions, options.seed);
    let window = Window::new(options, now, KEPT);
    let count = options.idcs_event_count;
    // At most a third, so that there is room for every kind of event.
    let shared = usize::try_from(count / 3).unwrap_or(usize::MAX).min(stories.len() * 2 / 3);
    let burst = options.faults.find(|fault| match fault {
        Fault::IdcsSameTimestamp { rows } => Some(*rows),
        _ => None,
    });
    let middle = window.start + (window.end - window.start) / 2;
    let own = count - shared as u64;
    let mut records = Records::<Row>::none(window.start);
    let mut purpose = 0;
    let mut add = |plan: &dyn Fn(&mut Prng) -> Planned| {
        // Kept apart from other generators, which use the bare seed.
        let mut random = Prng::new(options.seed ^ 0x1dc5_7aff, purpose);
        purpose += 1;
        let planned = plan(&mut random);
        let row = row(&world, &window, &mut random, &planned);
        records.truth.mark(row.id.clone());
        records.rows.push(row);
    };
    for story in some_of(stories, shared) {
        add(&|random| told(story, &window, random));
    }
    for ordinal in 0..own {
        add(&|random| {
            let happened = window.pick(random);
            made_up(&world, random, happened, ordinal)
        });
    }
    for ordinal in 0..burst.unwrap_or(0) {
        add(&|random| made_up(&world, random, middle, ordinal));
    }
    if let Some(first) = records.rows.iter().map(|row| row.timestamp.timestamp_millis()).min() {
        records.first = first;
    }
    records
}

/// The domain's view of a sign-on: a moment later, and with all addresses.
fn told(story: &Story, window: &Window, random: &mut Prng) -> Planned {
    let later = i64::try_from(random.below(50)).unwrap_or(0);
    Planned {
        kind: kind_of(story.event_id),
        happened: window.processed(story.happened, later),
        who: story.who,
        agent: story.agent.clone(),
        address: story.address.clone(),
        ecid: story.ecid.clone(),
    }
}

fn made_up(world: &World, random: &mut Prng, happened: i64, ordinal: u64) -> Planned {
    let address = match random.one_in(10) {
        // As Oracle's own samples have it.
        true => "10.xxx.xx.xxx".to_owned(),
        false => address(random),
    };
    Planned {
        kind: pick_kind(random, ordinal),
        happened,
        who: random.index(world.people.len()),
        agent: agent(random).into_owned(),
        address,
        ecid: random.ecid(),
    }
}

fn pick_kind(random: &mut Prng, ordinal: u64) -> &'static DomainKind {
    // The first ones go through all kinds, so that even few rows have each.
    if let Some(kind) = usize::try_from(ordinal).ok().and_then(|n| DOMAIN_KINDS.get(n)) {
        return kind;
    }
    let mut left = random.below(DOMAIN_KINDS.iter().map(|kind| kind.weight).sum());
    for kind in DOMAIN_KINDS {
        if left < kind.weight {
            return kind;
        }
        left -= kind.weight;
    }
    &DOMAIN_KINDS[0]
}

fn row(world: &World, window: &Window, random: &mut Prng, planned: &Planned) -> Row {
    let id = random.hex(32);
    // As in Oracle's samples: mostly at once, some only after ten seconds.
    let later = match random.one_in(40) {
        true => 9_000 + random.below(4_500),
        false => random.below(154),
    };
    let happened = planned.happened;
    let stored = window.processed(happened, i64::try_from(later).unwrap_or(0)).max(happened);
    let at = |milliseconds: i64, precision| {
        DateTime::from_timestamp_millis(milliseconds)
            .unwrap_or_default()
            .to_rfc3339_opts(precision, true)
    };
    let mut text = Vec::new();
    let event = DomainEvent {
        kind: planned.kind,
        id: &id,
        person: &world.people[planned.who],
        agent: &planned.agent,
        address: &planned.address,
        ecid: &planned.ecid,
        timestamp: &at(happened, SecondsFormat::Millis),
        created: &at(stored, SecondsFormat::Millis),
        second: &at(happened, SecondsFormat::Secs),
        eight_hours_later: &at(happened + 8 * 3_600_000, SecondsFormat::Secs),
    };
    domain_event::write(&mut text, world, random, &event);
    let timestamp = DateTime::from_timestamp_millis(happened).unwrap_or_default();
    Row { id, timestamp, stored, text }
}
