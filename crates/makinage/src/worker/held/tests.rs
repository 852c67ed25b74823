use std::{
    io::{ErrorKind, Read, Write},
    sync::Arc,
};

use super::*;
use crate::{
    event::{Event, Place, Ticket},
    flights::Job,
    wire::frame::Encoding,
    worker::asking::AskKind,
};

/// A process, and the worker's end of its socket.
fn held() -> (Held, UnixStream) {
    let (socket, theirs) = UnixStream::pair().expect("a pair");
    theirs.set_nonblocking(true).expect("it doesn't block");
    (Held { id: 1, socket, onlookers: Onlookers::default() }, theirs)
}

fn ask(values: &[&[u8]]) -> Ask {
    let event = |value: &&[u8]| {
        Event::new(Ticket::from_opaque(0), Place { source: 0, partition: 0, offset: 0 }, None, Some(value))
    };
    let job = Job::new(1, Arc::new(values.iter().map(event).collect()));
    Ask { incarnation: 0, id: 7, encoding: Encoding::default(), job, kind: AskKind::Batch }
}

/// What has come.
fn came(theirs: &mut UnixStream) -> Vec<u8> {
    let mut came = vec![];
    match theirs.read_to_end(&mut came) {
        Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
        _ => came,
    }
}

#[test]
fn a_small_request_is_written_at_once_as_its_thread_would_and_a_large_one_is_left_to_that() {
    let (held, mut theirs) = held();
    let small = ask(&[b"[1, 2]", b"{\"x\": 3}"]);
    assert!(held.takes_at_once(&small));
    let mut frame = vec![];
    request::write(&mut frame, &held.onlookers, &small).expect("written");
    assert_eq!(came(&mut theirs), frame);
    assert!(!held.takes_at_once(&ask(&[&vec![b'7'; 20 << 10]])));
    let (many, empty): (Vec<&[u8]>, &[u8]) = (vec![b"7"; 2_000], b"");
    assert!(!held.takes_at_once(&ask(&many)));
    assert_eq!(came(&mut theirs), empty);
}

#[test]
fn one_whose_socket_is_full_is_left_to_the_thread_that_may_wait() {
    let (held, mut theirs) = held();
    held.socket.set_nonblocking(true).expect("it doesn't block");
    let mut full = 0;
    while let Ok(written) = (&held.socket).write(&[0; 1 << 10]) {
        full += written;
    }
    held.socket.set_nonblocking(false).expect("it blocks again");
    assert!(!held.takes_at_once(&ask(&[b"[1, 2]"])));
    assert_eq!(came(&mut theirs).len(), full, "nothing was added");
}

#[test]
fn one_that_has_ended_takes_it_and_its_death_tells_what_became_of_that() {
    let (held, theirs) = held();
    drop(theirs);
    assert!(held.takes_at_once(&ask(&[b"[1, 2]"])));
    assert_eq!((&held.socket).read(&mut [0; 8]).expect("its end"), 0);
}
