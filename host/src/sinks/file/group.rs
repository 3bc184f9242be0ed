//! Group commit: what is queued for the file, from all sources, is appended together,
//! synced once, and committed in one transaction.
//!
//! Invariants: the next group begins when the one before is decided; nobody outside
//! holds the file; whoever stops waiting changes nothing. When a group is decided, the
//! state knows each of its lines as committed or as waiting.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::oneshot;

use super::writer::{Split, Writer};
use crate::sinks::{Line, Receipt, SinkError, WriteError};
use crate::state::{
    AppendedLines, Commit, CommitError, CommitGroup, Committer, FileCheckpoint, LineFingerprint,
    Recognized, Waiting,
};

/// Most batches in a group: enough that its sync is small beside them.
const MOST_BATCHES: usize = 64;

/// Most text in a group, unless one batch alone has more: it is held once more while it
/// is written.
const MOST_BYTES: usize = 16 << 20;

/// What is to be appended.
struct Job {
    lines: Arc<[Line]>,
    then: Then,
}

/// What is to happen with the lines once they are safe.
enum Then {
    /// They wait for a commit that comes later.
    Wait(oneshot::Sender<Result<AwaitedLines, SinkError>>),
    /// They are committed in the same transaction.
    Commit(Box<Commit>, oneshot::Sender<Result<(), WriteError>>),
}

impl Then {
    fn fail(self, error: SinkError) {
        // Whoever asked may have been told to stop.
        match self {
            Self::Wait(answer) => drop(answer.send(Err(error))),
            Self::Commit(_, answer) => drop(answer.send(Err(WriteError::Sink(error)))),
        }
    }
}

/// A file and what is queued for it.
#[derive(Debug)]
pub struct Groups {
    pub(super) writer: Mutex<Writer>,
    committer: Committer,
    queue: Mutex<Queue>,
    /// Lines that wait again.
    returned: Mutex<Vec<LineFingerprint>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_running: bool,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}

/// Nothing that can panic leaves what these locks hold half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Groups {
    pub fn new(writer: Writer, committer: Committer) -> Arc<Self> {
        Arc::new(Self {
            writer: Mutex::new(writer),
            committer,
            queue: Mutex::default(),
            returned: Mutex::default(),
        })
    }

    /// Appends lines, which wait for a commit that names them.
    pub async fn append(self: &Arc<Self>, lines: Arc<[Line]>) -> Result<AwaitedLines, SinkError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job { lines, then: Then::Wait(answer) });
        answered.await.unwrap_or_else(|_| Err(self.stopped()))
    }

    /// Appends lines and commits them.
    pub async fn append_and_commit(
        self: &Arc<Self>,
        lines: Arc<[Line]>,
        commit: Commit,
    ) -> Result<(), WriteError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job { lines, then: Then::Commit(Box::new(commit), answer) });
        answered.await.unwrap_or_else(|_| Err(WriteError::Sink(self.stopped())))
    }

    fn stopped(&self) -> SinkError {
        let path = lock(&self.writer).path.clone();
        SinkError::File { path, source: std::io::Error::other("its writer stopped in mid-work") }
    }

    fn enqueue(self: &Arc<Self>, job: Job) {
        let mut queue = lock(&self.queue);
        queue.jobs.push_back(job);
        if !std::mem::replace(&mut queue.is_running, true) {
            tokio::spawn(Running(Arc::downgrade(self)).run());
        }
    }

    /// The next group; nothing when there is none, and then somebody has to start anew.
    fn next_group(&self) -> Vec<Job> {
        let mut queue = lock(&self.queue);
        let (mut group, mut bytes) = (Vec::new(), 0);
        while group.len() < MOST_BATCHES
            && let Some(job) = queue.jobs.pop_front()
        {
            bytes += job.lines.iter().map(|line| line.text.len()).sum::<usize>();
            if bytes > MOST_BYTES && !group.is_empty() {
                queue.jobs.push_front(job);
                break;
            }
            group.push(job);
        }
        queue.is_running = !group.is_empty();
        group
    }

    /// Appends in a thread that may block.
    async fn appended(
        self: &Arc<Self>,
        batches: Vec<Arc<[Line]>>,
    ) -> Result<(Vec<Split>, FileCheckpoint), SinkError> {
        let groups = self.clone();
        let appended = tokio::task::spawn_blocking(move || {
            let mut writer = lock(&groups.writer);
            writer.give_back(std::mem::take(&mut *lock(&groups.returned)));
            let splits = writer.append(&batches)?;
            Ok((splits, writer.checkpoint()))
        });
        appended.await.unwrap_or_else(|_| Err(self.stopped()))
    }

    /// Decides a group; what is to be told of it.
    async fn group(self: &Arc<Self>, jobs: Vec<Job>) -> Vec<Answer> {
        let batches = jobs.iter().map(|job| job.lines.clone()).collect();
        let (splits, mut file) = match self.appended(batches).await {
            Ok(appended) => appended,
            Err(error) => {
                let shared = Arc::new(error);
                let fail = |job: Job| -> Answer {
                    let shared = shared.clone();
                    Box::new(move || job.then.fail(SinkError::OfGroup(shared)))
                };
                return jobs.into_iter().map(fail).collect();
            }
        };
        let (mut commits, mut committed, mut awaited) = (Vec::new(), Vec::new(), Vec::new());
        for (Job { lines, then }, split) in jobs.into_iter().zip(splits) {
            let sink = file.sink.clone();
            let written = Written { lines, places: split.written };
            match then {
                Then::Commit(mut commit, answer) => {
                    let written = Arc::new(written);
                    let recognized = split.recognized.clone();
                    commit.recognized.push(Recognized { sink: sink.clone(), lines: recognized });
                    let of = written.clone();
                    commit.appended.push(AppendedLines::new(sink, move || of.fingerprints()));
                    commits.push(*commit);
                    committed.push((written, split.recognized, answer));
                }
                Then::Wait(answer) => {
                    let written = written.fingerprints();
                    for (line, count) in &written {
                        *file.waiting.entry(line.clone()).or_default() += count;
                    }
                    let mut lines = split.recognized;
                    lines.extend(each(written));
                    let receipt = AwaitedLines { groups: self.clone(), sink, lines };
                    awaited.push((receipt, answer));
                }
            }
        }
        let group = CommitGroup { commits, files: vec![file], ..CommitGroup::default() };
        let results = self.committer.commit(group).await;
        let mut answers: Vec<Answer> = Vec::new();
        for (receipt, answer) in awaited {
            let failed = |error: &CommitError| Err(SinkError::Commit(error.clone()));
            let result = results.as_ref().map_or_else(failed, |_| Ok(receipt));
            // Unsent, the lines wait.
            answers.push(Box::new(move || drop(answer.send(result))));
        }
        for (number, (written, recognized, answer)) in committed.into_iter().enumerate() {
            let result = match &results {
                Ok(results) => match results.get(number) {
                    Some(Err(refused)) => Err(WriteError::Refused(*refused)),
                    _ => Ok(()),
                },
                Err(error) => Err(WriteError::State(error.clone())),
            };
            if result.is_err() {
                let lines = recognized.into_iter().chain(each(written.fingerprints()));
                lock(&self.returned).extend(lines);
            }
            answers.push(Box::new(move || drop(answer.send(result))));
        }
        answers
    }
}

