use kafka_headers::Header;
use proptest::prelude::*;

use super::*;
use crate::letters::reading::testing::{headers, letter};

#[test]
fn a_letter_is_what_its_headers_say() {
    let read = letter(&[]);
    assert_eq!((&*read.step, &*read.class, &*read.message), ("predict", "ValueError", "too\nfew"));
    assert_eq!((read.location.as_deref(), read.model.as_deref()), (Some("hooks.py:12"), Some("iris@3")));
    assert_eq!((read.source.to_string().as_str(), read.source_timestamp), ("data/2/17", Some(1_764_420_000_000)));
    assert_eq!((&*read.operator, &*read.application, read.attempt), ("serve", "app", 2));
    assert_eq!((read.failed_at, read.lacks, read.original), (Some(1_795_956_312_345), None, 0));
}

#[test]
fn the_last_header_that_begins_a_letter_counts_and_all_before_it_are_the_original_s() {
    let mut of_before = headers(&[("makinage-source", "old/0/1"), ("makinage-error-where", "old.py:1")]);
    of_before.push((b"\xff", None));
    let original = of_before.len();
    let mut of_now = headers(&[]);
    of_now.retain(|(name, _)| *name != b"makinage-error-where");
    let Record::Letter(read) = Record::of(of_before.into_iter().chain(of_now)) else { panic!("a letter") };
    assert_eq!((read.source.topic.as_str(), read.location, read.original), ("data", None, original));
}

#[test]
fn what_a_letter_lacks_is_known_however_it_is_written() {
    let lacks = |name, value| letter(&[(name, value)]).lacks;
    assert_eq!(lacks("makinage-original-bytes", "70000"), Some(Lack::End(70_000)));
    assert_eq!(lacks("makinage-original-bytes", "many"), Some(Lack::Something));
    assert_eq!(lacks("makinage-original-missing", "headers"), Some(Lack::Headers));
    assert_eq!(lacks("makinage-original-missing", "value"), Some(Lack::Value));
    assert_eq!(lacks("makinage-original-missing", "?"), Some(Lack::Something));
}

#[test]
fn what_is_no_letter_says_why() {
    let why = |headers: Vec<Header<'_>>| match Record::of(headers) {
        Record::Unreadable(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(why(headers(&[("makinage-dead-letter", "2")])).contains("newer version"));
    assert!(why(headers(&[("makinage-source", "data/2")])).contains("topic/partition/offset"));
    for name in ["step", "class"].map(|end| format!("makinage-error-{end}")) {
        let mut without = headers(&[]);
        without.retain(|(other, _)| *other != name.as_bytes());
        assert!(why(without).contains(&name));
    }
    assert_eq!(Record::of([]), Record::Foreign);
    assert_eq!(Record::of([(b"makinage-source".as_slice(), Some(b"data/0/1".as_slice()))]), Record::Foreign);
}

#[test]
fn a_note_is_one_unless_it_is_the_original_of_a_letter() {
    let note: Header<'_> = (b"makinage-replayed", Some(b"1"));
    assert_eq!(Record::of([note]), Record::Note);
    assert_eq!(Record::of([(b"makinage-replayed".as_slice(), Some(b"2".as_slice()))]), Record::Foreign);
    assert!(matches!(Record::of([note].into_iter().chain(headers(&[]))), Record::Letter(_)));
}

proptest! {
    #[test]
    fn hostile_headers_harm_nobody(
        hostile in proptest::collection::vec(
            (
                prop_oneof![
                    proptest::sample::select(NAMES.map(|name| name.to_bytes().to_vec()).to_vec()),
                    Just(headers::BEGIN.to_bytes().to_vec()),
                    proptest::collection::vec(any::<u8>(), 0..8),
                ],
                proptest::option::of(prop_oneof![
                    Just(b"1".to_vec()),
                    Just(b"a/1/2".to_vec()),
                    proptest::collection::vec(any::<u8>(), 0..24),
                ]),
            ),
            0..24,
        )
    ) {
        let headers = hostile.iter().map(|(name, value)| (name.as_slice(), value.as_deref()));
        let begins = hostile.iter().rposition(|(name, _)| name == headers::BEGIN.to_bytes());
        match Record::of(headers) {
            Record::Letter(letter) => {
                prop_assert_eq!(Some(letter.original), begins);
                prop_assert!(letter.attempt > 0);
            }
            Record::Unreadable(why) => prop_assert!(begins.is_some() && !why.is_empty()),
            Record::Note | Record::Foreign => prop_assert!(begins.is_none()),
        }
    }
}
