//! The model topic: read by every instance, outside the consumer group, from the newest model on.
//!
//! **Large models.** Chunks are ignored as they pass. The manifest comes last; when there is one, a consumer of its own
//! reads the stretch of offsets that it names, and writes each chunk of that upload at its place into a file. So
//! interleaved publishers, duplicates, reordered, missing and compacted chunks cost a bit of memory a chunk, a partial
//! model is never loaded, and an upload that was broken off leaves no state that would have to expire: its chunks are
//! never looked at again.
//!
//! **Which model.** The [`reader`] says which models it has seen, and keeps the [`history`]. The loader chooses, and
//! asks the [`shelf`] for the order of the models and for the bytes of one: the topic is looked back only as far as
//! somebody asks, and large models aren't read to be passed over.

mod assemble;
mod client;
mod fetch;
mod follow;
pub(crate) mod history;
mod ignored;
mod kept;
pub(crate) mod large;
pub(crate) mod list;
mod log;
mod look;
pub(crate) mod model_fetcher;
pub(crate) mod read;
pub(crate) mod reader;
pub(crate) mod shelf;
mod stretches;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod visited;
mod watch;
