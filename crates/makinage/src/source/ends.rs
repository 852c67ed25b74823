//! Where partitions end that are paused by hand: the client hears of an end only with what it fetches, and nobody shall
//! see a lag that stands still while events come.

use std::time::{Duration, Instant};

use super::{assignment::Assignment, consumer::Positions};
use crate::clock::Clock;

/// Between two times that brokers are asked.
const AGAIN: Duration = Duration::from_secs(2);
/// So long is asked at a time, and then the group is heard.
const LONGEST: Duration = Duration::from_millis(500);
/// After a partition that doesn't answer, on which seconds are spent in which the group is not heard.
const REST: Duration = Duration::from_secs(30);

/// Asks for them.
#[derive(Debug, Default)]
pub(super) struct Ends {
    asked: Option<Instant>,
    rests_until: Option<Instant>,
    /// How many partitions were asked for in this round.
    done: usize,
}

impl Ends {
    /// Asks for some, where that is due.
    pub(super) fn look<K: Clock>(&mut self, consumer: &impl Positions, assignment: &Assignment<K>, now: Instant) {
        if self.rests_until.is_some_and(|until| now < until) {
            return;
        }
        if self.done == 0 && self.asked.is_some_and(|asked| now.saturating_duration_since(asked) < AGAIN) {
            return;
        }
        self.asked = Some(now);
        let partitions: Vec<_> = assignment.offsets().partitions().collect();
        for partition in partitions.iter().skip(self.done) {
            let name = &assignment.topics[usize::from(partition.0)].name;
            match consumer.watermarks(*partition) {
                Ok((_, end)) => assignment.telemetry.source.ends_unread(name, partition.1, end),
                Err(error) => {
                    tracing::debug!("asking again where {name}/{} ends: {error}", partition.1);
                    // The next ones may answer.
                    (self.done, self.rests_until) = (self.done + 1, Some(now + REST));
                    break;
                }
            }
            self.done += 1;
            if assignment.clock.now().saturating_duration_since(now) >= LONGEST {
                break;
            }
        }
        if self.done >= partitions.len() {
            self.done = 0;
        }
    }

    /// All is read again, and the client hears by itself.
    pub(super) fn reads_on<K: Clock>(&mut self, assignment: &Assignment<K>) {
        if self.asked.take().is_some() {
            *self = Self::default();
            assignment.telemetry.source.reads_on();
        }
    }
}
