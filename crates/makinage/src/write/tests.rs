//! A sink that takes, refuses or is slow as the test says.

use std::{cell::RefCell, rc::Rc};

use parking_lot::Mutex;

use super::*;
use crate::{
    clock::testing::Hand,
    delivery::at_least_once::AtLeastOnce,
    event::{Place, Ticket},
    flights::job::Attempt,
    sink::{Original, Refused, Sink},
    telemetry::tap::{Filter, Listener},
    wire::{testing::answer, values::Values},
};

/// What the sink was given, and what it will refuse.
#[derive(Default)]
struct Told {
    written: Vec<String>,
    refuses: Vec<Refused>,
    /// The value that isn't taken.
    takes_not: Option<&'static str>,
    /// Flushes until all is there.
    flushes: u32,
    next_look: Option<Duration>,
    /// What went to the dead letters.
    buried: Vec<String>,
}

/// With the topic of its dead letters.
#[derive(Clone, Default)]
struct Fake(Rc<RefCell<Told>>, Option<&'static str>);

impl Sink for Fake {
    fn write(&mut self, event: &Event, value: &[u8], model: &str) -> Result<(), Failure> {
        let mut told = self.0.borrow_mut();
        let value = String::from_utf8_lossy(value);
        if told.takes_not == Some(&*value) {
            return Err(Failure::new("produce", "TooLarge", "it is too large"));
        }
        told.written.push(format!("{} {model} {value}", event.offset));
        Ok(())
    }

    fn dead_letter_topic(&self) -> Option<&str> {
        self.1
    }

    fn bury(&mut self, event: &Event, failed: &Failed<'_>) -> bool {
        let said = format!("{} {:?} {}", event.offset, failed.model, failed.failure.error);
        self.0.borrow_mut().buried.push(said);
        self.1.is_some()
    }

    fn tend(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.0.borrow_mut().refuses)
    }

    fn next_look(&self) -> Option<Duration> {
        self.0.borrow().next_look
    }

    fn flush(&mut self, _timeout: Duration) -> bool {
        let mut told = self.0.borrow_mut();
        told.flushes = told.flushes.saturating_sub(1);
        told.flushes == 0
    }
}

const OUTPUT: u8 = 0;
const PREDICTION: u8 = 1;
const SKIPPED: u8 = 2;
const FAILED: u8 = 3;

fn event(offset: i64) -> Event {
    let place = Place { source: 0, partition: 0, offset };
    Event::new(Ticket::new(0, offset.unsigned_abs()), place, None, Some(offset.to_string().as_bytes()))
}

/// So many events, and what became of them.
struct Leaving {
    events: Vec<Event>,
    parts: Vec<Part>,
}

fn leaving(events: i64, parts: Vec<Part>) -> Leaving {
    Leaving { events: (0..events).map(event).collect(), parts }
}

fn answered(start: usize, generation: u64, answers: Vec<Answer>) -> Part {
    let attempt = Attempt { number: 1, is_last: true };
    Part::answered(start, answers, generation, format!("model {generation}").into(), attempt)
}

struct Scene {
    sink: Fake,
    acks: Arc<Acks>,
    writer: Writer<AtLeastOnce<Fake>>,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        Self::with(Fake::default())
    }

    fn with(sink: Fake) -> Self {
        let (acks, now) = (Arc::<Acks>::default(), Instant::now());
        let delivery = AtLeastOnce::new(sink.clone(), Arc::clone(&acks));
        let writer = Writer::new(vec!["data".into()], delivery, Arc::clone(&acks), now);
        Self { sink, acks, writer, now }
    }

    fn write(&mut self, leaving: &Leaving) -> Vec<(u64, u64, u64)> {
        let pieces = leaving.parts.iter().map(|part| Piece {
            events: &leaving.events,
            part,
            is_cut: false,
            places: part.places(),
        });
        let scored = pieces.filter_map(|piece| self.writer.write(&piece, self.now)).collect::<Vec<_>>();
        scored.into_iter().map(|scored| (scored.generation, scored.events, scored.failed)).collect()
    }

    fn written(&self) -> Vec<String> {
        std::mem::take(&mut self.sink.0.borrow_mut().written)
    }

    /// Offsets of events that have their fate without the sink's help, with it.
    fn settled(&self) -> Vec<(usize, Fate)> {
        let mut settled = vec![];
        self.acks.collect(&mut settled);
        settled.into_iter().map(|(ticket, fate)| (ticket.into_opaque(), fate)).collect()
    }
}

