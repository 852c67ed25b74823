//! One producer among others.

use std::sync::Arc;

use super::producer::Kind;

/// A producer, and what it was made as.
pub(super) struct Carrier<P> {
    /// Never used again; lanes know it by this.
    pub number: u32,
    pub kind: Kind,
    pub batch_size: usize,
    pub producer: Arc<P>,
}
