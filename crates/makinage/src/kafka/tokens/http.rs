//! Requests for tokens and keys: short, bounded, to whom they are addressed and to nobody else.

use std::{path::Path, time::Duration};

use crate::https;

/// The largest answer: tokens have kilobytes.
const LARGEST: u64 = 1 << 20;

/// What an endpoint answers.
pub(super) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Asks with these time-outs; the certificate of a server is to be signed by one of these authorities, or by one that
/// this machine trusts.
pub(super) fn agent(
    authorities: Option<&Path>,
    connect: Duration,
    whole: Duration,
) -> Result<ureq::Agent, ureq::Error> {
    let settings = ureq::Agent::config_builder()
        .http_status_as_error(false)
        // A redirect would carry the secret to somebody else.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(connect))
        .timeout_global(Some(whole))
        .tls_config(authorities.map_or_else(|| Ok(https::trusted()), https::signed_by)?)
        .build();
    Ok(settings.into())
}

/// All of an answer.
pub(super) fn read(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, ureq::Error> {
    let mut response = response?;
    let body = response.body_mut().with_config().limit(LARGEST).read_to_vec()?;
    Ok(Answer { status: response.status().as_u16(), body })
}
