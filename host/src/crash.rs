//! Places where a process can be told to die, for the crash harness.
//!
//! Invariant: without the feature `crash-points` nothing of this is in the program.

/// Names a place. With the feature, and `SIGNON_CRASH_AT=name:n` in the environment,
/// the process is killed when it comes to the place of that name for the nth time; the
/// thread that came there goes no further.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn point(_name: &str) {}

#[cfg(feature = "crash-points")]
pub use armed::point;

#[cfg(feature = "crash-points")]
mod armed {
    use std::process::Command;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Where to die, and at which visit.
    static WHERE: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let text = std::env::var("SIGNON_CRASH_AT").ok()?;
        let (name, visit) = text.split_once(':')?;
        Some((name.to_owned(), visit.parse().ok()?))
    });

    static VISITS: AtomicU64 = AtomicU64::new(0);

    /// See the twin without the feature.
    pub fn point(name: &str) {
        let Some((place, visit)) = &*WHERE else { return };
        if place != name || VISITS.fetch_add(1, Ordering::Relaxed) + 1 != *visit {
            return;
        }
        // A real SIGKILL; the standard library knows no signals, every shell does.
        let kill = format!("kill -KILL {}", std::process::id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.is_ok_and(|sent| sent.success()), "cannot send a signal");
        loop {
            std::thread::park();
        }
    }
}
