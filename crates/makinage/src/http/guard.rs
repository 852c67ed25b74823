//! Who is shown what. Pure.
//!
//! A page in the user's browser can send requests to loopback under any name that its author's DNS gives it, and so
//! reads what it answers (DNS rebinding): so on loopback only names of loopback are answered, where there is no token.
//! One is what protects anywhere: such a page has none, and a proxy on the same machine hands on the name that it was
//! asked for. What changes something wants a token everywhere: without one, other users of this machine could.

use std::net::IpAddr;

use hyper::{Request, StatusCode, header, http::uri::Authority};

use crate::config::{Http, Listen, Secret};

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

/// What a request lacks that has to bring the token.
pub(super) const TOKEN_WANTED: &str = "bring `Authorization: Bearer …` with the token of `http.token`";
/// Why nothing can be changed where there is none.
pub(super) const NO_TOKEN: &str = "nothing is changed over HTTP without a token, on loopback either: set `http.token`, \
                                   as `token: ${env:MAKINAGE_TOKEN}`, and start the service again";

const FORBIDDEN: fn(&'static str) -> Refusal = |why| Refusal { status: StatusCode::FORBIDDEN, why };

impl Guard {
    /// As the configuration says.
    pub(super) fn of(http: &Http) -> Self {
        let is_loopback = matches!(http.listen, Listen::At(address) if address.ip().is_loopback());
        Self { is_loopback, token: http.token.clone() }
    }

    /// Why nobody may change anything, where that is so.
    pub(super) fn refuses_changes(&self) -> Option<&'static str> {
        self.token.is_none().then_some(NO_TOKEN)
    }

    /// Whether this request may change something.
    pub(super) fn admit_change<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        match (self.admit(request)?, self.refuses_changes()) {
            (_, Some(why)) => Err(FORBIDDEN(why)),
            (Access::Full, None) => Ok(()),
            (Access::Probes, None) => Err(Refusal { status: StatusCode::UNAUTHORIZED, why: TOKEN_WANTED }),
        }
    }

    /// What this request may see.
    pub(super) fn admit<B>(&self, request: &Request<B>) -> Result<Access, Refusal> {
        let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
        let host = text(header::HOST).or_else(|| request.uri().authority().map(Authority::as_str));
        if self.is_loopback && self.token.is_none() && !host.is_none_or(is_loopback) {
            return Err(FORBIDDEN(
                "without `http.token` this port answers to names of loopback only: localhost, 127.0.0.1, [::1]",
            ));
        }
        if let Some(origin) = text(header::ORIGIN)
            && host.is_none_or(|host| !is_of(origin, host))
        {
            return Err(FORBIDDEN(
                "other sites' pages are not answered; a proxy before this port has to hand on the `Host` that it was asked for",
            ));
        }
        let Some(token) = &self.token else { return Ok(Access::Full) };
        match text(header::AUTHORIZATION) {
            None => Ok(Access::Probes),
            Some(given) if bearer(given).is_some_and(|given| is_same(given, token.reveal())) => Ok(Access::Full),
            Some(_) => Err(Refusal { status: StatusCode::UNAUTHORIZED, why: "this isn't the token of `http.token`" }),
        }
    }
}

/// The token of an `Authorization`; the scheme's name has no case (RFC 9110, section 11.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}

/// Whether a page is this service's own: itself, or handed on by a proxy that has the certificate.
fn is_of(origin: &str, host: &str) -> bool {
    let of = ["http://", "https://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
    of.is_some_and(|of| of.eq_ignore_ascii_case(host))
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
mod tests;
