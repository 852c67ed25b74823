//! What a worker is asked for, as the frame that it gets.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Instant,
};

use super::asking::{Ask, AskKind};
use crate::{
    telemetry::Telemetry,
    wire::{
        frame::{ask_for_values, encode_batch},
        protocol::{Kind, write_frame},
    },
};

/// Bytes of events that a socket which nothing waits in has room for, with what the frame adds.
const SMALL: usize = 16 << 10;
/// Bytes that the frame adds to an event, or more.
const OVERHEAD: usize = 32;

/// Where it is known who looks on, and what they may ask for.
#[derive(Debug, Clone, Default)]
pub(super) struct Onlookers {
    /// The data topics, in the operator's order.
    pub topics: Vec<String>,
    pub telemetry: Arc<Telemetry>,
}

/// Writes the frame of a request.
pub(super) fn write(to: &mut impl Write, onlookers: &Onlookers, ask: &Ask) -> io::Result<()> {
    let kind = match ask.kind {
        AskKind::Batch => Kind::Batch,
        AskKind::Singly => Kind::Singly,
    };
    write_frame(to, kind, ask.id, &payload(onlookers, ask))
}

/// Whether a worker that waits takes the frame at once.
pub(super) fn is_small(ask: &Ask) -> bool {
    ask.job.events().iter().map(|event| OVERHEAD + event.size()).sum::<usize>() <= SMALL
}

fn payload(Onlookers { topics, telemetry }: &Onlookers, ask: &Ask) -> Vec<u8> {
    let events = ask.job.events();
    let mut payload = encode_batch(events, &ask.encoding);
    if !ask.job.is_probe()
        && let Some(places) = telemetry.tap.asks(Instant::now(), topics, events)
    {
        ask_for_values(&mut payload, &places);
    }
    payload
}
