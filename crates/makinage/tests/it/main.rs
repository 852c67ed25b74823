//! The programs themselves against a real Kafka, one file a behaviour.
//!
//! `cargo xtask test` brings Kafka and the Python environment and says where they are; `--no-kafka` leaves these tests out.

mod away;
mod back_pressure;
mod bad_events;
mod bad_models;
mod broker;
mod checks;
mod columns;
mod consul;
mod demo;
mod encoders;
mod environments;
mod flow;
mod group;
mod headers;
mod hooks;
mod killed;
mod large;
mod large_models;
mod latency;
mod missing;
mod model;
mod model_topic;
mod on_error;
mod orphans;
mod page;
mod partitions;
mod processes;
mod publisher;
mod random;
mod records;
mod registry;
mod reload;
mod reload_consul;
mod rollback;
mod scene;
mod script;
mod service;
mod stage;
mod start;
mod stops;
mod stream;
mod swaps;
mod unread;
mod workers;
