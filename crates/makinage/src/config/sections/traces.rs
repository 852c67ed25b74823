//! The `traces` section: where spans go, and which events are traced. Without the section nothing is.
//!
//! Of OpenTelemetry's own variables the section takes up where spans go and what the service is called, where it
//! doesn't say so itself. Without the section they mean nothing: hooks may have them for spans of their own.

use serde_json::{Value as Json, json};

use crate::{
    address,
    config::{
        reader::{
            described,
            field::Field,
            problem::Findings,
            section::Section,
            shape::{Ground, Kind, Shaped, section},
            surroundings::Surroundings,
        },
        values::{
            secret::{Secret, conceal},
            share::Share,
        },
    },
    quoted::quoted,
};

#[cfg(test)]
mod tests;

/// The share of events that are traced though nobody has asked for that.
const RATIO: f64 = 0.01;
/// Below a collector's address, by OTLP/HTTP.
const PATH: &str = "/v1/traces";
/// All of the address; and that of a collector, which has paths below it.
const VARIABLES: [(&str, bool); 2] =
    [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", true), ("OTEL_EXPORTER_OTLP_ENDPOINT", false)];
const SERVICE: &str = "OTEL_SERVICE_NAME";
/// A request has its own of these.
const OWN: [&str; 6] = ["content-type", "content-length", "transfer-encoding", "connection", "host", "user-agent"];

section! {
    /// Where spans go, and which events are traced.
    pub struct Traces
    by hand {}
    keys {
        /// A collector's address for OTLP over HTTP; spans go to `/v1/traces` there. Without `traces` nothing is
        /// traced, whatever the environment says.
        endpoint: Option<String> = Collector, optional "as `OTEL_EXPORTER_OTLP_ENDPOINT` says",
            example "\"http://127.0.0.1:4318\"", restart;
        /// The share of events that are traced, of those whose records have no `traceparent`. Others are traced where
        /// that says so.
        ratio: f64 = Share("ratio: 0.01"), default RATIO, example "0.1", restart;
        /// What each request to the collector brings, as its authorization: names and secrets.
        headers: Option<RequestHeaders> = NamedSecrets, optional "none",
            example "{authorization: \"${env:MAKINAGE_TOKEN}\"}", restart;
        /// What traces call this service: `service.name`.
        service: Option<String> = Name, optional "as `OTEL_SERVICE_NAME` says, else `application.name`",
            example "fraud-scoring", restart;
    }
}

/// Names and values of a request's headers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestHeaders(pub Vec<(String, Secret)>);

impl Default for Traces {
    /// Nothing is traced.
    fn default() -> Self {
        Self { endpoint: None, ratio: RATIO, headers: None, service: None }
    }
}

/// Reads which events are traced.
pub(crate) fn read(root: &Section, ground: &Ground, findings: &mut Findings) -> Option<Traces> {
    let Some(field) = root.get("traces") else { return Some(Traces::default()) };
    let section = Section::read(field, &Traces::KEYS, findings)?;
    let mut traces = Traces::read(&section, ground, findings)?;
    if traces.endpoint.is_none() {
        traces.endpoint = Some(from_environment(&section, ground.surroundings, findings)?);
    }
    let name = || ground.surroundings.variable(SERVICE)?.into_string().ok().filter(|name| !name.trim().is_empty());
    traces.service = traces.service.or_else(name);
    Some(traces)
}

/// Where spans go by the environment; that it doesn't say so, or says something else, is noted.
fn from_environment(section: &Section, surroundings: &dyn Surroundings, findings: &mut Findings) -> Option<String> {
    let place = section.place.below("endpoint");
    for (name, is_whole) in VARIABLES {
        let Some(value) = surroundings.variable(name).filter(|value| !value.is_empty()) else { continue };
        let value = value.to_string_lossy();
        let found = if is_whole { url(&value) } else { url(&value).map(|base| below(&base)) };
        return found
            .map_err(|wrong| findings.problem(&place, format!("the environment variable {name}: {wrong}")))
            .ok();
    }
    let message = "spans have nowhere to go; name a collector, as `endpoint: \"http://127.0.0.1:4318\"`, set \
                   OTEL_EXPORTER_OTLP_ENDPOINT, or remove `traces`";
    findings.problem(&place, message);
    None
}

/// Where spans go, of a collector at this address.
fn below(base: &str) -> String {
    let base = base.trim_end_matches('/');
    if base.ends_with(PATH) { base.to_owned() } else { format!("{base}{PATH}") }
}

/// An address of HTTP without credentials, or what is wrong with it.
fn url(text: &str) -> Result<String, String> {
    const EXAMPLE: &str = "write for example `http://127.0.0.1:4318`";
    let Some(rest) = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return Err(format!("{} is no address of HTTP; {EXAMPLE}", address::quoted(text)));
    };
    if address::hides(text) || rest.contains('@') {
        return Err(format!(
            "beside the address {} there is a user, a password or a query, and addresses are shown; give credentials as \
             `traces.headers`",
            address::quoted(text)
        ));
    }
    let uri: Option<ureq::http::Uri> = text.parse().ok();
    match uri.filter(|uri| uri.host().is_some_and(|host| !host.is_empty())) {
        Some(_) => Ok(text.to_owned()),
        None => Err(format!("{} is no address of HTTP; {EXAMPLE}", address::quoted(text))),
    }
}

