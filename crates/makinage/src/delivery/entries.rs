//! What transactions are made of: outputs, and events that have none, of each partition in their order. All of it is
//! kept until it is committed, so that an aborted transaction is made again of the same. Pure: no I/O.
//!
//! **Which output is refused.** Brokers refuse batches, and with one output the whole transaction can't be committed.
//! What was refused together is tried again in transactions of half as many, until one stands alone: only that is
//! judged.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rdkafka::Message;

use super::transactional::Partition;
use crate::{
    event::{Fate, Place, Ticket},
    sink::backlog::Held,
    source::offsets::Position,
};

/// An output, and where it goes.
#[derive(Debug)]
pub(super) struct Output {
    pub held: Held,
    pub partition: i32,
    /// It is a dead letter.
    pub is_letter: bool,
    /// It was refused, alone or among others.
    pub is_suspect: bool,
}

/// An event whose fate is known but for the commit.
#[derive(Debug)]
pub(super) struct Entry {
    pub ticket: Ticket,
    pub place: Place,
    pub fate: Fate,
    pub output: Option<Output>,
    /// Its output was refused, and what is to become of it isn't known yet.
    pub is_judged: bool,
}

impl Entry {
    fn partition(&self) -> Partition {
        (self.place.source, self.place.partition)
    }

    fn judge(&mut self) -> Option<Judged> {
        let output = self.output.as_ref()?;
        self.is_judged = true;
        Some(Judged { ticket: self.ticket, is_letter: output.is_letter })
    }
}

/// Whose output was refused for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    pub ticket: Ticket,
    pub is_letter: bool,
}

/// What comes next in the open transaction.
#[derive(Debug)]
pub(super) enum Next<'e> {
    /// This output.
    Output(&'e mut Output),
    /// An event without one.
    Without,
    /// Nothing: what follows is to be in a transaction of its own.
    Full,
    /// Nothing, or what isn't known yet.
    Nothing,
}

/// What the open transaction has.
#[derive(Debug, Default, Clone, Copy)]
struct Open {
    /// The first so many entries.
    entries: usize,
    outputs: usize,
    /// Its outputs are suspects.
    of_suspects: bool,
    /// It may be committed.
    is_ending: bool,
}

/// All that isn't committed.
#[derive(Debug, Default)]
pub(super) struct Entries {
    all: VecDeque<Entry>,
    open: Open,
    /// Suspects that one transaction may have.
    suspects: usize,
}

impl Entries {
    /// Another one, behind all others.
    pub(super) fn push(&mut self, entry: Entry) {
        self.all.push_back(entry);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether the open transaction has several outputs.
    pub(super) fn has_several_outputs(&self) -> bool {
        self.open.outputs > 1
    }

    /// How many are in the open transaction.
    pub(super) fn in_transaction(&self) -> usize {
        self.open.entries
    }

    /// What comes next in the open transaction.
    pub(super) fn next(&mut self) -> Next<'_> {
        let open = self.open;
        let Some(entry) = self.all.get_mut(open.entries).filter(|entry| !entry.is_judged) else { return Next::Nothing };
        let Some(output) = &mut entry.output else { return Next::Without };
        let others = open.outputs > 0 && open.of_suspects != output.is_suspect;
        if others || (output.is_suspect && open.outputs >= self.suspects.max(1)) {
            return Next::Full;
        }
        Next::Output(output)
    }

    /// What came next is in the transaction now.
    pub(super) fn went(&mut self) {
        let output = self.all.get(self.open.entries).and_then(|entry| entry.output.as_ref());
        if let Some(output) = output {
            self.open.of_suspects = output.is_suspect;
            self.open.outputs += 1;
        }
        self.open.entries += 1;
    }

    /// What came next is refused at once: what is to become of it is to be said.
    pub(super) fn judge_next(&mut self) -> Option<Judged> {
        self.all.get_mut(self.open.entries)?.judge()
    }

    /// The assignments of what is in the transaction.
    pub(super) fn assignments(&self) -> BTreeSet<u32> {
        self.all.iter().take(self.open.entries).map(|entry| entry.ticket.assignment()).collect()
    }

    /// How far the transaction moves its partitions.
    pub(super) fn positions(&self) -> Vec<Position> {
        let mut last = BTreeMap::new();
        for entry in self.all.iter().take(self.open.entries) {
            last.insert(entry.partition(), entry.place.offset + 1);
        }
        last.into_iter().map(|((source, partition), offset)| Position { source, partition, offset }).collect()
    }

    /// All partitions of which something is here.
    pub(super) fn partitions(&self) -> Vec<Partition> {
        self.all.iter().map(Entry::partition).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The transaction is being committed.
    pub(super) fn end(&mut self) {
        self.open.is_ending = true;
    }

    /// The transaction is committed: the fates of what was in it.
    pub(super) fn committed(&mut self) -> impl Iterator<Item = (Ticket, Fate)> + '_ {
        let Open { entries: count, of_suspects, .. } = std::mem::take(&mut self.open);
        if of_suspects {
            self.suspects = self.suspects.saturating_mul(2);
        }
        self.all.drain(..count).map(|entry| (entry.ticket, entry.fate))
    }

