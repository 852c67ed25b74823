//! Authorities and certificates for unit tests: those of the programs' tests.

#[allow(dead_code, reason = "the tests of the programs need more of it")]
#[path = "../tests/it/secured/certificates.rs"]
mod certificates;

pub(crate) use certificates::{Authority, Identity, Says};
