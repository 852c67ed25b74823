//! What a worker says while it serves, read until it says nothing more.

use std::io::{self, BufReader};

use crossbeam_channel::Sender;

use super::{
    incoming::Incoming,
    messages::{Cause, FromWorker, WorkerId},
    process::{how, log_line, why_it_ends},
};
use crate::{
    child::Ended,
    panics,
    wire::{
        answer::Answer,
        protocol::{Kind, read_frame},
        values::Values,
    },
};

/// What is known of a worker's end beside its exit.
pub(super) enum Last {
    Nothing,
    /// Its own words.
    Said(String),
    /// Why nothing more was read or written.
    Broken(String),
}

impl Last {
    /// Why it died. What it says of that itself is more than how it then exits, or doesn't in time.
    pub(super) fn cause(self, ended: Option<&Ended>) -> Cause {
        let is_kill = matches!(self, Self::Nothing | Self::Broken(_)) && ended.is_some_and(Ended::is_kill);
        let is_exhaustion = matches!(self, Self::Said(_)) || is_kill;
        let words = match self {
            Self::Nothing => how(ended),
            Self::Said(why) => why,
            Self::Broken(what) => format!("{}; {what}", how(ended)),
        };
        Cause { words, is_exhaustion, is_kill }
    }
}

/// Reads answers until the stream ends, `answered` for each.
pub(super) fn read_answers(
    worker: WorkerId,
    mut socket: BufReader<Incoming>,
    pipeline: &Sender<FromWorker>,
    mut answered: impl FnMut(),
) -> Last {
    let mut seen: Option<(u64, Values)> = None;
    loop {
        panics::point("worker reader");
        let frame = match read_frame(&mut socket) {
            Ok(Some(frame)) => frame,
            Ok(None) => return Last::Nothing,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Last::Nothing,
            Err(error) => return Last::Broken(error.to_string()),
        };
        let sent = match frame.kind {
            Kind::Result => match Answer::parse(frame.payload) {
                Ok(answer) => {
                    answered();
                    let answer = match &mut seen {
                        Some((id, values)) if *id == frame.id => answer.with(values),
                        _ => answer,
                    };
                    pipeline.send(FromWorker::Answer { worker, id: frame.id, answer })
                }
                Err(error) => return Last::Broken(error.to_string()),
            },
            Kind::Values => match Values::parse(&frame.payload) {
                Ok(values) => {
                    seen = Some((frame.id, values));
                    Ok(())
                }
                Err(error) => return Last::Broken(error.to_string()),
            },
            Kind::Ending => return Last::Said(why_it_ends(&frame.payload)),
            Kind::Metrics => match serde_json::from_slice(&frame.payload) {
                Ok(counted) => pipeline.send(FromWorker::Counted { worker, counted }),
                Err(error) => return Last::Broken(format!("what its hooks have counted can't be read: {error}")),
            },
            Kind::Progress => pipeline.send(FromWorker::Progress { worker }),
            Kind::Log => {
                // What one worker finds of the model the others find too.
                if worker.slot == 0 {
                    log_line(&frame.payload);
                }
                Ok(())
            }
            kind => return Last::Broken(format!("it sent a {kind:?} frame while serving")),
        };
        if sent.is_err() {
            return Last::Broken("the pipeline ended".to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
