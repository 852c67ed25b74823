//! A collector of traces: takes OTLP over HTTP, and says what it was sent, as OpenTelemetry's own messages have it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{model::python, secured::certificates::Identity};

/// Reads requests, each after its length, and writes all spans as JSON. Fields that the messages don't have are an
/// error.
const READER: &str = r#"
import json, sys
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

def check(message):
    assert not len(UnknownFieldSet(message)), message
    for _, value in message.ListFields():
        items = [value] if isinstance(value, Message) else value if hasattr(value, "append") or hasattr(value, "add") else []
        for item in items:
            if isinstance(item, Message):
                check(item)

def attributes(all):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in all}

def spans(request):
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {
                    "resource": attributes(resource.resource.attributes),
                    "scope": scope.scope.name,
                    "trace": span.trace_id.hex(), "span": span.span_id.hex(), "parent": span.parent_span_id.hex(),
                    "state": span.trace_state, "flags": span.flags, "name": span.name, "kind": span.kind,
                    "start": span.start_time_unix_nano, "end": span.end_time_unix_nano,
                    "attributes": attributes(span.attributes),
                    "events": [{"name": event.name, "at": event.time_unix_nano, "attributes": attributes(event.attributes)}
                               for event in span.events],
                    "links": [link.trace_id.hex() + link.span_id.hex() for link in span.links],
                    "status": {"code": span.status.code, "message": span.status.message},
                }

found = []
while size := sys.stdin.buffer.read(8):
    request = ExportTraceServiceRequest.FromString(sys.stdin.buffer.read(int.from_bytes(size, "big")))
    check(request)
    found.extend(spans(request))
json.dump(found, sys.stdout)
"#;

/// What it does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Answers(u16),
    /// Takes them, and never answers.
    Hangs,
}

/// What it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub head: String,
    body: Vec<u8>,
}

pub(crate) struct Collector {
    url: String,
    mode: Arc<Mutex<Mode>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Collector {
    pub(crate) fn start(mode: Mode) -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address"), mode)
    }

    /// At an address that is known.
    pub(crate) fn at(address: SocketAddr, mode: Mode) -> Self {
        Self::listening("http", address, mode, Some)
    }

    /// One that takes all, of who trusts this.
    pub(crate) fn secured(identity: &Identity) -> Self {
        let acceptor = identity.acceptor().build();
        let address = "127.0.0.1:0".parse().expect("an address");
        Self::listening("https", address, Mode::Answers(200), move |stream| acceptor.accept(stream).ok())
    }

    fn listening<S: Read + Write>(
        scheme: &str,
        address: SocketAddr,
        mode: Mode,
        open: impl Fn(TcpStream) -> Option<S> + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("a port");
        let collector = Self {
            url: format!("{scheme}://{}", listener.local_addr().expect("an address")),
            mode: Arc::new(Mutex::new(mode)),
            requests: Arc::default(),
        };
        let (mode, requests) = (Arc::clone(&collector.mode), Arc::clone(&collector.requests));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (mode, requests, open) = (Arc::clone(&mode), Arc::clone(&requests), open.clone());
                thread::spawn(move || {
                    if let Some(stream) = open(stream) {
                        serve(stream, &mode, &requests);
                    }
                });
            }
        });
        collector
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().expect("a mode") = mode;
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("requests").clone()
    }

    /// All spans that it was sent.
    pub(crate) fn spans(&self) -> Vec<Value> {
        let mut reader = Command::new(python())
            .args(["-c", READER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut input = reader.stdin.take().expect("its input");
        for Request { body, .. } in self.requests() {
            input.write_all(&(body.len() as u64).to_be_bytes()).expect("it reads");
            input.write_all(&body).expect("it reads");
        }
        drop(input);
        let output = reader.wait_with_output().expect("it ends");
        assert!(output.status.success(), "OpenTelemetry's own messages don't read what was sent");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

/// Answers requests on a connection, one after the other.
fn serve(stream: impl Read + Write, mode: &Mutex<Mode>, requests: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            head.push_str(&line);
            line.clear();
        }
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let Some(length) = length else { return };
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        requests.lock().expect("requests").push(Request { head, body });
        let Mode::Answers(status) = *mode.lock().expect("a mode") else {
            thread::sleep(Duration::from_mins(10));
            return;
        };
        let answer = format!("HTTP/1.1 {status} As It Is\r\nContent-Length: 0\r\n\r\n");
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
