use std::{fs, io::Write, net::Shutdown, sync::mpsc, thread};

use super::*;

/// How often this thread has gone to sleep.
fn sleeps() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").expect("it is there");
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).expect("it is told");
    line.trim().parse().expect("a number")
}

#[test]
fn whoever_waits_is_woken_by_what_comes_and_not_by_what_is_read_at_the_other_end() {
    const TIMES: u64 = 50;
    let (mine, theirs) = UnixStream::pair().expect("a pair");
    let (mut writer, mut incoming) = (mine.try_clone().expect("a copy"), Incoming(mine));
    let (slept, told) = mpsc::channel();
    let reader = thread::spawn(move || {
        let before = sleeps();
        let mut all = vec![];
        incoming.read_to_end(&mut all).expect("nothing fails");
        slept.send(sleeps() - before).expect("somebody listens");
        all
    });
    let mut taken = [0];
    for _ in 0..TIMES {
        // As a worker takes a request: nothing of it is for the reader.
        writer.write_all(b"?").expect("sent");
        (&theirs).read_exact(&mut taken).expect("it came");
        // The reader has had the time to wake up and to go to sleep again.
        thread::yield_now();
    }
    (&theirs).write_all(b"!").expect("sent");
    theirs.shutdown(Shutdown::Both).expect("an end");
    assert_eq!(reader.join().expect("it ends"), b"!");
    let slept = told.recv().expect("it was told");
    assert!(slept < TIMES / 2, "{slept}");
}
