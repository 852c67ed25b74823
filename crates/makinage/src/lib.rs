//! Serves a machine-learning model, packaged with `MLflow`, on a Kafka stream.
//!
//! `app` builds the parts, `pipeline` and `stream` are the data path. ARCHITECTURE.md has the rooms in the order in
//! which they stand on each other.

mod address;
mod app;
pub mod archive;
mod backoff;
mod batch;
#[cfg(test)]
mod certified;
mod child;
pub mod cli;
mod clock;
mod commands;
pub mod config;
mod consul;
mod counts;
pub mod delivery;
mod environment;
pub mod event;
mod failures;
mod flights;
#[cfg(test)]
mod generated;
mod generation;
mod http;
mod https;
mod interventions;
pub mod kafka;
mod letters;
mod log;
#[cfg(test)]
mod logged;
mod mlflow;
pub mod model;
mod panics;
mod pipeline;
mod predict;
mod preflight;
mod progress;
mod publish;
mod python;
mod queue;
mod quoted;
pub mod record;
mod reload;
mod replay;
mod rollback;
mod said;
#[cfg(test)]
mod simulation;
pub mod sink;
pub mod source;
pub mod stop;
mod store;
mod stream;
pub mod telemetry;
mod threads;
mod topic;
mod traces;
pub mod wire;
pub mod worker;
mod write;
mod yaml;
