use std::{path::Path, sync::Arc};

use crossbeam_channel::{Receiver, bounded, unbounded};

use super::{
    super::testing::{Notes, Workshop, arrived},
    *,
};
use crate::{
    config::{Origin, read_service},
    logged::Log,
};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/examples/serve.yaml"));

struct Scene {
    workshop: Arc<Workshop>,
    notes: Arc<Notes>,
    mailbox: Arc<Mailbox>,
    ready: Receiver<u64>,
    begins: Receiver<()>,
    hand_over: HandOver<Arc<Workshop>>,
    configuration: Configuration,
    log: Log,
}

impl Scene {
    fn new() -> Self {
        let (workshop, notes, mailbox) = <(Arc<Workshop>, Arc<Notes>, Arc<Mailbox>)>::default();
        let ((sender, ready), (begin, begins)) = (unbounded(), bounded(1));
        let memory = Arc::clone(&notes) as Arc<dyn Memory>;
        let outlets = LoaderOutlets { ready: sender, begin, memory, telemetry: Arc::default() };
        let hand_over = HandOver::new(Arc::clone(&workshop), outlets, Arc::clone(&mailbox));
        let config = read_service(PAGE, &Origin::file(Path::new("serve.yaml"))).config.expect("the documented one");
        let configuration = Configuration { number: 1, config: Arc::new(config) };
        Self { workshop, notes, mailbox, ready, begins, hand_over, configuration, log: Log::default() }
    }

    /// Whether the model serves now, and the one that did before.
    fn attempt(&mut self, model: i64) -> (bool, Option<i64>) {
        let model = Arc::new(arrived(model));
        let outcome = self.log.keep(|| self.hand_over.attempt(&self.configuration, &model));
        match outcome {
            Outcome::Serves(before) => (true, before.map(|before| before.model.place.offset)),
            Outcome::Failed => (false, None),
        }
    }

    fn serving(&self) -> Option<(i64, u64)> {
        self.hand_over.serving().map(|made| (made.model.place.offset, made.generation))
    }

    fn is_bad(&self, model: i64) {
        self.workshop.bad.lock().unwrap().insert((model, 1), u32::MAX);
    }
}

#[test]
fn what_is_made_serves_is_noted_and_the_one_before_is_handed_back() {
    let mut scene = Scene::new();
    assert_eq!(scene.serving(), None);
    assert_eq!(scene.attempt(1), (true, None));
    assert_eq!(scene.attempt(2), (true, Some(1)));
    assert_eq!((scene.serving(), scene.ready.try_iter().collect::<Vec<_>>()), (Some((2, 2)), vec![1, 2]));
    assert_eq!(*scene.notes.served.lock().unwrap(), [1, 2]);
    let beside_another: Vec<bool> = scene.workshop.built.lock().unwrap().iter().map(|built| built.2).collect();
    assert_eq!(beside_another, [false, true]);
}

#[test]
fn events_are_asked_for_when_the_first_has_been_handed_over_and_that_is_said_once() {
    let mut scene = Scene::new();
    scene.is_bad(1);
    scene.attempt(1);
    assert_eq!(scene.begins.try_iter().count(), 0);
    scene.attempt(2);
    scene.attempt(3);
    assert_eq!((scene.begins.try_iter().count(), scene.ready.len()), (1, 2));
}

#[test]
fn what_can_not_be_made_is_said_and_what_serves_goes_on() {
    let mut scene = Scene::new();
    scene.is_bad(2);
    scene.attempt(1);
    assert_eq!(scene.attempt(2), (false, None));
    assert_eq!((scene.serving(), scene.log.count("step load: it is bad")), (Some((1, 1)), 1));
    assert_eq!(scene.attempt(3), (true, Some(1)));
    assert_eq!(scene.serving(), Some((3, 3)), "a number is nobody else's, though nothing came of it");
    assert_eq!(*scene.notes.served.lock().unwrap(), [1, 3]);
}

#[test]
fn at_the_services_end_a_failure_is_none() {
    let mut scene = Scene::new();
    scene.is_bad(1);
    scene.mailbox.close();
    assert_eq!(scene.attempt(1), (false, None));
    assert!(scene.log.lines().is_empty());
    assert!(!scene.hand_over.is_over());
}

#[test]
fn where_nobody_takes_generations_any_more_it_is_over_and_nothing_has_been_served() {
    let mut scene = Scene::new();
    scene.ready = unbounded().1;
    scene.attempt(1);
    assert!(scene.hand_over.is_over());
    assert_eq!((scene.serving(), scene.notes.served.lock().unwrap().len()), (None, 0));
}
