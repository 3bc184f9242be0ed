//! The command as a process.
//!
//! Invariant: no process outlives its test, and none that hangs goes on for ever;
//! both output streams are always drained, so that a full pipe cannot hold it up.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::PATIENCE;

/// Names the folder of compiled components.
pub const COMPILED_DIR: &str = "SIGNON_COMPILED_DIR";

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
    // Compiling a component takes a second of computing, and a test starts the command
    // several times.
    command.env(COMPILED_DIR, concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled"));
    command
}

/// What became of a process.
#[derive(Debug)]
pub struct Finished {
    /// All there is to tell of its end.
    pub status: ExitStatus,
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

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by its short name.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        // The standard library knows no signals, every shell does.
        let kill = format!("kill -{name} {}", self.id());
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

    /// The whole lines it has written to stderr so far.
    pub fn stderr(&self) -> String {
        self.stderr.whole_lines()
    }

    /// Waits for something that it brings about; fails the test if it ends without.
    pub fn until(&mut self, what: &str, happened: impl FnMut(&Self) -> bool) {
        if !self.ends_before(what, happened) {
            return;
        }
        let finished = self.finish();
        panic!("it ended ({:?}) before {what}: {}", finished.code, finished.stderr);
    }

    /// Waits for something that it brings about or for its end, whichever comes first;
    /// tells whether that was its end.
    pub fn ends_before(&mut self, what: &str, happened: impl FnMut(&Self) -> bool) -> bool {
        // Seldom enough that a test that waits keeps nobody from working.
        self.ends_before_look(Duration::from_millis(5), what, happened)
    }

    /// The same, looking that often.
    pub fn ends_before_look(
        &mut self,
        pause: Duration,
        what: &str,
        mut happened: impl FnMut(&Self) -> bool,
    ) -> bool {
        let started = Instant::now();
        loop {
            // In this order: what it did last of all, it did before it ended.
            let ended = self.has_ended();
            if ended {
                self.stderr.wait();
            }
            if happened(self) {
                return false;
            }
            if ended {
                return true;
            }
            if started.elapsed() > PATIENCE {
                let log = self.stderr();
                panic!("waited for {PATIENCE:?}, in vain: {what}: {log}");
            }
            std::thread::sleep(pause);
        }
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Finished {
        self.ends_before("its end", |_| false);
        self.finish()
    }

    fn finish(&mut self) -> Finished {
        let status: ExitStatus = self.child.wait().unwrap();
        let stdout = self.stdout.take().map_or_else(String::new, |stdout| stdout.whole());
        Finished { status, code: status.code(), stdout, stderr: self.stderr.whole() }
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

    fn whole_lines(&self) -> String {
        let bytes = self.bytes.lock().unwrap();
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }

    /// Waits for its end; the process has ended, so it is near.
    fn wait(&self) {
        while !self.reader.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// All of it.
    fn whole(&self) -> String {
        self.wait();
        String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
    }
}
