//! The memory of this process: how much more it may take, as the system tells, and taking it so that
//! a refusal is an error and not the end of the process.

mod control_groups;
mod left;
mod room;

pub use left::{Left, Limit, left, taken};
pub use room::TooLittleMemory;
pub(crate) use room::{ensure, filled, grow, is_spare_left_beside, refused, reserve};
