//! What the service and its workers say to each other. Pure: no sockets, no clocks.

pub mod answer;
pub mod counted;
mod cursor;
pub mod frame;
pub mod objects;
pub mod protocol;
pub mod rows;
pub mod splice;
#[cfg(test)]
pub(crate) mod testing;
pub mod values;
