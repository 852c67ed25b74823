//! The `http` section: where the service shows itself, and to whom.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value as Json;

use crate::config::{
    reader::{
        described,
        field::Field,
        kinds::TrueOrFalse,
        problem::Findings,
        section::Section,
        shape::{Ground, Kind, Shaped, section},
    },
    values::secret::{self, Secret},
};

#[cfg(test)]
mod tests;

/// The default of OpenTelemetry's Prometheus exporters.
const PORT: u16 = 9464;
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), PORT);

section! {
    /// Where the service shows itself: metrics, health, what it does.
    pub struct Http, check |section, findings| { check(section, listen, token.as_ref(), insecure, findings) }
    by hand {}
    keys {
        /// The address and port of metrics, health and status; `off` for none.
        listen: Listen = Address, default Listen::At(LOOPBACK), example "\"127.0.0.1:9464\"", restart;
        /// What requests must bring as `Authorization: Bearer …`. Addresses that others can reach need it, and so does
        /// what changes something: pausing, reloads, rollbacks.
        token: Option<Secret> = Token, optional "none", example "\"${env:MAKINAGE_TOKEN}\"", restart;
        /// Shows all to everybody who can reach the address, without a token.
        insecure: bool = TrueOrFalse, default false, example "false", restart;
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: Listen::At(LOOPBACK), token: None, insecure: false }
    }
}

/// Reads where the service shows itself.
pub(crate) fn read(root: &Section, ground: &Ground, findings: &mut Findings) -> Option<Http> {
    let Some(field) = root.get("http") else { return Some(Http::default()) };
    let section = Section::read(field, &Http::KEYS, findings)?;
    Http::read(&section, ground, findings)
}

/// What others can reach shows itself only to those who have the token, unless that is said not to matter.
fn check(
    section: &Section,
    listen: Option<Listen>,
    token: Option<&Option<Secret>>,
    insecure: Option<bool>,
    findings: &mut Findings,
) {
    let (Some(Listen::At(listen)), Some(token), Some(insecure)) = (listen, token, insecure) else { return };
    if !listen.ip().is_loopback() && token.is_none() && !insecure {
        let message = format!(
            "others can reach {listen}: give them a token, `token: ${{env:MAKINAGE_TOKEN}}`, or write `insecure: true` \
             where the network keeps them away"
        );
        findings.problem(&section.place.below("listen"), message);
    }
}

/// Where a service shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// Nowhere.
    Off,
    /// At this address; a port of 0 is any that is free.
    At(SocketAddr),
}

/// An address with a port, or `off`.
struct Address;

impl Kind for Address {
    type Value = Listen;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<Listen> {
        // As written: YAML 1.2 has no other meaning for the word, YAML 1.1 has `false`.
        if matches!(field.node.source(), Some("off" | "false")) {
            return Some(Listen::Off);
        }
        let address = field.text(findings)?;
        let local = address.strip_prefix("localhost:").map(|port| format!("{}:{port}", Ipv4Addr::LOCALHOST));
        let address = local.as_deref().unwrap_or(address).parse().ok();
        if address.is_none() {
            let message = format!(
                "this must be an IP address with a port, as `\"127.0.0.1:{PORT}\"` or `\"[::]:{PORT}\"`, or `off`, not {}",
                field.shown()
            );
            findings.problem(&field.place, message);
        }
        address.map(Listen::At)
    }

    fn form(&self) -> String {
        "an IP address with a port, or `off`".to_owned()
    }

    fn schema(&self) -> Json {
        // To editors that read YAML 1.1 the word is a boolean.
        described::either(&[described::text(), described::flag()])
    }

    fn shown(&self, value: &Listen) -> String {
        match value {
            Listen::Off => "off".to_owned(),
            Listen::At(address) => address.to_string(),
        }
    }
}

/// A secret word.
struct Token;

impl Kind for Token {
    type Value = Secret;

    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<Secret> {
        secret::read(field, ground.folder, ground.surroundings, findings)
    }

    fn form(&self) -> String {
        "one word; `${env:NAME}` or `${file:PATH}`".to_owned()
    }

    fn schema(&self) -> Json {
        described::scalar()
    }

    fn shown(&self, _: &Secret) -> String {
        "a secret".to_owned()
    }
}
