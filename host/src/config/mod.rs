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
mod described;
mod document;
mod filter;
mod findings;
mod hidden;
mod labels;
mod limits;
mod load;
mod merge;
mod model;
mod root;
mod searches;
mod source;
mod source_types;
#[cfg(test)]
mod tests;
mod variables;

pub use crate::schema::{ConfigError, Place, Problem, SecretSource, SecretText, Start};
pub use allow::AllowRule;
pub use backfill::{BackfillConfig, DEFAULT_PARALLEL};
pub use credentials::{ClientProof, CredentialsConfig};
pub use described::{json_schema, page};
pub use document::Syntax;
pub use filter::{FilterConfig, fits};
pub use hidden::Hidden;
pub use model::Config;
pub use searches::{Column, Figure, SearchConfig, Shape};
pub use source::{ComponentRef, SourceConfig};
pub use source_types::{SOURCE_TYPES, SourceType};
