//! One worker, and the spares that are started beside it.

use parking_lot::Mutex;

use super::*;

/// Spares that were asked for.
type Spares = Arc<Mutex<Vec<(WorkerId, Receiver<Ask>)>>>;

#[derive(Debug)]
struct Hands(Spares);

impl Crew for Hands {
    fn take_over(&self) {}
    fn abandon(&self) {}
    fn spare(&self, worker: WorkerId) -> Option<Sender<Ask>> {
        let (asks, receiver) = bounded(IN_FLIGHT);
        self.0.lock().push((worker, receiver));
        Some(asks)
    }
}

/// A generation of one worker, whose spares are to be had.
struct Stage {
    predictor: Predictor,
    seat: Seat,
    spares: Spares,
    began: Instant,
    now: Instant,
}

impl Stage {
    /// Event 0 has scored.
    fn new() -> Self {
        let (spares, began) = (Spares::default(), Instant::now());
        let terms = Terms {
            label: "model-1".into(),
            batch: Batch::Fixed { rows: 4, max_delay: Duration::ZERO },
            on_error: OnError::Skip,
            probation: config::Probation { time: Duration::ZERO, crashes: None, error_rate: None },
            predict_timeout: SILENCE,
            retry: None,
        };
        let ((asks, receiver), ended) = (bounded(IN_FLIGHT), Handle::default());
        let seat = Seat { worker: WorkerId { generation: 1, slot: 0 }, asks: receiver, ended };
        let workers = vec![Worker::new(asks, live(&seat.ended, 0))];
        let mut predictor = Predictor::default();
        predictor.switch_to(Pool::new(1, terms, Box::new(Hands(Arc::clone(&spares))), workers), began);
        predictor.open(events(0..1), began);
        let mut stage = Self { predictor, seat, spares, began, now: began };
        stage.answer_next();
        assert_eq!(left(&mut stage.predictor), [(0, 1)]);
        stage
    }

    fn at(&self, second: u64) -> Instant {
        self.began + Duration::from_secs(second)
    }

    fn looks(&mut self, second: u64) {
        self.now = self.at(second);
        self.predictor.ticked = Some(self.now);
        self.predictor.tick(self.now);
        self.predictor.dispatch(self.now);
    }

    fn answer_next(&mut self) -> Ask {
        let ask = self.seat.asked().expect("a request");
        self.predictor.hear(self.seat.answer(&ask), self.now);
        self.predictor.dispatch(self.now);
        ask
    }

    fn dies(&mut self, at: At, is_exhaustion: bool, second: u64) {
        let cause = Cause { words: "gone".to_owned(), is_exhaustion, is_kill: false };
        self.predictor.hear(FromWorker::Died { worker: self.seat.worker, cause, at: Some(at) }, self.at(second));
    }

    fn is_replaced(&mut self, second: u64) {
        let ready = self.seat.is_replaced(1);
        self.predictor.hear(ready, self.at(second));
        self.looks(second);
        assert!(self.answer_next().job.is_probe());
    }

    /// A spare that has been asked for, and has not loaded.
    fn spare(&mut self, second: u64) -> Seat {
        self.looks(second);
        let (worker, asks) = self.spares.lock().remove(0);
        Seat { worker, asks, ended: Handle::default() }
    }

    fn loads(&mut self, spare: &mut Seat, second: u64) {
        self.predictor.hear(spare.is_replaced(0), self.at(second));
        self.looks(second);
    }

    /// Event 1 has let itself be waited for once, and is tried again.
    fn hang(&mut self) -> Ask {
        self.predictor.open(events(1..2), self.began);
        let ask = self.seat.asked().expect("event 1");
        self.looks(31);
        assert!(self.seat.ended.0.load(Ordering::Relaxed));
        self.dies(At::new(ask.id, 0..1), false, 31);
        self.is_replaced(32);
        let again = self.seat.asked().expect("event 1 again");
        assert_eq!((offsets(&again), again.kind), (vec![1], AskKind::Singly));
        again
    }

