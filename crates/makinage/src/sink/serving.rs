//! What goes out: outputs that wait are produced, each lane in its order and none waiting for another.

use std::time::{Duration, Instant};

use rdkafka::{
    Message,
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{
    backlog::Held,
    kafka::{KafkaSink, RefusedRecord},
    lane::{Around, Step},
    producer::{Kind, Producer, Producers},
    refusal::{is_too_large, too_large},
};
use crate::clock::Clock;

/// The wait between attempts to produce again what the infrastructure failed to take.
pub(super) const RETRY: Duration = Duration::from_secs(1);
/// The wait for room in a producer's full buffer.
const FULL: Duration = Duration::from_millis(2);
/// How long a look after what waits may take.
const LOOK: Duration = Duration::from_millis(20);
/// Outputs between two looks at the clock.
const PORTION: usize = 64;

impl<M: Producers, K: Clock> KafkaSink<M, K> {
    /// An output waits behind all others of its partition, and goes as soon as it may.
    pub(super) fn hold(&mut self, partition: i32, held: Held) {
        self.lanes.hold(partition, held);
        let until = self.now + LOOK;
        self.serve(partition, until);
    }

    /// Looks after all that waits, for a moment.
    pub(super) fn look(&mut self) {
        self.look_at = None;
        self.take_in();
        self.tend_retiring();
        let until = self.now + LOOK;
        for partition in self.lanes.take_waiting() {
            self.serve(partition, until);
            if self.lanes.of(partition).waits() {
                self.lanes.look_after(partition);
            }
        }
        self.tell_stalled();
    }

    /// The next look is due by then.
    pub(super) fn look_by(&mut self, at: Instant) {
        self.look_at = Some(self.look_at.map_or(at, |before| before.min(at)));
    }

    /// Produces what may be produced of one lane, until then.
    fn serve(&mut self, partition: i32, until: Instant) {
        for steps in 1_usize.. {
            if !self.step(partition) {
                return;
            }
            if steps.is_multiple_of(PORTION) && self.clock.now() >= until {
                return self.look_by(self.now);
            }
        }
    }

    /// `false` when nothing more can be done now.
    fn step(&mut self, partition: i32) -> bool {
        // Before what came back is taken in: of a lane that has nothing under way, all has come.
        let drained = self.is_drained(partition);
        if drained {
            self.take_in();
            self.lanes.of(partition).settle(self.now);
        }
        let around = self.around();
        let lane = self.lanes.of(partition);
        let reported = self.carriers.reported(lane, partition);
        lane.allow(reported.unwrap_or_default() + self.limits.share);
        let step = lane.next(drained, around);
        match step {
            Step::Ordinary | Step::Open => return self.send_first(partition, Kind::Ordinary, step),
            Step::Alone => return self.send_first(partition, Kind::Alone, step),
            Step::Pause(at) => self.look_by(at),
            Step::Full => self.carriers.ring_at(lane, partition, lane.at().1 - self.limits.share / 2),
            // What is drained waits for another producer, which has its time.
            Step::Rest if !drained => self.carriers.ring_at(lane, partition, lane.at().1),
            Step::Rest => {}
            Step::Clear => {
                let carrier = &self.carriers.ordinary;
                lane.go_to(carrier.number, carrier.producer.reports().reported(partition));
                lane.clear();
            }
        }
        false
    }

    fn is_drained(&mut self, partition: i32) -> bool {
        let lane = self.lanes.of(partition);
        self.carriers.reported(lane, partition).is_none_or(|reported| reported == lane.at().1)
    }

    fn around(&self) -> Around {
        let ordinary = self.replace_at.is_none().then_some(self.carriers.ordinary.number);
        Around { ordinary, wary: self.wary_until.is_some_and(|until| self.now < until), now: self.now }
    }

    /// Sends the first of what waits.
    fn send_first(&mut self, partition: i32, kind: Kind, step: Step) -> bool {
        if kind == Kind::Alone && self.carriers.alone.is_none() && !self.make_alone(partition) {
            return false;
        }
        let carrier = match &self.carriers.alone {
            Some(alone) if kind == Kind::Alone => alone,
            _ => &self.carriers.ordinary,
        };
        let lane = self.lanes.of(partition);
        let Some(held) = lane.take_first() else { return false };
        lane.go_to(carrier.number, carrier.producer.reports().reported(partition));
        let outcome = carrier.producer.send(held.record(partition)).map_err(|(error, _)| error);
        match outcome {
            Ok(()) => {
                lane.sent(step, self.now);
                true
            }
            Err(error) if is_too_large(&error) => {
                self.not_taken_for_its_size(RefusedRecord { held, failure: too_large(&error) });
                true
            }
            Err(error) => {
                lane.not_sent(held);
                self.not_taken(partition, kind, &error);
                false
            }
        }
    }

    fn make_alone(&mut self, partition: i32) -> bool {
        if self.carriers.retiring.is_full() {
            self.pause(partition, RETRY);
            return false;
        }
        let made = self.producers.create(Kind::Alone, self.limits.batch_size, &self.bell);
        match made {
            Ok(producer) => self.carriers.add(Kind::Alone, producer, self.limits.batch_size, self.now),
            Err(error) => {
                self.pause(partition, RETRY);
                self.tell_later(&error, partition);
            }
        }
        self.carriers.alone.is_some()
    }

    /// A lane's producer did not take its first output, which waits on.
    pub(super) fn not_taken(&mut self, partition: i32, kind: Kind, error: &KafkaError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => self.pause(partition, FULL),
            Some(RDKafkaErrorCode::Fatal) => {
                let carrier =
                    if kind == Kind::Alone { self.carriers.alone.as_ref() } else { Some(&self.carriers.ordinary) };
                if let Some(carrier) = carrier {
                    carrier.producer.reports().give_up();
                }
                self.look_by(self.now);
            }
            Some(RDKafkaErrorCode::UnknownPartition) => self.move_away(partition),
            _ => {
                self.pause(partition, RETRY);
                self.stalled.why(partition, error);
                self.tell_later(error, partition);
            }
        }
    }

    pub(super) fn pause(&mut self, partition: i32, pause: Duration) {
        let at = self.now + pause;
        self.lanes.of(partition).pause_until(at);
        self.look_by(at);
    }

    /// The sink was made anew with fewer partitions: what waits for one that isn't there goes by key, or anywhere.
    fn move_away(&mut self, partition: i32) {
        let partitions = self.partitions.of_sink_now(&*self.carriers.ordinary.producer, self.now);
        if partition < partitions {
            return self.pause(partition, RETRY);
        }
        for held in self.lanes.of(partition).leave() {
            let to = self.partitions.of_key(held.message.key());
            let to = to.unwrap_or_else(|| self.anywhere(partitions));
            self.lanes.hold(to, held);
        }
        self.look_by(self.now);
    }
}

#[cfg(test)]
mod tests;
