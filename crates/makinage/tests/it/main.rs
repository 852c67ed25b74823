//! The programs themselves against a real Kafka, one file a behaviour.
//!
//! `cargo xtask test` brings Kafka and the Python environment and says where they are; `--no-kafka` leaves these tests out.

mod broker;
mod flow;
mod group;
mod killed;
mod large_models;
mod model;
mod model_topic;
mod orphans;
mod page;
mod processes;
mod random;
mod registry;
mod rollback;
mod script;
mod service;
mod stage;
mod stops;
mod stream;
mod unread;
mod workers;
