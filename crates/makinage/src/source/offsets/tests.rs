use proptest::prelude::*;

use super::*;

fn one_partition() -> Offsets {
    let mut offsets = Offsets::default();
    offsets.assign(0, 0);
    offsets
}

#[test]
fn only_the_contiguous_finished_prefix_moves_the_position() {
    let mut offsets = one_partition();
    let tickets: Vec<_> = [10, 11, 15].iter().map(|&o| offsets.received(0, 0, o, 1).expect("assigned")).collect();
    offsets.settle(tickets[2], Fate::Finished);
    assert_eq!(offsets.take_moved(), []);
    offsets.settle(tickets[0], Fate::Finished);
    assert_eq!(offsets.take_moved(), [Position { source: 0, partition: 0, offset: 11 }]);
    offsets.settle(tickets[1], Fate::Finished);
    assert_eq!(offsets.take_moved(), [Position { source: 0, partition: 0, offset: 16 }]);
    assert_eq!(offsets.take_moved(), []);
}

#[test]
fn a_dropped_event_holds_the_position_for_good() {
    let mut offsets = one_partition();
    let first = offsets.received(0, 0, 0, 1).expect("assigned");
    let second = offsets.received(0, 0, 1, 1).expect("assigned");
    offsets.settle(first, Fate::Dropped);
    offsets.settle(second, Fate::Finished);
    assert_eq!(offsets.take_moved(), []);
    assert_eq!(offsets.unsettled(), 0);
}

#[test]
fn a_ticket_of_an_earlier_assignment_of_the_same_partition_moves_nothing() {
    let mut offsets = one_partition();
    let stale = offsets.received(0, 0, 5, 1).expect("assigned");
    offsets.revoke(0, 0);
    offsets.assign(0, 0);
    let fresh = offsets.received(0, 0, 5, 1).expect("assigned");
    offsets.settle(stale, Fate::Finished);
    assert_eq!(offsets.take_moved(), []);
    assert_eq!(offsets.unsettled(), 1);
    offsets.settle(fresh, Fate::Finished);
    assert_eq!(offsets.take_moved(), [Position { source: 0, partition: 0, offset: 6 }]);
}

#[test]
fn an_event_of_a_partition_that_is_not_assigned_gets_no_ticket() {
    assert_eq!(Offsets::default().received(0, 3, 0, 1), None);
}

#[test]
fn settling_twice_counts_once() {
    let mut offsets = one_partition();
    let first = offsets.received(0, 0, 0, 7).expect("assigned");
    let second = offsets.received(0, 0, 1, 7).expect("assigned");
    offsets.settle(second, Fate::Finished);
    offsets.settle(second, Fate::Finished);
    assert_eq!((offsets.unsettled(), offsets.held()), (1, 2 * SLOT));
    offsets.settle(first, Fate::Finished);
    assert_eq!((offsets.unsettled(), offsets.held()), (0, 0));
}

#[test]
fn what_is_settled_behind_an_open_event_keeps_its_place_and_nothing_more() {
    let mut offsets = one_partition();
    let tickets: Vec<_> = (0..3).map(|offset| offsets.received(0, 0, offset, 10 * SLOT).expect("assigned")).collect();
    assert_eq!(offsets.held(), 30 * SLOT);
    offsets.settle(tickets[2], Fate::Finished);
    assert_eq!(offsets.held(), 21 * SLOT);
    offsets.settle(tickets[0], Fate::Dropped);
    assert_eq!(offsets.held(), 12 * SLOT, "a dropped one is read again, and those behind it with it");
    assert_eq!(offsets.held_in(offsets.assignment(0, 0).expect("assigned")), 12 * SLOT);
    offsets.revoke(0, 0);
    assert_eq!((offsets.held(), offsets.unsettled()), (0, 0));
}

#[test]
fn what_an_event_has_grown_to_counts_until_it_is_settled() {
    let mut offsets = one_partition();
    let (first, second) = (offsets.received(0, 0, 0, 1).expect("assigned"), offsets.received(0, 0, 1, 1));
    let second = second.expect("assigned");
    offsets.grew(second, 5000);
    assert_eq!(offsets.held(), 2 * SLOT + 5000);
    offsets.settle(second, Fate::Finished);
    assert_eq!(offsets.held(), 2 * SLOT);
    offsets.grew(second, 5000);
    assert_eq!(offsets.held(), 2 * SLOT, "it is settled");
    offsets.settle(first, Fate::Finished);
    offsets.grew(first, 5000);
    assert_eq!(offsets.held(), 0);
}

#[test]
fn events_of_many_partitions_in_turn_are_told_apart() {
    let mut offsets = Offsets::default();
    for partition in 0..40 {
        offsets.assign(0, partition);
        offsets.assign(1, partition);
    }
    let mut open = vec![];
    for offset in 0..3 {
        for partition in 0..40 {
            for source in 0..2 {
                let at = 100 * i64::from(partition) + offset;
                open.push((source, partition, at, offsets.received(source, partition, at, 1).expect("assigned")));
            }
        }
    }
    offsets.revoke(0, 7);
    assert_eq!(offsets.received(0, 7, 0, 1), None);
    for (_, _, _, ticket) in &open {
        offsets.settle(*ticket, Fate::Finished);
    }
    for (source, partition, at, _) in open.into_iter().skip(160) {
        let expected = (source, partition) != (0, 7);
        assert_eq!(offsets.position(source, partition).map(|position| position.offset), expected.then_some(at + 1));
    }
    assert_eq!((offsets.take_moved().len(), offsets.held()), (79, 0));
}

proptest! {
    #[test]
    fn the_position_is_one_past_the_longest_finished_prefix_in_any_order_of_settling(
        gaps in prop::collection::vec(1_i64..5, 1..60),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
    ) {
        let mut offsets = one_partition();
        let mut offset = 0;
        let events: Vec<_> = gaps.iter().map(|gap| {
            offset += gap;
            (offset, offsets.received(0, 0, offset, 3).expect("assigned"))
        }).collect();
        let mut finished = vec![false; events.len()];
        for index in order {
            let place = index.index(events.len());
            offsets.settle(events[place].1, Fate::Finished);
            finished[place] = true;
            let prefix = finished.iter().take_while(|done| **done).count();
            let expected = prefix.checked_sub(1).map(|last| events[last].0 + 1);
            prop_assert_eq!(offsets.position(0, 0).map(|position| position.offset), expected);
            prop_assert_eq!(offsets.unsettled(), finished.iter().filter(|done| !**done).count());
            prop_assert_eq!(offsets.held(), SLOT * (events.len() - prefix));
            prop_assert_eq!(offsets.holdings().next().expect("one").events, events.len() - prefix);
        }
    }
}
