//! Where Kafka is: `host`, `host:port`, `[IPv6]:port`; one, several in one text with commas, or a list.

use std::net::Ipv6Addr;

use super::{
    field::Field,
    problem::{Findings, quoted},
    tree::Value,
};

const DEFAULT_PORT: u16 = 9092;

/// The `host:port` of each server.
pub fn read(field: &Field, findings: &mut Findings) -> Option<Vec<String>> {
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
        for part in text.split(',').map(str::trim) {
            match server(part) {
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

/// One server as `host:port`, or what is wrong with it.
fn server(text: &str) -> Result<String, String> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest
            .split_once(']')
            .ok_or_else(|| format!("{} lacks its `]`; write `[::1]:9092`", quoted(text)))?;
        address.parse::<Ipv6Addr>().map_err(|_| {
            format!(
                "{} is no IPv6 address; write for example `[::1]:9092`",
                quoted(address)
            )
        })?;
        let port = match after {
            "" => None,
            after => Some(after.strip_prefix(':').ok_or_else(|| {
                format!("{} goes on after the `]`; write `[::1]:9092`", quoted(text))
            })?),
        };
        (format!("[{address}]"), port)
    } else if text.contains("://") {
        return Err(format!(
            "{} is a URL; write only host and port, for example \"localhost:9092\"",
            quoted(text)
        ));
    } else if text.parse::<Ipv6Addr>().is_ok() {
        return Err(format!(
            "{} is an IPv6 address; put it in brackets: \"[{text}]:{DEFAULT_PORT}\"",
            quoted(text)
        ));
    } else {
        let (host, port) = text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port)));
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if host.is_empty() || !host.bytes().all(valid) {
            return Err(format!(
                "{} names no host; write for example \"localhost:9092\"",
                quoted(text)
            ));
        }
        (host.to_owned(), port)
    };
    let port = match port {
        None => DEFAULT_PORT,
        // `parse` alone would take `+9092`.
        Some(port) => Some(port)
            .filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|port| port.parse().ok())
            .filter(|port| *port > 0)
            .ok_or_else(|| format!("{} is no port; use a number from 1 to 65535, for example \"{host}:{DEFAULT_PORT}\"", quoted(port)))?,
    };
    Ok(format!("{host}:{port}"))
}
