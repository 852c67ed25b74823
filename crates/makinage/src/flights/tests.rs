use proptest::prelude::*;

use super::*;
use crate::{
    event::{Failure, Place, Ticket},
    wire::{
        answer::Answer,
        testing::{answer, scores},
    },
};

fn event(lane: u32, sequence: u64) -> Event {
    let place = Place { source: 0, partition: 0, offset: sequence.cast_signed() };
    Event::new(Ticket::new(lane, sequence), place, None, Some(b"1"))
}

/// Events of these lanes, each numbered within its lane from where `next` stands.
fn events(lanes: &[u32], next: &mut BTreeMap<u32, u64>) -> Vec<Event> {
    let event = |lane: &u32| {
        let sequence = next.entry(*lane).or_default();
        *sequence += 1;
        event(*lane, *sequence - 1)
    };
    lanes.iter().map(event).collect()
}

fn failed(place: usize) -> Part {
    Part::Failed(place, Failure::new("predict", "Test", "test"), None)
}

/// Lanes and numbers of what leaves now.
fn released(flights: &mut Flights) -> Vec<(u32, u64)> {
    let mut left = vec![];
    flights.release(|piece| {
        let places = piece.places.clone();
        assert!(piece.part.places().start <= places.start && places.end <= piece.part.places().end);
        left.extend(piece.events[places].iter().map(|event| (event.ticket.assignment(), event.ticket.sequence())));
    });
    left
}

#[test]
fn of_one_lane_events_leave_in_the_order_in_which_they_came_whatever_is_known_first() {
    let (mut flights, mut next) = (Flights::default(), BTreeMap::new());
    let (first, second) = (flights.open(events(&[0], &mut next)), flights.open(events(&[0, 0], &mut next)));
    flights.add(second.flight, failed(1));
    flights.add(second.flight, failed(0));
    assert_eq!(released(&mut flights), []);
    flights.add(first.flight, failed(0));
    assert_eq!(released(&mut flights), [(0, 0), (0, 1), (0, 2)]);
    assert!(flights.is_empty() && flights.waiting == 0);
}

#[test]
fn a_lane_that_waits_for_nothing_is_not_held_up_by_another() {
    let (mut flights, mut next) = (Flights::default(), BTreeMap::new());
    let stuck = flights.open(events(&[1, 2, 1, 3], &mut next));
    let other = flights.open(events(&[1, 2, 4, 3], &mut next));
    (0..4).for_each(|place| flights.add(other.flight, failed(place)));
    assert_eq!(released(&mut flights), [(4, 0)]);
    flights.add(stuck.flight, failed(1));
    flights.add(stuck.flight, failed(2));
    assert_eq!(released(&mut flights), [(2, 0), (2, 1)], "1 waits for its first, 3 for its first");
    flights.add(stuck.flight, failed(3));
    assert_eq!(released(&mut flights), [(3, 0), (3, 1)]);
    flights.add(stuck.flight, failed(0));
    assert_eq!(released(&mut flights), [(1, 0), (1, 1), (1, 2)]);
    assert!(flights.is_empty() && flights.waiting == 0);
}

#[test]
fn a_lane_with_events_in_many_flights_is_crowded_and_so_are_all_where_too_much_waits() {
    let (mut flights, mut next) = (Flights::default(), BTreeMap::new());
    flights.open(events(&[1, 2], &mut next));
    let second = flights.open(events(&[1], &mut next));
    assert_eq!(flights.crowded(2), BTreeSet::from([1]));
    assert_eq!(flights.crowded(3), BTreeSet::new());
    flights.add(second.flight, failed(0));
    flights.waiting = MOST_WAITING;
    assert_eq!(flights.crowded(3), BTreeSet::from([1, 2]));
}

#[test]
fn flights_that_wait_only_to_be_taken_crowd_no_lane() {
    let (mut flights, mut next) = (Flights::default(), BTreeMap::new());
    let ready = flights.open(events(&[1], &mut next));
    flights.open(events(&[1], &mut next));
    assert!(!flights.has_news());
    flights.add(ready.flight, failed(0));
    assert!(flights.has_news());
    assert_eq!(flights.crowded(2), BTreeSet::new());
    flights.open(events(&[1], &mut next));
    assert_eq!(flights.crowded(2), BTreeSet::from([1]));
    assert_eq!(released(&mut flights), [(1, 0)]);
    assert!(!flights.has_news());
}

#[test]
fn what_comes_after_an_event_that_was_given_up_is_given_up_too_and_other_lanes_are_not() {
    let (mut flights, mut next) = (Flights::default(), BTreeMap::new());
    let first = flights.open(events(&[1, 2], &mut next));
    let second = flights.open(events(&[1, 2], &mut next));
    let mut cut = vec![];
    let mut release = |flights: &mut Flights| {
        flights.release(|piece| {
            let events = piece.events[piece.places.clone()].iter();
            cut.extend(events.map(|event| (event.ticket.assignment(), event.ticket.sequence(), piece.is_cut)));
        });
    };
    (0..2).for_each(|place| flights.add(second.flight, failed(place)));
    flights.add(first.flight, Part::GivenUp(0..1));
    release(&mut flights);
    flights.add(first.flight, failed(1));
    release(&mut flights);
    assert_eq!(cut, [(1, 0, true), (1, 1, true), (2, 0, false), (2, 1, false)]);
    assert!(flights.is_empty() && flights.cut.is_empty());
}

/// An answer for so many events that have all scored.
type Scores = fn(usize) -> Answer;

