//! What is on the screen.

use ratatui::{Terminal, backend::TestBackend, crossterm::event::KeyCode};

use super::*;
use crate::http;

fn drawn(look: &Look) -> String {
    drawn_with(look, &Lists::default())
}

fn drawn_with(look: &Look, lists: &Lists) -> String {
    let mut terminal = Terminal::new(TestBackend::new(110, 32)).expect("a terminal");
    terminal.draw(|frame| draw(frame, look, lists)).expect("it is drawn");
    terminal.backend().to_string()
}

#[test]
fn what_a_service_shows_of_itself_is_on_the_screen() {
    let look = Look::first("http://127.0.0.1:9464".into(), http::testing::busy_status());
    let screen = drawn(&look);
    for seen in [
        "app (serve)",
        "ready",
        "generation 1: model iris@3",
        "data/0",
        "data/0/2 skipped in predict: ValueError: no number",
        "1.0 s",
        &std::process::id().to_string(),
    ] {
        assert!(screen.contains(seen), "no {seen:?} in\n{screen}");
    }
    assert!(!screen.contains("PAUSED"), "{screen}");
    let lost = drawn(&look.next(Err("no service".into())));
    assert!(lost.contains("can't be seen for 0 s: no service"), "{lost}");
}

#[test]
fn the_worst_of_a_service_is_told_first_and_with_its_reason_to_the_end() {
    let mut status = http::testing::busy_status();
    let latch = |name: &str, why: &str| serde_json::json!([{"name": name, "ok": false, "since": "2026-11-30T01:02:03Z", "reason": format!("{} {why}", "for long ".repeat(12))}]);
    status["live"]["latches"] = latch("stream", "it sleeps");
    status["ready"]["latches"] = latch("kafka", "nobody answers");
    status["paused"] = serde_json::json!({"since": "2026-11-30T01:02:03Z", "by": "127.0.0.1:9"});
    let screen = drawn(&Look::first("http://127.0.0.1:9464".into(), status));
    let places =
        ["STUCK: stream", "it sleeps", "PAUSED", "not ready: kafka", "nobody answers"].map(|seen| screen.find(seen));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in\n{screen}");
}

#[test]
fn all_of_it_fits_a_small_terminal() {
    let mut status = http::testing::busy_status();
    status["interventions"]["past"] = serde_json::json!([{"at": "2026-11-30T01:02:03Z", "act": "reload", "by": "127.0.0.1:9", "outcome": "done", "message": "as it was"}]);
    status["generations"]["past"][0]["outcome"] = "failed".into();
    status["generations"]["past"][0]["why"] = "step load: no such module".into();
    status["group"]["partitions"][0]["paused"] = true.into();
    status["stream"]["deaths"] = serde_json::json!({"crash": 1});
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal");
    let look = Look::first("http://127.0.0.1:9464".into(), status);
    terminal.draw(|frame| draw(frame, &look, &Lists::default())).expect("it is drawn");
    let screen = terminal.backend().to_string();
    for seen in [
        "last by hand: 2026-11-30T01:02:03Z reload by 127.0.0.1:9: done: as it was",
        "post_transform 300 µs",
        "skipped",
        "failed: model iris@3: step load: no such module",
        "processor",
        "suspected: data/0/4",
        "paused",
        "data/0/2 skipped in predict: ValueError: no number",
    ] {
        assert!(screen.contains(seen), "no {seen:?} in\n{screen}");
    }
}

#[test]
fn workers_that_have_ended_are_counted_and_what_failed_is_read_to_its_end() {
    let mut status = http::testing::busy_status();
    status["stream"]["deaths"] = serde_json::json!({"memory": 3, "crash": 1, "timeout": 0});
    status["failures"][0]["message"] = format!("{} the end", "a long story ".repeat(10)).into();
    let screen = drawn(&Look::first("http://127.0.0.1:9464".into(), status));
    for seen in ["ended: 1 by crash, 3 by memory; suspected: data/0/4", "the end"] {
        assert!(screen.contains(seen), "no {seen:?} in\n{screen}");
    }
}

#[test]
fn a_list_that_is_longer_than_its_place_is_moved_through() {
    let mut status = http::testing::busy_status();
    let failures = (0..50).map(|offset| {
        serde_json::json!({"at": "2026-11-30T01:02:03Z", "place": format!("data/0/{offset}"), "became": "skipped"})
    });
    status["failures"] = failures.collect();
    let (look, mut lists) = (Look::first("http://127.0.0.1:9464".into(), status), Lists::default());
    assert!(!drawn_with(&look, &lists).contains("data/0/49 "));
    lists.press(KeyCode::End, &look);
    let screen = drawn_with(&look, &lists);
    assert!(screen.contains("last failed events from 50 of 50") && screen.contains("data/0/49 "), "{screen}");
    assert!(!screen.contains("data/0/48 "), "{screen}");
}

#[test]
fn a_paused_service_can_not_be_overlooked() {
    let mut status = http::testing::busy_status();
    status["paused"] = serde_json::json!({"since": "2026-11-30T01:02:03Z", "by": "127.0.0.1:9"});
    let screen = drawn(&Look::first("http://127.0.0.1:9464".into(), status));
    assert!(screen.contains("PAUSED by hand since 2026-11-30T01:02:03Z, as 127.0.0.1:9 asked"), "{screen}");
}

#[test]
fn times_are_short() {
    assert_eq!([0.000_85, 0.0123, 4.0].map(seconds), ["850 µs", "12.3 ms", "4.0 s"]);
    assert_eq!([61.0, 3_700.0, 90_000.0].map(duration), ["1m 1s", "1h 1m", "1d 1h"]);
}
