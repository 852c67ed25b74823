//! A pipe whose reader has stopped, and one whose reader has gone.

use std::{
    io::{self, Read, Write, pipe},
    thread,
    time::Duration,
};

use crossbeam_channel::{Sender, unbounded};

use super::{Log, MOST};

const LONG: Duration = Duration::from_mins(1);

/// Fails, and says so.
struct Gone(Sender<()>);

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(());
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn nobody_waits_for_a_reader_who_has_stopped_and_what_was_dropped_is_counted_where_it_is_missing() {
    let (log, (mut reader, writer)) = (Log::default(), pipe().expect("a pipe"));
    let (writing, telling) = (log.clone(), log.clone());
    thread::spawn(move || {
        writing.write_to(writer, move |lines| telling.append(format!("{lines} dropped\n").as_bytes()));
    });
    let line = format!("{}\n", "x".repeat(1023));
    let lines = 4 * MOST / line.len();
    for _ in 0..lines {
        log.append(line.as_bytes());
    }
    log.wait_until_written(Duration::from_millis(1));
    let (mut read, mut all) = ([0; 4096], String::new());
    while !all.ends_with(" dropped\n") {
        let count = reader.read(&mut read).expect("it is read");
        all.push_str(std::str::from_utf8(&read[..count]).expect("text"));
    }
    let kept = all.matches(&line).count();
    assert!(all.ends_with(&format!("\n{} dropped\n", lines - kept)), "{kept} of {lines}");
    assert!((MOST / line.len()..2 * MOST / line.len()).contains(&kept), "{kept} lines waited");
    log.append(b"again\n");
    log.wait_until_written(LONG);
    let count = reader.read(&mut read).expect("it is read");
    assert_eq!(&read[..count], b"again\n");
}

#[test]
fn a_line_that_is_longer_than_all_that_may_wait_is_written_all_the_same() {
    let (log, (mut reader, writer)) = (Log::default(), pipe().expect("a pipe"));
    log.append(&vec![b'x'; 2 * MOST]);
    log.append(b"one too many");
    thread::spawn({
        let log = log.clone();
        move || log.write_to(writer, |_| {})
    });
    reader.read_exact(&mut vec![0; 2 * MOST]).expect("all of it");
    log.wait_until_written(LONG);
    log.append(b"more");
    let mut rest = [0; 4];
    reader.read_exact(&mut rest).expect("what comes next");
    assert_eq!(&rest, b"more");
}

#[test]
fn a_reader_who_has_gone_ends_nothing() {
    let (log, (failed, failures)) = (Log::default(), unbounded());
    thread::spawn({
        let log = log.clone();
        move || log.write_to(Gone(failed), |_| {})
    });
    for _ in 0..2 {
        log.append(b"line\n");
        failures.recv_timeout(LONG).expect("it was tried");
    }
    log.wait_until_written(LONG);
}
