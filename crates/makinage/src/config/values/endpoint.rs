//! Where Kafka is: `host`, `host:port`, `[IPv6]:port`; one, several in one text with commas, or a list.

use std::net::Ipv6Addr;

use crate::{
    address::{self, quoted},
    config::reader::{field::Field, problem::Findings},
    yaml::Value,
};

#[cfg(test)]
mod tests;

const DEFAULT_PORT: u16 = 9092;
/// DNS has no longer names.
const LONGEST_HOST: usize = 253;

/// The `host:port` of each server.
pub(crate) fn read(field: &Field, findings: &mut Findings) -> Option<Vec<String>> {
    let given = match &field.node.value {
        Value::List(_) => field.items(findings)?,
        _ => vec![field.clone()],
    };
    let mut endpoints = Vec::new();
    let mut right = true;
    for field in &given {
        let Some(text) = field.text(findings) else {
            right = false;
            continue;
        };
        for part in parts(text) {
            match server(part.trim()) {
                Ok(server) => endpoints.push(server),
                Err(message) => {
                    findings.problem(&field.place, message);
                    right = false;
                }
            }
        }
    }
    if given.is_empty() {
        findings.problem(
            &field.place,
            "this list is empty; name at least one server of Kafka, for example \"localhost:9092\"",
        );
    }
    (right && !endpoints.is_empty()).then_some(endpoints)
}

/// What stands between commas; a text with credentials is one part, since a comma may be one of a password.
fn parts(text: &str) -> Vec<&str> {
    if address::hides(text) { vec![text] } else { text.split(',').collect() }
}

/// One server as `host:port`, or what is wrong with it.
fn server(text: &str) -> Result<String, String> {
    if address::hides(text) && !text.contains("://") {
        return Err(format!("this is more than a server's host and port; write only these, as {}", quoted(text)));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => bracketed(rest).ok_or_else(|| {
            format!("{} is no IPv6 address in brackets; write for example \"[::1]:9092\"", quoted(text))
        })?,
        None => named(text)?,
    };
    let port = match port {
        None => DEFAULT_PORT,
        // `parse` alone would take `+9092`.
        Some(port) => Some(port)
            .filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|port| port.parse().ok())
            .filter(|port| *port > 0)
            .ok_or_else(|| {
                format!(
                    "{} has no valid port; use a number from 1 to 65535, for example \"{host}:{DEFAULT_PORT}\"",
                    quoted(text)
                )
            })?,
    };
    Ok(format!("{host}:{port}"))
}

/// Host and port of what follows a `[`.
fn bracketed(rest: &str) -> Option<(String, Option<&str>)> {
    let (address, after) = rest.split_once(']')?;
    address.parse::<Ipv6Addr>().ok()?;
    let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
    Some((format!("[{address}]"), port))
}

fn named(text: &str) -> Result<(String, Option<&str>), String> {
    if text.contains("://") {
        return Err(format!("{} is a URL; write only host and port, for example \"localhost:9092\"", quoted(text)));
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Err(format!("{} is an IPv6 address; put it in brackets: \"[{text}]:{DEFAULT_PORT}\"", quoted(text)));
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if !(1..=LONGEST_HOST).contains(&host.len()) || !host.bytes().all(valid) {
        return Err(format!("{} names no host; write for example \"localhost:9092\"", quoted(text)));
    }
    Ok((host.to_owned(), port))
}
