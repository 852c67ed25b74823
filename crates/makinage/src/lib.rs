//! Serves a machine-learning model, packaged with `MLflow`, on a Kafka stream.
//!
//! Reading order is data order: [`app`] builds the parts, [`pipeline`] is the data path, and the folders follow in the order in
//! which an event meets them.

pub mod address;
pub mod app;
pub mod archive;
pub mod backoff;
pub mod batch;
pub mod child;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod consul;
pub mod counts;
pub mod environment;
pub mod event;
pub mod failures;
pub mod flights;
pub mod generation;
pub mod kafka;
pub mod mlflow;
pub mod model;
pub mod panics;
pub mod pipeline;
pub mod predict;
pub mod preflight;
pub mod publish;
pub mod python;
pub mod queue;
pub mod quoted;
pub mod record;
pub mod reload;
pub mod said;
#[cfg(test)]
mod simulation;
pub mod sink;
pub mod source;
pub mod stop;
pub mod store;
pub mod stream;
pub mod threads;
pub mod topic;
pub mod wire;
pub mod worker;
pub mod write;
pub mod yaml;
