//! Fetches by HTTP: a model's bytes as they come, or why there are none.

use std::{
    io::{self, Read},
    time::Duration,
};

use ureq::{Agent, ResponseExt, Timeout};

use crate::{address::Address, generation::models::NotHad, https};

const CONNECT: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(30);
/// A model of 64 GiB at 10 MB/s takes nearly two hours.
const BODY: Duration = Duration::from_hours(3);
const REDIRECTS: u32 = 5;
/// A server from which nothing comes for so long is given up.
const STALL: Duration = Duration::from_mins(1);

/// The body of what is there. Redirects are followed within the scheme only, so that what was asked for under TLS comes
/// under TLS.
pub(super) fn open(uri: &Address) -> Result<impl Read, NotHad> {
    open_within(uri, STALL)
}

fn open_within(uri: &Address, stall: Duration) -> Result<impl Read, NotHad> {
    let scheme = uri.reveal().split(':').next().unwrap_or_default();
    let agent: Agent = Agent::config_builder()
        .https_only(scheme == "https")
        .max_redirects(REDIRECTS)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_recv_body(Some(BODY))
        .timeout_per_read(Some(stall))
        .tls_config(https::trusted())
        .build()
        .into();
    let response = agent.get(uri.reveal()).call().map_err(|error| failure(uri, &error))?;
    let came_by = response.get_uri().scheme_str().unwrap_or_default();
    if came_by != scheme {
        return Err(NotHad::Unusable(format!(
            "{uri} leads to {came_by}, which isn't followed: publish the reference that it leads to"
        )));
    }
    Ok(Body { body: response.into_body().into_with_config().limit(u64::MAX).reader(), stall })
}

/// A body whose end by silence is said in words.
struct Body<R> {
    body: R,
    stall: Duration,
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer).map_err(|error| match ureq::Error::from(error) {
            ureq::Error::Timeout(Timeout::PerRead) => {
                io::Error::other(format!("nothing came for {} s", self.stall.as_secs()))
            }
            other => other.into_io(),
        })
    }
}

fn failure(uri: &Address, error: &ureq::Error) -> NotHad {
    match error {
        // Too early, too often, or the server's own trouble: it may pass.
        ureq::Error::StatusCode(408 | 425 | 429 | 500..) => NotHad::Later(format!("{uri} can't be had ({error})")),
        ureq::Error::StatusCode(_) => NotHad::Unusable(format!(
            "{uri} can't be had ({error}): see that it is there and may be read from here, and publish the reference again"
        )),
        // These errors hold the URI that it leads to, which may be a signed one.
        ureq::Error::RequireHttpsOnly(_) => unfollowed(uri, "it leads from https to http"),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => unfollowed(uri, "it is or leads to what is no URI of HTTP"),
        ureq::Error::TooManyRedirects => unfollowed(uri, "it leads on and on"),
        _ => NotHad::Later(format!("{uri} can't be reached ({})", https::said(error))),
    }
}

fn unfollowed(uri: &Address, why: &str) -> NotHad {
    NotHad::Unusable(format!("{uri} can't be followed ({why}): publish the reference that it leads to"))
}

#[cfg(test)]
mod tests;