    /// The transaction is aborted: what was in it is to be in the next.
    pub(super) fn aborted(&mut self) {
        self.open = Open::default();
    }

    /// The group is so far: what is before that is committed. The fates of that: where the group is elsewhere than the
    /// transaction would have moved it, somebody else has those events.
    pub(super) fn landed(&mut self, committed: &BTreeMap<Partition, i64>) -> Vec<(Ticket, Fate)> {
        let positions = if self.open.is_ending { self.positions() } else { vec![] };
        let positions = positions.into_iter().map(|at| ((at.source, at.partition), at.offset));
        let ours: BTreeSet<Partition> =
            positions.filter(|(partition, offset)| committed.get(partition) == Some(offset)).map(|at| at.0).collect();
        self.open = Open::default();
        let mut landed = vec![];
        self.all.retain(|entry| {
            let partition = entry.partition();
            let is_committed = committed.get(&partition).is_some_and(|offset| entry.place.offset < *offset);
            let fate = if ours.contains(&partition) { entry.fate } else { Fate::Dropped };
            landed.extend(is_committed.then_some((entry.ticket, fate)));
            !is_committed
        });
        landed
    }

    /// All that is here, whatever becomes of it.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Ticket> + '_ {
        self.open = Open::default();
        self.all.drain(..).map(|entry| entry.ticket)
    }

    /// These outputs of the transaction were refused. The one that is to be judged by that, where one stood alone.
    pub(super) fn refused(&mut self, refused: &BTreeSet<Ticket>) -> Option<Judged> {
        let Open { entries, outputs, of_suspects, .. } = self.open;
        let in_transaction = self.all.iter_mut().take(entries).filter(|entry| refused.contains(&entry.ticket));
        let mut found = 0;
        for output in in_transaction.filter_map(|entry| entry.output.as_mut()) {
            output.is_suspect = true;
            found += 1;
        }
        if found == 0 {
            return None;
        }
        if outputs == 1 {
            return self.all.iter_mut().take(entries).find(|entry| refused.contains(&entry.ticket))?.judge();
        }
        self.suspects = (if of_suspects { outputs } else { found }).div_ceil(2).min(outputs - 1);
        None
    }

    /// The letter of an event whose output was judged; nothing where that is not here any more.
    pub(super) fn bury(&mut self, ticket: Ticket, letter: Output) {
        if let Some(entry) = self.all.iter_mut().find(|entry| entry.ticket == ticket) {
            (entry.fate, entry.output, entry.is_judged) = (Fate::DeadLetter, Some(letter), false);
        }
    }

    /// A letter that was judged goes with half of its value; `false` where it has none.
    pub(super) fn halve(&mut self, ticket: Ticket) -> bool {
        let Some(entry) = self.all.iter_mut().find(|entry| entry.ticket == ticket) else { return false };
        let value = entry.output.as_ref().and_then(|output| output.held.message.payload());
        if value.is_none_or(<[u8]>::is_empty) {
            return false;
        }
        entry.output = entry.output.take().map(|output| Output { held: output.held.halved(), ..output });
        entry.is_judged = false;
        true
    }

    /// Letters that were judged are tried again.
    pub(super) fn acquit_letters(&mut self) {
        for entry in &mut self.all {
            entry.is_judged &= entry.output.as_ref().is_none_or(|output| !output.is_letter);
        }
    }

    /// Takes the fate of an event whose output was judged. One that is not final ends its assignment: these tickets are
    /// given up.
    pub(super) fn settle(&mut self, ticket: Ticket, fate: Fate) -> Vec<Ticket> {
        let Some(place) = self.all.iter().position(|entry| entry.ticket == ticket) else { return vec![] };
        if fate.is_final() {
            let entry = &mut self.all[place];
            (entry.fate, entry.output, entry.is_judged) = (fate, None, false);
            return vec![];
        }
        self.all.remove(place);
        // It is being aborted.
        self.open.entries -= usize::from(place < self.open.entries);
        self.remove(|entry| entry.ticket.assignment() == ticket.assignment() && entry.ticket > ticket)
    }

    /// Takes out what is given up, and is in no transaction.
    pub(super) fn remove(&mut self, given_up: impl Fn(&Entry) -> bool) -> Vec<Ticket> {
        let (mut removed, mut place) = (vec![], 0);
        let in_transaction = self.open.entries;
        self.all.retain(|entry| {
            let goes = place >= in_transaction && given_up(entry);
            place += 1;
            removed.extend(goes.then_some(entry.ticket));
            !goes
        });
        removed
    }

    /// Whether something of the open transaction is of such an assignment.
    pub(super) fn has_in_transaction(&self, is_over: impl Fn(Ticket) -> bool) -> bool {
        self.all.iter().take(self.open.entries).any(|entry| is_over(entry.ticket))
    }

    /// An output that is here.
    pub(super) fn output(&self, ticket: Ticket) -> Option<&Output> {
        self.all.iter().find(|entry| entry.ticket == ticket)?.output.as_ref()
    }
}

#[cfg(test)]
mod tests;
