//! What the product promises, in the words of the tests on a real Kafka and of the simulation, which shares this file.

/// Nothing is lost, nobody answers for another.
pub(crate) const OUTCOME: &str = "every input has exactly one outcome in the committed past: the output of the right event, or a skip that is its own";
/// Within a partition.
pub(crate) const ORDER: &str = "outputs stand in the order of their inputs, partition by partition";
/// Stops and revokes.
pub(crate) const HANDED_OVER: &str = "after a clean stop, or a clean revoke, nothing is replayed";
