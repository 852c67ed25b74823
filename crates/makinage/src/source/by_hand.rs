//! What the source does while partitions aren't read: says it where that is by hand, and asks where they end.

use std::time::{Duration, Instant};

use super::{
    assignment::Assignment,
    consumer::Consumer,
    ends::Ends,
    pause::{Asked, Pause},
    room::Room,
};
use crate::clock::Clock;

/// Between two lines that say that nothing is read.
const AGAIN: Duration = Duration::from_mins(5);

/// What was said and asked.
#[derive(Debug, Default)]
pub(super) struct ByHand {
    reminder: Reminder,
    ends: Ends,
}

impl ByHand {
    /// Looks after that, once all is as somebody wants it.
    pub(super) fn look<K: Clock>(
        &mut self,
        consumer: &impl Consumer,
        assignment: &Assignment<K>,
        room: &Room,
        now: Instant,
    ) {
        self.reminder.look(&assignment.pause, now);
        if assignment.pause.is_heard() {
            let all: Vec<_> = assignment.offsets().partitions().collect();
            self.ends.unread_are(all.into_iter(), assignment, now);
        } else {
            self.ends.unread_are(room.paused(), assignment, now);
        }
        if consumer.is_reached() {
            self.ends.look(consumer, assignment, now);
        }
    }
}

/// When it is said that nothing is read.
#[derive(Debug, Default)]
struct Reminder {
    said: Option<Instant>,
}

impl Reminder {
    /// Says what there is to be said.
    fn look(&mut self, pause: &Pause, now: Instant) {
        match pause.asked() {
            Some(Asked { by, at, .. }) if self.is_due(now) => tracing::warn!(
                code = "R023",
                "reading is paused by hand, as {by} asked for {} s ago: what was read before is finished and committed, and nothing more is read; \
                 have it read on with the page's button or POST /api/resume",
                now.saturating_duration_since(at).as_secs()
            ),
            None if self.ends() => tracing::info!("reading goes on: it isn't paused by hand any more"),
            _ => {}
        }
    }

    /// Whether it is time to say it: at once, and again and again.
    fn is_due(&mut self, now: Instant) -> bool {
        let due = self.said.is_none_or(|said| now.saturating_duration_since(said) >= AGAIN);
        if due {
            self.said = Some(now);
        }
        due
    }

    /// It is over; whether anything had been said of it.
    fn ends(&mut self) -> bool {
        self.said.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_reminded_every_few_minutes() {
        let (mut reminder, start) = (Reminder::default(), Instant::now());
        let due = [0, 1, 299, 300, 301].map(|seconds| reminder.is_due(start + Duration::from_secs(seconds)));
        assert_eq!((due, reminder.ends(), reminder.ends()), ([true, false, false, true, false], true, false));
    }
}
