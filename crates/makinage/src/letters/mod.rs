//! Dead letters: what is written of an event that failed. `protocol/dead-letters.md` in code. Pure: who sends them is
//! the sink's business.

mod failed;
pub(crate) mod headers;
mod letter;
mod letterhead;
pub(crate) mod reading;
mod text;

pub(crate) use self::{
    failed::{Failed, Missing},
    letter::{Letter, cut},
    letterhead::Letterhead,
};
