//! Letters whose producers do what they are told.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use kafka_headers::iter;
use rdkafka::{Message, error::RDKafkaErrorCode, message::OwnedMessage};

use super::*;
use crate::{
    clock::testing::Hand,
    event::{Failure, Fate, Place, Ticket},
    letters::Missing,
    sink::{
        bell::Bell,
        kafka::{Destination, Limits},
        operator::OperatorSink,
        originals::{Found, Wanted},
        partitions::Partitions,
        producer::Kind,
        purpose::Purpose,
        testing::{Fake, Fakes},
    },
};

/// What is read again is what the test says.
#[derive(Clone, Default)]
struct Told {
    asked: Rc<RefCell<Vec<Wanted>>>,
    found: Rc<RefCell<VecDeque<Found>>>,
}

impl Originals for Told {
    fn ask(&mut self, wanted: Wanted) {
        self.asked.borrow_mut().push(wanted);
    }

    fn take(&mut self) -> Vec<Found> {
        self.found.borrow_mut().drain(..).collect()
    }
}

struct Scene {
    outputs: Fakes,
    letters: Fakes,
    originals: Told,
    clock: Hand,
    sink: OperatorSink<Fakes, Hand, Told>,
    acks: Arc<Acks>,
}

impl Scene {
    fn new(max_record: usize) -> Self {
        let (acks, clock, originals) = (Arc::<Acks>::default(), Hand::default(), Told::default());
        let fakes = |fate| Fakes { acks: Arc::clone(&acks), fate: Some(fate), ..Fakes::default() };
        let (outputs, letters) = (fakes(Fate::Finished), fakes(Fate::DeadLetter));
        let (bell, _) = Bell::new();
        let topic = |fakes: &Fakes, topic: &str, purpose| {
            let partitions = Partitions::new((topic, 2), [("data", 2)].into_iter());
            let limits = Limits { max_record, batch_size: max_record, share: 1 << 20 };
            let destination = Destination { topic: topic.into(), partitions, limits, purpose };
            KafkaSink::with(fakes.clone(), destination, bell.clone(), clock.clone()).expect("a sink")
        };
        let head = Letterhead::new("app", "serve", vec!["data".into()]);
        let written = topic(&outputs, "predict", Purpose::Outputs);
        let buried = topic(&letters, "dead", Purpose::DeadLetters);
        let buried = DeadLetters::new(buried, head, originals.clone(), Arc::clone(&acks));
        let sink = OperatorSink::new(written, Some(buried));
        Self { outputs, letters, originals, clock, sink, acks }
    }

    fn bury(&mut self, event: &Event) {
        let failure = Failure::new("predict", "ValueError", "it is odd");
        assert!(self.sink.bury(event, &Failed { failure: &failure, model: Some("model"), missing: None }));
    }

    /// The newest producer of letters of a kind.
    fn newest(&self, kind: Kind) -> Fake {
        self.letters.made.borrow().iter().rev().find(|fake| fake.kind() == kind).expect("one").clone()
    }

    /// Lets the sink look, a moment later.
    fn wait(&mut self, time: Duration) -> Vec<Refused> {
        self.clock.sleep(time);
        self.sink.tend()
    }

    fn settled(&self) -> Vec<(u64, Fate)> {
        let mut settled = vec![];
        self.acks.collect(&mut settled);
        settled.into_iter().map(|(ticket, fate)| (ticket.sequence(), fate)).collect()
    }
}

const MOMENT: Duration = Duration::from_millis(1);
const RETRY: Duration = Duration::from_secs(1);

fn event(offset: i64, key: Option<&[u8]>) -> Event {
    let place = Place { source: 0, partition: 0, offset };
    let mut event =
        Event::new(Ticket::new(0, offset.unsigned_abs()), place, key, Some(format!("event {offset}").as_bytes()));
    event.time = 5;
    event
}

fn says(message: &OwnedMessage, name: &str) -> Option<String> {
    let all = iter(message.headers()?.as_borrowed()).filter(|(is, _)| *is == name.as_bytes()).last();
    all.and_then(|(_, value)| value).map(|value| String::from_utf8_lossy(value).into_owned())
}

#[test]
fn an_event_is_settled_when_its_letter_is_acknowledged_and_not_before() {
    let mut scene = Scene::new(1 << 20);
    scene.bury(&event(7, None));
    scene.wait(MOMENT);
    assert_eq!((scene.newest(Kind::Ordinary).holds(), scene.settled()), (vec!["event 7".to_owned()], vec![]));
    scene.newest(Kind::Ordinary).deliver();
    assert_eq!(scene.settled(), [(7, Fate::DeadLetter)]);
    assert!(scene.sink.flush(Duration::from_secs(1)));
}

#[test]
fn a_letter_that_is_refused_alone_for_its_size_is_halved_until_it_is_taken() {
    let mut scene = Scene::new(1 << 20);
    scene.bury(&event(7, Some(b"key")));
    scene.newest(Kind::Ordinary).refuse(RDKafkaErrorCode::MessageSizeTooLarge);
    let mut held = vec![];
    // Batches are made smaller first.
    for _ in 0..40 {
        scene.wait(Duration::from_millis(600));
        for fake in scene.letters.made.borrow().iter() {
            held.extend(fake.holds());
            fake.refuse(RDKafkaErrorCode::MessageSizeTooLarge);
        }
        if held.last().is_some_and(String::is_empty) {
            break;
        }
    }
    held.dedup();
    assert_eq!(held, ["event 7", "eve", "e", ""]);
    assert!(scene.settled().is_empty(), "it is not given up");
    scene.wait(MOMENT);
    scene.wait(RETRY);
    let alone = scene.newest(Kind::Alone);
    assert_eq!(
        alone.messages().first().and_then(|message| says(message, "makinage-original-bytes")).as_deref(),
        Some("7")
    );
    alone.deliver();
    assert_eq!(scene.settled(), [(7, Fate::DeadLetter)]);
}

