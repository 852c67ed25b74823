//! Who listens gets what is asked for, no more than so many a second, and nobody else pays.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use super::*;
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
    tap.show(now, (failed_in.is_some(), failed_in), || Tapped::of("data", &event, Some("iris@3"), became));
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
            tap.show(now, (false, None), || {
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

#[test]
fn of_what_is_large_or_no_text_the_beginning_is_shown() {
    assert_eq!(shown(b"abc\xff"), "abc\u{fffd}");
    let large = shown(&[b'x'; 5000]);
    assert!(large.len() < 2010 && large.ends_with('…'));
}
