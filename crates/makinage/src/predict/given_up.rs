//! Events that nobody is asked about any more: of lanes that are over, and of all at a stop.

use super::Predictor;
use crate::flights::Part;

impl Predictor {
    /// Gives up events of these lanes, which are over, that no live worker holds.
    pub(crate) fn give_up(&mut self, lanes: &[u32]) {
        self.drop_waiting_of(lanes);
        self.over.extend(lanes);
        self.over = self.flights.under_way(&self.over);
    }

    pub(super) fn drop_waiting_of(&mut self, lanes: &[u32]) {
        for job in std::mem::take(&mut self.retries) {
            let (flight, (kept, removed)) = (job.flight, job.without_lanes(lanes));
            self.retries.extend(kept);
            for places in removed {
                self.flights.add(flight, Part::GivenUp(places));
            }
        }
        let all = self.current.iter_mut().chain(&mut self.draining);
        let accused = all.flat_map(|serving| serving.standing.withdraw(lanes)).collect::<Vec<_>>();
        for job in accused.into_iter().chain(self.delayed.remove(lanes)) {
            self.flights.add(job.flight, Part::GivenUp(job.range));
        }
    }

    /// Gives up all that no live worker holds.
    pub(crate) fn give_up_waiting(&mut self) {
        let all = self.current.iter_mut().chain(&mut self.draining);
        let accused = all.flat_map(|serving| serving.standing.disband()).collect::<Vec<_>>();
        let waiting = std::mem::take(&mut self.retries).into_iter().chain(self.delayed.clear());
        for job in waiting.chain(accused) {
            self.flights.add(job.flight, Part::GivenUp(job.range));
        }
    }
}
