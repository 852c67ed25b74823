//! Whether a model that has loaded can score: the verdict of a warm-up on recent events.

use super::{process::ProcessError, samples::SAMPLES};
use crate::event::Event;

/// Has the model score recent events. An exception is no verdict: it may be the event's, so that any answer will do.
/// Neither is a crash, before all samples have ended in one: `load` makes another process then.
pub(super) fn warm_up<P, E>(
    mut process: P,
    samples: &[Event],
    score: impl Fn(&mut P, &Event) -> Result<(), ProcessError>,
    load: impl Fn(&ProcessError) -> Result<P, E>,
    verdict: impl FnOnce(ProcessError) -> E,
) -> Result<P, E> {
    for (crashes, sample) in (1..).zip(samples) {
        match score(&mut process, sample) {
            Ok(()) => return Ok(process),
            Err(error) if crashes == SAMPLES => return Err(verdict(error)),
            Err(error) => process = load(&error)?,
        }
    }
    Ok(process)
}

#[cfg(test)]
mod tests;
