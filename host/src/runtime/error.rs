//! Everything that can go wrong at the sandbox boundary, in words for operators.

use std::path::PathBuf;

use super::imports::Imports;
use crate::contract::{Finding, SourceError};

/// Why a component could not be loaded or called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The component's file cannot be read.
    #[error("component {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes are no component.
    #[error(
        "component {name}: not a WebAssembly component: {problem}; is the file whole, and was \
         it made with wit-component or cargo-component?"
    )]
    NotAComponent {
        /// Name or path.
        name: String,
        /// What is wrong, as far as one line tells.
        problem: String,
    },
    /// The component declares more memory or larger tables than any session gets.
    #[error(
        "component {name}: declares more than its limit {limit}: {problem}; if it needs more, \
         raise limits.{limit} of the source"
    )]
    DeclaresTooMuch {
        /// Name or path.
        name: String,
        /// The field of `Limits`.
        limit: &'static str,
        /// What it declares.
        problem: String,
    },
    /// The component asks for more than the sandbox gives.
    #[error(
        "component {name}: asks for imports the sandbox does not give: {}; build it for \
         wasm32-unknown-unknown, whose std asks for nothing; allowed are wasi:http, wasi:io, \
         wasi:clocks, wasi:random{advice}", imports.join(", ")
    )]
    ForbiddenImports {
        /// Name or path.
        name: String,
        /// What it asked for.
        imports: Vec<String>,
        /// The switch that would help, if there is one.
        advice: &'static str,
    },
    /// The component's file is not the one that was meant.
    #[error(
        "component {name}: has the SHA-256 {found}, expected {expected}; it is another file than \
         the one that was pinned"
    )]
    WrongDigest {
        /// The file.
        name: String,
        /// What the configuration says, in hexadecimal.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// The component's file is too large to be compiled.
    #[error(
        "component {name}: is larger than its limit component_bytes ({most}); if it is meant, \
         raise limits.component_bytes of the source"
    )]
    TooLarge {
        /// The file.
        name: String,
        /// Bytes a file may have.
        most: u64,
    },
    /// Compiling the component would take too long, or too much memory.
    #[error(
        "component {name}: would take minutes or gigabytes to compile: {problem}; build it with \
         optimization, and let no generator write functions that large"
    )]
    TooHeavy {
        /// Name or path.
        name: String,
        /// What of it is too much.
        problem: String,
    },
    /// The component does not offer the `source` interface of this version.
    #[error("component {name}: does not offer signon:source/source@0.1.0: {problem}")]
    WrongWorld {
        /// Name or path.
        name: String,
        /// What is missing or different.
        problem: String,
    },
    /// The component lies about itself.
    #[error("component {name}: its descriptor cannot be used: {problem}")]
    BadDescriptor {
        /// Name or path.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A limit was exceeded.
    #[error(
        "component {name}{owner}: exceeded its limit {limit} ({value}) in {call}; its session \
         ended, nothing else did; if it needs more, raise limits.{limit} of the source"
    )]
    LimitExceeded {
        /// Component name.
        name: String,
        /// ` of source ID`, where the call was a source's.
        owner: String,
        /// The field of `Limits`.
        limit: &'static str,
        /// Its value.
        value: String,
        /// The call it happened in.
        call: &'static str,
    },
    /// The component trapped: a bug in it.
    #[error("component {name}: trapped in {call}: {problem}")]
    Trap {
        /// Component name.
        name: String,
        /// The call it happened in.
        call: &'static str,
        /// The trap and where it happened.
        problem: String,
    },
    /// The egress denied a request, and the component failed of it.
    #[error("{denial}")]
    Denied {
        /// What was denied, and what would allow it.
        denial: String,
        /// How the component took it.
        source: Box<SandboxError>,
    },
    /// The component answered with an error of its own.
    #[error("{}", describe(.0))]
    Source(SourceError),
    /// The sandbox itself cannot be set up.
    #[error("the sandbox cannot be set up: {0}")]
    Engine(String),
}

impl SandboxError {
    /// Names the switch, where it would help.
    pub(super) fn forbidden_imports(name: &str, imports: Vec<String>, allowed: Imports) -> Self {
        let helps = allowed == Imports::Wasi && imports.iter().all(|i| Imports::VoidCli.allows(i));
        let advice = if helps {
            "; or give it a command line with nothing in it: component = { path = \"…\", \
             imports = \"void-cli\" }"
        } else {
            ""
        };
        Self::ForbiddenImports { name: name.to_owned(), imports, advice }
    }
}

/// One text for an error of a source.
pub fn describe(error: &SourceError) -> String {
    match error {
        SourceError::InvalidConfig(findings) => {
            let lines: Vec<String> = findings.iter().map(describe_finding).collect();
            format!("invalid configuration: {}", lines.join("; "))
        }
        SourceError::Unauthorized(text) => format!("unauthorized: {text}"),
        SourceError::Forbidden(text) => format!("forbidden: {text}"),
        SourceError::Throttled(throttle) => format!("throttled: {}", throttle.message),
        SourceError::CursorExpired(text) => format!("cursor expired: {text}"),
        SourceError::Retired(text) => format!("retired: {text}"),
        SourceError::Unavailable(text) => format!("unavailable: {text}"),
        SourceError::Malformed(text) => format!("malformed answer: {text}"),
    }
}

/// One line for a finding.
pub fn describe_finding(finding: &Finding) -> String {
    let place = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
    format!("{place}{}; {}", finding.problem, finding.fix)
}