/// A collector's address.
struct Collector;

impl Kind for Collector {
    type Value = String;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<String> {
        match url(field.text(findings)?) {
            Ok(base) => Some(below(&base)),
            Err(wrong) => {
                findings.problem(&field.place, wrong);
                None
            }
        }
    }

    fn form(&self) -> String {
        "a URL of HTTP".to_owned()
    }

    fn schema(&self) -> Json {
        described::matching("^https?://[^@?# ]+$")
    }

    fn shown(&self, value: &String) -> String {
        value.clone()
    }
}

/// What a service is called.
struct Name;

impl Kind for Name {
    type Value = String;

    fn read(&self, field: &Field, _: &Ground, findings: &mut Findings) -> Option<String> {
        let name = field.text(findings)?;
        if name.trim().is_empty() {
            findings.problem(&field.place, "this is empty; write a name, or remove it");
            return None;
        }
        Some(name.to_owned())
    }

    fn form(&self) -> String {
        "a name".to_owned()
    }

    fn schema(&self) -> Json {
        described::text()
    }

    fn shown(&self, value: &String) -> String {
        value.clone()
    }
}

/// A mapping of headers' names to secrets.
struct NamedSecrets;

impl Kind for NamedSecrets {
    type Value = RequestHeaders;

    fn read(&self, field: &Field, ground: &Ground, findings: &mut Findings) -> Option<RequestHeaders> {
        let mut headers = RequestHeaders::default();
        for (name, field) in field.named(findings)? {
            match header(name, &field, ground) {
                Ok(value) => headers.0.push((name.to_owned(), value)),
                Err(message) => findings.problem(&field.place, message),
            }
        }
        Some(headers)
    }

    fn form(&self) -> String {
        "names and secrets".to_owned()
    }

    fn schema(&self) -> Json {
        described::named(&described::scalar(), &json!({"pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"}))
    }

    fn shown(&self, _: &RequestHeaders) -> String {
        "secrets".to_owned()
    }
}

fn header(name: &str, field: &Field, ground: &Ground) -> Result<Secret, String> {
    let is_name = !name.is_empty() && name.bytes().all(is_of_a_name);
    if !is_name {
        return Err(format!("{} can't be the name of a header; write for example `authorization`", quoted(name)));
    }
    if OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err(format!("each request has its own {}; remove it", quoted(name)));
    }
    let value = conceal(field, ground)?;
    if !value.reveal().bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Err("the value of a header has visible ASCII characters only; check what it refers to".to_owned());
    }
    Ok(value)
}

/// What RFC 9110 has in tokens.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
