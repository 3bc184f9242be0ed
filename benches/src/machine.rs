//! Where figures come from: without the machine and the versions they mean nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

/// Machine and versions, in the order in which they are told.
#[derive(Debug, Clone)]
pub struct Machine(Map<String, Value>);

impl Machine {
    /// Looks at this one. What cannot be found out is left out.
    pub fn look(signon: &Path, python: Option<&Path>) -> Self {
        let mut facts = Map::new();
        let mut tell = |name: &str, fact: Option<String>| {
            if let Some(fact) = fact.filter(|fact| !fact.is_empty()) {
                facts.insert(name.to_owned(), Value::String(fact));
            }
        };
        tell("cpu", line_of("/proc/cpuinfo", "model name"));
        tell("cores", std::thread::available_parallelism().ok().map(|cores| cores.to_string()));
        tell("memory", line_of("/proc/meminfo", "MemTotal"));
        tell("os", os());
        // What else ran meanwhile: the figures are best of several rounds, but not
        // better than that.
        tell("load", read("/proc/loadavg").map(|text| words(&text, 3)));
        tell("rustc", said(Command::new("rustc").arg("--version")));
        tell("signon", said(Command::new(signon).arg("--version")));
        tell("wasmtime", version_in(include_str!("../../Cargo.lock"), "wasmtime"));
        tell("serde_json", version_in(include_str!("../../Cargo.lock"), "serde_json"));
        tell("vrl", version_in(include_str!("../peers/vrl/Cargo.lock"), "vrl"));
        let sdk = "import oci, sys; print(f'{oci.__version__}, Python {sys.version.split()[0]}')";
        tell("python SDK", python.and_then(|python| said(Command::new(python).args(["-c", sdk]))));
        Self(facts)
    }

    /// The facts by name.
    pub fn facts(&self) -> Map<String, Value> {
        self.0.clone()
    }

    #[cfg(test)]
    pub fn of_a_test() -> Self {
        Self(Map::from_iter([("cpu".to_owned(), "a slow one".into())]))
    }
}

fn os() -> Option<String> {
    let name = line_of("/etc/os-release", "PRETTY_NAME");
    let kernel = read("/proc/sys/kernel/osrelease");
    let known: Vec<String> = [name, kernel].into_iter().flatten().collect();
    if known.is_empty() { Some(std::env::consts::OS.to_owned()) } else { Some(known.join(", ")) }
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// What follows a key and `:` or `=` in a file.
fn line_of(path: &str, key: &str) -> Option<String> {
    let text = read(path)?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    let (_, value) = line.split_once([':', '='])?;
    Some(value.trim().trim_matches('"').to_owned())
}

fn words(text: &str, count: usize) -> String {
    text.split_whitespace().take(count).collect::<Vec<_>>().join(" ")
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The version of a package in a `Cargo.lock`.
pub fn version_in(lock: &str, package: &str) -> Option<String> {
    let head = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != head);
    let version = lines.nth(1)?.strip_prefix("version = ")?;
    Some(version.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_below_the_names_of_their_packages() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"1.2\"\n\n[[package]]\nname = \"a\"\nversion = \"3.4\"\n";
        assert_eq!(version_in(lock, "a").as_deref(), Some("3.4"));
        assert_eq!(version_in(lock, "a-b").as_deref(), Some("1.2"));
        assert_eq!(version_in(lock, "c"), None);
    }
}
