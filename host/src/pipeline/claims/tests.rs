//! A model of everybody who reads: batches with any ids, in any order, that fail, are
//! given up, or are committed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::task::LocalSet;

use super::*;

/// How an attempt ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Commits,
    Fails,
    /// Given up after that many steps, wherever it is.
    GivenUp(u8),
}

#[derive(Debug, Clone)]
struct Batch {
    ids: BTreeSet<u8>,
    /// What it finds out that it needs, too, once it holds the others.
    found: BTreeSet<u8>,
    begins_after: u8,
    delivers_for: u8,
    ends: Vec<End>,
}

#[derive(Default)]
struct World {
    seen: BTreeSet<u8>,
    delivered: BTreeMap<u8, u32>,
    committed: BTreeMap<u8, u32>,
    held: BTreeSet<u8>,
}

fn batch() -> impl Strategy<Value = Batch> {
    let ends = prop_oneof![
        3 => Just(End::Commits),
        2 => Just(End::Fails),
        1 => (0u8..12).prop_map(End::GivenUp),
    ];
    let ids = || prop::collection::btree_set(0u8..12, 0..6);
    (ids(), ids(), 0u8..8, 0u8..8, prop::collection::vec(ends, 0..3)).prop_map(
        |(ids, found, begins_after, delivers_for, ends)| Batch {
            ids,
            found,
            begins_after,
            delivers_for,
            ends,
        },
    )
}

async fn steps(steps: u8) {
    for _ in 0..steps {
        tokio::task::yield_now().await;
    }
}

/// Gives back what of it was held, also when it is dropped in mid-work.
struct Holding {
    world: Rc<RefCell<World>>,
    ids: BTreeSet<u8>,
}

impl Drop for Holding {
    fn drop(&mut self) {
        let mut world = self.world.borrow_mut();
        self.ids.iter().for_each(|id| assert!(world.held.remove(id)));
    }
}

/// One attempt at a batch, as the pipeline does it.
async fn attempt(claims: &Claims, world: &Rc<RefCell<World>>, batch: &Batch, end: End) {
    let mut wanted = batch.ids.clone();
    let claim = loop {
        let claim = claims.claim(wanted.iter().map(|id| claims.key(id))).await;
        // What it did not know before it looked.
        let found: Vec<ClaimKey> = batch.found.iter().map(|id| claims.key(id)).collect();
        if claim.holds(&found) {
            break claim;
        }
        wanted.extend(&batch.found);
    };
    let fresh: Vec<u8> = {
        let mut world = world.borrow_mut();
        for id in &wanted {
            assert!(world.held.insert(*id), "{id} is held by two");
        }
        batch.ids.iter().copied().filter(|id| !world.seen.contains(id)).collect()
    };
    let holding = Holding { world: world.clone(), ids: wanted };
    fresh.iter().for_each(|id| *world.borrow_mut().delivered.entry(*id).or_default() += 1);
    steps(batch.delivers_for).await;
    if end == End::Commits {
        let mut world = world.borrow_mut();
        for id in fresh {
            world.seen.insert(id);
            *world.committed.entry(id).or_default() += 1;
        }
    }
    drop(holding);
    drop(claim);
}

async fn run(claims: Claims, world: Rc<RefCell<World>>, batch: Batch) {
    steps(batch.begins_after).await;
    // Like a reading: it comes again until it is committed.
    for end in batch.ends.iter().copied().chain([End::Commits]) {
        match end {
            End::GivenUp(after) => {
                tokio::select! {
                    biased;
                    () = steps(after) => {}
                    () = attempt(&claims, &world, &batch, End::Fails) => {}
                }
            }
            end => {
                attempt(&claims, &world, &batch, end).await;
                if end == End::Commits {
                    return;
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn each_id_is_delivered_and_committed_once_and_nobody_waits_for_ever(
        batches in prop::collection::vec(batch(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let world = Rc::<RefCell<World>>::default();
        let claims = Claims::default();
        let all: BTreeSet<u8> = batches.iter().flat_map(|batch| batch.ids.clone()).collect();
        let tasks = LocalSet::new();
        for batch in batches {
            tasks.spawn_local(run(claims.clone(), world.clone(), batch));
        }
        // Paused time passes only when nobody can go on.
        let ended = runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(1), tasks).await });
        prop_assert!(ended.is_ok(), "they wait for one another");
        let world = world.borrow();
        prop_assert_eq!(&world.committed, &all.iter().map(|id| (*id, 1)).collect());
        prop_assert!(all.iter().all(|id| world.delivered[id] >= 1));
        let table = claims.table();
        prop_assert!(table.held.is_empty() && table.waiting.is_empty());
        prop_assert!(table.waiters.is_empty());
    }
}

#[tokio::test]
async fn a_batch_waits_for_the_one_that_it_meets_and_for_no_other() {
    let claims = Claims::default();
    let key = |id: &str| claims.key(id);
    let slow = claims.claim([key("a")]).await;
    let other = claims.claim([key("b")]).await;
    let mut meets = Box::pin(claims.claim([key("a"), key("c")]));
    assert!(futures_util::poll!(&mut meets).is_pending());
    drop(other);
    assert!(futures_util::poll!(&mut meets).is_pending());
    drop(slow);
    assert!(meets.await.holds(&[key("a"), key("c")]));
}
