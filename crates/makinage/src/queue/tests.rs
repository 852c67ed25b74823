use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::event::{Place, Ticket};

/// An event of this assignment, whose offset is its number.
fn event(assignment: u32, offset: i64, value: Option<&[u8]>) -> Event {
    let ticket = Ticket::new(assignment, offset.unsigned_abs());
    Event::new(ticket, Place { source: 0, partition: 0, offset }, None, value)
}

fn events(offsets: std::ops::Range<i64>) -> Vec<Event> {
    offsets.map(|offset| event(0, offset, Some(b"1"))).collect()
}

fn offsets(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.offset).collect()
}

fn seconds(start: Instant, seconds: u64) -> Instant {
    start + Duration::from_secs(seconds)
}

#[test]
fn events_leave_in_the_order_in_which_they_came_and_as_many_as_are_wanted() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(events(0..3), now);
    queue.push(events(3..5), now);
    assert_eq!(offsets(&queue.take(2)), [0, 1]);
    assert_eq!(offsets(&queue.take(2)), [2, 3], "a batch knows no chunks");
    assert_eq!(queue.queued(now).rows, 1);
    assert_eq!(offsets(&queue.take(9)), [4]);
    assert!(queue.is_empty() && queue.take(9).is_empty());
}

#[test]
fn a_batch_ends_before_it_has_too_many_bytes_and_has_one_event_at_least() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let half = vec![b'1'; MAX_BYTES / 2];
    let large = vec![b'1'; MAX_BYTES + 1];
    let values = [&half, &half, &half, &large, &half];
    queue.push((0..).zip(values).map(|(offset, value)| event(0, offset, Some(value))).collect(), now);
    assert!(queue.queued(now).full_of_bytes);
    let batches: Vec<Vec<i64>> = (0..4).map(|_| offsets(&queue.take(9))).collect();
    assert_eq!(batches, [vec![0, 1], vec![2], vec![3], vec![4]]);
    assert!(!queue.queued(now).full_of_bytes);
}

#[test]
fn a_tombstone_stands_alone() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let values: [Option<&[u8]>; 4] = [Some(b"1"), None, None, Some(b"1")];
    queue.push((0..).zip(values).map(|(offset, value)| event(0, offset, value)).collect(), now);
    let batches: Vec<Vec<i64>> = (0..4).map(|_| offsets(&queue.take(9))).collect();
    assert_eq!(batches, [[0], [1], [2], [3]]);
}

#[test]
fn the_oldest_event_says_how_long_has_been_waited() {
    let (mut queue, start) = (Queue::default(), Instant::now());
    assert_eq!(queue.queued(start).waited, Duration::ZERO);
    queue.push(events(0..2), start);
    queue.push(events(2..4), seconds(start, 5));
    let waited = |queue: &Queue| queue.queued(seconds(start, 9)).waited.as_secs();
    assert_eq!(waited(&queue), 9);
    queue.take(1);
    assert_eq!(waited(&queue), 9, "one of the oldest is there still");
    queue.take(2);
    assert_eq!(waited(&queue), 4);
    queue.take(1);
    assert_eq!(waited(&queue), 0);
}

#[test]
fn what_a_revoke_takes_is_taken_out_and_the_rest_keeps_its_order_and_its_oldest_time() {
    let (mut queue, start) = (Queue::default(), Instant::now());
    let mixed = [(1, 0), (2, 1), (1, 2), (3, 3)];
    queue.push(mixed.map(|(assignment, offset)| event(assignment, offset, Some(b"1"))).into(), start);
    assert_eq!(offsets(&queue.remove_assignments(&[1, 3])), [0, 2, 3]);
    let queued = queue.queued(seconds(start, 9));
    assert_eq!((queued.rows, queued.waited.as_secs()), (1, 9));
    assert_eq!(offsets(&queue.remove_assignments(&[2])), [1]);
    assert_eq!(queue.queued(seconds(start, 9)).waited, Duration::ZERO, "nothing waits");
}

#[test]
fn bytes_that_were_removed_fill_no_batch() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let large = vec![b'1'; MAX_BYTES];
    queue.push(vec![event(1, 0, Some(&large)), event(2, 1, Some(b"1"))], now);
    queue.remove_assignments(&[1]);
    assert!(!queue.queued(now).full_of_bytes);
    queue.push(vec![event(1, 2, Some(&large))], now);
    assert_eq!(offsets(&queue.clear()), [1, 2]);
    assert!(queue.is_empty() && !queue.queued(now).full_of_bytes);
}

/// Assignments and offsets of what is taken.
fn taken(queue: &mut Queue, rows: usize) -> Vec<(u32, i64)> {
    queue.take(rows).iter().map(|event| (event.ticket.assignment(), event.offset)).collect()
}

fn mixed(from: i64, lanes: &[u32]) -> Vec<Event> {
    (from..).zip(lanes).map(|(offset, lane)| event(*lane, offset, Some(b"1"))).collect()
}

#[test]
fn lanes_that_are_set_aside_wait_while_others_go_on_and_come_back_before_what_came_later() {
    let (mut queue, start) = (Queue::default(), Instant::now());
    queue.push(mixed(0, &[1, 2, 1]), start);
    queue.set_aside(&BTreeSet::from([1]), start);
    queue.push(mixed(3, &[1, 2, 3]), seconds(start, 1));
    assert_eq!(queue.queued(start).rows, 3);
    assert_eq!(taken(&mut queue, 2), [(2, 1), (2, 4)]);
    queue.set_aside(&BTreeSet::new(), seconds(start, 2));
    let queued = queue.queued(seconds(start, 5));
    assert_eq!((queued.rows, queued.waited.as_secs()), (4, 5), "since the first of them came");
    assert_eq!(taken(&mut queue, 9), [(1, 0), (1, 2), (1, 3), (3, 5)]);
    assert!(queue.is_empty());
}

#[test]
fn what_is_set_aside_waits_still_and_is_taken_out_like_all_other() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.set_aside(&BTreeSet::from([1, 2]), now);
    queue.push(mixed(0, &[1, 2, 1]), now);
    assert!(!queue.is_empty() && queue.take(9).is_empty());
    assert_eq!(queue.queued(now).waited, Duration::ZERO, "nothing that may be taken waits");
    assert_eq!(offsets(&queue.remove_assignments(&[1])), [0, 2]);
    assert_eq!(offsets(&queue.clear()), [1]);
    assert!(queue.is_empty());
}

#[test]
fn setting_lanes_aside_one_after_the_other_loses_and_reorders_nothing() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(mixed(0, &[1, 2, 3]), now);
    queue.set_aside(&BTreeSet::from([1]), now);
    queue.push(mixed(3, &[1, 2, 3]), now);
    queue.set_aside(&BTreeSet::from([2]), now);
    queue.push(mixed(6, &[1, 2, 3]), now);
    queue.set_aside(&BTreeSet::new(), now);
    let all = taken(&mut queue, 99);
    for lane in 1..=3 {
        let mine: Vec<i64> = all.iter().filter(|(of, _)| *of == lane).map(|(_, offset)| *offset).collect();
        let lane = i64::from(lane);
        assert_eq!(mine, [lane - 1, lane + 2, lane + 5]);
    }
}
