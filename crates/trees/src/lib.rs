//! Forests and boosted trees, answered with the same bits as the libraries that trained them.
//!
//! The Python worker lays a model's trees out in arrays (`python/makinage_worker/trees_layout.py`), has them checked
//! here, and hands over rows. What the sums mean (votes, margins, a base score, classes) is Python's business, and so
//! is the proof that the answers are the library's own.
//!
//! The same files are compiled twice: as a crate, for its tests and lints, and by `crates/makinage/build.rs` with
//! `--cfg makinage_library` as the library that travels to the worker. That one does without `std` and without an
//! allocator: all memory is Python's, and the C library's mathematics is found in the process that loads it.
//!
//! **Why `unsafe`:** arrays arrive as addresses ([`entry`]), and a step down a tree takes about a nanosecond, to which
//! checks of its two indices would add ([`Forest::add`] does without them, for what [`Forest::new`] has checked).

#![cfg_attr(makinage_library, no_std)]

pub mod entry;
mod forest;
mod links;
mod walk;

pub use forest::{Flaw, Forest, GOES_RIGHT, Node, Parts, Tree};
pub use links::{Link, Real};
pub use walk::{Below, Split, UpTo};

#[cfg(makinage_library)]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        safe fn abort() -> !;
    }
    abort()
}
