use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::*;
use crate::{
    logged::Log,
    traces::{span::Ending, testing::span},
};

/// A collector that says what the test says, in this order, and then always the last of it.
#[derive(Clone)]
struct Fake {
    says: Arc<Mutex<Vec<Answer>>>,
    asked: Arc<AtomicUsize>,
    takes: Duration,
}

impl Fake {
    fn new(says: &[Answer]) -> Self {
        let says = says.iter().rev().cloned().collect();
        Self { says: Arc::new(Mutex::new(says)), asked: Arc::default(), takes: Duration::ZERO }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Collector for Fake {
    fn send(&self, request: &[u8], timeout: Duration) -> Answer {
        assert!(!request.is_empty());
        thread::sleep(self.takes.min(timeout));
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut says = self.says.lock();
        if says.len() > 1 { says.pop().expect("something") } else { says[0].clone() }
    }
}

fn later() -> Answer {
    Answer::Later("connection refused".to_owned(), None)
}

/// An exporter of this collector, in a hurry.
fn exporter(collector: &Fake) -> (Exporter<Fake>, Ends, Arc<Counts>, Sender<Arc<Span>>) {
    let counts = Arc::<Counts>::default();
    let (asks, asked) = bounded(1);
    let (spans, waiting) = bounded(10_000);
    let resource = Resource::new(&[]);
    let inputs = Inputs { waiting, asked };
    let mut exporter = Exporter::new(collector.clone(), resource, "http://c/v1/traces".into(), inputs, counts.clone());
    let pause = Duration::from_millis(1);
    exporter.pace = Pace { every: pause, answer: Duration::from_secs(1), pauses: (pause, pause), tries: 20 * pause };
    exporter.backoff = Backoff::new(pause, pause);
    (exporter, Ends(asks), counts, spans)
}

fn ended(count: usize) -> Vec<Arc<Span>> {
    let one = |_| {
        let (span, ended) = span();
        span.settled(Ending { name: "output", is_failure: false, step: None });
        ended.recv().expect("it has ended")
    };
    (0..count).map(one).collect()
}

/// So many that have ended wait.
fn send(spans: &Sender<Arc<Span>>, count: usize) {
    for span in ended(count) {
        spans.send(span).expect("there is room");
    }
}

fn counted(counts: &Counts) -> [u64; 3] {
    Became::ALL.map(|became| counts.of(became))
}

#[test]
fn what_is_taken_is_counted_and_nothing_is_said() {
    let (log, collector) = (Log::default(), Fake::new(&[Answer::Taken]));
    let (exporter, ends, counts, spans) = exporter(&collector);
    send(&spans, 600);
    thread::scope(|scope| {
        scope.spawn(|| log.keep(|| exporter.run()));
        ends.finish(Duration::from_secs(10));
    });
    assert_eq!((counted(&counts), collector.asked()), ([600, 0, 0], 2), "at most 512 a request");
    assert_eq!(log.text(), "");
}

#[test]
fn one_failure_is_nothing_to_tell_and_what_failed_is_sent_again() {
    let (log, collector) = (Log::default(), Fake::new(&[later(), Answer::Taken]));
    let (mut exporter, _ends, counts, _spans) = exporter(&collector);
    log.keep(|| exporter.deliver(&ended(3)));
    assert_eq!((counted(&counts), collector.asked(), log.text().as_str()), ([3, 0, 0], 2, ""));
}

#[test]
fn a_collector_that_is_away_is_told_once_and_that_it_is_back_too() {
    let (log, collector) = (Log::default(), Fake::new(&[later()]));
    let (mut exporter, _ends, counts, _spans) = exporter(&collector);
    log.keep(|| (0..3).for_each(|_| exporter.deliver(&ended(2))));
    assert_eq!(counted(&counts), [0, 6, 0]);
    assert!(collector.asked() > 6, "each was tried again: {}", collector.asked());
    *collector.says.lock() = vec![Answer::Taken];
    log.keep(|| (0..2).for_each(|_| exporter.deliver(&ended(2))));
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("takes no spans (connection refused)"), "{lines:?}");
    assert!(lines[1].contains("takes spans again; 6 were dropped meanwhile"), "{lines:?}");
    assert_eq!(counted(&counts), [4, 6, 0]);
    assert_eq!(log.count("[T001]"), 1);
}

#[test]
fn what_is_refused_is_dropped_at_once_and_told_once_in_an_hour() {
    let (log, collector) = (Log::default(), Fake::new(&[Answer::Refused("status 400: no".to_owned())]));
    let (mut exporter, _ends, counts, _spans) = exporter(&collector);
    log.keep(|| (0..5).for_each(|_| exporter.deliver(&ended(2))));
    assert_eq!((counted(&counts), collector.asked()), ([0, 0, 10], 5));
    assert_eq!((log.count("status 400: no"), log.count("[T002]")), (1, 1));
}

#[test]
fn what_a_collector_takes_partly_is_counted_as_both() {
    let (log, collector) = (Log::default(), Fake::new(&[Answer::TakenPartly(2, "too old".to_owned())]));
    let (mut exporter, _ends, counts, _spans) = exporter(&collector);
    log.keep(|| exporter.deliver(&ended(5)));
    assert_eq!((counted(&counts), log.count("refuses 2 spans (too old)")), ([3, 0, 2], 1));
}

#[test]
fn a_collector_that_says_when_is_not_asked_before() {
    let says = [Answer::Later("status 429".to_owned(), Some(Duration::from_millis(30))), Answer::Taken];
    let collector = Fake::new(&says);
    let (mut exporter, _ends, counts, _spans) = exporter(&collector);
    exporter.pace.pauses.1 = Duration::from_secs(1);
    exporter.pace.tries = Duration::from_secs(2);
    let began = Instant::now();
    exporter.deliver(&ended(1));
    assert!(began.elapsed() >= Duration::from_millis(30));
    assert_eq!(counted(&counts), [1, 0, 0]);
}

#[test]
fn the_end_waits_for_a_collector_that_hangs_only_so_long() {
    let collector = Fake { takes: Duration::from_mins(1), ..Fake::new(&[later()]) };
    let (mut exporter, ends, counts, spans) = exporter(&collector);
    (exporter.pace.answer, exporter.pace.tries) = (Duration::from_mins(1), Duration::from_mins(1));
    send(&spans, 3);
    let began = Instant::now();
    // It is left behind, as it would be at the end of the program.
    thread::spawn(|| exporter.run());
    ends.finish(Duration::from_millis(200));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(counts.of(Became::Exported), 0);
}

#[test]
fn what_had_no_room_is_told_once() {
    let (log, collector) = (Log::default(), Fake::new(&[Answer::Taken]));
    let (mut exporter, _ends, counts, _spans) = exporter(&collector);
    counts.add(Became::Dropped, 7);
    log.keep(|| exporter.deliver(&ended(1)));
    counts.add(Became::Dropped, 1);
    log.keep(|| exporter.deliver(&ended(1)));
    assert_eq!((log.count("7 were dropped"), log.count("[T003]")), (1, 1), "{}", log.text());
}
