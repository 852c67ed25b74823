use std::{cell::RefCell, rc::Rc, time::Duration};

use kafka_headers::iter;
use rdkafka::error::RDKafkaErrorCode;

use super::*;
use crate::{
    clock::Clock,
    delivery::{Delivery, testing::Scene, transactional::Outcome},
    letters::Letterhead,
    sink::{
        originals::{Found, Originals, Wanted},
        partitions::Partitions,
    },
};

/// What is read again is what the test says.
#[derive(Clone, Default)]
struct Told {
    asked: Rc<RefCell<Vec<Wanted>>>,
    found: Rc<RefCell<Vec<Found>>>,
}

impl Originals for Told {
    fn ask(&mut self, wanted: Wanted) {
        self.asked.borrow_mut().push(wanted);
    }

    fn take(&mut self) -> Vec<Found> {
        self.found.take()
    }
}

fn scene() -> (Scene, Told) {
    let (mut scene, originals) = (Scene::new(), Told::default());
    let partitions = Partitions::new(("dead", 2), [("data", 2)].into_iter());
    let head = Letterhead::new("app", "serve", vec!["data".to_owned()]);
    scene.delivery.bury_with(Letters::new("dead", partitions, 2000, head, Box::new(originals.clone())));
    (scene, originals)
}

fn bury(scene: &mut Scene, offset: i64) {
    let failure = Failure::new("predict", "ValueError", "it is odd");
    let failed = Failed { failure: &failure, model: Some("model"), missing: None };
    assert!(scene.delivery.bury(&Scene::event(0, offset), &failed));
}

#[test]
fn a_letter_is_in_the_transaction_that_has_its_events_offset() {
    let (mut scene, _) = scene();
    scene.write(0, 0);
    bury(&mut scene, 1);
    scene.write(0, 2);
    assert_eq!(scene.sent(), ["0/0", "dead: value", "0/2"]);
    scene.interval_passes();
    assert_eq!((scene.calls(), scene.settled()), (vec!["commit 0@3 in round 1".to_owned()], vec![]));
    scene.says(Outcome::Unsure("no answer".to_owned()));
    scene.says(Outcome::Started([((0, 0), 1)].into()));
    assert_eq!(scene.settled(), ["0/0 Dropped"]);
    scene.pause_is_over();
    assert_eq!(scene.sent(), ["dead: value", "0/2"], "it is made again with what is behind it");
    scene.interval_passes();
    scene.says(Outcome::Committed);
    assert_eq!(scene.settled(), ["0/1 DeadLetter", "0/2 Finished"]);
}

#[test]
fn a_letter_that_is_too_large_alone_goes_smaller() {
    let (mut scene, _) = scene();
    bury(&mut scene, 0);
    let mut sent = vec![];
    for _ in 0..4 {
        sent.extend(scene.sent());
        scene.refuses(&[0], RDKafkaErrorCode::MessageSizeTooLarge);
        assert!(scene.delivery.tend().is_empty());
        scene.says(Outcome::Aborted);
    }
    assert_eq!(sent, ["dead: value", "dead: va", "dead: v", "dead: "]);
    assert!(scene.sent().is_empty(), "it waits for a topic that takes it");
    scene.clock.sleep(RETRY);
    scene.delivery.tend();
    assert_eq!(scene.sent(), ["dead: "]);
    scene.interval_passes();
    scene.says(Outcome::Committed);
    assert_eq!(scene.settled(), ["0/0 DeadLetter"]);
}

