//! The programs themselves against a real Kafka, one file a behaviour.
//!
//! `cargo xtask test` brings Kafka and the Python environment and says where they are; `--no-kafka` leaves these tests out.

mod bad_events;
mod broker;
mod checks;
mod columns;
mod encoders;
mod hooks;
mod large;
mod model;
mod on_error;
mod page;
mod partitions;
mod publisher;
mod records;
mod service;
mod stage;
mod start;
mod stream;
mod workers;
