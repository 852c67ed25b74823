use std::{thread, time::Instant};

use super::{
    super::testing::{Topic, place},
    *,
};

fn parts() -> (Arc<Topic>, Arc<Mailbox>, Asks, Fetcher<Topic>) {
    let (topic, mailbox) = <(Arc<Topic>, Arc<Mailbox>)>::default();
    let (asks, fetcher) = fetcher(Arc::clone(&topic), Arc::clone(&mailbox));
    (topic, mailbox, asks, fetcher)
}

#[test]
fn a_model_that_is_asked_for_comes_to_the_mailbox_with_its_number() {
    let (topic, mailbox, asks, fetcher) = parts();
    topic.put(7);
    let number = asks.ask(place(7));
    assert!(fetcher.work_off());
    let answer = mailbox.wait(Some(Instant::now())).expect("it is open").fetched.expect("an answer");
    assert_eq!((answer.number, answer.outcome.expect("a model").place), (number, place(7)));
    assert!(!fetcher.work_off());
}

#[test]
fn what_is_asked_for_anew_ends_what_is_under_way() {
    let (topic, mailbox, asks, fetcher) = parts();
    let fetching = thread::spawn(move || fetcher.run());
    // It never comes, and is waited for until it is given up.
    asks.ask(place(1));
    while topic.fetched.lock().unwrap().is_empty() {
        thread::yield_now();
    }
    topic.put(3);
    let number = asks.ask(place(3));
    let answer = loop {
        let answer = mailbox.wait(None).expect("it is open").fetched.expect("an answer");
        if answer.number == number {
            break answer;
        }
        assert!(answer.outcome.is_err(), "what was given up is no model");
    };
    assert_eq!(answer.outcome.expect("a model").place, place(3));
    drop(asks);
    fetching.join().unwrap();
}

#[test]
fn what_was_overtaken_before_it_began_is_not_begun() {
    let (topic, _, asks, fetcher) = parts();
    topic.put(2);
    for number in 1..=2 {
        asks.ask(place(number));
    }
    fetcher.work_off();
    assert_eq!(*topic.fetched.lock().unwrap(), [2]);
}

#[test]
fn it_ends_with_the_mailbox_also_under_way_and_with_the_loader() {
    let (topic, mailbox, asks, fetcher) = parts();
    let fetching = thread::spawn(move || fetcher.run());
    asks.ask(place(1));
    while topic.fetched.lock().unwrap().is_empty() {
        thread::yield_now();
    }
    mailbox.close();
    drop(asks);
    fetching.join().unwrap();
}
