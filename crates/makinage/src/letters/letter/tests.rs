use proptest::prelude::*;

use super::{
    headers::{BEGIN, MOST, ORIGINAL_BYTES},
    *,
};
use crate::event::{Failure, Place, Ticket};

fn event(headers: Option<OwnedHeaders>) -> Event {
    let place = Place { source: 1, partition: 3, offset: 41 };
    let mut event = Event::new(Ticket::new(0, 0), place, Some(b"\xffkey"), Some(b"a value"));
    event.headers = headers.map(Ok);
    event.time = 1_700_000_000_123;
    event
}

fn head() -> Letterhead {
    Letterhead::new("app", "serve", vec!["data".into(), "more".into()])
}

fn failure() -> Failure {
    Failure { location: Some("hooks.py:12".into()), ..Failure::new("predict", "ValueError", "bad\nvalue") }
}

/// What is added, by name.
fn added(letter: &Letter<'_>) -> Vec<(String, String)> {
    let all: Vec<_> = iter(letter.headers.as_borrowed()).collect();
    let begin = all.iter().rposition(|(name, _)| *name == BEGIN.to_bytes()).expect("it begins");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    all[begin..].iter().map(|(name, value)| (text(name), text(value.expect("a value")))).collect()
}

fn said<'a>(added: &'a [(String, String)], name: &str) -> Option<&'a str> {
    added.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
}

fn with(names: &[(&[u8], Option<&[u8]>)]) -> OwnedHeaders {
    names.iter().fold(OwnedHeaders::new(), |mut all, (name, value)| {
        add(&mut all, name, *value);
        all
    })
}

#[test]
fn a_letter_is_its_event_with_all_that_is_known_of_its_failure() {
    let (event, failure) = (event(None), failure());
    let failed = Failed { failure: &failure, model: Some("iris@3"), missing: None };
    let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_764_420_312_345);
    let letter = Letter::of(&event, &failed, &head(), at);
    assert_eq!((letter.key, letter.value), (Some(b"\xffkey".as_slice()), Some(b"a value".as_slice())));
    let lines: Vec<String> = added(&letter).iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    makinage-dead-letter: "1"
    makinage-error-step: "predict"
    makinage-error-class: "ValueError"
    makinage-error-message: "bad\nvalue"
    makinage-error-where: "hooks.py:12"
    makinage-source: "more/3/41"
    makinage-source-timestamp: "1700000000123"
    makinage-model: "iris@3"
    makinage-operator: "serve"
    makinage-application: "app"
    makinage-attempt: "1"
    makinage-failed-at: "2025-11-29T12:45:12.345Z"
    __dlq.errors.topic: "more"
    __dlq.errors.partition: "3"
    __dlq.errors.offset: "41"
    __dlq.errors.group: "app"
    __dlq.errors.delivery.count: "1"
    __dlq.errors.message: "step predict: ValueError: bad value (hooks.py:12)"
    "#);
    assert!(lines.len() <= MOST);
}

#[test]
fn what_is_not_known_is_left_out_and_what_is_missing_is_said() {
    let mut event = event(None);
    event.time = -1;
    let failure = Failure::new("predict", "WorkerDied", "twice");
    let failed = Failed { failure: &failure, model: None, missing: Some(Missing::Value) };
    let added = added(&Letter::of(&event, &failed, &head(), SystemTime::UNIX_EPOCH));
    for name in ["makinage-error-where", "makinage-source-timestamp", "makinage-model", "makinage-original-bytes"] {
        assert_eq!(said(&added, name), None, "{name}");
    }
    assert_eq!(said(&added, "makinage-original-missing"), Some("value"));
}

#[test]
fn a_traced_event_has_its_span_behind_the_original_which_stays_what_it_was() {
    let parent = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".as_slice();
    let mut event = event(Some(with(&[(b"traceparent", Some(parent))])));
    let (span, _ended) = crate::traces::testing::span();
    let own = span.traceparent();
    event.span = Some(span);
    let failure = failure();
    let failed = Failed { failure: &failure, model: None, missing: None };
    let letter = Letter::of(&event, &failed, &head(), SystemTime::UNIX_EPOCH);
    assert_eq!(iter(letter.headers.as_borrowed()).next(), Some((b"traceparent".as_slice(), Some(parent))));
    assert_eq!(said(&added(&letter), "traceparent"), Some(own.as_str()));
}

