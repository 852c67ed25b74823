//! A collector over HTTP: one request, and what came of it, by OTLP's own rules.

use std::{
    io::Read,
    time::{Duration, SystemTime},
};

use super::otlp;
use crate::https;

/// Bytes of an answer that are read.
const LARGEST: u64 = 64 * 1024;
/// Bytes of what a collector says that are told.
const SHOWN: usize = 200;

/// Where spans go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// All of the URL, without credentials.
    pub url: String,
    /// What each request brings, which may be secret.
    pub headers: Headers,
}

/// Headers of a request.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Headers(pub Vec<(String, String)>);

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// All are taken.
    Taken,
    /// The same, but for so many, which are not wanted.
    TakenPartly(usize, String),
    /// None is taken now, and may be later: after so long, where it says so.
    Later(String, Option<Duration>),
    /// None is wanted, and will not be.
    Refused(String),
}

/// Takes spans, as OTLP has them.
pub(super) trait Collector {
    /// Sends a request, and waits for the answer for at most so long.
    fn send(&self, request: &[u8], timeout: Duration) -> Answer;
}

/// One over HTTP.
#[derive(Debug)]
pub(super) struct HttpCollector {
    agent: ureq::Agent,
    address: Address,
}

impl HttpCollector {
    /// At this address.
    pub(super) fn new(address: Address) -> Self {
        let settings = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would carry the headers to somebody else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(https::trusted())
            .user_agent(concat!("OTel-OTLP-Exporter-makinage/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: settings.into(), address }
    }
}

impl Collector for HttpCollector {
    fn send(&self, request: &[u8], timeout: Duration) -> Answer {
        let mut post = self.agent.post(&self.address.url).config().timeout_global(Some(timeout)).build();
        for (name, value) in &self.address.headers.0 {
            post = post.header(name, value);
        }
        // Last, so that no header of the user's says what it isn't.
        let answer = post.content_type("application/x-protobuf").send(request);
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Answer::Later(https::said(&error), None),
        };
        let status = answer.status().as_u16();
        let after = answer.headers().get("retry-after").and_then(|value| wait(value.to_str().ok()?, SystemTime::now()));
        let mut body = vec![];
        // What can't be read of it isn't needed.
        let _ = answer.body_mut().as_reader().take(LARGEST).read_to_end(&mut body);
        match status {
            200..=299 => otlp::rejected(&body).map_or(Answer::Taken, |(spans, why)| Answer::TakenPartly(spans, why)),
            429 | 502 | 503 | 504 => Answer::Later(format!("status {status}"), after),
            _ => Answer::Refused(format!("status {status}{}", said(&body))),
        }
    }
}

/// How long `Retry-After` wants one to wait: so many seconds, or until a date (RFC 9110, section 10.2.3).
fn wait(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // One that has passed, by our clock, is no wait at all.
    httpdate::parse_http_date(value).ok().map(|date| date.duration_since(now).unwrap_or_default())
}

/// What a collector says beside a status, where that is text.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.split(char::is_control).find(|line| line.len() > 3).unwrap_or_default();
    let line = &line[..line.floor_char_boundary(SHOWN)];
    if line.is_empty() { String::new() } else { format!(": {line}") }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::wait;

    #[test]
    fn a_wait_is_seconds_or_until_a_date_in_each_of_its_forms() {
        // Ten seconds before the standard's own example.
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777 - 10);
        let of = |value| wait(value, now).map(|wait| wait.as_secs());
        assert_eq!(of(" 120 "), Some(120));
        for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(of(date), Some(10), "{date}");
        }
        assert_eq!(of("Sun, 06 Nov 1994 08:49:20 GMT"), Some(0), "it has passed");
        for nonsense in ["", "-1", "soon", "1.5", "Sun, 31 Feb 1994 08:49:37 GMT"] {
            assert_eq!(of(nonsense), None, "{nonsense}");
        }
    }
}
