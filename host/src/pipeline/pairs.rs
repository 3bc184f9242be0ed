//! Which records of two sources tell of one sign-on. Pure.
//!
//! Ids decide where they can: one record has or carries the other's. Where a record
//! carries an id of the other's kind and it is another one, they are two sign-ons,
//! however alike they look. Only where ids say nothing do the looks decide.
//!
//! Invariant: a record that yields has one partner that was delivered, and a delivered
//! one is the partner of at most one record of each other source. So there are never
//! fewer events delivered than the source with the most sign-ons has. In doubt both
//! are delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::contract::{Activity, Outcome, SignOnEvent};
use crate::state::{
    Fold, KnownId, Looks, Partner, RecordKey, SignOnRecord, Standing, StreamKey, Wanted,
};

/// How far apart the times of two records of one sign-on may be, in milliseconds: one
/// source may tell whole seconds or note it a moment later, and whoever mistypes a
/// password and tries again needs longer.
pub const NEAR_MS: i64 = 3_000;

/// A record of an event, as if it were delivered at that time.
pub fn record(key: &StreamKey, event: &SignOnEvent, at: i64) -> SignOnRecord {
    let own = KnownId::of(&event.native_id);
    SignOnRecord {
        key: RecordKey { source: key.source.clone(), id: own.id },
        form: own.form,
        same_as: event.same_as.iter().map(|id| KnownId::of(id)).collect(),
        looks: looks(event),
        standing: Standing::Delivered(Vec::new()),
        at,
    }
}

/// What makes it look like another; `None` without correlation, user or address:
/// what is not known is not the same.
fn looks(event: &SignOnEvent) -> Option<Looks> {
    let correlation = event.correlation.as_deref().filter(|text| !text.is_empty())?;
    let activity = match &event.activity {
        Activity::Other(name) => name.clone(),
        // What one source calls an attempt is a logon to another.
        Activity::FederatedAttempt => format!("{:?}", Activity::Logon),
        known => format!("{known:?}"),
    };
    let outcome = match &event.outcome {
        Outcome::Other(name) => name.clone(),
        known => format!("{known:?}"),
    };
    let user = event.user.as_ref()?;
    // Not the display name, which people give themselves.
    let names = [&user.name, &user.uid, &user.uid_alt, &user.email];
    let users = folds(names.into_iter().flatten().map(|name| name.trim().to_lowercase()));
    let addresses = folds(event.source_addresses.iter().map(|text| address(text)));
    (!users.is_empty() && !addresses.is_empty()).then(|| Looks {
        key: Fold::of(&format!("{correlation}\u{1f}{activity}\u{1f}{outcome}")),
        time: event.time,
        users,
        domain: domain(event),
        addresses,
    })
}

fn domain(event: &SignOnEvent) -> [Vec<Fold>; 3] {
    let told = event.cloud.as_ref().and_then(|cloud| cloud.domain.as_ref());
    let user = event.user.as_ref().and_then(|user| user.domain.as_ref());
    let fold = |names: [Option<&String>; 2]| {
        folds(names.into_iter().flatten().map(|name| name.trim().to_lowercase()))
    };
    [
        fold([told.and_then(|domain| domain.uid.as_ref()), None]),
        fold([told.and_then(|domain| domain.name.as_ref()), None]),
        fold([user, told.and_then(|domain| domain.display_name.as_ref())]),
    ]
}

fn folds(texts: impl Iterator<Item = String>) -> Vec<Fold> {
    let texts: BTreeSet<String> = texts.filter(|text| !text.is_empty()).collect();
    texts.iter().map(|text| Fold::of(text)).collect()
}

/// An address in one spelling.
fn address(text: &str) -> String {
    let text = text.trim();
    match text.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => text.to_lowercase(),
    }
}

