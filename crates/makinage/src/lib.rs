//! Serves a machine-learning model, packaged with `MLflow`, on a Kafka stream.
//!
//! Reading order is data order: [`app`] builds the parts, [`pipeline`] is the data path, and the folders follow in the order in
//! which an event meets them.

pub mod commands;
pub mod config;
pub mod model;
