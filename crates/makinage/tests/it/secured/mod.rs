//! Secured connections, against a real broker with a listener of each kind and an authorizer.

mod bearer;
pub(crate) mod certificates;
mod listeners;
mod outlawed;
mod quotas;
mod refused;
mod renewed;
mod rights;
mod rotation;
pub(crate) mod stage;
mod tokens;
mod withdrawn;
