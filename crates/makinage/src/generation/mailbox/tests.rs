use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use super::{super::testing::place, *};

fn seen(number: i64) -> Seen {
    Seen { place: place(number), is_promise: false }
}

/// What is there, without a wait.
fn heard(mailbox: &Mailbox) -> News {
    mailbox.wait(Some(Instant::now())).expect("it is open")
}

fn trouble(generation: u64) -> Trouble {
    Trouble { generation, what: "its workers died".to_owned() }
}

#[test]
fn all_that_came_is_heard_at_once_and_once() {
    let mailbox = Mailbox::default();
    mailbox.read();
    (1..=3).for_each(|number| mailbox.seen(seen(number)));
    mailbox.complain(trouble(1));
    mailbox.complain(trouble(2));
    let news = mailbox.wait(None).expect("it is open");
    assert!(news.read);
    assert_eq!(news.seen, [seen(1), seen(2), seen(3)]);
    assert_eq!(news.trouble, Some(trouble(2)));
    assert!(heard(&mailbox).is_empty());
}

#[test]
fn what_was_seen_before_the_topic_was_made_anew_says_nothing_any_more() {
    let mailbox = Mailbox::default();
    mailbox.seen(seen(1));
    mailbox.read();
    mailbox.seen(seen(2));
    assert_eq!(heard(&mailbox).seen, [seen(2)]);
}

#[test]
fn what_waits_is_bounded_and_the_latest_stays() {
    let mailbox = Mailbox::default();
    (0..1000).for_each(|number| mailbox.seen(seen(number)));
    let news = heard(&mailbox);
    assert_eq!((news.seen.len(), news.seen.last()), (MOST_SEEN, Some(&seen(999))));
}

#[test]
fn a_wait_ends_with_the_first_news_at_its_time_or_when_the_mailbox_is_closed() {
    let mailbox = Arc::new(Mailbox::default());
    let due = Instant::now() + Duration::from_millis(20);
    assert!(mailbox.wait(Some(due)).expect("it is open").is_empty());
    assert!(Instant::now() >= due);
    assert!(!mailbox.closes_by(Instant::now()));

    let waiting = |mailbox: &Arc<Mailbox>| {
        let mailbox = Arc::clone(mailbox);
        thread::spawn(move || mailbox.wait(None))
    };
    let waits = waiting(&mailbox);
    mailbox.seen(seen(1));
    assert_eq!(waits.join().unwrap().expect("it is open").seen, [seen(1)]);

    let waits = waiting(&mailbox);
    let closes = thread::spawn({
        let mailbox = Arc::clone(&mailbox);
        move || mailbox.closes_by(Instant::now() + Duration::from_hours(1))
    });
    mailbox.seen(seen(2));
    assert!(waits.join().unwrap().is_some());
    mailbox.close();
    assert!(closes.join().unwrap() && mailbox.is_closed());
    mailbox.seen(seen(3));
    assert!(mailbox.wait(None).is_none(), "closed is closed, whatever else came");
}

#[test]
fn what_runs_until_the_mailbox_is_closed_is_ended_then_or_at_once_and_not_afterwards() {
    let ended = Arc::new(AtomicU32::new(0));
    let mailbox = Mailbox::default();
    let end = Arc::clone(&ended);
    mailbox.run_until_closed(move || _ = end.fetch_add(1, Ordering::SeqCst), || ());
    mailbox.close();
    assert_eq!(ended.load(Ordering::SeqCst), 0, "what is over isn't ended");

    let mailbox = Mailbox::default();
    let run = |wait: &dyn Fn()| {
        let end = Arc::clone(&ended);
        mailbox.run_until_closed(move || _ = end.fetch_add(1, Ordering::SeqCst), wait);
    };
    run(&|| {
        mailbox.close();
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    });
    mailbox.close();
    assert_eq!(ended.load(Ordering::SeqCst), 1);
    run(&|| assert_eq!(ended.load(Ordering::SeqCst), 2));
}
