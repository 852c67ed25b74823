//! What Kafka's client says in its own words of rights that are missing, and of what follows from connections that are
//! lost: that waits for whoever says why, with what to do, and is said only where nobody does. Pure.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::denied::{About, Resource};

/// So long the better line is waited for: what the client says of a request comes before its answer is looked at.
const PATIENCE: Duration = Duration::from_secs(5);
/// So long the better line stands for what the client repeats: twice the time after which it comes again itself.
const FRESH: Duration = Duration::from_mins(2);
/// Lines that wait; more of them are forgotten, the oldest first.
const WAITING: usize = 16;

/// What a line of the client's is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A right that is missing.
    Right(About),
    /// That brokers haven't answered.
    Silence,
}

/// The lines that wait, and what was said.
#[derive(Debug, Default)]
pub(super) struct Unsaid {
    /// The oldest first.
    waiting: VecDeque<(Cause, String, Instant)>,
    said: Vec<(About, Instant)>,
}

impl Unsaid {
    /// The client has said this.
    pub(super) fn wait(&mut self, cause: Cause, line: String, now: Instant) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((cause, line, now));
    }

    /// A line says which right to this resource is missing.
    pub(super) fn said(&mut self, resource: Resource<'_>, now: Instant) {
        let all = [About::Topic, About::Group, About::TransactionalId, About::Cluster];
        for about in all.into_iter().filter(|about| about.is_said_by(resource)) {
            self.said.retain(|(other, _)| *other != about);
            self.said.push((about, now));
        }
    }

    /// What has waited for long enough, and nobody said better; `is_silent`: it is told that brokers don't answer.
    pub(super) fn due(&mut self, is_silent: bool, now: Instant) -> Vec<String> {
        self.said.retain(|(_, at)| now.saturating_duration_since(*at) < FRESH);
        let said = &self.said;
        self.waiting.retain(|(cause, ..)| match cause {
            Cause::Right(about) => said.iter().all(|(known, _)| known != about),
            Cause::Silence => !is_silent,
        });
        let is_due = |(_, _, since): &(Cause, String, Instant)| now.saturating_duration_since(*since) >= PATIENCE;
        let due = self.waiting.iter().take_while(|line| is_due(line)).count();
        self.waiting.drain(..due).map(|(_, line, _)| line).collect()
    }
}

#[cfg(test)]
mod tests;