#[test]
fn a_replayed_event_that_fails_again_counts_on_and_nonsense_counts_for_nothing() {
    let failure = failure();
    let attempt = |values: &[&[u8]]| {
        let headers =
            with(&values.iter().map(|value| (b"makinage-attempt".as_slice(), Some(*value))).collect::<Vec<_>>());
        let event = event(Some(headers));
        let failed = Failed { failure: &failure, model: None, missing: None };
        let added = added(&Letter::of(&event, &failed, &head(), SystemTime::UNIX_EPOCH));
        assert_eq!(said(&added, "makinage-attempt"), said(&added, "__dlq.errors.delivery.count"));
        said(&added, "makinage-attempt").expect("one").to_owned()
    };
    assert_eq!(attempt(&[]), "1");
    assert_eq!(attempt(&[b"1"]), "2");
    assert_eq!(attempt(&[b"7", b"2"]), "3", "the last one counts");
    for nonsense in [b"".as_slice(), b"-1", b"many", b"2147483647", b"99999999999", b"\xff"] {
        assert_eq!(attempt(&[nonsense]), "1", "{nonsense:?}");
    }
}

#[test]
fn a_value_that_is_cut_says_once_how_long_it_was() {
    let (event, failure) = (event(None), failure());
    let failed = Failed { failure: &failure, model: None, missing: None };
    let whole = Letter::of(&event, &failed, &head(), SystemTime::UNIX_EPOCH).cut(7);
    assert_eq!((whole.value, said(&added(&whole), "makinage-original-bytes")), (Some(b"a value".as_slice()), None));
    let cut = whole.cut(4);
    assert_eq!(cut.value, Some(b"a va".as_slice()));
    let cut = cut.cut(0);
    assert_eq!(cut.value, Some(b"".as_slice()));
    let told = added(&cut).into_iter().filter(|(name, _)| name.as_bytes() == ORIGINAL_BYTES.to_bytes());
    assert_eq!(told.map(|(_, value)| value).collect::<Vec<_>>(), ["7"]);
    let tombstone = Event::new(Ticket::new(0, 0), Place { source: 0, partition: 0, offset: 0 }, None, None);
    assert_eq!(Letter::of(&tombstone, &failed, &head(), SystemTime::UNIX_EPOCH).cut(0).value, None);
}

#[test]
fn what_is_too_long_is_cut() {
    let long = "é".repeat(5000);
    let failure = Failure { location: Some(long.clone()), ..Failure::new(&long, &long, long.as_str()) };
    let event = event(None);
    let failed = Failed { failure: &failure, model: Some(&long), missing: None };
    let added = added(&Letter::of(&event, &failed, &Letterhead::new(&long, &long, vec![]), SystemTime::UNIX_EPOCH));
    assert!(added.iter().map(|(name, value)| name.len() + value.len() + 10).sum::<usize>() < 16 << 10);
}

proptest! {
    /// An original may have any headers, a letter's among them.
    #[test]
    fn the_originals_headers_stand_first_byte_for_byte_whatever_they_are(
        originals in prop::collection::vec((
            prop_oneof![
                prop::collection::vec(1_u8..=255, 0..12),
                Just(b"makinage-dead-letter".to_vec()),
                Just(b"makinage-original-bytes".to_vec()),
            ],
            prop::option::of(prop::collection::vec(any::<u8>(), 0..12)),
        ), 0..12)
    ) {
        let borrowed: Vec<(&[u8], Option<&[u8]>)> =
            originals.iter().map(|(name, value)| (name.as_slice(), value.as_deref())).collect();
        let (event, failure) = (event(Some(with(&borrowed))), failure());
        let failed = Failed { failure: &failure, model: None, missing: None };
        let letter = Letter::of(&event, &failed, &head(), SystemTime::UNIX_EPOCH).cut(1);
        let all: Vec<_> = iter(letter.headers.as_borrowed()).collect();
        prop_assert_eq!(&all[..borrowed.len()], &borrowed[..]);
        prop_assert_eq!(all[borrowed.len()].0, BEGIN.to_bytes());
        prop_assert_eq!(added(&letter).len(), all.len() - borrowed.len());
        prop_assert_eq!(all.last().expect("one").0, ORIGINAL_BYTES.to_bytes());
    }
}