#[test]
fn one_that_can_not_be_taken_is_tried_until_it_is_and_holds_what_is_behind_it() {
    let (mut scene, _) = scene();
    scene.write(0, 0);
    bury(&mut scene, 1);
    scene.write(0, 2);
    scene.refuses(&[1], RDKafkaErrorCode::InvalidRecord);
    scene.delivery.tend();
    scene.says(Outcome::Aborted);
    // What is before it is committed by itself: suspects have transactions of their own.
    scene.says(Outcome::Committed);
    for _ in 0..3 {
        scene.sent();
        scene.refuses(&[1], RDKafkaErrorCode::InvalidRecord);
        assert!(scene.delivery.tend().is_empty());
        scene.says(Outcome::Aborted);
        assert!(scene.sent().is_empty());
        scene.clock.sleep(RETRY);
        scene.delivery.tend();
        assert_eq!(scene.sent(), ["dead: value"]);
    }
    assert_eq!(scene.settled(), ["0/0 Finished"]);
    assert!(!scene.delivery.flush(Duration::ZERO));
    scene.says(Outcome::Committed);
    assert_eq!((scene.sent(), scene.settled()), (vec!["0/2".to_owned()], vec!["0/1 DeadLetter".to_owned()]));
}

#[test]
fn the_event_of_a_refused_output_is_read_again_and_its_letter_takes_the_outputs_place() {
    let (mut scene, originals) = scene();
    scene.write(0, 0);
    scene.refuses(&[0], RDKafkaErrorCode::InvalidRecord);
    assert!(scene.delivery.tend().is_empty());
    scene.says(Outcome::Aborted);
    scene.write(0, 1);
    scene.sent();
    let Wanted { ticket, place } = originals.asked.borrow()[0].clone();
    assert_eq!((place.partition, place.offset), (0, 0));
    originals.found.borrow_mut().push(Found { ticket, event: Some(Scene::event(0, 0)) });
    let refused = scene.delivery.tend().pop().expect("it is there");
    assert!(scene.sent().is_empty(), "nothing goes before its fate is known");
    let original = refused.original.expect("its event");
    let failed = Failed { failure: &refused.failure, model: Some(&original.model), missing: original.missing };
    assert!(scene.delivery.bury_refused(&original.event, &failed));
    assert_eq!(scene.sent(), ["dead: value", "0/1"]);
    scene.interval_passes();
    scene.says(Outcome::Committed);
    assert_eq!(scene.settled(), ["0/0 DeadLetter", "0/1 Finished"]);
}

#[test]
fn nothing_is_written_of_an_assignment_that_is_over() {
    let (mut scene, originals) = scene();
    scene.write(0, 0);
    scene.refuses(&[0], RDKafkaErrorCode::InvalidRecord);
    scene.delivery.tend();
    scene.says(Outcome::Aborted);
    scene.delivery.give_up(&[0]);
    let ticket = originals.asked.borrow()[0].ticket;
    originals.found.borrow_mut().push(Found { ticket, event: Some(Scene::event(0, 0)) });
    assert!(scene.delivery.tend().is_empty());
    scene.sent();
    bury(&mut scene, 1);
    assert_eq!((scene.sent(), scene.settled()), (vec![], vec!["0/0 Dropped".to_owned(), "0/1 Dropped".to_owned()]));
}

#[test]
fn a_letter_says_why() {
    let (scene, _) = scene();
    let failure = Failure::new("predict", "ValueError", "it is odd");
    let failed = Failed { failure: &failure, model: Some("model"), missing: None };
    let letter = scene.delivery.letter(&Scene::event(1, 4), &failed).expect("there is a topic");
    let headers = rdkafka::Message::headers(&letter.held.message).expect("headers").clone();
    let says = |name: &str| {
        iter(headers.as_borrowed()).find(|header| header.0 == name.as_bytes()).and_then(|one| one.1.map(<[u8]>::to_vec))
    };
    assert_eq!(says("makinage-error-class").as_deref(), Some(b"ValueError".as_slice()));
    assert_eq!(says("makinage-source").as_deref(), Some(b"data/1/4".as_slice()));
    assert_eq!((letter.partition, letter.is_letter), (1, true));
    assert_eq!(scene.delivery.dead_letter_topic(), Some("dead"));
}