/// Tells somebody what became of a batch.
type Answer = Box<dyn FnOnce() + Send>;

/// Runs groups until there is none. It keeps the file no longer than those who wait for
/// it: with the last answer it can be opened by somebody else.
struct Running(Weak<Groups>);

impl Running {
    async fn run(self) {
        while let Some(groups) = self.0.upgrade() {
            let jobs = groups.next_group();
            if jobs.is_empty() {
                return;
            }
            let answers = groups.group(jobs).await;
            drop(groups);
            answers.into_iter().for_each(|answer| answer());
        }
    }
}

impl Drop for Running {
    /// After a panic whoever is queued is told so, and the next one begins anew.
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(groups) = self.0.upgrade()
        {
            *lock(&groups.queue) = Queue::default();
        }
    }
}

/// Lines of a batch that were written.
struct Written {
    lines: Arc<[Line]>,
    places: Vec<usize>,
}

impl Written {
    fn fingerprints(&self) -> Waiting {
        let mut waiting = Waiting::new();
        for place in &self.places {
            let line = LineFingerprint::of(self.lines[*place].text.as_bytes());
            *waiting.entry(line).or_default() += 1;
        }
        waiting
    }
}

/// Each line as often as it is there.
fn each(waiting: Waiting) -> impl Iterator<Item = LineFingerprint> {
    waiting.into_iter().flat_map(|(line, count)| std::iter::repeat_n(line, count as usize))
}

/// Lines in the file that wait for the commit of one batch.
#[derive(Debug)]
pub struct AwaitedLines {
    groups: Arc<Groups>,
    sink: String,
    lines: Vec<LineFingerprint>,
}

impl Receipt for AwaitedLines {
    fn recognized(&self) -> Option<Recognized> {
        Some(Recognized { sink: self.sink.clone(), lines: self.lines.clone() })
    }

    fn settle(mut self: Box<Self>) {
        self.lines.clear();
    }
}

impl Drop for AwaitedLines {
    /// The batch was not committed and will come again: its lines wait for it.
    fn drop(&mut self) {
        lock(&self.groups.returned).append(&mut self.lines);
    }
}
