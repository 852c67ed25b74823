use kafka_headers::Header;

use super::*;
use crate::letters::reading::{letter::Record, testing};

fn event(original: &[Header<'_>]) -> OwnedHeaders {
    let of_letter = testing::headers(&[("__dlq.errors.message", "x"), ("unknown", "y")]);
    let mut all = OwnedHeaders::new();
    original.iter().chain(&of_letter).for_each(|(name, value)| add(&mut all, name, *value));
    let Record::Letter(letter) = Record::of(iter(all.as_borrowed())) else { panic!("a letter") };
    headers(all.as_borrowed(), &letter)
}

fn listed(headers: &OwnedHeaders) -> Vec<Header<'_>> {
    iter(headers.as_borrowed()).collect()
}

const AGAIN: Header<'_> = (b"makinage-attempt", Some(b"2"));

#[test]
fn the_original_s_headers_come_back_in_order_with_the_attempt_behind_them() {
    let original: &[Header<'_>] = &[(b"a", Some(b"1")), (b"\xff", None), (b"a", Some(b"")), (b"", Some(b"\x00\xff"))];
    assert_eq!(listed(&event(original)), [original, &[AGAIN]].concat());
    assert_eq!(listed(&event(&[])), [AGAIN]);
}

#[test]
fn the_attempt_replaces_those_of_before() {
    let headers = event(&[(b"makinage-attempt", Some(b"1")), (b"a", None), (b"makinage-attempt", None)]);
    assert_eq!(listed(&headers), [(b"a".as_slice(), None), AGAIN]);
}

#[test]
fn an_event_that_was_an_output_or_a_letter_keeps_what_it_had() {
    let original: &[Header<'_>] = &[
        (b"makinage-model", Some(b"first@1")),
        (b"makinage-source", Some(b"before/0/1")),
        (b"makinage-dead-letter", Some(b"1")),
        (b"makinage-error-step", Some(b"decode")),
    ];
    assert_eq!(listed(&event(original)), [original, &[AGAIN]].concat());
}

#[test]
fn a_name_with_a_nul_byte_goes_back_whole() {
    let headers = event(&[(b"a\0b", Some(b"1"))]);
    let mut other = headers.clone();
    // What is removed is the name up to its NUL byte, as the client sees it.
    remove(&mut other, c"a");
    assert_eq!(listed(&other), [AGAIN]);
    assert_eq!(listed(&headers), [(b"a".as_slice(), Some(b"1".as_slice())), AGAIN]);
}
