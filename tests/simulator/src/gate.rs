//! How many requests are answered; the others wait, unanswered and unread.
//!
//! For whoever has to find a client in the middle of its work, on a machine that may
//! be fast or slow: a delay is long for the one and short for the other.

use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct Gate(watch::Sender<u64>);

impl Default for Gate {
    fn default() -> Self {
        Self(watch::Sender::new(u64::MAX))
    }
}

impl Gate {
    /// Lets so many through, counted from the first ever made.
    pub(crate) fn open_for(&self, requests: u64) {
        self.0.send_replace(requests);
    }

    /// Waits until the request of this number, from 1, may be answered.
    pub(crate) async fn pass(&self, number: u64) {
        // The other end is ours: it lives as long as the wait.
        let _ = self.0.subscribe().wait_for(|open_for| number <= *open_for).await;
    }
}
