//! Processes are numbers: the one that scored or loaded last.

use std::cell::{Cell, RefCell};

use super::*;
use crate::event::{Place, Ticket};

fn samples(values: &[&str]) -> Vec<Event> {
    let place = Place { source: 0, partition: 0, offset: 0 };
    values.iter().map(|value| Event::new(Ticket::from_opaque(0), place, None, Some(value.as_bytes()))).collect()
}

fn crash() -> ProcessError {
    ProcessError::Ended("a crash".into())
}

/// The process that is warm or the reason why none is, and what was scored by which.
fn warmed(samples: &[Event], is_well: impl Fn(&[u8]) -> bool, loads: bool) -> (Result<u32, String>, Vec<String>) {
    let (loaded, scored) = (Cell::new(0), RefCell::default());
    let score = |process: &mut u32, event: &Event| {
        let value = event.value().expect("a value");
        let line = format!("{process} {}", String::from_utf8_lossy(value));
        RefCell::<Vec<String>>::borrow_mut(&scored).push(line);
        if is_well(value) { Ok(()) } else { Err(crash()) }
    };
    let load = |_: &ProcessError| {
        loaded.set(loaded.get() + 1);
        if loads { Ok(loaded.get()) } else { Err("it doesn't load".to_owned()) }
    };
    let warm = warm_up(0, samples, score, load, |error| error.to_string());
    (warm, scored.into_inner())
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn one_answer_is_enough_and_nothing_to_score_is_no_verdict() {
    assert_eq!(warmed(&samples(&["a", "b"]), |_| true, true), (Ok(0), lines(&["0 a"])));
    assert_eq!(warmed(&[], |_| false, true), (Ok(0), vec![]));
}

#[test]
fn after_a_crash_another_process_tries_another_event() {
    let well_with = |good: &'static [u8]| move |value: &[u8]| value == good;
    assert_eq!(warmed(&samples(&["a", "b", "c"]), well_with(b"c"), true), (Ok(2), lines(&["0 a", "1 b", "2 c"])));
    assert_eq!(warmed(&samples(&["a", "b"]), |_| false, true), (Ok(2), lines(&["0 a", "1 b"])), "two may be at fault");
}

#[test]
fn a_crash_on_each_of_all_samples_is_the_models() {
    let all = samples(&["a", "b", "c"]);
    assert_eq!(all.len(), SAMPLES);
    let verdict = (Err(crash().to_string()), lines(&["0 a", "1 b", "2 c"]));
    assert_eq!(warmed(&all, |_| false, true), verdict);
}

#[test]
fn a_process_that_does_not_load_ends_the_warm_up() {
    assert_eq!(warmed(&samples(&["a", "b"]), |_| false, false), (Err("it doesn't load".into()), lines(&["0 a"])));
}
