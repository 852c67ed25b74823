//! The sections of the service's file, one file each; the publisher's file shares some of them.

pub mod application;
pub mod document;
pub mod hooks;
pub mod kafka;
pub mod models;
pub mod operator;
pub mod operators;
pub mod outputs;
pub mod probation;
pub mod properties;
pub mod roles;
pub mod topics;
pub mod tuning;
pub mod uses;
