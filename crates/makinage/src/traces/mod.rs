//! Traces: one span an event, and one a batch, sent to a collector by OTLP/HTTP.
//!
//! Pure are `context` and `carried` (what records' headers say of their trace), `ratio` (which events are traced),
//! `span` (what is told of one) and `otlp` (how it is written). `exporter` sends them on a thread of its own, through
//! `collector`; nobody waits for it: `outbox` between them is bounded, and what it has no room for is counted.

pub(crate) mod carried;
pub(crate) mod collector;
mod context;
pub(crate) mod exporter;
mod otlp;
pub(crate) mod outbox;
mod ratio;
pub(crate) mod span;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod tracer;
