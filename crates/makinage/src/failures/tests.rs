use super::*;
use crate::logged::Log;

/// What becomes of failed events, and what is said of it.
struct Scene {
    log: Log,
    start: Instant,
    failed: FailedEvents,
}

impl Scene {
    fn new(on_error: OnError) -> Self {
        let start = Instant::now();
        Self { log: Log::default(), start, failed: FailedEvents::new(on_error, None, start) }
    }

    fn fail(&mut self, events: u32, second: u64) {
        let failure = Failure::new("predict", "ValueError", "it is odd");
        let now = self.start + Duration::from_secs(second);
        for event in 0..events {
            let verdict =
                self.log.keep(|| self.failed.failed(&format!("data/0/{event}"), &failure, Some("iris@3"), now));
            assert_eq!(verdict, Verdict::Skip);
        }
    }

    fn named(&self) -> usize {
        self.log.count("skipped data/0/")
    }
}

#[test]
fn a_few_events_are_named_and_the_others_are_summed_up_when_their_window_is_over() {
    let mut scene = Scene::new(OnError::Skip);
    scene.fail(10, 1);
    assert_eq!((scene.named(), scene.failed.next_deadline()), (10, None));
    assert_eq!(scene.log.lines()[0], "skipped data/0/0: step predict: ValueError: it is odd");
    scene.fail(5, 9);
    assert_eq!((scene.named(), scene.failed.next_deadline()), (10, Some(scene.start + WINDOW)));
    let tick = |scene: &mut Scene, second| {
        let now = scene.start + Duration::from_secs(second);
        scene.log.keep(|| scene.failed.tick(now));
    };
    tick(&mut scene, 9);
    assert_eq!(scene.log.lines().len(), 10);
    tick(&mut scene, 10);
    tick(&mut scene, 11);
    assert_eq!(scene.log.count("skipped 5 more events in 10 s (15 since the start)"), 1);
    assert_eq!((scene.log.lines().len(), scene.failed.next_deadline()), (11, None));
    scene.fail(3, 12);
    assert_eq!(scene.named(), 13, "a new window names some again");
}

#[test]
fn with_dead_letters_lines_say_where_events_go_and_on_error_means_nothing() {
    let (log, now) = (Log::default(), Instant::now());
    let mut failed = FailedEvents::new(OnError::Stop, Some("dead"), now);
    let failure = Failure::new("predict", "ValueError", "it is odd");
    for event in 0..12 {
        assert_eq!(
            log.keep(|| failed.failed(&format!("data/0/{event}"), &failure, Some("iris@3"), now)),
            Verdict::Bury
        );
    }
    log.keep(|| failed.tick(now + WINDOW));
    assert_eq!(log.lines()[0], "dead letter to dead: data/0/0: step predict: ValueError: it is odd");
    assert_eq!(log.count("dead letter to dead: data/0/"), 10);
    assert_eq!(log.count("dead letters to dead: 2 more in 10 s (12 since the start)"), 1);
}

#[test]
fn a_failure_after_the_window_sums_up_the_one_before() {
    let mut scene = Scene::new(OnError::Skip);
    scene.fail(12, 0);
    scene.fail(1, 30);
    assert_eq!((scene.named(), scene.log.count("skipped 2 more events")), (11, 1));
}

#[test]
fn what_was_not_named_is_summed_up_at_the_end() {
    let mut scene = Scene::new(OnError::Skip);
    scene.fail(11, 0);
    let Scene { log, failed, .. } = scene;
    log.keep(|| drop(failed));
    assert_eq!(log.count("skipped 1 more events in 10 s (11 since the start)"), 1);
}

#[test]
fn all_are_named_where_that_is_wanted() {
    let mut scene = Scene::new(OnError::Skip);
    scene.failed.name_all();
    scene.fail(100, 0);
    assert_eq!((scene.named(), scene.failed.next_deadline()), (100, None));
}

#[test]
fn under_stop_the_first_ends_the_service_and_says_where() {
    let mut scene = Scene::new(OnError::Skip);
    scene.fail(1, 0);
    scene.failed.set_on_error(OnError::Stop);
    let failure = Failure::new("predict", "ValueError", "it is odd");
    let verdict = scene.log.keep(|| scene.failed.failed("data/0/7", &failure, None, scene.start));
    assert_eq!((verdict, scene.log.count("stopping at data/0/7: step predict")), (Verdict::Stop, 1));
}
