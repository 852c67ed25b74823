//! Values with a form of their own: how each is written, and what is said of one that is wrong.

pub(super) mod duration;
pub(super) mod encoder;
pub(super) mod endpoint;
pub(super) mod expanded;
pub(super) mod interpreter;
pub(super) mod model_source;
pub(super) mod secret;
pub(super) mod share;
pub(super) mod size;
