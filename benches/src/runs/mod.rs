//! Whole runs: the command as a process of its own, the simulator as another.

mod backfill;
mod command;
mod end_to_end;
mod floor;
mod idle;
mod many;
mod memory;
mod python;
mod reporting;

use crate::Piece;

/// All of them, in the order of the table.
pub fn all() -> Vec<Piece> {
    let rooms = [
        end_to_end::pieces(),
        backfill::pieces(),
        reporting::pieces(),
        memory::pieces(),
        idle::pieces(),
        many::pieces(),
    ];
    rooms.into_iter().flatten().collect()
}