#[test]
fn each_event_has_its_outcome_in_order_and_each_generation_its_score() {
    let mut scene = Scene::new();
    let first =
        answered(0, 4, vec![answer(0, &[(OUTPUT, "a"), (PREDICTION, "0.5")]), answer(2, &[(SKIPPED, "predict")])]);
    let killed = Part::Failed(3, Failure::new("predict", "WorkerDied", "twice"), None);
    let second = answered(4, 5, vec![answer(0, &[(OUTPUT, "b")])]);
    let scored = scene.write(&leaving(5, vec![first, killed, second]));
    assert_eq!(scored, [(4, 3, 0), (5, 1, 0)]);
    assert_eq!(scene.written(), ["0 model 4 a", "1 model 4 [1,0.5]", "4 model 5 b"]);
    let skipped = Fate::Skipped(crate::event::Step::Predict);
    assert_eq!(scene.settled(), [(2, skipped), (3, Fate::Failed)], "the sink settles the others");
}

#[test]
fn an_output_that_the_sink_does_not_take_is_its_events_failure() {
    let mut scene = Scene::new();
    scene.sink.0.borrow_mut().takes_not = Some("a");
    let scored = scene.write(&leaving(2, vec![answered(0, 1, vec![answer(0, &[(OUTPUT, "a"), (OUTPUT, "b")])])]));
    assert_eq!((scored, scene.written()), (vec![(1, 2, 1)], vec!["1 model 1 b".to_owned()]));
    assert_eq!(scene.settled(), [(0, Fate::Failed)]);
}

#[test]
fn after_a_failure_under_stop_nothing_is_written_and_all_is_read_again() {
    let mut scene = Scene::new();
    scene.writer.set_on_error(OnError::Stop);
    scene.sink.0.borrow_mut().takes_not = Some("a");
    scene.write(&leaving(2, vec![answered(0, 1, vec![answer(0, &[(OUTPUT, "a"), (OUTPUT, "b")])])]));
    assert!(scene.writer.stopped_by_error());
    scene.write(&leaving(1, vec![Part::Failed(0, Failure::new("predict", "WorkerDied", "twice"), None)]));
    assert!(scene.written().is_empty());
    assert_eq!(scene.settled(), [(0, Fate::Stopped), (1, Fate::Dropped), (0, Fate::Dropped)]);
}

#[test]
fn what_the_sink_refuses_later_has_failed_then() {
    let mut scene = Scene::new();
    let failure = Failure::new("produce", "Refused", "it is too large");
    let refused = Refused { ticket: Ticket::from_opaque(7), place: "data/0/7".into(), failure, original: None };
    scene.sink.0.borrow_mut().refuses.push(refused);
    assert!(scene.settled().is_empty());
    scene.writer.tend(scene.now);
    assert_eq!(scene.settled(), [(7, Fate::Failed)]);
}

