//! The user's own Python code: what the file names of it, and its sources at one moment.

mod imported;
mod imports;
mod names;
mod sources;

pub use imports::{HookImports, Hooks, Import, Imports};
pub use names::{is_identifier, is_module};
pub use sources::Code;
pub(in crate::config) use sources::collect;
