//! What may be written into a configuration: keys, what each may hold, and what holds
//! where it is left out.
//!
//! A part of the configuration is one table of keys ([`keys`]), next to what it
//! configures. From that table come the reading of a file, the hint for a slip, the JSON
//! Schema that editors complete from, and the tables of the documentation. Invariant: a
//! key is said once, and what is accepted here fits the JSON Schema.

mod json;
mod keys;
mod kind;
mod list;
mod page;
mod problem;
mod reader;
mod secret;
mod span;
mod spelling;
mod table;
mod text;
mod tree;
mod variable;

pub use json::{by_id, file, object};
pub(crate) use keys::keys;
pub use keys::{Checked, KeyDescription, KeyName, KeySpec, Part, PartDescription, Presence};
pub use kind::{Flag, Kind, Or, Shown, Whole, whole};
pub use list::{List, OneOrList, list};
pub use page::{rows, rows_of_schema};
pub use problem::{ConfigError, Place, Problem, index_path, key_path};
pub use reader::{Field, Folders, Problems, Table};
pub use secret::{Hushed, PASSPHRASE, Secret, SecretSource, SecretText, hushed, secret};
pub use span::{Moment, Rising, SPAN, Span, Start, StartKind, WHOLE_MINUTES};
pub use spelling::nearest;
pub use table::{TableOf, Variant, Variants, of_types, table_of};
pub use text::{Name, OneOf, PATH, Parsed, Word, Words, one_of, word};
pub use tree::{Entry, Node, Value};
pub use variable::{or_variable, variable};
