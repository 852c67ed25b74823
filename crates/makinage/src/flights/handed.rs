//! Lanes that a newer generation has begun to answer while an older one still does: from that place on they are the
//! newer one's, or a partition would go back to the older model. Pure.

use std::{collections::BTreeMap, sync::Arc};

use super::{job::Job, part::Part};
use crate::event::Event;

/// A place of a lane: the flight's number, and the place in it.
type At = (u64, usize);

/// From where on a lane is this generation's.
#[derive(Debug, Clone, Copy)]
struct Since {
    at: At,
    generation: u64,
}

/// What newer generations were handed, by lane.
#[derive(Debug, Default)]
pub(super) struct Handed(BTreeMap<u32, Vec<Since>>);

/// An answer in parts.
pub(super) struct Sifted {
    pub kept: Vec<Part>,
    /// What the newer generation is to be asked.
    pub again: Vec<Job>,
}

impl Handed {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A lane is this generation's from here on.
    pub(super) fn note(&mut self, lane: u32, at: At, generation: u64) {
        let all = self.0.entry(lane).or_default();
        if all.iter().any(|since| since.at <= at && since.generation >= generation) {
            return;
        }
        all.retain(|since| since.at < at || since.generation > generation);
        all.push(Since { at, generation });
    }

    /// Nobody answers any more but the newest generation.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Whether an older generation's answer for this place is not to be used.
    fn is_newers(&self, lane: u32, at: At, generation: u64) -> bool {
        let since = |since: &Since| since.at <= at && since.generation > generation;
        self.0.get(&lane).is_some_and(|all| all.iter().any(since))
    }

    /// Takes out of an answer what is a newer generation's to say. None of that has left: what was handed over stands
    /// before it in its lane, and is waited for.
    pub(super) fn sift(&self, flight: u64, events: &Arc<Vec<Event>>, part: Part) -> Sifted {
        let Part::Answered { places, generation, attempt, .. } = &part else {
            return Sifted { kept: vec![part], again: vec![] };
        };
        let lane = |place: usize| events[place].ticket.assignment();
        let is_newers = |place: &usize| self.is_newers(lane(*place), (flight, *place), *generation);
        let taken: Vec<usize> = places.clone().filter(is_newers).collect();
        if taken.is_empty() {
            return Sifted { kept: vec![part], again: vec![] };
        }
        let runs = taken.chunk_by(|one, next| one + 1 == *next).map(|run| run[0]..run[run.len() - 1] + 1);
        let again = runs.map(|range| Job::anew(flight, Arc::clone(events), range, *attempt)).collect();
        Sifted { kept: part.without(&taken), again }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_the_newer_generations_from_where_it_was_handed_over() {
        let mut handed = Handed::default();
        handed.note(7, (3, 5), 2);
        assert!(!handed.is_newers(7, (3, 4), 1), "what is before that is still the older one's");
        assert!(handed.is_newers(7, (3, 5), 1) && handed.is_newers(7, (4, 0), 1));
        assert!(!handed.is_newers(7, (4, 0), 2) && !handed.is_newers(8, (4, 0), 1));
        handed.note(7, (2, 0), 3);
        assert!(handed.is_newers(7, (3, 5), 2) && !handed.is_newers(7, (1, 9), 1));
        assert_eq!(handed.0[&7].len(), 1, "the first says nothing more");
        handed.note(7, (9, 0), 3);
        assert_eq!(handed.0[&7].len(), 1);
    }
}
