use rdkafka::{Timestamp, message::OwnedMessage};

use super::*;

fn place(partition: i32, offset: i64) -> Place {
    Place { source: 0, partition, offset }
}

/// An event of the assignment that has its partition's number.
fn ticket(partition: i32, offset: i64) -> Ticket {
    Ticket::new(partition.unsigned_abs(), offset.unsigned_abs())
}

fn output(partition: i32, offset: i64) -> Entry {
    let ticket = ticket(partition, offset);
    let message = OwnedMessage::new(None, None, "predict".into(), Timestamp::NotAvailable, partition, 0, None);
    let output =
        Output { held: Held { message, ticket, alone: false }, partition, is_letter: false, is_suspect: false };
    Entry { ticket, place: place(partition, offset), fate: Fate::Finished, output: Some(output), is_judged: false }
}

fn without(partition: i32, offset: i64) -> Entry {
    Entry { output: None, fate: Fate::Failed, ..output(partition, offset) }
}

/// Of partition 0, at these offsets.
fn outputs(offsets: impl Iterator<Item = i64>) -> Entries {
    let mut entries = Entries::default();
    offsets.for_each(|offset| entries.push(output(0, offset)));
    entries
}

/// Puts all into the transaction that may be; how many outputs that are.
fn fill(entries: &mut Entries) -> usize {
    loop {
        match entries.next() {
            Next::Output(_) | Next::Without => entries.went(),
            Next::Full | Next::Nothing => return entries.open.outputs,
        }
    }
}

fn tickets(offsets: impl Iterator<Item = i64>) -> BTreeSet<Ticket> {
    offsets.map(|offset| ticket(0, offset)).collect()
}

#[test]
fn a_transaction_moves_each_partition_behind_the_last_that_it_has_of_it() {
    let mut entries = Entries::default();
    for entry in [output(0, 3), without(0, 7), output(1, 5)] {
        entries.push(entry);
    }
    fill(&mut entries);
    // It waits for the next transaction.
    entries.push(output(0, 8));
    let at = |partition, offset| Position { source: 0, partition, offset };
    assert_eq!(entries.positions(), [at(0, 8), at(1, 6)]);
    assert_eq!(entries.assignments(), BTreeSet::from([0, 1]));
    let fates: Vec<_> = entries.committed().map(|(_, fate)| fate).collect();
    assert_eq!(fates, [Fate::Finished, Fate::Failed, Fate::Finished]);
    assert_eq!((entries.in_transaction(), entries.all.len()), (0, 1));
}

#[test]
fn what_was_aborted_is_in_the_next_transaction_before_what_came_later() {
    let mut entries = outputs(0..3);
    fill(&mut entries);
    entries.push(output(0, 3));
    entries.aborted();
    assert_eq!(fill(&mut entries), 4);
    assert!(entries.committed().map(|(ticket, _)| ticket).is_sorted());
}

#[test]
fn what_the_group_has_committed_is_not_made_again() {
    let mut entries = outputs(0..3);
    for entry in [output(1, 2), output(2, 0), output(2, 1)] {
        entries.push(entry);
    }
    fill(&mut entries);
    entries.end();
    entries.push(output(0, 3));
    // Of the last partition, another instance has had one.
    let landed = entries.landed(&BTreeMap::from([((0, 0), 3), ((0, 2), 1)]));
    let finished = |offset| (ticket(0, offset), Fate::Finished);
    assert_eq!(landed, [finished(0), finished(1), finished(2), (ticket(2, 0), Fate::Dropped)]);
    assert_eq!(entries.in_transaction(), 0);
    fill(&mut entries);
    let left: Vec<_> = entries.committed().map(|(ticket, _)| ticket).collect();
    assert_eq!(left, [ticket(1, 2), ticket(2, 1), ticket(0, 3)]);
}

/// A broker that refuses these, with all that is in their transaction; how many transactions it takes until they are
/// found, and whom they are found to be.
fn found(count: i64, guilty: &[i64]) -> (usize, Vec<Ticket>) {
    let (mut entries, mut transactions, mut judged) = (outputs(0..count), 0, vec![]);
    while !entries.is_empty() {
        transactions += 1;
        assert!(fill(&mut entries) > 0 || entries.in_transaction() > 0, "something goes on");
        let inside = entries.all.iter().take(entries.in_transaction()).filter(|one| one.output.is_some());
        let inside: BTreeSet<Ticket> = inside.map(|one| one.ticket).collect();
        if !guilty.iter().any(|offset| inside.contains(&ticket(0, *offset))) {
            entries.committed().for_each(drop);
            continue;
        }
        let one = entries.refused(&inside).map(|judged| judged.ticket);
        entries.aborted();
        if let Some(one) = one {
            assert!(matches!(entries.next(), Next::Nothing), "its fate is not known yet");
            judged.push(one);
            assert_eq!(entries.settle(one, Fate::Failed), []);
        }
    }
    (transactions, judged)
}

#[test]
fn the_output_that_is_refused_is_found_by_halves() {
    assert_eq!(found(1, &[0]), (2, vec![ticket(0, 0)]));
    let (transactions, judged) = found(1000, &[700]);
    assert_eq!(judged, [ticket(0, 700)]);
    assert!(transactions < 1000 / 2, "{transactions} transactions");
    assert_eq!(found(64, &[0, 31, 63]).1, [ticket(0, 0), ticket(0, 31), ticket(0, 63)]);
}

#[test]
fn outputs_that_nobody_suspects_are_not_in_a_transaction_with_those_that_are() {
    let mut entries = outputs(0..4);
    fill(&mut entries);
    assert!(entries.refused(&tickets(1..3)).is_none());
    entries.aborted();
    assert_eq!(fill(&mut entries), 1, "the first is nobody's fault");
    entries.committed().for_each(drop);
    assert_eq!(fill(&mut entries), 1, "half of the two");
    entries.committed().for_each(drop);
    assert_eq!(fill(&mut entries), 1);
    entries.committed().for_each(drop);
    assert_eq!(fill(&mut entries), 1);
}

#[test]
fn what_is_given_up_goes_but_for_what_is_in_the_transaction() {
    let mut entries = outputs(0..2);
    fill(&mut entries);
    entries.push(output(0, 2));
    entries.push(output(1, 0));
    let is_over = |ticket: Ticket| ticket.assignment() == 0;
    assert_eq!(entries.remove(|entry| is_over(entry.ticket)), [ticket(0, 2)]);
    assert!(entries.has_in_transaction(is_over));
    entries.aborted();
    assert_eq!(entries.remove(|entry| is_over(entry.ticket)), [ticket(0, 0), ticket(0, 1)]);
    assert_eq!(entries.partitions(), [(0, 1)]);
}

#[test]
fn an_event_that_ends_its_assignment_takes_all_behind_it_along() {
    let mut entries = outputs(0..3);
    entries.push(output(1, 0));
    let judged = entries.judge_next().expect("the first").ticket;
    assert_eq!(entries.settle(judged, Fate::Stopped), [ticket(0, 1), ticket(0, 2)]);
    assert_eq!(entries.partitions(), [(0, 1)]);
}
