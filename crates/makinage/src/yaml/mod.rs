//! YAML text as a bounded tree that knows where everything stands.
//!
//! `text → events (saphyr) → syntax → Node`, within [`Limits`] at each step, so that no text can make the program slow
//! or large. Three readings stand on the same walk. [`parse`] is for a configuration: its keys mean what YAML 1.2's
//! core schema says, and below one key everything means what PyYAML made of it (`pyyaml`), with all that is wrong at
//! once. [`outline`] is for files that other programs wrote: scalars are text, and nothing is refused but what breaks a
//! limit. What the keys mean is none of this room's business.

mod fault;
mod limits;
mod node;
mod outline;
mod path;
mod pyyaml;
mod scalar;
mod strict;
mod syntax;
mod tagged;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use limits::Limits;
pub(crate) use node::{Entry, Node, Scalar, Value};
pub(crate) use outline::outline;
pub(crate) use path::join;
pub(crate) use strict::{Parsed, parse};
pub(crate) use tagged::tagged;