#[test]
fn all_that_fails_is_buried_where_there_is_a_topic_for_it_and_settled_by_that() {
    let mut scene = Scene::with(Fake(Rc::default(), Some("dead")));
    scene.writer.set_on_error(OnError::Stop);
    scene.sink.0.borrow_mut().takes_not = Some("a");
    let answers = answered(0, 1, vec![answer(0, &[(OUTPUT, "a"), (OUTPUT, "b")])]);
    let killed = Part::Failed(2, Failure::new("predict", "WorkerDied", "twice"), None);
    scene.write(&leaving(3, vec![answers, killed]));
    let original = Original { event: event(7), model: "model 1".into(), missing: None };
    let failure = Failure::new("produce", "Refused", "it is too large");
    let refused =
        Refused { ticket: Ticket::from_opaque(7), place: "data/0/7".into(), failure, original: Some(original) };
    scene.sink.0.borrow_mut().refuses.push(refused);
    scene.writer.tend(scene.now);
    let buried = std::mem::take(&mut scene.sink.0.borrow_mut().buried);
    assert_eq!(buried, [r#"0 Some("model 1") TooLarge"#, "2 None WorkerDied", r#"7 Some("model 1") Refused"#]);
    assert!(scene.settled().is_empty() && !scene.writer.stopped_by_error());
    assert_eq!(scene.written(), ["1 model 1 b"]);
}

#[test]
fn the_next_look_is_the_logs_or_the_sinks_whichever_is_sooner() {
    let mut scene = Scene::new();
    assert_eq!(scene.writer.next_deadline(scene.now), None);
    scene.sink.0.borrow_mut().next_look = Some(Duration::from_secs(20));
    assert_eq!(scene.writer.next_deadline(scene.now), Some(Duration::from_secs(20)));
    let failed = || Part::Failed(0, Failure::new("predict", "ValueError", "it is odd"), None);
    (0..11).for_each(|_| drop(scene.write(&leaving(1, vec![failed()]))));
    assert_eq!(scene.writer.next_deadline(scene.now), Some(Duration::from_secs(10)));
}

#[test]
fn a_flush_goes_on_until_the_sink_has_everything_or_the_time_is_over() {
    let mut scene = Scene::new();
    let clock = Hand::default();
    scene.sink.0.borrow_mut().flushes = 3;
    assert!(scene.writer.flush(Duration::from_secs(1), &clock));
    scene.sink.0.borrow_mut().flushes = 3;
    assert!(!scene.writer.flush(Duration::ZERO, &clock));
}

#[test]
fn events_that_no_worker_was_given_are_left() {
    let mut scene = Scene::new();
    let events = [event(0), event(1)];
    scene.writer.received(&events);
    scene.writer.drop_events(&events[1..]);
    assert_eq!(scene.settled(), [(1, Fate::Dropped)]);
    assert_eq!(scene.acks.counts().to_string(), "2 in, 0 out, 0 failed, 2 left");
}

#[test]
fn nothing_comes_of_what_was_given_up_or_is_behind_it() {
    let mut scene = Scene::new();
    let events: Vec<Event> = (0..2).map(event).collect();
    let parts = [Part::GivenUp(0..1), answered(1, 1, vec![answer(0, &[(OUTPUT, "a")])])];
    let pieces = parts.iter().map(|part| Piece { events: &events, part, is_cut: true, places: part.places() });
    let scored = pieces.filter_map(|piece| scene.writer.write(&piece, scene.now)).collect::<Vec<_>>();
    assert!(scored.is_empty() && scene.written().is_empty());
    assert_eq!(scene.settled(), [(0, Fate::Dropped), (1, Fate::Dropped)]);
}

#[test]
fn an_output_much_larger_than_its_event_counts_as_memory_before_it_is_settled() {
    let mut scene = Scene::new();
    let (small, large) = ("1".repeat(MORE + 1), "1".repeat(MORE + 2));
    scene.write(&leaving(2, vec![answered(0, 1, vec![answer(0, &[(OUTPUT, &small), (OUTPUT, &large)])])]));
    let grew: Vec<_> =
        scene.acks.collect(&mut vec![]).into_iter().map(|(ticket, bytes)| (ticket.into_opaque(), bytes)).collect();
    assert_eq!(grew, [(1, MORE + 1)]);
}

/// Collects what it is shown.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<Tapped>>>);

impl Listener for Ear {
    fn is_there(&self) -> bool {
        true
    }

    fn take(&mut self, event: Tapped) {
        self.0.lock().push(event);
    }
}

#[test]
fn who_looks_on_sees_what_an_event_had_after_each_step_wherever_its_answer_has_come_to() {
    let (mut scene, ear) = (Scene::new(), Ear::default());
    let telemetry = Arc::<Telemetry>::default();
    telemetry.tap.listen(Filter::default(), ear.clone());
    scene.writer.telemetry = telemetry;
    let step = |place| format!(r#"{{"place": {place}, "steps": [{{"step": "predict", "value": "v{place}"}}]}}"#);
    let payload = format!(r#"{{"events": [{}, {}, {}]}}"#, step(0), step(2), step(3));
    let mut values = Values::parse(payload.as_bytes()).expect("values");
    let failed = r#"{"step": "post_transform", "error": "ValueError", "message": "no"}"#;
    let first = answer(0, &[(OUTPUT, "a"), (OUTPUT, "b"), (FAILED, failed)]).with(&mut values);
    let second = answer(3, &[(SKIPPED, "post_transform")]).with(&mut values);
    // The second event is asked for again: the answer is parted.
    let parts = answered(0, 1, vec![first, second]).without(&[1]);
    scene.write(&leaving(4, parts));
    let seen = |event: &Tapped| (event.place.clone(), event.steps[0].value.clone().unwrap_or_default());
    let seen: Vec<(String, String)> = ear.0.lock().iter().map(seen).collect();
    assert_eq!(seen, [(0, "v0"), (2, "v2"), (3, "v3")].map(|(at, value)| (format!("data/0/{at}"), value.to_owned())));
}

#[test]
fn an_output_that_was_refused_after_it_was_taken_is_shown_as_a_failure_to_who_looks_on() {
    let (mut scene, ear) = (Scene::new(), Ear::default());
    let telemetry = Arc::<Telemetry>::default();
    telemetry.tap.listen(Filter { contains: Some("Refused".into()), ..Filter::default() }, ear.clone());
    scene.writer.telemetry = telemetry;
    let failure = Failure::new("produce", "Refused", "no key");
    let refused = Refused { ticket: Ticket::from_opaque(7), place: "data/0/7".into(), failure, original: None };
    scene.sink.0.borrow_mut().refuses.push(refused);
    scene.writer.tend(scene.now);
    let seen: Vec<_> = ear.0.lock().iter().map(|event| (event.place.clone(), event.became.clone())).collect();
    let failed = Became::Failed { step: "produce".into(), error: "Refused".into(), message: "no key".into() };
    assert_eq!(seen, [("data/0/7".to_owned(), failed)]);
}
