//! The programs themselves against a real Kafka, one file a behaviour.
//!
//! `cargo xtask test` brings Kafka and the Python environment and says where they are; `--no-kafka` leaves these tests out.

mod broker;
mod consul;
mod model;
mod page;
mod reload;
mod reload_consul;
mod service;
mod stream;
mod workers;
