//! What all turns have brought, and how to ask for it.

use std::sync::Arc;

use crate::{
    figures::{Figures, Of, Spread},
    kinds::Kind,
    workloads::Made,
};

/// All turns of one contestant at one workload.
pub(crate) struct Row {
    /// The workload's place.
    pub kind: usize,
    /// The contestant's place.
    pub by: usize,
    /// Empty figures, where a turn failed.
    pub turns: Vec<Figures>,
    /// Why turns failed.
    pub failures: Vec<String>,
}

/// All of it.
pub(crate) struct Results {
    pub kinds: Vec<(Kind, Arc<Made>)>,
    /// The contestants'.
    pub names: Vec<&'static str>,
    pub rows: Vec<Row>,
}

impl Results {
    /// The rows of a workload, each with its contestant's name.
    pub(crate) fn of(&self, kind: usize) -> impl Iterator<Item = (&'static str, &Row)> {
        self.rows.iter().filter(move |row| row.kind == kind).map(|row| (self.names[row.by], row))
    }

    /// A workload's model and events.
    pub(crate) fn made(&self, kind: &str) -> Option<&Made> {
        self.kinds.iter().find(|(one, _)| one.name == kind).map(|(_, made)| &**made)
    }

    /// The turns of a contestant at a workload; none, where they weren't measured.
    pub(crate) fn turns(&self, [kind, by]: [&str; 2]) -> &[Figures] {
        let row = self.rows.iter().find(|row| self.kinds[row.kind].0.name == kind && self.names[row.by] == by);
        row.map_or(&[], |row| &row.turns)
    }

    /// A figure's spread over turns.
    pub(crate) fn figure(&self, who: [&str; 2], of: Of) -> Option<Spread> {
        spread(self.turns(who), of)
    }

    /// What `both` makes of two contestants' figures, turn for turn, since the machine changes meanwhile.
    pub(crate) fn both(
        &self,
        (one, other): ([&str; 2], [&str; 2]),
        of: Of,
        both: impl Fn(f64, f64) -> f64,
    ) -> Option<Spread> {
        let turns = self.turns(one).iter().zip(self.turns(other));
        Spread::of(turns.filter_map(|(one, other)| Some(both(*one.get(&of)?, *other.get(&of)?))).collect())
    }
}

/// A figure's spread over turns.
pub(crate) fn spread(turns: &[Figures], of: Of) -> Option<Spread> {
    Spread::of(turns.iter().filter_map(|turn| turn.get(&of).copied()).collect())
}

/// A figure as a share of another contestant's in the same turn.
pub(crate) fn shares(turns: &[Figures], others: &[Figures], of: Of) -> Option<Spread> {
    let share = |(one, other): (&Figures, &Figures)| Some(one.get(&of)? / other.get(&of)?);
    Spread::of(turns.iter().zip(others).filter_map(share).collect())
}
