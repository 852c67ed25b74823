use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use crossbeam_channel::bounded;

use super::{Amount, Lines, Progress, Work};

/// The longest that a line is waited for.
const DEADLINE: Duration = Duration::from_mins(1);

fn line(amount: Amount, done: u64, seconds: u64) -> String {
    let work = Work { what: "reading dead".to_owned(), amount, done: Arc::new(AtomicU64::new(done)) };
    work.line(Duration::from_secs(seconds))
}

#[test]
fn a_line_says_how_far_it_is_as_far_as_that_is_known() {
    assert_eq!(line(Amount::Unknown, 0, 10), "reading dead: 10 s so far");
    assert_eq!(line(Amount::Unknown, 5 << 20, 70), "reading dead: 5.00 MiB, 70 s so far");
    assert_eq!(line(Amount::Bytes(80 << 20), 5 << 19, 20), "reading dead: 2.50 MiB of 80.00 MiB, 20 s so far");
    assert_eq!(line(Amount::Records(80_000), 1200, 20), "reading dead: 1,200 of 80,000, 20 s so far");
}

#[test]
fn lines_come_while_the_work_lasts_and_none_after_it() {
    let (sender, lines) = bounded(0);
    let done = Arc::<AtomicU64>::default();
    let work = Work { what: "sending".to_owned(), amount: Amount::Records(9), done: Arc::clone(&done) };
    let telling = Lines::start(work, Duration::from_millis(1), move |line| {
        // Fails once nobody receives any more.
        let _ = sender.send(line);
    });
    assert!(lines.recv_timeout(DEADLINE).unwrap().starts_with("sending: 0 of 9, "));
    done.store(4, std::sync::atomic::Ordering::Relaxed);
    let moved = |line: String| line.starts_with("sending: 4 of 9, ");
    assert!((0..3).any(|_| moved(lines.recv_timeout(DEADLINE).unwrap())));
    // One may wait to be received.
    let waiting = lines.clone();
    let receiver = std::thread::spawn(move || waiting.iter().count());
    drop(telling);
    drop(lines);
    // It ends as the thread and its sender are gone.
    receiver.join().unwrap();
}

#[test]
fn work_that_is_soon_done_says_nothing() {
    let (sender, lines) = bounded(9);
    let progress = Progress::told("checking", Amount::Bytes(9), move |line| sender.send(line).unwrap());
    progress.counter().add(4);
    progress.set(9);
    drop(progress);
    // The sender has gone with its thread.
    assert_eq!(lines.iter().count(), 0);
}
