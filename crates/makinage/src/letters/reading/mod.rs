//! Dead letters as they stand on their topic: taken apart, chosen from, summed up, and made events again. Pure: reading
//! the topic, and writing to others, is `replay`'s.

pub(crate) mod event;
pub(crate) mod filter;
pub(crate) mod letter;
pub(crate) mod line;
pub(crate) mod note;
pub(crate) mod offsets;
pub(crate) mod plan;
pub(crate) mod shown;
pub(crate) mod source;
pub(crate) mod summary;
pub(crate) mod survey;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod time;
