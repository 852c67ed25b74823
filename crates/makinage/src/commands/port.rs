//! A running service's own port, as the commands that look at it find and ask it.

use std::{
    env,
    io::{BufRead, BufReader},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context, bail};
use serde_json::Value;
use ureq::{Agent, Body, Timeout, http::header};

use super::configuration::told;
use crate::{
    config::{Http, Listen, Secret},
    https,
    letters::reading::shown::short,
    preflight,
};

/// The longest that a connection, and the beginning of an answer, are waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Characters of a foreign answer that are repeated.
const SHORT: usize = 300;
/// Has the token, where no configuration is given.
const TOKEN: &str = "MAKINAGE_TOKEN";

/// Which service is looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Which {
    /// That of this configuration.
    pub config: Option<PathBuf>,
    /// The one at this address.
    pub url: Option<String>,
}

/// Where a service shows itself, and what it wants to see.
#[derive(Debug)]
pub(crate) struct Port {
    url: String,
    token: Option<Secret>,
    agent: Agent,
}

impl Port {
    /// The port of this service; `None` after what is wrong with its configuration has been written.
    pub(crate) fn of(which: &Which) -> anyhow::Result<Option<Self>> {
        let http = match &which.config {
            None => {
                let token = env::var(TOKEN).ok().filter(|token| !token.is_empty()).map(Secret::from);
                Http { token, ..Http::default() }
            }
            Some(file) => match told(preflight::inspect_http(file)) {
                Some(http) => http,
                None => return Ok(None),
            },
        };
        let url = match (&which.url, http.listen) {
            (Some(url), _) if url.contains("://") => url.trim_end_matches('/').to_owned(),
            (Some(address), _) => format!("http://{}", address.trim_end_matches('/')),
            (None, Listen::Off) => bail!("this service shows nothing (`http: {{listen: off}}`); give it an address"),
            (None, Listen::At(address)) if address.port() == 0 => bail!(
                "this service takes any port that is free: give the one that its log names, as `--url http://127.0.0.1:43211`"
            ),
            (None, Listen::At(address)) => format!("http://{}", reachable(address)),
        };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .proxy(None)
            .tls_config(https::trusted())
            .build()
            .into();
        Ok(Some(Self { url, token: http.token, agent }))
    }

    /// The lines of events at this path, as they come.
    pub(crate) fn events(&self, path: &str) -> anyhow::Result<impl Iterator<Item = String> + use<>> {
        let body = self.ask(path, "text/event-stream")?;
        let body = BufReader::new(body.into_with_config().limit(u64::MAX).reader());
        Ok(body.lines().map_while(Result::ok))
    }

    /// The JSON at this path.
    pub(crate) fn json(&self, path: &str) -> anyhow::Result<Value> {
        let body = self.ask(path, "application/json")?.into_with_config().limit(u64::MAX).reader();
        serde_json::from_reader(body).with_context(|| format!("{}{path} isn't JSON to its end", self.url))
    }

    /// What is at this path, if it is of that type.
    fn ask(&self, path: &str, content_type: &str) -> anyhow::Result<Body> {
        let url = format!("{}{path}", self.url);
        let mut request = self.agent.get(&url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {}", token.reveal()));
        }
        let answer = request.call().map_err(|error| match error {
            ureq::Error::Timeout(Timeout::RecvResponse) => anyhow::anyhow!("{} doesn't answer", self.url),
            error => anyhow::Error::msg(https::said(&error)).context(format!(
                "no service shows itself at {}: is it running, and is this its `http.listen`? \
                 Its log names the address; give it as --url",
                self.url
            )),
        })?;
        match (answer.status().as_u16(), &self.token) {
            (200, _) => {}
            (401, None) => bail!(
                "{} wants its token: give the service's configuration with --config, or the token in {TOKEN}",
                self.url
            ),
            (status, _) => {
                let why = answer.into_body().read_to_string().unwrap_or_default();
                bail!("{url} answers {status}: {}", short(why.trim(), SHORT));
            }
        }
        let is_of =
            answer.headers().get(header::CONTENT_TYPE).is_some_and(|is| is.as_bytes() == content_type.as_bytes());
        if !is_of {
            bail!("{url} answers, but not as a makinage does; the service's log names its address: give it as --url");
        }
        Ok(answer.into_body())
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// An address that this machine reaches where the service listens on all.
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        other => other,
    };
    SocketAddr::new(loopback, address.port())
}
