//! Values with a form of their own: how each is written, and what is said of one that is wrong.

pub mod duration;
pub mod encoder;
pub mod endpoint;
pub mod interpreter;
pub mod model_source;
pub mod secret;
pub mod size;