/// What has to be known to pair new records.
pub fn wanted(new: &[SignOnRecord]) -> Vec<Wanted> {
    let mut ids = BTreeSet::new();
    let mut looks: BTreeMap<&Fold, Vec<i64>> = BTreeMap::new();
    for record in new {
        ids.insert(&record.key.id);
        ids.extend(record.same_as.iter().map(|known| &known.id));
        if let Some(like) = &record.looks {
            looks.entry(&like.key).or_default().push(like.time);
        }
    }
    let mut wanted: Vec<Wanted> = ids.into_iter().cloned().map(Wanted::Id).collect();
    for (key, mut times) in looks {
        times.sort_unstable();
        // One question for times that are near each other: whoever repeats a sign-on
        // must not have the same records read for each of them.
        for near in times.chunk_by(|one, next| next.saturating_sub(*one) <= 2 * NEAR_MS) {
            let (from, to) = (near[0].saturating_sub(NEAR_MS), near[near.len() - 1]);
            wanted.push(Wanted::Looks { key: key.clone(), from, to: to.saturating_add(NEAR_MS) });
        }
    }
    wanted
}

/// What two records of one sign-on have in common, whichever of them comes first: whoever
/// looks for a partner claims it for the group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Contested {
    /// An id that one of them has or carries.
    Id(Fold),
    /// Looks, at about a time.
    Looks(Fold, i64),
}

/// What a record is contested by. Times that are near each other share one of the two
/// spans that each of them touches.
pub fn contested(record: &SignOnRecord) -> Vec<Contested> {
    let ids = std::iter::once(&record.key.id).chain(record.same_as.iter().map(|known| &known.id));
    let mut contested: Vec<Contested> = ids.cloned().map(Contested::Id).collect();
    if let Some(looks) = &record.looks {
        let span = looks.time.div_euclid(NEAR_MS);
        let at = |span| Contested::Looks(looks.key.clone(), span);
        contested.extend([at(span), at(span.saturating_add(1))]);
    }
    contested
}

/// Records that are known, and what changed about them.
#[derive(Debug, Default)]
pub struct Known {
    records: BTreeMap<RecordKey, SignOnRecord>,
    changed: BTreeSet<RecordKey>,
}

/// What the ids say of a new record.
enum ById {
    /// It is the same as one that was delivered.
    Same(RecordKey),
    /// It is the same as one that cannot stand for it: it is to be delivered.
    Deliver,
    /// Nothing.
    Unknown,
}

impl Known {
    /// Takes in what the state knows.
    pub fn add(&mut self, records: Vec<SignOnRecord>) {
        self.records.extend(records.into_iter().map(|record| (record.key.clone(), record)));
    }

    /// What the records are contested by.
    pub fn contested(&self) -> impl Iterator<Item = Contested> {
        self.records.values().flat_map(contested)
    }

    /// The delivered partners of records that yielded and are known.
    pub fn partners(&self) -> Vec<Wanted> {
        let partners = self.records.values().filter_map(|record| match &record.standing {
            Standing::Yielded(to) if !self.records.contains_key(&to.key) => Some(to.key.id.clone()),
            _ => None,
        });
        partners.collect::<BTreeSet<_>>().into_iter().map(Wanted::Id).collect()
    }

    /// For each new record of a source the partner it yields to. What yields is entered.
    pub fn pair(&mut self, new: &[&SignOnRecord]) -> Vec<Option<Partner>> {
        let mut found: Vec<Option<Partner>> = vec![None; new.len()];
        let mut by_looks = Vec::new();
        for (index, record) in new.iter().enumerate() {
            match self.records.get(&record.key).map(|known| &known.standing) {
                // Told again by another stream of the source.
                Some(Standing::Yielded(to)) => {
                    found[index] = Some(to.clone());
                    continue;
                }
                Some(Standing::Delivered(_)) => continue,
                None => {}
            }
            match self.by_id(record) {
                ById::Same(partner) => found[index] = Some(self.yields(record, partner, true)),
                ById::Deliver => {}
                ById::Unknown => by_looks.push(index),
            }
        }
        let mut near: Vec<(u64, usize, RecordKey)> = Vec::new();
        for index in by_looks {
            let looks_alike = self.records.values().filter_map(|known| {
                let apart = apart(new[index], known)?;
                Some((apart, index, known.key.clone()))
            });
            near.extend(looks_alike);
        }
        // The nearest find each other first.
        near.sort_unstable();
        for (_, index, partner) in near {
            if found[index].is_none() && self.is_free(&partner, &new[index].key.source) {
                found[index] = Some(self.yields(new[index], partner, false));
            }
        }
        found
    }

