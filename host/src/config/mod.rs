//! The configuration: one or more files in TOML or YAML, read whole before
//! anything starts.
//!
//! It keeps to the habits of Vector: `data_dir`, components by id, sinks that
//! name their inputs, `${VAR}` in texts. Invariant: a [`Config`] is consistent
//! (ids are unique, every source has a sink, every input has a source), and a
//! file that cannot give one is refused with all its problems at once, each with
//! its line and its remedy. Whether what it names works (credentials, components,
//! endpoints) is found out at start, a source at a time.

mod allow;
mod backfill;
mod classes;
mod component;
mod credentials;
mod document;
mod duration;
mod filter;
mod findings;
mod hidden;
mod labels;
mod limits;
mod merge;
mod paths;
mod problem;
mod reader;
mod searches;
mod sink;
mod source;
#[cfg(test)]
mod tests;
mod variables;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::files;
use crate::render::Format;

pub use allow::AllowRule;
pub use backfill::{BackfillConfig, DEFAULT_PARALLEL};
pub use credentials::{CREDENTIAL_TYPES, ClientProof, CredentialsConfig, SecretSource, SecretText};
pub use document::Syntax;
pub use duration::Start;
pub use filter::{FilterConfig, fits};
pub use hidden::Hidden;
pub use problem::{ConfigError, Place, Problem};
pub use searches::{Column, Figure, SearchConfig, Shape};
pub use sink::{
    Acknowledgement, AuthorizationConfig, BodyEncoding, Compression, HttpSinkConfig, OtlpEncoding,
    OtlpSinkConfig, RemoteConfig, RotationConfig, SINK_TYPES, SinkConfig, SinkKind,
    SplunkSinkConfig, TlsConfig,
};
pub use source::{BUILT_IN_SOURCES, ComponentRef, SourceConfig};

use document::Document;

/// What to collect and where to put it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of the state that outlives the process.
    pub data_dir: PathBuf,
    /// The sources, in the order of the files; at least one.
    pub sources: Vec<SourceConfig>,
    /// The sinks, in the order of the files; at least one.
    pub sinks: Vec<SinkConfig>,
    /// How often the head of a ledger is sent to the sinks.
    pub ledger_heads: Duration,
    /// Where metrics and health are served.
    pub metrics_listen: Option<SocketAddr>,
    /// Questions about delivered lines, in the order of the files.
    pub searches: Vec<SearchConfig>,
    /// Whether metrics tell of each stream, of which there may be many, and not of sources
    /// alone.
    pub metrics_streams: bool,
    /// What variables put into it, for whoever shows a message.
    pub hidden: Hidden,
}

impl Config {
    /// Whether a sink of a source wants the records themselves.
    pub fn keeps_raw(&self, source_id: &str) -> bool {
        let mut sinks = self.sinks.iter().filter(|sink| sink.takes(source_id));
        sinks.any(|sink| sink.keep.raw || sink.format == Format::Raw.name())
    }

    /// Reads files and merges them: the sources and sinks of all, `data_dir` from
    /// one. Relative paths start at the folder of the file they stand in.
    /// `environment` looks up a variable; `HOME` is what `~` stands for.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in all files. While a file cannot be read or is
    /// no TOML or YAML, that is all that is told.
    pub fn load(
        paths: &[PathBuf],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut documents = Vec::new();
        let mut problems = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let document = if paths[..index].contains(path) {
                Err(vec![whole(path, "the file is given twice; name it once")])
            } else {
                read(path).and_then(|text| Document::parse(&text, path, Syntax::of(path)))
            };
            match document {
                Ok(document) => documents.push(document),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError::new(problems));
        }
        merge::merge(documents, environment)
    }

    /// Reads one text as the content of the file `file_name`, which need not exist.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub fn parse(
        text: &str,
        file_name: impl AsRef<Path>,
        syntax: Syntax,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let document =
            Document::parse(text, file_name.as_ref(), syntax).map_err(ConfigError::new)?;
        merge::merge(vec![document], environment)
    }
}

/// The text of a file. It may hold passphrases, so it is wiped when dropped.
fn read(path: &Path) -> Result<Zeroizing<String>, Vec<Problem>> {
    let bytes = files::read_named(path, files::CONFIGURATION)
        .map_err(|error| vec![whole(path, &format!("cannot read the file: {error}"))])?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(error) => {
            let line =
                1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let problem = whole(path, "the line is not UTF-8; save the file as UTF-8");
            let place = Place { line, column: 1, ..problem.place };
            Err(vec![Problem { place, ..problem }])
        }
    }
}

fn whole(path: &Path, message: &str) -> Problem {
    Problem { place: Place::whole(path), path: String::new(), message: message.to_owned() }
}
