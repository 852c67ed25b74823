//! A place that does what the test says, and what the loader and the pipeline hear of it.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use crossbeam_channel::{Receiver, unbounded};

use super::*;
use crate::worker::testing::live;

/// What happens at the place, in order: starts that work or don't, and answers of each process before it dies.
#[derive(Default)]
struct Told {
    starts: RefCell<VecDeque<bool>>,
    answers: RefCell<VecDeque<u64>>,
    /// Whether each process had begun a request.
    begins: Cell<bool>,
    /// The pool closes the place during the wait after so many.
    closes_after: Cell<Option<usize>>,
    abandoned: Cell<bool>,
    waits: RefCell<Vec<u128>>,
    /// The incarnations that were served.
    served: RefCell<Vec<u32>>,
}

#[derive(Clone, Default)]
struct Fake(Rc<Told>);

impl Seat for Fake {
    type Process = ();

    fn start(&self) -> Result<((), Live), LoadFailure> {
        if !self.0.starts.borrow_mut().pop_front().unwrap_or(true) {
            return Err(LoadFailure { step: "load".into(), ..LoadFailure::default() });
        }
        Ok(((), live()))
    }

    fn serve(&self, _process: &mut (), incarnation: u32) -> Option<Death> {
        self.0.served.borrow_mut().push(incarnation);
        let answers = self.0.answers.borrow_mut().pop_front()?;
        let at = self.0.begins.get().then_some(At::new(1, 0..1));
        let cause = Cause { words: "it crashed".into(), is_exhaustion: false, is_kill: false };
        Some(Death { cause, at, answers })
    }

    fn closed_within(&self, wait: Duration) -> bool {
        let closes = self.0.closes_after.get() == Some(self.0.waits.borrow().len());
        self.0.waits.borrow_mut().push(wait.as_millis());
        closes
    }

    fn is_abandoned(&self) -> bool {
        self.0.abandoned.get()
    }
}

/// A place with these starts and deaths.
fn place(starts: &[bool], answers: &[u64]) -> Fake {
    let fake = Fake::default();
    fake.0.starts.borrow_mut().extend(starts);
    fake.0.answers.borrow_mut().extend(answers);
    fake
}

/// What the loader hears, and the pipeline.
fn run(place: &Fake) -> (Vec<bool>, Vec<String>) {
    let ((started, outcomes), (pipeline, told)) = (unbounded(), unbounded());
    let worker = WorkerId { generation: 1, slot: 0 };
    Replacing::new(place.clone(), worker, pipeline, Arc::default()).run(&started);
    (outcomes.try_iter().map(|outcome| outcome.is_ok()).collect(), heard(&told))
}

fn heard(told: &Receiver<FromWorker>) -> Vec<String> {
    let line = |message| match message {
        FromWorker::Died { worker, cause, .. } => format!("{worker} died: {cause}"),
        FromWorker::Ready { worker, live } => format!("{worker} ready: {}", live.incarnation),
        other => format!("{other:?}"),
    };
    told.try_iter().map(line).collect()
}

/// The way to somebody who has gone.
fn gone<T>() -> Sender<T> {
    unbounded().0
}

const DIED: &str = "worker 1.0 died: it crashed";

#[test]
fn a_first_start_that_fails_ends_the_place() {
    let place = place(&[false], &[]);
    assert_eq!(run(&place), (vec![false], vec![]));
    assert!(place.0.served.borrow().is_empty() && place.0.waits.borrow().is_empty());
}

#[test]
fn a_process_that_dies_is_replaced_by_one_with_the_next_number() {
    let place = place(&[], &[1, 1]);
    let ready = |number| format!("worker 1.0 ready: {number}");
    assert_eq!(run(&place), (vec![true], vec![DIED.to_owned(), ready(1), DIED.to_owned(), ready(2)]));
    assert_eq!(*place.0.served.borrow(), [0, 1, 2]);
}

#[test]
fn the_wait_grows_with_each_death_without_an_answer_and_begins_anew_after_one() {
    let place = place(&[], &[0, 0, 0, 5, 0, 0]);
    run(&place);
    assert_eq!(*place.0.waits.borrow(), [100, 200, 400, 100, 200, 400]);
}

#[test]
fn a_death_over_a_request_makes_for_a_longer_wait_only_after_several_in_a_row() {
    let place = place(&[], &[0; 7]);
    place.0.begins.set(true);
    run(&place);
    assert_eq!(*place.0.waits.borrow(), [100, 100, 100, 100, 100, 200, 400]);
}

#[test]
fn what_another_worker_answers_ends_the_row() {
    let (place, streak) = (place(&[], &[0; 3]), Arc::<Streak>::default());
    place.0.begins.set(true);
    for _ in 0..4 {
        assert!(streak.died());
    }
    streak.answered();
    let (started, _outcomes) = unbounded();
    let (pipeline, _told) = unbounded();
    Replacing::new(place.clone(), WorkerId { generation: 1, slot: 0 }, pipeline, streak).run(&started);
    assert_eq!(*place.0.waits.borrow(), [100, 100, 100]);
}

#[test]
fn a_replacement_that_does_not_start_is_tried_again_after_longer_and_longer() {
    let place = place(&[true, false, false, true], &[3]);
    let (_, told) = run(&place);
    assert_eq!(told, [DIED, "worker 1.0 ready: 1"], "one death, however many starts");
    assert_eq!(*place.0.waits.borrow(), [100, 200, 400]);
}

#[test]
fn a_place_that_is_closed_while_it_waits_starts_nothing_more() {
    let place = place(&[true, false], &[0]);
    place.0.closes_after.set(Some(1));
    assert_eq!(run(&place).1, [DIED]);
    assert_eq!(place.0.waits.borrow().len(), 2);
    assert_eq!(*place.0.served.borrow(), [0]);
}

#[test]
fn a_generation_that_is_given_up_is_not_started_again() {
    let place = place(&[true, false], &[0]);
    place.0.abandoned.set(true);
    assert_eq!(run(&place).1, [DIED]);
    assert_eq!(place.0.waits.borrow().len(), 1);
}

#[test]
fn nobody_is_served_for_a_loader_or_a_pipeline_that_has_gone() {
    let worker = WorkerId { generation: 1, slot: 0 };
    let lonely = place(&[], &[0]);
    Replacing::new(lonely.clone(), worker, gone(), Arc::default()).run(&gone());
    assert!(lonely.0.served.borrow().is_empty(), "the loader has given up on it");
    let (started, _outcomes) = unbounded();
    Replacing::new(lonely.clone(), worker, gone(), Arc::default()).run(&started);
    assert_eq!(*lonely.0.served.borrow(), [0]);
    assert!(lonely.0.waits.borrow().is_empty(), "the pipeline has ended");
}
