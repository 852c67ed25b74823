use super::*;
use crate::event::{Place, Ticket};

fn events(count: usize) -> Vec<Event> {
    let event = |(number, offset)| {
        let place = Place { source: 0, partition: 0, offset };
        Event::new(Ticket::new(0, number), place, None, Some(b"1"))
    };
    (0..).zip(0..).take(count).map(event).collect()
}

fn failed(place: usize) -> Part {
    Part::Failed(place, Failure::new("predict", "Test", "test"))
}

#[test]
fn flights_leave_in_the_order_in_which_they_came_whatever_lands_first() {
    let mut flights = Flights::default();
    let (first, second) = (flights.open(events(1)), flights.open(events(2)));
    flights.add(second.flight, failed(1));
    flights.add(second.flight, failed(0));
    assert!(flights.pop_landed().is_none());
    flights.add(first.flight, failed(0));
    assert_eq!(flights.pop_landed().expect("the first").events.len(), 1);
    let landed = flights.pop_landed().expect("the second");
    assert_eq!(landed.parts.iter().map(Part::first).collect::<Vec<_>>(), [0, 1]);
    assert!(flights.is_empty());
}

#[test]
fn one_death_is_an_accident_and_the_batch_is_tried_again_whole() {
    let job = Flights::default().open(events(8));
    match job.after_death() {
        AfterDeath::Retry(jobs) => assert_eq!((jobs.len(), jobs[0].range.clone()), (1, 0..8)),
        AfterDeath::Guilty(_) => panic!("nobody is guilty yet"),
    }
}

#[test]
fn a_batch_that_kills_workers_is_halved_until_the_guilty_event_stands_alone() {
    for guilty in 0..100 {
        let mut queue = vec![Flights::default().open(events(100))];
        let (mut scored, mut found, mut deaths) = (vec![], None, 0);
        while let Some(job) = queue.pop() {
            if !job.range.contains(&guilty) {
                scored.extend(job.range);
                continue;
            }
            deaths += 1;
            match job.after_death() {
                AfterDeath::Retry(jobs) => queue.extend(jobs),
                AfterDeath::Guilty(job) => found = Some(job.range),
            }
        }
        scored.sort_unstable();
        assert_eq!(found, Some(guilty..guilty + 1));
        assert_eq!(scored, (0..100).filter(|place| *place != guilty).collect::<Vec<_>>());
        // Two for the batch, one for each of at most seven halvings, two for the event alone.
        assert!(deaths <= 2 + 7 + 2, "{deaths} deaths");
    }
}
