//! A service's own HTTP port, asked as a client would.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use serde_json::Value;

use super::{
    patience::wait_for,
    scene::Scene,
    service::{DEADLINE, Service},
};

/// The token of `operated` scenes. Where no token is wanted none is looked at.
pub(crate) const TOKEN: &str = "a-long-word";
/// The line that brings it.
const BEARER: &str = "Authorization: Bearer a-long-word\r\n";

/// A service's own port.
pub(crate) struct Port(pub SocketAddr);

/// What it answered.
pub(crate) struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A scene whose service shows itself at a port that is free.
pub(crate) fn showing(scene: Scene) -> Scene {
    scene.set("http.listen", "127.0.0.1:0")
}

/// The same, which people can do something with.
pub(crate) fn operated(scene: Scene) -> Scene {
    showing(scene).set("http.token", TOKEN)
}

impl Port {
    /// The one that the service says it has.
    pub(crate) fn of(service: &Service) -> Self {
        let line = service.wait_for_line("status and metrics: http://");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        Self(address.parse().expect("an address"))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, "")
    }

    /// With more lines in the request's head.
    pub(crate) fn get_with(&self, path: &str, head: &str) -> Answer {
        self.ask("GET", path, head, "")
    }

    /// A request that changes something, with the token that `operated` sets.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        let head = format!("{BEARER}Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        self.ask("POST", path, &head, body)
    }

    /// Any request.
    pub(crate) fn ask(&self, method: &str, path: &str, head: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.0).expect("it listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a setting");
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{head}\r\n{body}", self.0);
        stream.write_all(request.as_bytes()).expect("it is taken");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// All that it shows, with that token, where it wants one.
    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.get_with("/api/status", BEARER).body).expect("JSON")
    }

    /// A metric with its labels, as it is written.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let all = self.get_with("/metrics", BEARER).body;
        let line = all.lines().find(|line| line.rsplit_once(' ').is_some_and(|(found, _)| found == name))?;
        line.rsplit_once(' ')?.1.parse().ok()
    }

    pub(crate) fn wait_for_metric(&self, name: &str, value: f64) {
        let is = || format!("{name} is {:?}, not {value}", self.metric(name));
        wait_for(DEADLINE, is, || (self.metric(name) == Some(value)).then_some(()));
    }

    /// Whether it is ready, and the reason of this latch.
    pub(crate) fn latch(&self, name: &str) -> (bool, bool, String) {
        let answer = self.get_with("/readyz", BEARER);
        let health: Value = serde_json::from_str(&answer.body).expect("JSON");
        let latches = health["latches"].as_array().expect("latches");
        let latch = latches.iter().find(|latch| latch["name"] == name).unwrap_or_else(|| panic!("{name} in {health}"));
        let ok = latch["ok"].as_bool().expect("yes or no");
        (answer.status == 200, ok, latch["reason"].as_str().expect("a reason").to_owned())
    }
}
