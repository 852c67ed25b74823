//! How large a tree may become.

/// Bounds on a document. Aliases count as often as they are used: with them, a few lines can stand for gigabytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Levels of nesting: reading and dropping a tree recurse, and must stay far from the stack's end.
    pub levels: usize,
    /// What all nodes and their texts together may weigh.
    pub weight: usize,
    /// What a node weighs beside the bytes of its text.
    pub node: usize,
}
