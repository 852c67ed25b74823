//! A key in Consul's key-value store, over its HTTP interface.

mod cursor;
pub(crate) mod follow;
mod known;

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    config::{Redirect, Secret},
    https,
};

/// Consul's own limit for a value.
const LARGEST: u64 = 512 * 1024;
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(8);
/// How long Consul may hold a query while nothing changes. Short, so that a connection that died silently is noticed.
const HOLD: Duration = Duration::from_mins(1);

/// What stands for something else in a URL's path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A key of an agent.
#[derive(Debug)]
pub(crate) struct Consul {
    agent: ureq::Agent,
    url: String,
    token: Option<Secret>,
    /// For people.
    name: String,
}

/// What Consul says of the key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// `X-Consul-Index`.
    pub index: Option<u64>,
    /// The value, if there is one.
    pub value: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsulError {
    /// Nobody answers, or not to the end.
    #[error("{consul} does not answer ({reason}); check that it runs there, and redirect.endpoint")]
    Away {
        /// Which.
        consul: String,
        /// Why.
        reason: String,
    },
    /// The token lacks the right to read the key, or there is none.
    #[error(
        "{consul} refuses to be read (403); give a token that may read this key: redirect.token, or CONSUL_HTTP_TOKEN"
    )]
    Forbidden {
        /// Which.
        consul: String,
    },
    /// Another status.
    #[error("{consul} answers with status {status}: {text}; check its log, and the keys of redirect")]
    Status {
        /// Which.
        consul: String,
        status: u16,
        /// The beginning of what it says.
        text: String,
    },
    /// What it has can't be a configuration.
    #[error("the value of {consul} {what}; write a configuration there")]
    Unusable {
        /// Which.
        consul: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl Consul {
    /// The key that a redirect names.
    pub(crate) fn new(redirect: &Redirect) -> Self {
        let settings = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would carry the token to somebody else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            // Queries are minutes apart: a connection that waited so long may be dead.
            .max_idle_connections(0)
            .tls_config(https::trusted())
            .build();
        let key = utf8_percent_encode(&redirect.key, ENCODED);
        let mut url = format!("{}/v1/kv/{key}?raw", redirect.endpoint);
        if let Some(datacenter) = &redirect.datacenter {
            url = format!("{url}&dc={datacenter}");
        }
        let name = format!("the key {} of Consul at {}", redirect.key, redirect.endpoint);
        Self { agent: settings.into(), url, token: redirect.token.clone(), name }
    }

    /// For people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The value as it is now, or what keeps it away.
    pub(crate) fn value(&self) -> Result<String, String> {
        let answer = self.get(None).map_err(|error| error.to_string())?;
        answer.value.ok_or_else(|| self.missing())
    }

    /// What is said when the key isn't there.
    pub(crate) fn missing(&self) -> String {
        format!("{} has no value; put the configuration there, as `consul kv put KEY @config.yaml` does", self.name)
    }

    /// The value; with `index`, once it has changed since then or Consul has waited long enough.
    pub(crate) fn get(&self, index: Option<u64>) -> Result<Answer, ConsulError> {
        let (url, timeout) = match index {
            // Consul adds up to a sixteenth, so that not all come back at once.
            Some(index) => (format!("{}&index={index}&wait={}s", self.url, HOLD.as_secs()), HOLD + HOLD / 16 + ANSWER),
            None => (self.url.clone(), ANSWER),
        };
        let mut request = self.agent.get(&url).config().timeout_global(Some(timeout)).build();
        if let Some(token) = &self.token {
            request = request.header("X-Consul-Token", token.reveal());
        }
        let mut response = request.call().map_err(|error| self.away(&error))?;
        let header = response.headers().get("X-Consul-Index").and_then(|value| value.to_str().ok());
        let index = header.and_then(|value| value.parse().ok());
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        match (status, body) {
            (200, Ok(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Answer { index, value: Some(text) }),
                Err(_) => Err(self.unusable("isn't UTF-8 text")),
            },
            (200, Err(ureq::Error::BodyExceedsLimit(_))) => Err(self.unusable("is larger than 512 KiB")),
            (200, Err(error)) => Err(self.away(&error)),
            // Without the index it is somebody else's 404: a proxy's, or that of a server that isn't Consul.
            (404, _) if index.is_some() => Ok(Answer { index, value: None }),
            (403, _) => Err(ConsulError::Forbidden { consul: self.name.clone() }),
            (status, body) => {
                let text = String::from_utf8_lossy(&body.unwrap_or_default()).chars().take(200).collect::<String>();
                let text = text.trim().replace(char::is_control, " ");
                Err(ConsulError::Status { consul: self.name.clone(), status, text })
            }
        }
    }

    fn away(&self, error: &ureq::Error) -> ConsulError {
        ConsulError::Away { consul: self.name.clone(), reason: https::said(error) }
    }

    fn unusable(&self, what: &'static str) -> ConsulError {
        ConsulError::Unusable { consul: self.name.clone(), what }
    }
}
