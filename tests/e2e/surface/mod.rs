//! What reaches people and other users of the machine: nothing that a terminal obeys,
//! nothing that a variable holds, no file that is open to others, and no caller that takes
//! what sources need.

mod callers;
mod echoes;
pub mod hostile;
mod permissions;
mod reloads;
mod terminal;
mod variables;
