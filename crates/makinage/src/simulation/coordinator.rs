//! The coordinator of transactions, for the one name that the services have: epochs, outputs that nobody sees yet,
//! offsets that wait for the end, and time-outs.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    member,
    oracle::Run,
    output::{Appended, Output, Place, topic_of},
    schedule::Plan,
    world::World,
};
use crate::sink::purpose::Purpose;

/// A transaction that has not ended.
struct Open {
    number: u64,
    service: u32,
    producer: usize,
    outputs: Vec<Output>,
    /// By partition; whoever asks for them waits for the end.
    offsets: BTreeMap<i32, i64>,
}

/// What the coordinator knows.
#[derive(Default)]
pub(super) struct Transactions {
    epoch: u64,
    begun: u64,
    open: Option<Open>,
}

/// Whom a request is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    pub service: u32,
    pub producer: usize,
    pub epoch: u64,
}

impl Transactions {
    /// A producer begins: what is open is aborted, and older ones are fenced off.
    pub(super) fn begin(&mut self) -> u64 {
        self.epoch += 1;
        self.open = None;
        self.epoch
    }

    pub(super) fn is_fenced(&self, sender: Sender) -> bool {
        sender.epoch != self.epoch
    }

    /// Whether a partition's committed offset is about to change, or not.
    pub(super) fn is_unstable(&self, partition: i32) -> bool {
        self.open.as_ref().is_some_and(|open| open.offsets.contains_key(&partition))
    }

    /// Whether readers of the sink topic wait for the end of a transaction of this service's. What one before it left
    /// ends when it begins, or times out.
    pub(super) fn hangs(&self, service: u32) -> bool {
        self.open.as_ref().is_some_and(|open| open.service == service)
    }

    pub(super) fn abort(&mut self) {
        self.open = None;
    }

    fn opened(&mut self, sender: Sender) -> (&mut Open, bool) {
        let is_new = self.open.is_none();
        self.begun += u64::from(is_new);
        let (number, service, producer) = (self.begun, sender.service, sender.producer);
        let open = Open { number, service, producer, outputs: vec![], offsets: BTreeMap::new() };
        (self.open.get_or_insert(open), is_new)
    }
}

/// What is added to a transaction, which may be its first.
pub(super) fn add(world: &Rc<World>, sender: Sender, outputs: Vec<Output>, offsets: BTreeMap<i32, i64>) {
    let mut transactions = world.transactions.borrow_mut();
    let (open, is_new) = transactions.opened(sender);
    open.outputs.extend(outputs);
    open.offsets.extend(offsets);
    let number = open.number;
    drop(transactions);
    if is_new {
        world.after(timeout(&world.plan), move |world| time_out(world, number));
    }
}

fn timeout(plan: &Plan) -> u64 {
    plan.transactions.map_or(u64::MAX / 4, |ends| ends.timeout)
}

/// It has taken too long: it is aborted, and its producer fenced off.
fn time_out(world: &Rc<World>, number: u64) {
    let mut transactions = world.transactions.borrow_mut();
    if transactions.open.as_ref().is_some_and(|open| open.number == number) {
        world.tell(|| format!("transaction {number} has timed out"));
        transactions.begin();
    }
}

/// The end of a transaction is asked for: all of it is there at once. `false` where another producer has begun since.
pub(super) fn commit(world: &Rc<World>, sender: Sender) -> bool {
    let mut transactions = world.transactions.borrow_mut();
    if transactions.is_fenced(sender) {
        return false;
    }
    let Some(open) = transactions.open.take() else { return true };
    drop(transactions);
    world.tell(|| format!("transaction {}: {} outputs, {:?}", open.number, open.outputs.len(), open.offsets));
    for record in &open.outputs {
        let (place, partition) = (Place::of(&record.message), rdkafka::Message::partition(&record.message));
        let run = Run { service: open.service, assignment: record.ticket.assignment() };
        let appended = Appended { partition, place, record };
        let (mut oracle, topic) = (world.oracle.borrow_mut(), topic_of(record));
        match topic {
            Purpose::Outputs => oracle.appended(world, run, open.producer, &appended),
            Purpose::DeadLetters => oracle.letters.appended(world, run, &appended),
        }
        oracle.delivered(open.service, topic, place);
    }
    for (partition, offset) in open.offsets {
        member::committed(world, open.service, partition, offset);
    }
    true
}