const FORMS: [Scores; 2] = [in_items, in_numbers];

fn in_items(count: usize) -> Answer {
    answer(0, &vec![(0, b"1"); count])
}

fn in_numbers(count: usize) -> Answer {
    scores(0, count, 1, &vec![0; 8 * count])
}

/// What this generation answers for these places.
fn scored(scores: Scores, places: std::ops::Range<usize>, generation: u64) -> Part {
    let attempt = job::Attempt { number: 1, is_last: false };
    Part::answered(places.start, vec![scores(places.len())], generation, "model".into(), attempt)
}

/// Lane, number and generation of what leaves now.
fn by_whom(flights: &mut Flights) -> Vec<(u32, u64, u64)> {
    let mut left = vec![];
    flights.release(|piece| {
        let Part::Answered { generation, .. } = piece.part else { panic!("{piece:?}") };
        let event = |event: &Event| (event.ticket.assignment(), event.ticket.sequence(), *generation);
        left.extend(piece.events[piece.places.clone()].iter().map(event));
    });
    left
}

#[test]
fn behind_what_a_newer_generation_is_handed_its_lane_is_that_ones_and_others_are_not() {
    for scores in FORMS {
        a_lane_is_handed_over(scores);
    }
}

fn a_lane_is_handed_over(scores: Scores) {
    let (mut flights, mut next) = (Flights::default(), BTreeMap::new());
    let jobs: Vec<Job> = (0..3).map(|_| flights.open(events(&[1, 2, 1], &mut next))).collect();
    assert!(flights.answer(jobs[0].flight, scored(scores, 0..2, 7)).is_empty());
    assert!(flights.answer(jobs[1].flight, scored(scores, 0..3, 7)).is_empty());
    // The last event of the first flight is all that it lacks.
    let handed = jobs[0].clone().from(2);
    let again = flights.hand_over(&handed, 8);
    let asked = |jobs: &[Job]| jobs.iter().map(|job| (job.flight, job.range.clone())).collect::<Vec<_>>();
    assert_eq!(asked(&again), [(1, 0..1), (1, 2..3)]);
    assert_eq!(by_whom(&mut flights), [(1, 0, 7), (2, 0, 7), (2, 1, 7)], "what is before it, and others, may leave");
    let late = flights.answer(jobs[2].flight, scored(scores, 0..3, 7));
    assert_eq!(asked(&late), [(2, 0..1), (2, 2..3)], "an answer that comes late is not used either");
    for job in [handed].into_iter().chain(again).chain(late) {
        assert!(flights.answer(job.flight, scored(scores, job.range.clone(), 8)).is_empty());
    }
    let all = [(1, 1, 8), (1, 2, 8), (1, 3, 8), (1, 4, 8), (2, 2, 7), (1, 5, 8)];
    assert_eq!(by_whom(&mut flights), all);
    assert!(flights.is_empty() && flights.waiting == 0);
    flights.only_newest_answers();
    assert!(flights.handed.is_empty());
}

#[derive(Debug, Clone)]
enum Act {
    Open(Vec<u32>),
    /// Something is known about the first events of which nothing is, of the flight at this place.
    Know(prop::sample::Index, usize),
    Release,
}

/// A flight, its events, and how many of them are known about: from the last one on.
type Opened = (u64, Vec<(u32, u64)>, usize);

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        prop::collection::vec(0..4_u32, 1..8).prop_map(Act::Open),
        (any::<prop::sample::Index>(), 1..5_usize).prop_map(|(flight, count)| Act::Know(flight, count)),
        Just(Act::Release),
    ]
}

proptest! {
    #[test]
    fn each_event_leaves_once_in_its_lanes_order_and_as_soon_as_nothing_before_it_is_missing(
        acts in prop::collection::vec(act(), 1..60)
    ) {
        let (mut flights, mut next) = (Flights::default(), BTreeMap::new());
        let mut opened: Vec<Opened> = vec![];
        let mut left: Vec<(u32, u64)> = vec![];
        for act in acts.into_iter().chain([Act::Release]) {
            match act {
                Act::Open(lanes) => {
                    let job = flights.open(events(&lanes, &mut next));
                    let all = job.events().iter().map(|event| (event.ticket.assignment(), event.ticket.sequence()));
                    opened.push((job.flight, all.collect(), 0));
                }
                Act::Know(flight, count) => {
                    if !opened.is_empty() {
                        let (flight, all, known) = flight.get_mut(&mut opened);
                        for _ in 0..count.min(all.len() - *known) {
                            *known += 1;
                            flights.add(*flight, failed(all.len() - *known));
                        }
                    }
                }
                Act::Release => left.extend(released(&mut flights)),
            }
        }
        let mut due = BTreeMap::<u32, u64>::new();
        let mut missing = BTreeSet::new();
        for (_, all, known) in &opened {
            for (place, (lane, _)) in all.iter().enumerate() {
                if place < all.len() - known {
                    missing.insert(*lane);
                } else if !missing.contains(lane) {
                    *due.entry(*lane).or_default() += 1;
                }
            }
        }
        for lane in 0..4 {
            let of_lane: Vec<u64> = left.iter().filter(|(of, _)| *of == lane).map(|(_, sequence)| *sequence).collect();
            prop_assert_eq!(of_lane, (0..due.get(&lane).copied().unwrap_or(0)).collect::<Vec<_>>());
        }
        prop_assert_eq!(flights.is_empty(), opened.iter().all(|(_, all, known)| all.len() == *known));
    }
}
