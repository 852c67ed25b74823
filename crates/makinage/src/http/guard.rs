//! Who is shown what. Pure.
//!
//! A page in the user's browser can send requests to loopback under any name that its author's DNS gives it, and so
//! reads what it answers (DNS rebinding): so on loopback only names of loopback are answered. Elsewhere the token is
//! what protects.

use std::net::IpAddr;

use hyper::{Request, StatusCode, header};

use crate::config::{Http, Secret};

/// The rule of one port.
#[derive(Debug)]
pub(super) struct Guard {
    is_loopback: bool,
    token: Option<Secret>,
}

/// What a request may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// All.
    Full,
    /// Whether the service is well: it brought no token.
    Probes,
}

/// Why a request isn't answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The answer's status.
    pub status: StatusCode,
    /// For people.
    pub why: &'static str,
}

const FORBIDDEN: fn(&'static str) -> Refusal = |why| Refusal { status: StatusCode::FORBIDDEN, why };

impl Guard {
    /// As the configuration says.
    pub(super) fn of(http: &Http) -> Self {
        let is_loopback = http.listen.is_some_and(|address| address.ip().is_loopback());
        Self { is_loopback, token: http.token.clone() }
    }

    /// What this request may see.
    pub(super) fn admit<B>(&self, request: &Request<B>) -> Result<Access, Refusal> {
        let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
        let host = text(header::HOST).or_else(|| request.uri().authority().map(|authority| authority.as_str()));
        if self.is_loopback && !host.is_none_or(is_loopback) {
            return Err(FORBIDDEN("this port answers to names of loopback only: localhost, 127.0.0.1, [::1]"));
        }
        if let Some(origin) = text(header::ORIGIN)
            && host.is_none_or(|host| origin.strip_prefix("http://") != Some(host))
        {
            return Err(FORBIDDEN("other sites' pages are not answered"));
        }
        let Some(token) = &self.token else { return Ok(Access::Full) };
        match text(header::AUTHORIZATION) {
            None => Ok(Access::Probes),
            Some(given) if given.strip_prefix("Bearer ").is_some_and(|given| is_same(given, token.reveal())) => {
                Ok(Access::Full)
            }
            Some(_) => Err(Refusal { status: StatusCode::UNAUTHORIZED, why: "this isn't the token of `http.token`" }),
        }
    }
}

/// Whether a host, maybe with a port, is this machine by a name that nobody else can give.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// In a time that doesn't tell how much of it is right.
fn is_same(given: &str, token: &str) -> bool {
    let differ = given.bytes().zip(token.bytes()).fold(0, |differ, (one, other)| differ | (one ^ other));
    given.len() == token.len() && differ == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(listen: &str, token: Option<&str>) -> Guard {
        let token = token.map(|token| Secret::from(token.to_owned()));
        Guard::of(&Http { listen: Some(listen.parse().expect("an address")), token, insecure: false })
    }

    fn admitted(guard: &Guard, headers: &[(&str, &str)]) -> Result<Access, u16> {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        guard.admit(&request).map_err(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn on_loopback_only_names_of_loopback_are_answered() {
        let guard = guard("127.0.0.1:9464", None);
        for host in ["localhost", "localhost:9464", "LOCALHOST:1", "127.0.0.1:9464", "127.8.8.8", "[::1]:9464"] {
            assert_eq!(admitted(&guard, &[("host", host)]), Ok(Access::Full), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:9464", "127.0.0.1.evil.example", "10.0.0.1", "", "[::2]"] {
            assert_eq!(admitted(&guard, &[("host", host)]), Err(403), "{host}");
        }
        assert_eq!(admitted(&guard, &[]), Ok(Access::Full), "no browser leaves it out");
    }

    #[test]
    fn other_sites_are_not_answered() {
        let guard = guard("127.0.0.1:9464", None);
        let from = |origin| admitted(&guard, &[("host", "localhost:9464"), ("origin", origin)]);
        assert_eq!(from("http://localhost:9464"), Ok(Access::Full));
        for origin in ["http://localhost:3000", "https://localhost:9464", "http://evil.example", "null", ""] {
            assert_eq!(from(origin), Err(403), "{origin}");
        }
    }

    #[test]
    fn where_there_is_a_token_nothing_but_probes_is_shown_without_it() {
        let guard = guard("0.0.0.0:9464", Some("a-long-word"));
        let with = |header| admitted(&guard, &[("host", "serving.example"), ("authorization", header)]);
        assert_eq!(with("Bearer a-long-word"), Ok(Access::Full));
        for wrong in ["Bearer a-long-wort", "Bearer a-long-wor", "Bearer a-long-words", "a-long-word", "Bearer ", ""] {
            assert_eq!(with(wrong), Err(401), "{wrong}");
        }
        assert_eq!(admitted(&guard, &[("host", "serving.example")]), Ok(Access::Probes));
    }
}
