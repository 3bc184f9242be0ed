//! The command as a process.
//!
//! Invariant: no process outlives its test, and none runs longer than its limit;
//! both output streams are always drained, so that a full pipe cannot hold it up.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Beyond this something hangs: the longest run takes some ten seconds on two
/// cores, and others may use them too.
const LIMIT: Duration = Duration::from_secs(150);

/// The command, with these arguments. Of the environment only what it needs to
/// start is kept, so that nobody's own settings take part.
pub fn signon<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signon"));
    command.args(arguments).stdin(Stdio::null()).env_clear();
    for name in ["PATH", "HOME", "TMPDIR", "SystemRoot", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// What became of a process.
#[derive(Debug)]
pub struct Finished {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    /// All of it.
    pub stdout: String,
    /// All of it.
    pub stderr: String,
}

impl Finished {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        Running::start(command).wait()
    }

    /// Fails the test unless the exit status is 0.
    pub fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// The message of a refusal: what stands behind `signon: ` at the end of
    /// stderr. Fails the test unless the exit status is this one and there is one
    /// message.
    pub fn refusal(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        let mut parts = self.stderr.split_inclusive('\n');
        let mut start = 0;
        let found = loop {
            let line = parts.next().unwrap_or_else(|| panic!("no message: {}", self.stderr));
            if let Some(rest) = line.strip_prefix("signon: ") {
                break start + line.len() - rest.len();
            }
            start += line.len();
        };
        let message = self.stderr[found..].trim_end();
        assert!(!message.contains("\nsignon: "), "more than one message: {message}");
        assert!(!message.contains("panicked"), "{message}");
        message
    }

    /// A number in the last line of the log: `received=12`.
    pub fn counted(&self, name: &str) -> u64 {
        let line = self.stderr.lines().find(|line| line.contains("Collected.")).unwrap();
        let field = format!("{name}=");
        let found = line.split(' ').find_map(|word| word.strip_prefix(&field)).unwrap();
        found.parse().unwrap()
    }
}

/// A process under way.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Option<Drained>,
    stderr: Drained,
}

impl Running {
    /// Starts a command.
    pub fn start(command: &mut Command) -> Self {
        let (mut running, stdout) = Self::start_unread(command);
        running.stdout = Some(Drained::start(stdout));
        running
    }

    /// Starts a command whose stdout the test reads, or does not.
    pub fn start_unread(command: &mut Command) -> (Self, ChildStdout) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let stderr = Drained::start(child.stderr.take().unwrap());
        (Self { child, stdout: None, stderr }, stdout)
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal by its short name.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        // The standard library knows no signals, every shell does.
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Ends it in mid-work. Tells whether it was still running.
    pub fn kill(mut self) -> bool {
        let alive = self.child.try_wait().unwrap().is_none();
        self.child.kill().unwrap();
        self.finish();
        alive
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// What it has written to stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits for its end.
    pub fn wait(self) -> Finished {
        self.wait_for(LIMIT)
    }

    /// Waits for its end, this long at most.
    pub fn wait_for(mut self, limit: Duration) -> Finished {
        let started = Instant::now();
        while !self.has_ended() {
            if started.elapsed() > limit {
                self.child.kill().unwrap();
                let finished = self.finish();
                panic!("still running after {limit:?}: {}", finished.stderr);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.finish()
    }

    fn finish(&mut self) -> Finished {
        let status: ExitStatus = self.child.wait().unwrap();
        let stdout = self.stdout.take().map_or_else(String::new, |stdout| stdout.whole());
        Finished { code: status.code(), stdout, stderr: self.stderr.whole() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, and nothing can be done if it has not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A stream that is read as it comes.
#[derive(Debug)]
struct Drained {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Drained {
    fn start(mut stream: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let read = bytes.clone();
        let reader = std::thread::spawn(move || {
            let mut piece = vec![0; 64 << 10];
            loop {
                match stream.read(&mut piece).unwrap() {
                    0 => return,
                    length => read.lock().unwrap().extend_from_slice(&piece[..length]),
                }
            }
        });
        Self { bytes, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    /// All of it; the process has ended, so the end of the stream is near.
    fn whole(&self) -> String {
        while !self.reader.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
        }
        String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
    }
}