#[test]
fn one_that_can_not_be_taken_holds_those_behind_it_until_it_can() {
    let mut scene = Scene::new(1 << 20);
    scene.bury(&event(1, None));
    scene.bury(&event(2, Some(b"key")));
    scene.newest(Kind::Ordinary).refuse(RDKafkaErrorCode::InvalidRecord);
    for _ in 0..3 {
        scene.wait(RETRY);
        scene.newest(Kind::Alone).refuse_of(0, 1, RDKafkaErrorCode::InvalidRecord);
        scene.wait(MOMENT);
        assert!(scene.settled().is_empty() && scene.newest(Kind::Alone).holds().is_empty());
    }
    scene.wait(RETRY);
    for _ in 0..3 {
        scene.newest(Kind::Alone).deliver();
        scene.newest(Kind::Ordinary).deliver();
        scene.wait(RETRY);
    }
    assert_eq!(scene.settled(), [(1, Fate::DeadLetter), (2, Fate::DeadLetter)]);
}

#[test]
fn what_the_topic_takes_is_known_and_a_value_beyond_it_is_cut_at_once() {
    let mut scene = Scene::new(1500);
    let place = Place { source: 0, partition: 0, offset: 0 };
    scene.bury(&Event::new(Ticket::new(0, 0), place, Some(b"key"), Some(&[b'x'; 2000])));
    let messages = scene.newest(Kind::Ordinary).messages();
    let message = messages.first().expect("it is sent");
    let size = message.payload().expect("a value").len();
    assert!((1..1000).contains(&size), "{size}");
    assert_eq!(says(message, "makinage-original-bytes").as_deref(), Some("2000"));
    let mut grown = scene.acks.collect(&mut vec![]);
    assert!(grown.pop().is_none_or(|(_, bytes)| bytes < 1500));
}

/// Writes an output that is then refused alone.
fn refuse_output(scene: &mut Scene, event: &Event) -> Vec<Refused> {
    scene.sink.write(event, b"output", "model-1").expect("it is taken");
    let newest = |kind| scene.outputs.made.borrow().iter().rev().find(|fake: &&Fake| fake.kind() == kind).cloned();
    newest(Kind::Ordinary).expect("one").refuse(RDKafkaErrorCode::InvalidRecord);
    scene.clock.sleep(RETRY);
    assert!(scene.sink.tend().is_empty());
    newest(Kind::Alone).expect("one").refuse(RDKafkaErrorCode::InvalidRecord);
    scene.clock.sleep(MOMENT);
    scene.sink.tend()
}

#[test]
fn the_event_of_a_refused_output_is_read_again() {
    let mut scene = Scene::new(1 << 20);
    assert!(refuse_output(&mut scene, &event(9, None)).is_empty());
    let wanted = scene.originals.asked.borrow()[0].clone();
    assert_eq!(wanted.place, Place { source: 0, partition: 0, offset: 9 });
    assert!(!scene.sink.flush(MOMENT), "it is waited for");
    scene.originals.found.borrow_mut().push_back(Found { ticket: wanted.ticket, event: Some(event(9, None)) });
    let refused = scene.wait(MOMENT);
    let original = refused[0].original.as_ref().expect("one");
    assert_eq!(
        (original.model.as_str(), original.missing, original.event.value()),
        ("model-1", None, Some(b"event 9".as_slice()))
    );
    assert_eq!((refused[0].failure.error.as_str(), refused[0].place.as_str()), ("Refused", "data/0/9"));
    assert!(scene.settled().is_empty());
}

#[test]
fn where_the_record_is_gone_or_another_what_the_output_has_of_it_goes() {
    for found in [None, Some(event(9, Some(b"another")))] {
        let mut scene = Scene::new(1 << 20);
        let mut sent = event(9, None);
        sent.headers = Some(Ok(rdkafka::message::OwnedHeaders::new()));
        refuse_output(&mut scene, &sent);
        let ticket = scene.originals.asked.borrow()[0].ticket;
        scene.originals.found.borrow_mut().push_back(Found { ticket, event: found });
        let refused = scene.wait(MOMENT);
        let original = refused[0].original.as_ref().expect("one");
        assert_eq!((original.missing, original.event.value()), (Some(Missing::Value), None));
        let headers = original.event.headers.as_ref().and_then(|headers| headers.as_ref().ok()).expect("headers");
        assert_eq!(iter(headers.as_borrowed()).count(), 0, "without those of the output");
    }
}

#[test]
fn what_waits_of_an_assignment_that_is_over_is_dropped() {
    let mut scene = Scene::new(1 << 20);
    refuse_output(&mut scene, &event(1, None));
    scene.sink.give_up(&[0]);
    assert_eq!(scene.settled(), [(1, Fate::Dropped)]);
    let ticket = scene.originals.asked.borrow()[0].ticket;
    scene.originals.found.borrow_mut().push_back(Found { ticket, event: Some(event(1, None)) });
    assert!(scene.wait(MOMENT).is_empty());
    scene.bury(&event(2, None));
    assert_eq!(scene.settled(), [(2, Fate::Dropped)]);
    assert!(scene.sink.flush(Duration::from_secs(1)));
}
