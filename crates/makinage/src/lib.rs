//! Serves a machine-learning model, packaged with `MLflow`, on a Kafka stream.
//!
//! Reading order is data order: [`app`] builds the parts, [`pipeline`] is the data path, and the folders follow in the order in
//! which an event meets them.

pub mod app;
pub mod batch;
pub mod cli;
pub mod commands;
pub mod config;
pub mod counts;
pub mod environment;
pub mod errors;
pub mod event;
pub mod flights;
pub mod generation;
pub mod kafka;
pub mod mlflow;
pub mod model;
pub mod panics;
pub mod pipeline;
pub mod predict;
pub mod printed;
pub mod queue;
pub mod reload;
pub mod rows;
pub mod sink;
pub mod source;
pub mod splice;
pub mod status;
pub mod stop;
pub mod supervised;
pub mod worker;
pub mod write;
