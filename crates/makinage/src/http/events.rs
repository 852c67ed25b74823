//! Single events as they pass, for who looks on: server-sent events, `data` is JSON.
//!
//! What a listener doesn't take in time is dropped and counted (`event: missed`); the stream waits for nobody.

use std::{
    borrow::Cow,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame};
use percent_encoding::percent_decode_str;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::telemetry::{
    tap::{Filter, Listener, Tap},
    tapped::Tapped,
};

/// Events that wait for a listener's connection.
const WAITING: usize = 200;

/// A body that has events until its listener goes.
#[derive(Debug)]
pub(super) struct Events(Receiver<Bytes>);

impl Events {
    /// Those that a request asks for; `None` where too many listen already.
    pub(super) fn of(tap: &Tap, query: &str) -> Option<Self> {
        let (sender, receiver) = channel(WAITING);
        // So that the listener sees at once that it is heard.
        let _ = sender.try_send(Bytes::from_static(b": events follow\n\n"));
        tap.listen(filter(query), Ear { sender, missed: 0 }).then_some(Self(receiver))
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The stream's end of a listener.
#[derive(Debug)]
struct Ear {
    sender: Sender<Bytes>,
    missed: u64,
}

impl Listener for Ear {
    fn is_there(&self) -> bool {
        !self.sender.is_closed()
    }

    fn take(&mut self, event: Tapped) {
        let Ok(json) = serde_json::to_string(&event) else { return };
        let missed = match self.missed {
            0 => String::new(),
            missed => format!("event: missed\ndata: {missed}\n\n"),
        };
        match self.sender.try_send(format!("{missed}data: {json}\n\n").into()) {
            Ok(()) => self.missed = 0,
            Err(_) => self.missed += 1,
        }
    }
}

/// `failed=true&step=predict&contains=text`; what is none of these means nothing.
fn filter(query: &str) -> Filter {
    let mut filter = Filter::default();
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = value.replace('+', " ");
        let value = percent_decode_str(&value).decode_utf8_lossy();
        let text = |value: Cow<'_, str>| Some(value.into_owned()).filter(|value| !value.is_empty());
        match key {
            "failed" => filter.failed = value == "true",
            "step" => filter.step = text(value),
            "contains" => filter.contains = text(value),
            _ => {}
        }
    }
    filter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_which_events_are_wanted() {
        assert_eq!(filter(""), Filter::default());
        let all = Filter { failed: true, step: Some("predict".into()), contains: Some("a b&c".into()) };
        assert_eq!(filter("failed=true&step=predict&contains=a+b%26c&other=1"), all);
        assert_eq!(filter("failed=no&step=&contains="), Filter::default());
    }
}
