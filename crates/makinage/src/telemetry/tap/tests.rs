//! Who listens gets what is asked for, no more than so many a second, and nobody else pays.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::{super::tapped::StepPassed, *};
use crate::event::{Place as At, Ticket};

/// Collects places.
#[derive(Debug, Clone)]
struct Ear {
    heard: Arc<Mutex<Vec<String>>>,
    there: Arc<AtomicBool>,
}

impl Default for Ear {
    fn default() -> Self {
        Self { heard: Arc::default(), there: Arc::new(true.into()) }
    }
}

impl Listener for Ear {
    fn is_there(&self) -> bool {
        self.there.load(Ordering::Relaxed)
    }

    fn take(&mut self, event: Tapped) {
        self.heard.lock().push(event.place);
    }
}

fn event(offset: i64, value: &str) -> Event {
    let place = At { source: 0, partition: 0, offset };
    Event::new(Ticket::from_opaque(0), place, Some(b"key"), Some(value.as_bytes()))
}

fn show(tap: &Tap, now: Instant, offset: i64, value: &str, failed_in: Option<&str>) {
    let became = match failed_in {
        None => Became::Output { output: "[1, 2]".into() },
        Some(step) => Became::Failed { step: step.into(), error: "ValueError".into(), message: "no".into() },
    };
    let event = event(offset, value);
    let glimpse = Glimpse { failed: failed_in.is_some(), step: failed_in, has_steps: failed_in.is_none() };
    tap.show(now, glimpse, || Tapped::of("data", &event, Some("iris@3"), became));
}

#[test]
fn each_listener_gets_what_it_asks_for() {
    let (tap, now) = (Tap::default(), Instant::now());
    assert!(!tap.is_on());
    let [all, failed, step, text] = [(); 4].map(|()| Ear::default());
    assert!(tap.listen(Filter::default(), all.clone()));
    assert!(tap.listen(Filter { failed: true, ..Filter::default() }, failed.clone()));
    assert!(tap.listen(Filter { step: Some("decode".into()), ..Filter::default() }, step.clone()));
    assert!(tap.listen(Filter { contains: Some("rare".into()), ..Filter::default() }, text.clone()));
    assert!(tap.is_on());
    show(&tap, now, 0, "common", None);
    show(&tap, now, 1, "a rare one", None);
    show(&tap, now, 2, "common", Some("predict"));
    show(&tap, now, 3, "common", Some("decode"));
    let heard = |ear: &Ear| ear.heard.lock().iter().map(|place| place.replace("data/0/", "")).collect::<String>();
    assert_eq!([&all, &failed, &step, &text].map(heard), ["0123", "23", "3", "1"]);
}

#[test]
fn a_listener_gets_only_so_many_a_second_and_the_others_are_not_even_made() {
    let (tap, now, ear) = (Tap::default(), Instant::now(), Ear::default());
    tap.listen(Filter::default(), ear.clone());
    let made = AtomicUsize::new(0);
    let many = |now| {
        for offset in 0..1000 {
            tap.show(now, Glimpse { has_steps: true, ..Glimpse::default() }, || {
                made.fetch_add(1, Ordering::Relaxed);
                Tapped::of("data", &event(offset, "x"), None, Became::Output { output: String::new() })
            });
        }
    };
    many(now);
    assert_eq!((ear.heard.lock().len(), made.load(Ordering::Relaxed)), (100, 100));
    many(now + Duration::from_secs(2));
    assert_eq!((ear.heard.lock().len(), made.load(Ordering::Relaxed)), (200, 200));
}

#[test]
fn who_has_gone_leaves_a_place_to_others_and_only_so_many_listen() {
    let (tap, now) = (Tap::default(), Instant::now());
    let ears: Vec<Ear> = (0..8).map(|_| Ear::default()).collect();
    assert!(ears.iter().all(|ear| tap.listen(Filter::default(), ear.clone())));
    assert!(!tap.listen(Filter::default(), Ear::default()));
    ears[3].there.store(false, Ordering::Relaxed);
    assert!(tap.listen(Filter::default(), ears[3].clone()));
    for ear in &ears {
        ear.there.store(false, Ordering::Relaxed);
    }
    show(&tap, now + Duration::from_secs(2), 0, "x", None);
    assert!(!tap.is_on());
}

/// Who wants any gets those of which more is known; who looks for some gets them whatever is known.
#[test]
fn a_sample_is_of_events_that_workers_were_asked_for() {
    let (tap, now) = (Tap::default(), Instant::now());
    let [all, some] = [(); 2].map(|()| Ear::default());
    tap.listen(Filter::default(), all.clone());
    tap.listen(Filter { contains: Some("rare".into()), ..Filter::default() }, some.clone());
    for (offset, has_steps) in [(0, true), (1, false)] {
        let event = event(offset, "a rare one");
        let steps = vec![StepPassed { step: "predict".into(), value: Some("1".into()), microseconds: None }];
        let became = Became::Output { output: "1".into() };
        let glimpse = Glimpse { has_steps, ..Glimpse::default() };
        tap.show(now, glimpse, || Tapped { steps, ..Tapped::of("data", &event, None, became) });
    }
    assert_eq!([all, some].map(|ear| ear.heard.lock().len()), [1, 2]);
}

#[test]
fn workers_are_asked_for_as_many_as_listeners_may_have() {
    let (tap, now, topics) = (Tap::default(), Instant::now(), ["data".to_owned()]);
    let events = |count: i64| (0..count).map(|offset| event(offset, "x")).collect::<Vec<_>>();
    let asks = |tap: &Tap, now, count| tap.asks(now, &topics, &events(count)).map(|places| places.len());
    assert_eq!(asks(&tap, now, 10), None);
    let failed = Ear::default();
    tap.listen(Filter { failed: true, ..Filter::default() }, failed.clone());
    tap.listen(Filter { step: Some("decode".into()), ..Filter::default() }, Ear::default());
    assert_eq!(asks(&tap, now, 10), Some(0), "what ends early is told without asking");
    tap.listen(Filter::default(), Ear::default());
    assert_eq!(tap.asks(now, &topics, &events(3)), Some(vec![0, 1, 2]));
    assert_eq!([10, 1000, 1000].map(|count| asks(&tap, now, count)), [Some(10), Some(87), Some(0)]);
    let later = tap.asks(now + Duration::from_secs(2), &topics, &events(250)).expect("somebody listens");
    assert_eq!((later.len(), later[1], later[99]), (100, 2, 247), "they are spread over the batch");
}

#[test]
fn who_looks_for_a_text_has_the_events_asked_for_that_have_it() {
    let topics = ["data".to_owned()];
    let events: Vec<Event> = (0..500).map(|n| event(n, if n % 7 == 3 { "a rare one" } else { "x" })).collect();
    let asks = |text: &str| {
        let tap = Tap::default();
        tap.listen(Filter { contains: Some(text.into()), ..Filter::default() }, Ear::default());
        tap.asks(Instant::now(), &topics, &events).expect("somebody listens")
    };
    assert_eq!(asks("rare").len(), 71);
    assert_eq!(asks("rare")[..3], [3, 10, 17]);
    assert_eq!(asks("data/0/499"), [499]);
    assert_eq!(asks("key").len(), 100);
    assert_eq!(asks("[1, 2]"), [0_u32; 0]);
}
