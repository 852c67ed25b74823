//! The sections of the service's file, one file each; the publisher's file shares some of them.

pub(super) mod application;
pub(super) mod document;
pub(super) mod hooks;
pub(super) mod http;
pub(super) mod kafka;
pub(super) mod log;
pub(super) mod models;
pub(super) mod operator;
pub(super) mod operators;
pub(super) mod outputs;
pub(super) mod probation;
pub(super) mod properties;
pub(super) mod retry;
pub(super) mod roles;
pub(super) mod security;
pub(super) mod topics;
pub(super) mod traces;
pub(super) mod tuning;
pub(super) mod uses;
