//! By HTTP.

use std::{io::Read, time::Duration};

use ureq::{Agent, ResponseExt};

use super::{Failure, shown};

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
/// A model of 64 GiB at 10 MB/s takes nearly two hours.
const BODY: Duration = Duration::from_hours(3);
const REDIRECTS: u32 = 5;

/// The body of what is there. Redirects are followed within the scheme only, so that what was asked for under TLS comes under TLS.
pub fn open(uri: &str) -> Result<impl Read, Failure> {
    let scheme = uri.split(':').next().unwrap_or_default();
    let agent: Agent = Agent::config_builder()
        .https_only(scheme == "https")
        .max_redirects(REDIRECTS)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_recv_body(Some(BODY))
        .build()
        .into();
    let response = agent.get(uri).call().map_err(|error| failure(uri, &error))?;
    let came_by = response.get_uri().scheme_str().unwrap_or_default();
    if came_by != scheme {
        let uri = shown(uri);
        return Err(Failure::Unusable(format!(
            "{uri} leads to {came_by}, which isn't followed: publish the reference that it leads to"
        )));
    }
    Ok(response.into_body().into_with_config().limit(u64::MAX).reader())
}

fn failure(uri: &str, error: &ureq::Error) -> Failure {
    let uri = shown(uri);
    match error {
        // Too early, too often, or the server's own trouble: it may pass.
        ureq::Error::StatusCode(408 | 425 | 429 | 500..) => Failure::Later(format!("{uri} can't be had ({error})")),
        ureq::Error::StatusCode(_) => Failure::Unusable(format!(
            "{uri} can't be had ({error}): see that it is there and may be read from here, and publish the reference again"
        )),
        ureq::Error::RequireHttpsOnly(_) | ureq::Error::TooManyRedirects | ureq::Error::BadUri(_) => {
            Failure::Unusable(format!("{uri} can't be followed ({error}): publish the reference that it leads to"))
        }
        _ => Failure::Later(format!("{uri} can't be reached ({error})")),
    }
}
