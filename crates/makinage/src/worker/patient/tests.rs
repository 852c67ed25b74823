//! Sums of waits, and a socket whose other end does nothing.

use std::{
    io::{ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    time::Duration,
};

use super::{LOOK, Patience, Patient};

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn patience_is_over_when_all_its_waits_together_were_that_long() {
    let mut patience = Patience(Duration::from_millis(1200));
    let mut asked = vec![];
    while let Some(next) = patience.next() {
        asked.push(next.as_millis());
        patience.waited(next, next + Duration::from_millis(1));
    }
    assert_eq!(asked, [500, 500, 198]);
}

#[test]
fn time_in_which_the_program_stood_still_does_not_count() {
    let mut patience = Patience(MINUTE);
    patience.waited(LOOK, 100 * MINUTE);
    assert_eq!(patience.0 + LOOK, MINUTE);
    // A machine that is merely busy.
    patience.waited(LOOK, Duration::from_secs(1));
    assert_eq!(patience.0 + LOOK + Duration::from_secs(1), MINUTE);
    // What came at once.
    patience.waited(LOOK, Duration::ZERO);
    assert_eq!(patience.0 + LOOK + Duration::from_secs(1), MINUTE);
}

#[test]
fn what_does_not_come_or_is_not_taken_times_out_and_an_end_is_an_end() {
    let (mine, theirs) = UnixStream::pair().expect("a pair");
    let short = Duration::from_millis(20);
    let mut patient = Patient::new(&mine, short);
    assert_eq!(patient.read(&mut [0]).expect_err("nothing comes").kind(), ErrorKind::TimedOut);
    let mut patient = Patient::new(&mine, short);
    let error = patient.write_all(&vec![0; 16 << 20]).expect_err("more than a socket holds");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let mut patient = Patient::new(&mine, MINUTE);
    (&theirs).write_all(b"ab").expect("sent");
    drop(theirs);
    let mut rest = vec![];
    // What the other end left unread is told as a reset, after what it had sent.
    let _ = patient.read_to_end(&mut rest);
    assert_eq!(rest, b"ab");
    assert!(patient.write(b"c").is_err());
}
