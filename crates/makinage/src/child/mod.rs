//! Child programs: the one way to start them, to bound them, to keep what they print last, and to end them with all
//! that they started.
//!
//! ```text
//!  service ── socket (its end is the service's) ──▶ leader: launch.py ─▶ the program, or a script that talks over the socket
//!     │                                               ├─ watcher: ends the group when the leader, or the service, has ended
//!     ├─ a thread: waits for the leader's end, then ends the group and who carries its mark
//!     └─ a thread: follows what is printed            └─ whatever the program starts, in the group or with its mark
//! ```
//!
//! Below everything else: what the programs are for is their starters' business.

pub(crate) mod confine;
mod ended;
mod group;
mod mark;
mod printed;
mod program;
mod running;
pub(crate) mod secrets;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    ended::Ended,
    printed::{Lines, wait_for_all_output},
    program::Program,
    running::Running,
};
