//! Sign-ons that more than one service saw.
//!
//! During a migration the same sign-on is in OCI Audit, in the identity domain
//! and in Fusion's audit, under other ids but with one execution context id
//! (ECID). The invariant: person, address, outcome and ECID of such records
//! agree, because they are all written from one story.

use super::sign_on::SignOn;
use crate::options::Options;

/// One sign-on to an identity domain, as OCI Audit tells it.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    /// Unix milliseconds.
    pub(super) happened: i64,
    /// Index into the people.
    pub(super) who: usize,
    pub(super) agent: String,
    pub(super) address: String,
    pub(super) ecid: String,
    pub(super) event_id: &'static str,
    pub(super) succeeded: bool,
}

/// Keeps some of the sign-ons: as many as the other services have use for, out
/// of the whole span.
pub(super) struct Collector {
    every: u64,
    stories: Vec<Story>,
}

/// Stories kept for each that is used, at most; not all kinds are of use to
/// all services.
const SPARE: u64 = 4;

impl Collector {
    pub(super) fn new(options: &Options) -> Self {
        let wanted = options.idcs_event_count.max(options.oam_event_count).max(1);
        let sign_ons = (options.events as f64 * options.sign_on_share) as u64;
        Self { every: (sign_ons / (wanted * SPARE)).max(1), stories: Vec::new() }
    }

    pub(super) fn collect(&mut self, sign_on: &SignOn<'_>, happened: i64, ordinal: u64) {
        let Some(event_id) = sign_on.event_id().filter(|_| ordinal.is_multiple_of(self.every))
        else {
            return;
        };
        self.stories.push(Story {
            happened,
            who: sign_on.who,
            agent: sign_on.agent.clone().into_owned(),
            address: sign_on.address.clone(),
            ecid: sign_on.ecid.clone(),
            event_id,
            succeeded: sign_on.succeeded,
        });
    }

    /// The stories in the order of their times.
    pub(super) fn finish(mut self) -> Vec<Story> {
        self.stories.sort_by_key(|story| story.happened);
        self.stories
    }
}

/// So many of these, spread evenly.
pub(super) fn some_of<T>(all: &[T], wanted: usize) -> impl Iterator<Item = &T> {
    let wanted = wanted.min(all.len());
    (0..wanted).map(move |index| &all[index * all.len() / wanted])
}