    /// What leaves while this one answers all that it is asked.
    fn works(&mut self, seat: &Seat, second: u64) -> Vec<(i64, u64)> {
        let mut all = vec![];
        for second in second..second + 100 {
            self.looks(second);
            while let Some(ask) = seat.asked() {
                self.predictor.hear(seat.answer(&ask), self.at(second));
                self.predictor.dispatch(self.at(second));
            }
            all.extend(left(&mut self.predictor));
        }
        all
    }
}

fn is_closed(seat: &Seat) -> bool {
    matches!(seat.asks.try_recv(), Err(crossbeam_channel::TryRecvError::Disconnected))
}

#[test]
fn a_worker_of_which_answers_are_held_is_not_ended_as_one_too_many() {
    let mut stage = Stage::new();
    let again = stage.hang();
    let mut spare = stage.spare(36);
    stage.loads(&mut spare, 36);
    stage.predictor.open(events(2..3), stage.at(36));
    let other = spare.asked().expect("the spare works");
    // It raises after all, which isn't believed at once.
    stage.predictor.hear(stage.seat.answer_some(&again, 0..1, &[1]), stage.at(36));
    stage.looks(36);
    stage.predictor.hear(spare.answer(&other), stage.at(36));
    stage.looks(37);
    let probe = stage.answer_next();
    assert!(probe.job.is_probe());
    assert_eq!(left(&mut stage.predictor), [(1, 1), (2, 1)]);
    stage.looks(38);
    assert!(is_closed(&stage.seat) != is_closed(&spare), "one of the two is too many now");
}

#[test]
fn a_job_that_wants_a_process_for_itself_goes_to_another_where_none_will_come() {
    let mut stage = Stage::new();
    stage.predictor.open(events(1..4), stage.began);
    let batch = stage.seat.asked().expect("a batch");
    stage.dies(At::new(batch.id, 0..3), true, 1);
    stage.is_replaced(2);
    let singly = stage.seat.asked().expect("the batch again");
    assert_eq!(offsets(&singly), [1, 2, 3]);
    stage.predictor.hear(stage.seat.answer_some(&singly, 0..1, &[]), stage.at(2));
    // Event 2 takes long, so that a spare gets what is behind it; then it uses the memory up.
    let mut spare = stage.spare(8);
    stage.loads(&mut spare, 8);
    let behind = spare.asked().expect("what is behind it");
    assert_eq!(offsets(&behind), [3]);
    stage.predictor.hear(spare.answer(&behind), stage.at(8));
    stage.dies(At::new(singly.id, 1..2), true, 9);
    assert_eq!(stage.works(&spare, 10), [(1, 1), (2, 1), (3, 1)]);
}

#[test]
fn a_spare_that_has_not_loaded_when_it_is_not_needed_any_more_is_given_up() {
    let mut stage = Stage::new();
    let again = stage.hang();
    let spare = stage.spare(36);
    stage.looks(37);
    assert!(!is_closed(&spare), "it may be needed yet");
    stage.predictor.hear(stage.seat.answer(&again), stage.at(37));
    stage.looks(38);
    assert!(is_closed(&spare));
    stage.predictor.open(events(2..3), stage.at(38));
    stage.answer_next();
    assert_eq!(left(&mut stage.predictor), [(1, 1), (2, 1)]);
}

#[test]
fn a_spare_that_loads_while_a_hang_is_ended_takes_its_place() {
    let mut stage = Stage::new();
    let again = stage.hang();
    let mut spare = stage.spare(36);
    stage.looks(70);
    assert!(stage.seat.ended.0.load(Ordering::Relaxed));
    stage.looks(71);
    assert!(!is_closed(&spare), "the one that is ended is as good as dead");
    stage.loads(&mut spare, 72);
    stage.dies(At::new(again.id, 0..1), false, 72);
    stage.predictor.open(events(2..3), stage.at(72));
    assert_eq!(stage.works(&spare, 73), [(1, 0), (2, 1)]);
    assert!(is_closed(&stage.seat));
}