    fn by_id(&self, record: &SignOnRecord) -> ById {
        let source = &record.key.source;
        let mut is_known = false;
        for known in self.records.values().filter(|known| same_id(record, known)) {
            is_known = true;
            let partner = match &known.standing {
                Standing::Delivered(_) => &known.key,
                Standing::Yielded(to) if to.by_id => &to.key,
                Standing::Yielded(_) => continue,
            };
            if partner.source != *source && self.is_free(partner, source) {
                return ById::Same(partner.clone());
            }
        }
        if is_known { ById::Deliver } else { ById::Unknown }
    }

    /// Whether a record was delivered and no record of a source has yielded to it.
    fn is_free(&self, key: &RecordKey, source: &str) -> bool {
        match self.records.get(key).map(|record| &record.standing) {
            Some(Standing::Delivered(partners)) => {
                partners.iter().all(|partner| partner.key.source != source)
            }
            _ => false,
        }
    }

    fn yields(&mut self, record: &SignOnRecord, to: RecordKey, by_id: bool) -> Partner {
        if let Some(SignOnRecord { standing: Standing::Delivered(partners), .. }) =
            self.records.get_mut(&to)
        {
            partners.push(Partner { key: record.key.clone(), by_id });
            self.changed.insert(to.clone());
        }
        let to = Partner { key: to, by_id };
        self.enter(SignOnRecord { standing: Standing::Yielded(to.clone()), ..record.clone() });
        to
    }

    /// Enters a record that is delivered. One that had yielded to another by its looks,
    /// and is this one by its id, yields to this one instead.
    pub fn deliver(&mut self, record: &SignOnRecord) {
        let same = self.records.values().filter(|known| same_id(record, known));
        let mistaken: Vec<(RecordKey, RecordKey)> = same
            .filter_map(|known| match &known.standing {
                Standing::Yielded(to) if !to.by_id => Some((known.key.clone(), to.key.clone())),
                _ => None,
            })
            .collect();
        let before = self.records.get(&record.key).map(|before| before.standing.clone());
        let mut record = record.clone();
        if let Some(Standing::Delivered(partners)) = before {
            record.standing = Standing::Delivered(partners);
        }
        self.enter(record.clone());
        for (key, was) in mistaken {
            if !self.is_free(&record.key, &key.source) {
                continue;
            }
            if let Some(SignOnRecord { standing: Standing::Delivered(partners), .. }) =
                self.records.get_mut(&was)
            {
                partners.retain(|partner| partner.key != key);
                self.changed.insert(was);
            }
            if let Some(yielded) = self.records.get(&key).cloned() {
                self.yields(&yielded, record.key.clone(), true);
            }
        }
    }

    fn enter(&mut self, record: SignOnRecord) {
        self.changed.insert(record.key.clone());
        self.records.insert(record.key.clone(), record);
    }

    /// What is to be written.
    pub fn into_changed(mut self) -> Vec<SignOnRecord> {
        let changed = std::mem::take(&mut self.changed);
        changed.iter().filter_map(|key| self.records.remove(key)).collect()
    }
}

/// Whether one of two sources' records has or carries the other's id.
fn same_id(one: &SignOnRecord, other: &SignOnRecord) -> bool {
    let carries = |one: &SignOnRecord, other: &SignOnRecord| {
        one.same_as.iter().any(|known| known.id == other.key.id)
    };
    one.key.source != other.key.source
        && (one.key.id == other.key.id || carries(one, other) || carries(other, one))
}

/// Whether one carries an id of the kind that the other has, so that ids decide.
fn ids_decide(one: &SignOnRecord, other: &SignOnRecord) -> bool {
    let carries = |one: &SignOnRecord, other: &SignOnRecord| {
        one.same_as.iter().any(|known| known.form == other.form)
    };
    carries(one, other) || carries(other, one)
}

