//! What was said of single events comes with their answers.

use std::{io::Write, os::unix::net::UnixStream};

use crossbeam_channel::unbounded;

use super::*;
use crate::wire::protocol::write_frame;

const VALUES: &[u8] = br#"{"events": [
    {"place": 0, "steps": [{"step": "predict", "value": "a", "nanoseconds": 7}]},
    {"place": 2, "steps": [{"step": "encode", "value": null, "nanoseconds": 9}]}]}"#;

/// A `result` of so many events from this place on, of whole numbers.
fn result(first: u32, count: u32) -> Vec<u8> {
    let mut payload = [first.to_le_bytes(), count.to_le_bytes()].concat();
    payload.extend([0; 48]);
    payload.push(1);
    payload.extend((0..count).flat_map(|_| 7_i64.to_le_bytes()));
    payload
}

/// The answers, and how it ended, where a worker sends these frames.
fn read(frames: &[(Kind, u64, &[u8])]) -> (Vec<Answer>, Last) {
    let (ours, mut theirs) = UnixStream::pair().expect("a pair");
    for (kind, id, payload) in frames {
        write_frame(&mut theirs, *kind, *id, payload).expect("it is taken");
    }
    theirs.flush().expect("it is sent");
    drop(theirs);
    let (sender, heard) = unbounded();
    let worker = WorkerId { generation: 1, slot: 0 };
    let last = read_answers(worker, BufReader::new(Incoming(ours)), &sender, || {});
    let answers = heard.try_iter().filter_map(|said| match said {
        FromWorker::Answer { answer, .. } => Some(answer),
        _ => None,
    });
    (answers.collect(), last)
}

#[test]
fn values_come_with_the_answers_of_their_events() {
    let (first, second) = (result(0, 2), result(2, 1));
    let (answers, last) = read(&[
        (Kind::Values, 5, VALUES),
        (Kind::Result, 5, &first),
        (Kind::Result, 5, &second),
        (Kind::Result, 6, &first),
    ]);
    assert!(matches!(last, Last::Nothing));
    let known = |answer: &Answer| (0..answer.count).map(|item| answer.steps(item).len()).collect::<Vec<_>>();
    assert_eq!(answers.iter().map(known).collect::<Vec<_>>(), [vec![1, 0], vec![1], vec![0, 0]]);
}

#[test]
fn values_of_another_request_are_nobodys() {
    let (answers, _) = read(&[(Kind::Values, 4, VALUES), (Kind::Result, 5, &result(0, 3))]);
    assert!(answers[0].steps(0).is_empty());
}

#[test]
fn values_that_are_none_end_the_worker() {
    let (answers, last) = read(&[(Kind::Values, 5, b"x"), (Kind::Result, 5, &result(0, 3))]);
    assert!(answers.is_empty());
    assert!(matches!(last, Last::Broken(why) if why.contains("values that are not what the protocol says")));
}