/// How far apart two sources' records of what looks like one sign-on are, in
/// milliseconds; `None` when it does not.
fn apart(one: &SignOnRecord, other: &SignOnRecord) -> Option<u64> {
    if one.key.source == other.key.source || ids_decide(one, other) {
        return None;
    }
    let (a, b) = (one.looks.as_ref()?, other.looks.as_ref()?);
    let common = |one: &[Fold], other: &[Fold]| one.iter().any(|fold| other.contains(fold));
    // The most exact that both tell decides: many a domain is called `Default`.
    let mut domains = a.domain.iter().zip(&b.domain);
    let told = domains.find(|(one, other)| !one.is_empty() && !other.is_empty());
    let other_domain = told.is_some_and(|(one, other)| !common(one, other));
    let alike = a.key == b.key
        && !other_domain
        && common(&a.users, &b.users)
        && common(&a.addresses, &b.addresses);
    let apart = a.time.abs_diff(b.time);
    (alike && apart <= NEAR_MS.unsigned_abs()).then_some(apart)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::IdentityDomain;

    const NEW: &str = "11111111-0000-4000-8000-000000000001";

    fn event(id: &str) -> SignOnEvent {
        SignOnEvent { native_id: id.to_owned(), ..crate::render::sample::sample_event() }
    }

    fn of(source: &str, event: &SignOnEvent) -> SignOnRecord {
        let key = StreamKey { source: source.into(), fingerprint: "f".into(), stream: "s".into() };
        record(&key, event, 0)
    }

    /// Whether the second yields once the first was delivered by another source.
    fn yields(first: &SignOnEvent, second: &SignOnEvent) -> bool {
        let mut known = Known::default();
        known.deliver(&of("new", first));
        known.pair(&[&of("old", second)])[0].is_some()
    }

    #[test]
    fn what_looks_the_same_is_the_same_however_it_is_spelt() {
        let mut other = event("b");
        assert!(yields(&event("a"), &other));
        other.time += NEAR_MS;
        let user = other.user.as_mut().unwrap();
        user.name = user.name.as_ref().map(|name| format!(" {} ", name.to_uppercase()));
        user.uid = Some("another kind of id".into());
        other.source_addresses = vec!["192.0.2.1".into(), "::ffff:10.0.64.2".into()];
        assert!(yields(&event("a"), &other));
        assert!(yields(&other, &event("a")));
    }

    #[test]
    fn the_most_exact_name_of_a_domain_that_both_tell_decides() {
        let told = |id: &str, user: Option<&str>, domain: [Option<&str>; 3]| {
            let mut event = event(id);
            event.user.as_mut().unwrap().domain = user.map(str::to_owned);
            let [uid, name, display_name] = domain.map(|name| name.map(str::to_owned));
            event.cloud.as_mut().unwrap().domain = Some(IdentityDomain { uid, name, display_name });
            event
        };
        let (a, b) = (Some("idcs-a"), Some("idcs-b"));
        let called = |id| told(id, Some("Default"), [None; 3]);
        for (other, same) in [
            (told("b", None, [None, a, Some("default")]), true),
            (told("b", None, [None, a, None]), true),
            (told("b", None, [None, b, Some("Partners")]), false),
            (told("b", None, [None; 3]), true),
        ] {
            assert_eq!(yields(&called("a"), &other), same, "{other:?}");
            assert_eq!(yields(&other, &called("a")), same, "{other:?}");
        }
        let named = told("a", Some("Default"), [None, a, None]);
        assert!(!yields(&named, &told("b", Some("Default"), [None, b, None])));
        assert!(yields(&named, &told("b", Some("Renamed"), [None, a, None])));
        let known = told("a", None, [Some("ocid1.domain.a"), a, None]);
        assert!(!yields(&known, &told("b", None, [Some("ocid1.domain.b"), a, None])));
    }

    #[test]
    fn in_doubt_both_are_delivered() {
        type Change = (&'static str, fn(&mut SignOnEvent));
        let changes: [Change; 9] = [
            ("another user, whatever she calls herself", |event| {
                let user = event.user.as_mut().unwrap();
                (user.name, user.uid) = (Some("alice".into()), Some("a1".into()));
            }),
            ("no user", |event| event.user = None),
            ("another domain", |event| {
                event.user.as_mut().unwrap().domain = Some("Partners".into());
            }),
            ("another address", |event| event.source_addresses = vec!["192.0.2.9".into()]),
            ("no address", |event| event.source_addresses.clear()),
            ("another outcome", |event| event.outcome = Outcome::Failure),
            ("another activity", |event| event.activity = Activity::Logoff),
            ("no correlation", |event| event.correlation = None),
            ("too far apart", |event| event.time += NEAR_MS + 1),
        ];
        for (what, change) in changes {
            let mut other = event("b");
            change(&mut other);
            assert!(!yields(&event("a"), &other), "{what}");
            assert!(!yields(&other, &event("a")), "{what}");
        }
        let mut unknown = event("a");
        unknown.user = None;
        let other = SignOnEvent { native_id: "b".into(), ..unknown.clone() };
        assert!(!yields(&unknown, &other), "what neither knows is not the same");
    }

    #[test]
    fn an_id_that_one_carries_tells_whatever_they_look_like() {
        let domain = event("22222222-0000-4000-8000-000000000002");
        let mut audit = event(NEW);
        audit.same_as = vec![domain.native_id.clone()];
        (audit.user, audit.correlation) = (None, None);
        assert!(yields(&audit, &domain) && yields(&domain, &audit));
        assert!(yields(&event(NEW), &SignOnEvent { user: None, ..event(NEW) }));
        // It carries the id of another one, so this is not the same.
        let mut audit = event(NEW);
        audit.same_as = vec![NEW.to_owned()];
        assert!(!yields(&audit, &domain) && !yields(&domain, &audit));
        // Of what another kind of source calls its own it says nothing.
        assert!(yields(&audit, &event("4711")));
    }

    #[test]
    fn a_record_is_the_partner_of_one_and_of_the_nearest() {
        let at = |id: &str, time: i64| {
            let event = event(id);
            SignOnEvent { time: event.time + time, ..event }
        };
        let mut known = Known::default();
        known.deliver(&of("new", &at("a", 0)));
        let (far, near) = (of("old", &at("b", -2_000)), of("old", &at("c", 1_000)));
        let found = known.pair(&[&far, &near]);
        assert_eq!((found[0].is_some(), found[1].is_some()), (false, true));
        known.deliver(&far);
        let mut third = of("old", &at("d", 0));
        assert_eq!(known.pair(&[&third]), [None]);
        third.key.source = "other".into();
        assert!(known.pair(&[&third])[0].is_some(), "another source may yield to it, too");
    }

    #[test]
    fn what_yielded_yields_again_to_the_same() {
        let mut known = Known::default();
        known.deliver(&of("new", &event("a")));
        let old = of("old", &event("b"));
        let first = known.pair(&[&old]);
        assert!(first[0].is_some());
        known.deliver(&of("new", &event("c")));
        assert_eq!(known.pair(&[&old]), first);
        assert_eq!(known.pair(&[&of("new", &event("a"))]), [None], "nor what was delivered");
    }

    #[test]
    fn what_yielded_to_another_by_its_looks_does_not_hide_the_one_it_is_by_id() {
        let mut known = Known::default();
        let (first, second) = (of("new", &event("a")), of("new", &event("b")));
        known.deliver(&first);
        // The record of the second, which is not there yet.
        assert!(known.pair(&[&of("old", &event("b"))])[0].is_some());
        assert_eq!(known.pair(&[&second]), [None]);
        known.deliver(&second);
        // The record of the first finds it free again.
        let partner = known.pair(&[&of("old", &event("a"))])[0].clone().unwrap();
        assert_eq!((partner.key, partner.by_id), (first.key, true));
    }

    #[test]
    fn a_sign_on_that_is_repeated_is_asked_for_once() {
        let times = [0, 100, 5_000, 60_000];
        let new: Vec<SignOnRecord> = times
            .iter()
            .enumerate()
            .map(|(number, time)| {
                of("new", &SignOnEvent { time: *time, ..event(&number.to_string()) })
            })
            .collect();
        let looks = wanted(&new).into_iter().filter_map(|wanted| match wanted {
            Wanted::Looks { from, to, .. } => Some((from, to)),
            Wanted::Id(_) => None,
        });
        assert_eq!(looks.collect::<Vec<_>>(), [(-3_000, 8_000), (57_000, 63_000)]);
    }
}
